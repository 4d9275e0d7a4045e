"""Pictures from folders: one folder a class, every picture brought to one size.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnstudio.engine.parts.pictures import picture, pictures

SOURCE = {
    "title": "Folder of pictures",
    "doc": "Pictures of your own: a folder with one folder for each class.",
    "kind": "images",
    "group": "own",
    "target": '"class" if len(names) > 1 else "none"',
    "shape": "(3 if colour else 1, size, size)",
    "outputs": "len(names)",
    "rows": "rows",
    "classes": (),
    "class_parts": ("names",),
    "columns": (),
    "kept": ("names", "rows"),
    "opens": "folder",
    "takes": (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "folder", "doc": "the folder"},
        {
            "name": "size",
            "kind": "int",
            "default": 64,
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
SIZE = 64
NAMES: list[str] = []


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Pictures (rows, channels, size, size) from 0 to 1, the number of each one's class."""
    files = [(file, n) for n, name in enumerate(NAMES) for file in pictures(Path(PATH, name))]
    images = np.stack([picture(file, SIZE) for file, _ in files])
    return images, np.array([number for _, number in files])
