"""Spirals: two arms around each other, a hard case for small networks.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Spirals",
    "doc": "Two spirals around each other: hard for small networks.",
    "kind": "points",
    "group": "generated",
    "target": "class",
    "shape": "(2,)",
    "outputs": "2",
    "rows": "samples",
    "classes": ("first", "second"),
    "columns": ("x", "y"),
    "options": (
        {
            "name": "samples",
            "kind": "int",
            "default": 600,
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
            "doc": "spread of the points around their arm",
        },
        {
            "name": "turns",
            "kind": "float",
            "default": 1.5,
            "low": 0.25,
            "high": 5.0,
            "doc": "how often an arm goes round",
        },
    ),
}

SAMPLES = 600
NOISE = 0.1
TURNS = 1.5
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (samples, 2), which arm they belong to (samples,)."""
    random = np.random.default_rng(DATA_SEED)
    arm = np.arange(SAMPLES) % 2
    radius = 3 * np.sqrt(random.uniform(0.02, 1, SAMPLES))
    angle = radius / 3 * TURNS * 2 * np.pi + arm * np.pi
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return points + random.normal(0, NOISE, points.shape), arm
