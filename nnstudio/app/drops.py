"""What may be dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDropEvent

ENDINGS = (".nns", ".csv", ".png", ".svg")
"""Endings of files that may be dropped on the window."""


def dropped(event: QDragEnterEvent | QDropEvent) -> list[Path]:
    """The files of a drop that can be opened here."""
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in ENDINGS]
