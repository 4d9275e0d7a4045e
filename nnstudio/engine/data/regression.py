"""Linear relation: numbers of which a few add up, with weights, to the answer.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_regression

SOURCE = {
    "title": "Linear relation",
    "doc": "Random numbers, a few of which add up to the answer: which ones does the net find?",
    "kind": "table",
    "group": "generated",
    "target": "value",
    "shape": "(features,)",
    "outputs": "answers",
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
            "doc": "how many rows",
        },
        {
            "name": "features",
            "kind": "int",
            "default": 10,
            "low": 1,
            "high": 1000,
            "doc": "numbers of one row",
        },
        {
            "name": "informative",
            "kind": "int",
            "default": 5,
            "low": 1,
            "high": 1000,
            "doc": "how many of them the answer depends on",
        },
        {
            "name": "answers",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 100,
            "doc": "numbers to be predicted for each row",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 1000.0,
            "doc": "spread of the answers around the exact sum",
        },
    ),
}

SAMPLES = 500
FEATURES = 10
INFORMATIVE = 5
ANSWERS = 1
NOISE = 1.0
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Rows (samples, features), answers (samples, answers)."""
    rows, answers = make_regression(
        SAMPLES,
        FEATURES,
        n_informative=INFORMATIVE,
        n_targets=ANSWERS,
        noise=NOISE,
        random_state=DATA_SEED,
    )
    return rows, answers.reshape(len(rows), -1)
