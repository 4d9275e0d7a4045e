"""Separable clouds: two classes with a straight gap between them.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Separable clouds",
    "doc": "Two clouds with a gap between them, parted by a straight line.",
    "kind": "points",
    "group": "generated",
    "target": "class",
    "shape": "(2,)",
    "outputs": "2",
    "rows": "samples",
    "classes": ("one side", "other side"),
    "columns": ("x", "y"),
    "options": (
        {
            "name": "samples",
            "kind": "int",
            "default": 200,
            "low": 10,
            "high": 1000000,
            "unit": "rows",
            "doc": "how many points",
        },
        {
            "name": "gap",
            "kind": "float",
            "default": 0.4,
            "low": 0.0,
            "high": 3.0,
            "doc": "width of the empty strip between the classes",
        },
    ),
}

SAMPLES = 200
GAP = 0.4
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (samples, 2), on which side of a line they lie (samples,)."""
    random = np.random.default_rng(DATA_SEED)
    classes = np.arange(SAMPLES) % 2
    angle = random.uniform(0, 2 * np.pi)
    across = np.array([np.cos(angle), np.sin(angle)])
    along = np.array([-across[1], across[0]])
    # The distance from the line has the class's sign and is never less than half the gap.
    distance = (2 * classes - 1) * (GAP / 2 + np.abs(random.normal(0, 1, SAMPLES)))
    return distance[:, None] * across + random.normal(0, 1, (SAMPLES, 1)) * along, classes
