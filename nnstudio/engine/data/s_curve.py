"""S-curve: a sheet bent like an S in space, to be straightened.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_s_curve

SOURCE = {
    "title": "S-curve",
    "doc": "A sheet bent like an S in space: how far along it does a point lie?",
    "kind": "table",
    "group": "generated",
    "target": "value",
    "shape": "(3,)",
    "outputs": "1",
    "rows": "samples",
    "classes": (),
    "columns": ("x", "y", "z"),
    "answers": ("along",),
    "options": (
        {
            "name": "samples",
            "kind": "int",
            "default": 1000,
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
            "doc": "spread of the points around the sheet",
        },
    ),
}

SAMPLES = 1000
NOISE = 0.1
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Points (samples, 3), how far along the sheet they lie (samples, 1)."""
    points, along = make_s_curve(SAMPLES, noise=NOISE, random_state=DATA_SEED)
    return points, along[:, None]
