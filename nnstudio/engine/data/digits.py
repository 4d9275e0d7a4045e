"""Digits: handwritten figures from 0 to 9 as small grey images.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

SOURCE = {
    "title": "Digits",
    "doc": "1,797 handwritten digits as grey images of 8×8 pixels, resized on demand.",
    "kind": "images",
    "target": "class",
    "shape": "(1, size, size)",
    "outputs": "10",
    "rows": "1797",
    "classes": ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    "columns": (),
    "options": (
        {
            "name": "size",
            "kind": "int",
            "default": 8,
            "low": 4,
            "high": 64,
            "unit": "pixels",
            "doc": "height and width; 8 is the original",
        },
    ),
}

SIZE = 8


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 1, height, width) from 0 to 1, digits (1797,)."""
    pixels, digits = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels).float().reshape(-1, 1, 8, 8) / 16
    if SIZE != 8:
        images = F.interpolate(images, (SIZE, SIZE), mode="bilinear", antialias=True)
    return images.numpy(), digits
