"""Classes in many dimensions: clouds at the corners of a cube, with useless numbers beside.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_classification

SOURCE = {
    "title": "Classes in many dimensions",
    "doc": "Clouds at the corners of a cube, with useless numbers and wrong labels if you like.",
    "kind": "table",
    "group": "generated",
    "target": "class",
    "shape": "(informative + redundant + useless,)",
    "outputs": "centers",
    "rows": "samples",
    "classes": (),
    "columns": (),
    "options": (
        {
            "name": "samples",
            "kind": "int",
            "default": 600,
            "low": 20,
            "high": 1000000,
            "unit": "rows",
            "doc": "how many rows",
        },
        {
            "name": "centers",
            "kind": "int",
            "default": 3,
            "low": 2,
            "high": 16,
            "label": "classes",
            "doc": "how many classes, each of two clouds",
        },
        {
            "name": "informative",
            "kind": "int",
            "default": 5,
            "low": 5,
            "high": 500,
            "doc": "numbers that the class depends on",
        },
        {
            "name": "redundant",
            "kind": "int",
            "default": 3,
            "low": 0,
            "high": 500,
            "doc": "numbers mixed from those",
        },
        {
            "name": "useless",
            "kind": "int",
            "default": 4,
            "low": 0,
            "high": 500,
            "doc": "numbers that say nothing",
        },
        {
            "name": "distance",
            "kind": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 100.0,
            "doc": "how far the clouds are apart",
        },
        {
            "name": "wrong",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 0.5,
            "label": "wrong labels",
            "doc": "share of the rows that get a random class",
        },
    ),
}

SAMPLES = 600
CENTERS = 3
INFORMATIVE = 5
REDUNDANT = 3
USELESS = 4
DISTANCE = 1.0
WRONG = 0.0
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Rows (samples, features), which class they belong to (samples,)."""
    return make_classification(
        SAMPLES,
        INFORMATIVE + REDUNDANT + USELESS,
        n_informative=INFORMATIVE,
        n_redundant=REDUNDANT,
        n_classes=CENTERS,
        class_sep=DISTANCE,
        flip_y=WRONG,
        random_state=DATA_SEED,
    )
