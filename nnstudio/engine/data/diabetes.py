"""Diabetes: ten values of blood and body against the state of the disease a year later.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_diabetes

SOURCE = {
    "title": "Diabetes",
    "doc": "442 patients, ten values of their blood and body; how far the disease is a year later.",
    "kind": "table",
    "target": "value",
    "shape": "(10,)",
    "outputs": "1",
    "rows": "442",
    "classes": (),
    "columns": ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
    "options": (),
}


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Values (442, 10), state of the disease (442, 1)."""
    inputs, targets = load_diabetes(return_X_y=True, scaled=False)
    return inputs, targets[:, None]
