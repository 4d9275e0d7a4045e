"""Breast cancer: malignant or benign, told apart by measurements of cells.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_breast_cancer

SOURCE = {
    "title": "Breast cancer",
    "doc": "569 tumours, malignant or benign, thirty measurements of their cells each.",
    "kind": "table",
    "target": "class",
    "shape": "(30,)",
    "outputs": "2",
    "rows": "569",
    "classes": ("malignant", "benign"),
    "columns": (
        "mean radius",
        "mean texture",
        "mean perimeter",
        "mean area",
        "mean smoothness",
        "mean compactness",
        "mean concavity",
        "mean concave points",
        "mean symmetry",
        "mean fractal dimension",
        "radius error",
        "texture error",
        "perimeter error",
        "area error",
        "smoothness error",
        "compactness error",
        "concavity error",
        "concave points error",
        "symmetry error",
        "fractal dimension error",
        "worst radius",
        "worst texture",
        "worst perimeter",
        "worst area",
        "worst smoothness",
        "worst compactness",
        "worst concavity",
        "worst concave points",
        "worst symmetry",
        "worst fractal dimension",
    ),
    "options": (),
}


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Measurements (569, 30), 0 for malignant and 1 for benign (569,)."""
    return load_breast_cancer(return_X_y=True)
