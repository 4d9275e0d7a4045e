"""A table from a CSV file: numbers as they are, categories as one column each.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import hashlib
import sys

import numpy as np
import pandas as pd

SOURCE = {
    "title": "CSV file",
    "doc": "A table of your own: one row an example, one column the target.",
    "kind": "table",
    "target": "either",
    "shape": "(1,)",
    "outputs": "1",
    "rows": "0",
    "classes": (),
    "columns": (),
    "kept": ("columns", "rows"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "separator",
            "kind": "text",
            "default": ",",
            "doc": "character between two cells",
        },
        {
            "name": "decimal",
            "kind": "choice",
            "default": ".",
            "choices": (".", ","),
            "label": "decimal mark",
            "doc": "character before the fraction of a number",
        },
        {
            "name": "header",
            "kind": "bool",
            "default": True,
            "doc": "whether the first row holds the columns' names",
        },
        {
            "name": "missing",
            "kind": "choice",
            "default": "refuse",
            "choices": ("refuse", "drop", "fill"),
            "label": "empty cells",
            "doc": "refuse the file, drop such rows, or fill in mean or most frequent category",
        },
    ),
}

PATH = ""
FILE_SIZE = 0
FILE_SHA256 = ""
SEPARATOR = ","
DECIMAL = "."
HEADER = True
MISSING = "refuse"
FEATURES: dict[str, list[str]] = {}
TARGETS: list[str] = []
NAMES: list[str] = []
CATEGORIES = True
TARGET = "class"
EMPTY = ["", "?", "NA", "N/A", "NaN", "nan", "null"]


def examples() -> tuple[pd.DataFrame, np.ndarray]:
    """The features as a table, targets as class numbers (rows,) or numbers (rows, targets)."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    table = pd.read_csv(
        PATH,
        sep=SEPARATOR,
        header=0 if HEADER else None,
        dtype=str,
        keep_default_na=False,
        na_values=EMPTY,
        skipinitialspace=True,
    )
    if not HEADER:
        table.columns = [f"column{number + 1}" for number in table.columns]
    table = table[[*FEATURES, *TARGETS]]
    if MISSING == "refuse":
        if table.isna().any(axis=None):
            raise ValueError("Some cells are empty.")
    elif MISSING == "drop":
        table = table.dropna()
    else:
        table = table.dropna(subset=TARGETS)
    features = table[list(FEATURES)].apply(numbers)
    if TARGET == "class":
        return features, pd.Index(NAMES).get_indexer(table[TARGETS[0]])
    return features, table[TARGETS].apply(numbers).to_numpy()


def fingerprint() -> tuple[int, str]:
    """Size and SHA-256 of the file as it is now."""
    with open(PATH, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def numbers(column: pd.Series) -> pd.Series:
    """The cells as numbers, where the column holds no categories."""
    if CATEGORIES and FEATURES.get(column.name):
        return column
    if DECIMAL == ",":
        column = column.str.replace(",", ".")
    return column.astype(float)


def encode(table: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """The features as numbers (rows, inputs), everything fitted on the given rows alone."""
    if MISSING == "fill":
        table = filled(table, table.iloc[rows])
    if CATEGORIES:
        return one_hot(table, table.iloc[rows]).astype(np.float64)
    return table.to_numpy(np.float64)


def filled(table: pd.DataFrame, fit: pd.DataFrame) -> pd.DataFrame:
    """The table with the mean or the most frequent category of `fit` in its empty cells."""
    if CATEGORIES:
        return table.fillna(
            {name: fit[name].mode()[0] if FEATURES[name] else fit[name].mean() for name in table}
        )
    return table.fillna(fit.mean())


def one_hot(table: pd.DataFrame, fit: pd.DataFrame) -> np.ndarray:
    """Numbers as they are, a column for each category that 1 stands for (rows, inputs)."""
    columns = []
    for name, categories in FEATURES.items():
        if categories:
            # What `fit` lacks stays 0: no weight could have been learned for it.
            known = set(fit[name])
            columns += [(table[name] == one) & (one in known) for one in categories]
        else:
            columns.append(table[name])
    return np.stack(columns, axis=1)
