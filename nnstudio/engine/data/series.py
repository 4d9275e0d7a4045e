"""A time series from a CSV file: windows of the past, and the values that come after them.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SOURCE = {
    "title": "Time series",
    "doc": "One column of a CSV file in its order: the last values tell the next ones. The parts "
    "follow one another, and no window reaches from one into another.",
    "kind": "arrays",
    "group": "own",
    "target": "value",
    "shape": '(window,) if layout == "values" else (window, 1)',
    "outputs": "horizon",
    "rows": "rows - window - horizon + 1",
    "classes": (),
    "columns": (),
    "kept": ("rows",),
    "in_order": True,
    "gap": "window + horizon - 1",
    "opens": "file",
    "endings": (".csv", ".tsv", ".txt"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "column",
            "kind": "text",
            "default": "",
            "doc": "name of the column; the last one where it is empty",
        },
        {
            "name": "separator",
            "kind": "text",
            "default": ",",
            "doc": "character between two cells",
        },
        {
            "name": "window",
            "kind": "int",
            "default": 20,
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
            "name": "layout",
            "kind": "choice",
            "default": "values",
            "choices": ("values", "sequence"),
            "doc": "a row of values, or a sequence of steps for recurrent layers",
        },
    ),
}

PATH = ""
COLUMN = ""
SEPARATOR = ","
WINDOW = 20
HORIZON = 1
LAYOUT = "values"


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Windows (rows, window) and what comes after each of them (rows, horizon), in order."""
    windows = np.lib.stride_tricks.sliding_window_view(values(), WINDOW + HORIZON)
    if LAYOUT == "sequence":
        return windows[:, :WINDOW, None], windows[:, WINDOW:]
    return windows[:, :WINDOW], windows[:, WINDOW:]


def values() -> np.ndarray:
    """The column as numbers; raises `ValueError` for a cell that is none."""
    table = pd.read_csv(PATH, sep=SEPARATOR, dtype=str, skipinitialspace=True)
    name = COLUMN or table.columns[-1]
    if name not in table.columns:
        raise ValueError(f"{PATH}: expected a column {name!a}, got others.")
    found = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found)))
        text = f"{PATH}, row {row + 2}, column {name!a}"
        raise ValueError(f"{text}: expected a number, got {str(table[name].iloc[row])[:40]!a}.")
    if len(found) < WINDOW + HORIZON + 3:
        raise ValueError(
            f"{PATH}: expected at least {WINDOW + HORIZON + 3} rows, got {len(found)}."
        )
    return found
