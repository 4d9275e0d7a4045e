"""Noisy function: a curve of one variable, with noise.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Noisy function",
    "doc": "A curve of one variable with noise: fit it, and see under- and overfitting.",
    "kind": "points",
    "group": "generated",
    "target": "value",
    "shape": "(1,)",
    "outputs": "1",
    "rows": "samples",
    "classes": (),
    "columns": ("x",),
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
            "name": "noise",
            "kind": "float",
            "default": 0.2,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread of the values around the curve",
        },
        {
            "name": "curve",
            "kind": "choice",
            "default": "sine",
            "choices": ("sine", "line", "parabola", "step", "bumps"),
            "doc": "which function",
        },
    ),
}

SAMPLES = 200
NOISE = 0.2
CURVE = "sine"
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Places from -3 to 3 (samples, 1), noisy values of the function there (samples, 1)."""
    random = np.random.default_rng(DATA_SEED)
    x = random.uniform(-3, 3, (SAMPLES, 1))
    if CURVE == "sine":
        y = np.sin(2 * x)
    elif CURVE == "line":
        y = 0.5 * x
    elif CURVE == "parabola":
        y = x**2 / 4 - 1
    elif CURVE == "step":
        y = np.sign(x)
    else:
        y = np.sin(2 * x) + 0.5 * np.sin(7 * x)
    return x, y + random.normal(0, NOISE, x.shape)
