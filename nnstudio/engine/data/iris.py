"""Iris: three species of flowers, told apart by the size of their leaves.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_iris

SOURCE = {
    "title": "Iris",
    "doc": "150 flowers of three species, four lengths in centimetres each.",
    "kind": "table",
    "target": "class",
    "shape": "(4,)",
    "outputs": "3",
    "rows": "150",
    "classes": ("setosa", "versicolor", "virginica"),
    "columns": ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
    "options": (),
}


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Lengths in cm (150, 4), species (150,)."""
    return load_iris(return_X_y=True)
