"""Linnerud: three exercises of twenty men, and three measurements of their bodies.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_linnerud

SOURCE = {
    "title": "Linnerud",
    "doc": "Twenty men in a fitness club: chin-ups, sit-ups and jumps, three answers at once.",
    "kind": "table",
    "target": "value",
    "shape": "(3,)",
    "outputs": "3",
    "rows": "20",
    "classes": (),
    "columns": ("chins", "situps", "jumps"),
    "answers": ("weight", "waist", "pulse"),
    "options": (),
}


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Exercises (20, 3); weight, waist and pulse (20, 3)."""
    return load_linnerud(return_X_y=True)
