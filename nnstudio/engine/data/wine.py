"""Wine: three growers, told apart by thirteen chemical measurements.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_wine

SOURCE = {
    "title": "Wine",
    "doc": "178 wines from three growers, thirteen chemical measurements each.",
    "kind": "table",
    "target": "class",
    "shape": "(13,)",
    "outputs": "3",
    "rows": "178",
    "classes": ("class_0", "class_1", "class_2"),
    "columns": (
        "alcohol",
        "malic_acid",
        "ash",
        "alcalinity_of_ash",
        "magnesium",
        "total_phenols",
        "flavanoids",
        "nonflavanoid_phenols",
        "proanthocyanins",
        "color_intensity",
        "hue",
        "od280/od315_of_diluted_wines",
        "proline",
    ),
    "options": (),
}


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Measurements (178, 13), growers (178,)."""
    return load_wine(return_X_y=True)
