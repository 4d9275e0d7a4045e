"""Moons: two interleaved half circles, parted by a wave.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_moons

SOURCE = {
    "title": "Moons",
    "doc": "Two interleaved half circles.",
    "kind": "points",
    "group": "generated",
    "target": "class",
    "shape": "(2,)",
    "outputs": "2",
    "rows": "samples",
    "classes": ("upper", "lower"),
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
            "default": 0.2,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread of the points around their arc",
        },
    ),
}

SAMPLES = 500
NOISE = 0.2
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (samples, 2), which moon they belong to (samples,)."""
    return make_moons(SAMPLES, noise=NOISE, random_state=DATA_SEED)
