"""MNIST and its kin: small grey pictures in idx files, plain or packed with gzip.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

SOURCE = {
    "title": "MNIST files",
    "doc": "MNIST, Fashion-MNIST or your own pictures in idx files: 28×28 pixels, ten classes.",
    "kind": "images",
    "group": "own",
    "target": "class",
    "shape": "(1, shape[0], shape[1])",
    "outputs": "len(names)",
    "rows": 'parts[0] if take == "training files" else parts[1] if take == "test files" '
    "else parts[0] + parts[1]",
    "classes": (),
    "class_parts": ("names",),
    "columns": (),
    "kept": ("names", "parts", "shape"),
    "opens": "folder",
    "downloads": ("mnist", "fashion-mnist"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "folder", "doc": "the folder"},
        {
            "name": "take",
            "kind": "choice",
            "default": "both",
            "choices": ("both", "training files", "test files"),
            "doc": "which of the files; they are mixed and divided as the split says",
        },
    ),
}

PATH = ""
TAKE = "both"
TRAINING = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
MOST_BYTES = 2_147_483_648


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Pictures (rows, 1, height, width) from 0 to 1, the number of each one's class."""
    if TAKE == "training files":
        images, labels = pair(TRAINING)
    elif TAKE == "test files":
        images, labels = pair(TEST)
    else:
        images, labels = map(np.concatenate, zip(pair(TRAINING), pair(TEST), strict=True))
    return images[:, None] / np.float32(255), labels.astype(np.int64)


def pair(names: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels in two files that belong together."""
    images, labels = (
        read(Path(PATH, name), axes) for name, axes in zip(names, (3, 1), strict=True)
    )
    if len(images) != len(labels):
        raise ValueError(f"{names[1]}: expected {len(images)} labels, got {len(labels)}.")
    return images, labels


def read(path: Path, axes: int) -> np.ndarray:
    """The bytes in an idx file; where there is only a packed one of this name, those in it."""
    packed = path.with_name(path.name + ".gz")
    try:
        with open(path, "rb") if path.exists() else gzip.open(packed, "rb") as file:
            return array(file, path.name, axes)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name}: expected a whole file, got {error}.") from error


def array(file: BinaryIO, name: str, axes: int) -> np.ndarray:
    """The array that the head of an idx file describes."""
    head = file.read(4 + 4 * axes)
    if len(head) < 4 + 4 * axes or head[:4] != bytes([0, 0, 8, axes]):
        raise ValueError(f"{name}: expected bytes along {axes} axes, got another file.")
    shape = np.frombuffer(head, ">u4", offset=4).tolist()
    size = math.prod(shape)
    if size > MOST_BYTES:
        raise ValueError(f"{name}: expected at most {MOST_BYTES} bytes, got {size}.")
    values = file.read(size + 1)
    if len(values) != size:
        raise ValueError(f"{name}: expected {size} bytes of values, got another number.")
    return np.frombuffer(values, np.uint8).reshape(shape)
