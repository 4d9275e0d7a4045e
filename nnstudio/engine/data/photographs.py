"""Photographs: patches cut from a temple in China and a flower.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_sample_images

SOURCE = {
    "title": "Photograph patches",
    "doc": "Small pieces of two photographs, a temple in China and a flower: which is it from?",
    "kind": "images",
    "target": "class",
    "shape": "(3 if colour else 1, size, size)",
    "outputs": "2",
    "rows": "samples",
    "classes": ("china", "flower"),
    "columns": (),
    "options": (
        {
            "name": "samples",
            "kind": "int",
            "default": 1000,
            "low": 10,
            "high": 100000,
            "unit": "rows",
            "doc": "how many pieces, half of each photograph",
        },
        {
            "name": "size",
            "kind": "int",
            "default": 16,
            "low": 2,
            "high": 256,
            "unit": "pixels",
            "doc": "height and width of a piece",
        },
        {
            "name": "colour",
            "kind": "bool",
            "default": True,
            "doc": "red, green and blue, or one channel of grey",
        },
    ),
}

SAMPLES = 1000
SIZE = 16
COLOUR = True
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Pieces (samples, channels, size, size) from 0 to 1, which photograph (samples,)."""
    photographs = np.stack(load_sample_images().images).transpose(0, 3, 1, 2) / np.float32(255)
    if not COLOUR:
        photographs = photographs.mean(1, keepdims=True)
    pieces = np.lib.stride_tricks.sliding_window_view(photographs, (SIZE, SIZE), (2, 3))
    random = np.random.default_rng(DATA_SEED)
    which = np.arange(SAMPLES) % 2
    top = random.integers(pieces.shape[2], size=len(which))
    left = random.integers(pieces.shape[3], size=len(which))
    return pieces[which, :, top, left], which
