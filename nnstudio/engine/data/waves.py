"""Sine mixtures: sequences of a few sine waves each, and the values that come next.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Sine mixtures",
    "doc": "Sequences that are sums of sine waves of random length, height and phase; the network "
    "tells how each goes on.",
    "kind": "arrays",
    "group": "generated",
    "target": "value",
    "shape": '(window,) if layout == "values" else (window, 1)',
    "outputs": "horizon",
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
            "doc": "how many sequences",
        },
        {
            "name": "window",
            "kind": "int",
            "default": 24,
            "low": 1,
            "high": 10000,
            "unit": "values",
            "doc": "how many values the network sees",
        },
        {
            "name": "horizon",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 1000,
            "unit": "values",
            "doc": "how many values after them it is to tell",
        },
        {
            "name": "waves",
            "kind": "int",
            "default": 2,
            "low": 1,
            "high": 20,
            "doc": "sine waves in each sequence",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread of the values around the curve",
        },
        {
            "name": "layout",
            "kind": "choice",
            "default": "values",
            "choices": ("values", "sequence"),
            "doc": "a row of values, or a sequence of steps for recurrent layers",
        },
    ),
}

SAMPLES = 500
WINDOW = 24
HORIZON = 1
WAVES = 2
NOISE = 0.0
LAYOUT = "values"
DATA_SEED = 0


def examples() -> tuple[np.ndarray, np.ndarray]:
    """The beginnings of sequences (samples, window) and what comes after (samples, horizon)."""
    random = np.random.default_rng(DATA_SEED)
    length = random.uniform(6, 30, (SAMPLES, WAVES, 1))
    height = random.uniform(0.5, 1, (SAMPLES, WAVES, 1))
    phase = random.uniform(0, 2 * np.pi, (SAMPLES, WAVES, 1))
    time = np.arange(WINDOW + HORIZON)
    rows = (height * np.sin(2 * np.pi * time / length + phase)).sum(1)
    rows += random.normal(0, NOISE, rows.shape)
    if LAYOUT == "sequence":
        return rows[:, :WINDOW, None], rows[:, WINDOW:]
    return rows[:, :WINDOW], rows[:, WINDOW:]
