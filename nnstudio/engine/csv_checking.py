"""Is a table fit to be learned from? Every fault of its cells, named by row and column.

Owns the checks that come before training. What the script would read is what is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from graph_compiler.model import DataSource
from nnstudio.document.sources import Column, columns_of, source_options
from nnstudio.engine.bad_data import BadData, check_parts
from nnstudio.engine.csv_reading import Form, TextTable, quoted, read_table

LARGEST = float(np.finfo(np.float32).max)
FEWEST = 4
"""Rows below which nothing can be divided into parts."""


def check_table(data: DataSource, path: Path) -> None:
    """Refuse a CSV file that its description does not fit; raises `BadData` or `DataError`."""
    options = source_options(data, {})
    form = Form(options["separator"], options["decimal"], options["header"])
    columns = columns_of(data)
    table = read_table(path, form)
    check_cells(table, columns, options["missing"], data.split)


def check_cells(
    table: TextTable, columns: Sequence[Column], missing: str, split: Sequence[float]
) -> None:
    """Refuse cells, columns or classes that nothing can be learned from; raises `BadData`.

    Of a table that is only the beginning of a file, the cells alone are judged.
    """
    features = [column for column in columns if column.role == "feature"]
    targets = [column for column in columns if column.role == "target"]
    _check_roles(table, features, targets)
    used = [*features, *targets]
    values = {column.name: _values(table, column) for column in used}
    kept = _kept_rows(table, used, targets, missing)
    if not table.whole:
        return
    if len(kept) < FEWEST:
        raise BadData(
            table.name,
            f"at least {FEWEST} rows without empty cells",
            str(len(kept)),
            "Add rows, or fill the cells.",
        )
    for column in features:
        _check_feature(table, column, values[column.name][kept], missing)
    for column in targets:
        _check_target(table, column, values[column.name][kept])
    check_parts(table.name, len(kept), split)


def as_numbers(cells: pd.Series, decimal: str) -> pd.Series:
    """The cells as numbers, nan where a cell is empty or no number."""
    if decimal == ",":
        cells = cells.str.replace(",", ".")
    return pd.to_numeric(cells, errors="coerce")


def _check_roles(table: TextTable, features: Sequence[Column], targets: Sequence[Column]) -> None:
    if not targets:
        raise BadData("data.columns", "a target", "none", "Make a column the target.")
    if not features:
        raise BadData("data.columns", "at least one feature", "none", "Make a column a feature.")
    for column in [*targets, *features]:
        if column.name not in table.cells.columns:
            what = "target" if column.role == "target" else "feature"
            raise BadData(
                table.name,
                f"the {what} {quoted(column.name)} among its columns",
                "none of this name",
                "Choose the file anew, or another column.",
            )


def _values(table: TextTable, column: Column) -> np.ndarray:
    """A column's values: numbers, or the places of its categories; nan where a cell is empty."""
    cells = table.cells[column.name]
    empty = cells.isna().to_numpy()
    if column.type == "category":
        codes = pd.Index(column.categories).get_indexer(cells).astype(float)
        unknown = (codes < 0) & ~empty
        if unknown.any():
            row = int(np.argmax(unknown))
            raise BadData(
                table.place(row, column.name),
                f"one of {_listed(column.categories)}",
                quoted(str(cells.iloc[row])),
                "Mend the cell, or read the columns anew.",
            )
        codes[empty] = np.nan
        return codes
    values = as_numbers(cells, table.form.decimal).to_numpy(float)
    wrong = np.isnan(values) & ~empty
    if wrong.any():
        row = int(np.argmax(wrong))
        raise BadData(
            table.place(row, column.name),
            "a number",
            quoted(str(cells.iloc[row])),
            "Mend the cell, or make the column one of categories.",
        )
    large = np.abs(values) > LARGEST
    if large.any():
        row = int(np.argmax(large))
        infinite = bool(np.isinf(values[row]))
        raise BadData(
            table.place(row, column.name),
            "a finite number" if infinite else "a number below 3.4e38",
            quoted(str(cells.iloc[row])),
            "Mend the cell, or ignore the column.",
        )
    return values


def _kept_rows(
    table: TextTable, used: Sequence[Column], targets: Sequence[Column], missing: str
) -> np.ndarray:
    """The rows that training will see."""
    must = list(used) if missing in ("refuse", "drop") else list(targets)
    empty = table.cells[[column.name for column in must]].isna().to_numpy()
    if missing == "refuse" and empty.any():
        row = int(np.argmax(empty.any(1)))
        column = must[int(np.argmax(empty[row]))]
        what = "a target" if column.role == "target" else "a value"
        raise BadData(
            table.place(row, column.name),
            what,
            "an empty cell",
            "Fill the cell, or let empty cells be dropped or filled.",
        )
    return np.flatnonzero(~empty.any(1))


def _check_feature(table: TextTable, column: Column, values: np.ndarray, missing: str) -> None:
    where = f"{table.name}, column {quoted(column.name)}"
    there = values[~np.isnan(values)]
    if not len(there):
        raise BadData(where, "values", "only empty cells", "Ignore the column.")
    if (there == there[0]).all() and len(there) == len(values):
        cells = table.cells[column.name].dropna()
        raise BadData(
            where,
            "at least two different values",
            f"{quoted(str(cells.iloc[0]))} in every row",
            "Ignore the column.",
        )


def _check_target(table: TextTable, column: Column, values: np.ndarray) -> None:
    where = f"{table.name}, column {quoted(column.name)}"
    if column.type == "number":
        if (values == values[0]).all():
            raise BadData(
                where,
                "different values to predict",
                f"{values[0]:g} in every row",
                "Choose another target.",
            )
        return
    counts = np.bincount(values.astype(int), minlength=len(column.categories))
    present = np.flatnonzero(counts)
    if len(present) < 2:
        raise BadData(
            where,
            "at least two classes",
            f"only {quoted(column.categories[int(present[0])])}",
            "Choose another target.",
        )
    if counts.max() == 1:
        raise BadData(
            where,
            "classes with several rows each",
            f"{len(present)} different values in {len(values)} rows",
            "Choose another target, or make it a number.",
        )
    single = np.flatnonzero(counts == 1)
    if len(single):
        raise BadData(
            where,
            "at least two rows of every class",
            f"one of {quoted(column.categories[int(single[0])])}",
            "Add rows of this class, or remove the row.",
        )
    missing = np.flatnonzero(counts == 0)
    if len(missing):
        raise BadData(
            where,
            f"rows of every class that the description names ({_listed(column.categories)})",
            f"none of {quoted(column.categories[int(missing[0])])}",
            "Read the columns anew.",
        )


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(quoted(word)[1:-1] for word in words[:8])
    return f"{shown}, …" if len(words) > 8 else shown
