"""What may be dropped on the window: projects, pictures of them, tables, folders of data."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent

PICTURES = (".png", ".svg")
"""Pictures that may carry a project."""
ENDINGS = (".nns", *PICTURES)
"""Endings of files that hold a project."""


def dropped(event: QDragEnterEvent | QDropEvent, at_hand: str = "") -> list[Path]:
    """What of a drop can be opened here; `at_hand` is the source of the open project's data."""
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in ENDINGS or is_data(path, at_hand)]


def is_data(path: Path, at_hand: str = "") -> bool:
    """Whether a source of data reads this file or folder."""
    from nnstudio.document.dropped_data import source_for

    return bool(source_for(path, at_hand))
