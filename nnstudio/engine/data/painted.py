"""Painted points: points set by hand in the plane, each of a class.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Painted points",
    "doc": "Points that you paint, move and delete yourself.",
    "kind": "painted",
    "group": "own",
    "target": "class",
    "shape": "(2,)",
    "outputs": "len(names)",
    "rows": "len(points) * copies",
    "classes": (),
    "class_parts": ("names",),
    "columns": ("x", "y"),
    "kept": ("points", "names"),
    "unset": ("points of at least two classes", "Paint some in the Data panel."),
    "options": (
        {
            "name": "noise",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread around the painted place; the plane reaches from -1 to 1",
        },
        {
            "name": "copies",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 1000,
            "doc": "rows made of one painted point, each with noise of its own",
        },
    ),
}

POINTS: list[tuple[float, float, int]] = []
NOISE = 0.0
COPIES = 1
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (rows, 2), the number of each one's class."""
    painted = np.repeat(np.array(POINTS, float), COPIES, axis=0)
    noise = np.random.default_rng(DATA_SEED).normal(0, NOISE, (len(painted), 2))
    return painted[:, :2] + noise, painted[:, 2].astype(np.int64)
