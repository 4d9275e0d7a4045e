"""Which source reads a file or folder of the user's, told by its name and by what lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from nnstudio.document.sources import SourceSpec, sources

MOST = 200
"""So many things in a folder are looked at."""


def source_for(path: Path, at_hand: str = "") -> str:
    """The source at hand where it reads such a place, else the one that takes it; "" where none."""
    what = "folder" if path.is_dir() else "file"
    endings = set(_endings(path)) if what == "folder" else {path.suffix.lower()}
    found = [spec for spec in sources().values() if spec.opens == what and _takes(spec, endings)]
    now = sources().get(at_hand)
    if now is not None and now.opens == what and (now in found or endings & set(now.endings)):
        return at_hand
    return found[0].name if found else ""


def _takes(spec: SourceSpec, endings: set[str]) -> bool:
    return bool(endings & set(spec.takes))


def _endings(folder: Path) -> Iterator[str]:
    """How what lies in a folder and in the folders in it ends."""
    try:
        for inside in islice(folder.iterdir(), MOST):
            if inside.is_dir():
                yield from (one.suffix.lower() for one in islice(inside.iterdir(), MOST))
            else:
                yield inside.suffix.lower()
    except OSError:
        return
