"""CIFAR-10 and CIFAR-100: small colour pictures in binary files.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SOURCE = {
    "title": "CIFAR files",
    "doc": "CIFAR-10 or CIFAR-100 in their binary form: 60,000 colour pictures of 32×32 pixels.",
    "kind": "images",
    "group": "own",
    "target": "class",
    "shape": "(3, 32, 32)",
    "outputs": '10 if level == "ten" else 20 if level == "coarse" else 100',
    "rows": "rows",
    "classes": (),
    "class_parts": ("names",),
    "columns": (),
    "kept": ("names", "files", "rows"),
    "opens": "folder",
    "downloads": ("cifar-10", "cifar-100"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "folder", "doc": "the folder"},
        {
            "name": "level",
            "label": "classes",
            "kind": "choice",
            "default": "ten",
            "choices": ("ten", "coarse", "fine"),
            "doc": "the ten classes of CIFAR-10, or 20 coarse or 100 fine ones of CIFAR-100",
        },
    ),
}

PATH = ""
LEVEL = "ten"
FILES: list[str] = []


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Pictures (rows, 3, 32, 32) from 0 to 1, the number of each one's class."""
    rows = np.concatenate([records(Path(PATH, name)) for name in FILES])
    images = rows[:, -3072:].reshape(-1, 3, 32, 32) / np.float32(255)
    if LEVEL == "fine":
        return images, rows[:, 1].astype(np.int64)
    return images, rows[:, 0].astype(np.int64)


def records(path: Path) -> np.ndarray:
    """The records of a file as rows: one label, or two for CIFAR-100, and the pixels."""
    size = 3072 + (1 if LEVEL == "ten" else 2)
    values = np.fromfile(path, np.uint8)
    if not len(values) or len(values) % size:
        raise ValueError(f"{path.name}: expected records of {size} bytes, got another file.")
    return values.reshape(-1, size)
