"""A table's cells as numbers: types, dates, empty cells, categories.

This text becomes part of `train.py`; it knows nothing of NN Studio. What is fitted is fitted on the
rows that are given for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

FEATURES: dict[str, list[str]] = {}
TARGETS: list[str] = []
ROLES: list[str] = []
NAMES: list[str] = []
LABELS: dict[str, str] = {}
KINDS: dict[str, list[str]] = {}
DATES: dict[str, tuple[str, list[str]]] = {}
TIME = ""
TIME_FORMAT = ""
DECIMAL = "."
THOUSANDS = "none"
SIGNS = False
MISSING = "refuse"
CATEGORIES = True
CATEGORIES_AS = "one_hot"
RARE = 0
FITS_TABLE = True
TARGET = "class"


def columns(table: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The features as a table, targets as class numbers (rows,) or numbers (rows, targets)."""
    if DATES:
        table = dated(table)
    table = table[[*FEATURES, *TARGETS, *ROLES]] if ROLES else table[[*FEATURES, *TARGETS]]
    if MISSING == "refuse":
        if table.isna().any(axis=None):
            raise ValueError("Some cells are empty.")
    elif MISSING == "drop":
        table = table.dropna()
    elif ROLES:
        table = table.dropna(subset=[*TARGETS, *ROLES])
    else:
        table = table.dropna(subset=TARGETS)
    if TIME:
        if TIME_FORMAT:
            moments = pd.to_datetime(table[TIME], format=TIME_FORMAT)
        else:
            moments = numbers(table[TIME])
        table = table.iloc[np.argsort(moments.to_numpy(), kind="stable")]
    features = table[list(FEATURES)].apply(numbers)
    if ROLES:
        features[ROLES] = table[ROLES]
    if TARGET == "class":
        return features, pd.Index(NAMES).get_indexer(table[TARGETS[0]])
    if TARGET == "several":
        return features, np.stack([of_kind(table[name]) for name in TARGETS], axis=1)
    if TARGET == "labels":
        return features, np.stack([table[name] == yes for name, yes in LABELS.items()], axis=1)
    return features, table[TARGETS].apply(numbers).to_numpy()


def of_kind(column: pd.Series) -> np.ndarray:
    """A target as numbers: those of its classes, or itself."""
    if KINDS[column.name]:
        return pd.Index(KINDS[column.name]).get_indexer(column).astype(float)
    return numbers(column).to_numpy()


def dated(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a column for each part of its dates that is wanted."""
    for name, (form, parts) in DATES.items():
        moments = pd.to_datetime(table[name], format=form)
        for part in parts:
            table[f"{name} ({part})"] = of_moment(moments, part)
    return table


def features(table: pd.DataFrame) -> pd.DataFrame:
    """The features alone, of a table whose targets nobody knows."""
    if DATES:
        table = dated(table)
    return table[list(FEATURES)].apply(numbers)


def of_moment(moments: pd.Series, part: str) -> pd.Series:
    """One number of each moment: its year, month, day, weekday (Monday is 0) or seconds."""
    if part == "seconds":
        return (moments - moments.dt.normalize()).dt.total_seconds()
    if part == "weekday":
        part = "day_of_week"
    return getattr(moments.dt, part).astype(float)


def numbers(column: pd.Series) -> pd.Series:
    """The cells as numbers, where the column holds no categories."""
    if CATEGORIES and FEATURES.get(column.name):
        return column
    if DATES and column.dtype == float:
        return column
    if SIGNS:
        column = column.str.replace(r"\s*[$€£¥%]\s*", "", regex=True)
    if THOUSANDS == " ":
        column = column.str.replace(r"\s", "", regex=True)
    elif THOUSANDS != "none":
        column = column.str.replace(THOUSANDS, "")
    if DECIMAL == ",":
        column = column.str.replace(",", ".")
    return column.astype(float)


def fit_table(table: pd.DataFrame) -> dict[str, Any]:
    """What is usual in each column of some rows, and which categories those rows know."""
    if ROLES:
        table = table[list(FEATURES)]
    fitted: dict[str, Any] = {}
    if MISSING == "fill" or MISSING == "median":
        fitted["usual"] = usual_cells(table)
        table = table.fillna(fitted["usual"])
    if CATEGORIES and CATEGORIES_AS == "one_hot":
        known = {n: known_words(table[n], words) for n, words in FEATURES.items() if words}
        fitted["known"] = known
    return fitted


def usual_cells(table: pd.DataFrame) -> dict[str, Any]:
    """What stands for an empty cell of each column."""
    if MISSING == "median":
        found = table.median(numeric_only=True).to_dict()
    else:
        found = table.mean(numeric_only=True).to_dict()
    if CATEGORIES:
        found |= {name: table[name].mode()[0] for name, words in FEATURES.items() if words}
    return found


def known_words(column: pd.Series, categories: list[str]) -> list[str]:
    """The categories with an input of their own: no weight could be learned for any other."""
    counts = column.value_counts()
    return [one for one in categories if counts.get(one, 0) >= max(RARE, 1)]


def encode(table: pd.DataFrame, fitted: dict[str, Any]) -> np.ndarray:
    """The features as numbers (rows, inputs)."""
    if ROLES:
        table = table[list(FEATURES)]
    if MISSING == "fill" or MISSING == "median":
        table = table.fillna(fitted["usual"])
    if CATEGORIES and CATEGORIES_AS == "ordinal":
        return ordinal(table)
    if CATEGORIES:
        return one_hot(table, fitted["known"]).astype(np.float64)
    return table.to_numpy(np.float64)


def ordinal(table: pd.DataFrame) -> np.ndarray:
    """Numbers as they are, of a category its place in the list (rows, inputs)."""
    inputs = []
    for name, categories in FEATURES.items():
        if categories:
            inputs.append(pd.Index(categories).get_indexer(table[name]))
        else:
            inputs.append(table[name])
    return np.stack(inputs, axis=1).astype(np.float64)


def one_hot(table: pd.DataFrame, known: dict[str, list[str]]) -> np.ndarray:
    """Numbers as they are, a column for each category that 1 stands for (rows, inputs)."""
    inputs = []
    for name, categories in FEATURES.items():
        if categories:
            inputs += [(table[name] == one) & (one in known[name]) for one in categories]
            if RARE > 0:
                # All others, rare or never seen.
                inputs.append(~table[name].isin(known[name]))
        else:
            inputs.append(table[name])
    return np.stack(inputs, axis=1)
