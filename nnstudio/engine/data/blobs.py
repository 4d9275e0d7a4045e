"""Blobs: round clouds of points, one for each class.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_blobs

SOURCE = {
    "title": "Blobs",
    "doc": "Round clouds of points, one for each class.",
    "kind": "points",
    "group": "generated",
    "target": "class",
    "shape": "(features,)",
    "outputs": "centers",
    "rows": "samples",
    "classes": (),
    "columns": (),
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
            "default": 1.0,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread of each cloud",
        },
        {
            "name": "centers",
            "kind": "int",
            "default": 3,
            "low": 2,
            "high": 20,
            "label": "classes",
            "doc": "how many clouds",
        },
        {
            "name": "features",
            "kind": "int",
            "default": 2,
            "low": 1,
            "high": 1000,
            "doc": "numbers of one point",
        },
    ),
}

SAMPLES = 500
NOISE = 1.0
CENTERS = 3
FEATURES = 2
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (samples, features), which cloud they belong to (samples,)."""
    return make_blobs(
        SAMPLES,
        FEATURES,
        centers=CENTERS,
        cluster_std=NOISE,
        random_state=DATA_SEED,
    )
