"""Friedman's problems: three curved relations that a straight line cannot follow.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_friedman1, make_friedman2, make_friedman3

SOURCE = {
    "title": "Friedman's problems",
    "doc": "Three curved relations, made to compare methods of regression.",
    "kind": "table",
    "group": "generated",
    "target": "value",
    "shape": '(10 if problem == "waves" else 4,)',
    "outputs": "1",
    "rows": "samples",
    "classes": (),
    "columns": (),
    "options": (
        {
            "name": "problem",
            "kind": "choice",
            "default": "waves",
            "choices": ("waves", "impedance", "phase"),
            "doc": "a sine with five useless numbers beside; or impedance and phase of a circuit",
        },
        {
            "name": "samples",
            "kind": "int",
            "default": 500,
            "low": 10,
            "high": 1000000,
            "unit": "rows",
            "doc": "how many rows",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 0.5,
            "low": 0.0,
            "high": 1000.0,
            "doc": "spread of the answers around the exact one",
        },
    ),
}

PROBLEM = "waves"
SAMPLES = 500
NOISE = 0.5
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Rows (samples, 10 or 4), answers (samples, 1)."""
    if PROBLEM == "waves":
        rows, answers = make_friedman1(SAMPLES, noise=NOISE, random_state=DATA_SEED)
    elif PROBLEM == "impedance":
        rows, answers = make_friedman2(SAMPLES, noise=NOISE, random_state=DATA_SEED)
    else:
        rows, answers = make_friedman3(SAMPLES, noise=NOISE, random_state=DATA_SEED)
    return rows, answers[:, None]
