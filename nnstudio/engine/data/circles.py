"""Circles: a ring around another one, parted by a circle.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_circles

SOURCE = {
    "title": "Circles",
    "doc": "A ring around another one.",
    "kind": "points",
    "group": "generated",
    "target": "class",
    "shape": "(2,)",
    "outputs": "2",
    "rows": "samples",
    "classes": ("outer", "inner"),
    "columns": ("x", "y"),
    "options": (
        {
            "name": "samples",
            "kind": "int",
            "default": 500,
            "low": 10,
            "high": 1000000,
            "unit": "rows",
            "doc": "how many points",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread of the points around their ring",
        },
    ),
}

SAMPLES = 500
NOISE = 0.1
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (samples, 2), which ring they belong to (samples,)."""
    return make_circles(SAMPLES, noise=NOISE, factor=0.5, random_state=DATA_SEED)
