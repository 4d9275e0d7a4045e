"""Numbered frames: pictures of a film in one folder, from which the next is to be foreseen.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from nnstudio.engine.parts.pictures import picture, pictures

SOURCE = {
    "title": "Folder of frames",
    "doc": "Numbered pictures of a film in one folder: foresee the next from those before.",
    "kind": "images",
    "group": "own",
    "target": "value",
    "shape": "((3 if colour else 1) * frames, size, size)",
    "outputs": "3 if colour else 1",
    "places": "(size, size)",
    "rows": "rows - frames",
    "classes": (),
    "columns": (),
    "kept": ("rows",),
    "opens": "folder",
    "in_order": True,
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "folder", "doc": "the folder"},
        {
            "name": "frames",
            "kind": "int",
            "default": 2,
            "low": 1,
            "high": 64,
            "label": "frames before",
            "doc": "how many pictures in a row the next is foreseen from",
        },
        {
            "name": "size",
            "kind": "int",
            "default": 32,
            "low": 4,
            "high": 1024,
            "unit": "pixels",
            "doc": "height and width to which every picture is brought",
        },
        {
            "name": "colour",
            "kind": "bool",
            "default": True,
            "doc": "red, green and blue, or one channel of grey",
        },
        {
            "name": "fit",
            "kind": "choice",
            "default": "crop",
            "choices": ("crop", "stretch"),
            "doc": "cut off what is too long, or press it into the square",
        },
    ),
}

PATH = ""
FRAMES = 2
SIZE = 32


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Frames in a row (rows, channels * frames, size, size), the frame behind each."""
    film = np.stack([picture(file, SIZE) for file in numbered(Path(PATH))])
    rows = len(film) - FRAMES
    before = np.concatenate([film[n : n + rows] for n in range(FRAMES)], axis=1)
    return before, film[FRAMES:]


def numbered(folder: Path) -> list[Path]:
    """The pictures of a folder that have a number, in its order: 9 comes before 10."""
    return sorted((file for file in pictures(folder) if number(file)), key=number)


def number(file: Path) -> tuple[int, ...]:
    """The numbers in a file's name."""
    return tuple(int(digits) for digits in re.findall(r"[0-9]+", file.stem))
