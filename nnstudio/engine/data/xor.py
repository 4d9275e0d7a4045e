"""Exclusive or: the smallest set that one straight line cannot part.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Exclusive or",
    "doc": "Four corners of a square; opposite ones share a class, so no straight line parts them.",
    "kind": "points",
    "group": "generated",
    "target": "class",
    "shape": "(2,)",
    "outputs": "2",
    "rows": "samples",
    "classes": ("same", "different"),
    "columns": ("x", "y"),
    "options": (
        {
            "name": "samples",
            "kind": "int",
            "default": 200,
            "low": 8,
            "high": 1000000,
            "unit": "rows",
            "doc": "how many points",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread of the points around their corner",
        },
    ),
}

SAMPLES = 200
NOISE = 0.0
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (samples, 2) at the corners of a square, 1 where the coordinates differ (samples,)."""
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    classes = np.array([0, 1, 1, 0])
    corner = np.arange(SAMPLES) % 4
    random = np.random.default_rng(DATA_SEED)
    return corners[corner] + random.normal(0, NOISE, (SAMPLES, 2)), classes[corner]
