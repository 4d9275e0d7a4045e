"""Is a table fit to be learned from? Every fault of its cells, named by row and column.

Owns the checks that come before training. What the script would read is what is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graph_compiler.model import DataSource
from nnstudio.document.preparation import preparation_settings
from nnstudio.document.sources import source_options
from nnstudio.document.tabular import SINGLE, Column, columns_of, is_streamed
from nnstudio.engine.bad_data import BadData, check_parts
from nnstudio.engine.csv_reading import Form, TextTable, quoted, read_table
from nnstudio.engine.parquet_reading import is_parquet, read_parquet

LARGEST = float(np.finfo(np.float32).max)
FORM = ("separator", "decimal", "header", "thousands", "encoding", "signs", "blanks")
FEWEST = 4
"""Rows below which nothing can be divided into parts."""


def check_table(data: DataSource, path: Path) -> None:
    """Refuse a CSV file that its description does not fit; raises `BadData` or `DataError`."""
    if is_streamed(data):
        from nnstudio.engine.csv_pieces import check_pieces

        check_pieces(data, path)
        return
    options = source_options(data, {})
    table = read_parquet(path) if is_parquet(path) else read_table(path, form_of(options))
    others = has_others(data)
    check_cells(table, columns_of(data), options["missing"], data.split, others)


def has_others(data: DataSource) -> bool:
    """Whether what a column does not name counts as one more category."""
    return bool(preparation_settings(data, {})["rare"])


def form_of(options: Mapping[str, Any]) -> Form:
    """How the file is written, by the source's options."""
    return Form(*(options[name] for name in FORM))


def check_cells(
    table: TextTable,
    columns: Sequence[Column],
    missing: str,
    split: Sequence[float],
    others: bool = False,
) -> np.ndarray:
    """The rows that training sees; refuses what nothing can be learned from with `BadData`.

    Of a table that is only a piece of a file, the cells alone are judged.
    """
    features = [column for column in columns if column.role == "feature"]
    targets = [column for column in columns if column.role == "target"]
    _check_roles(table, features, targets)
    roles = [column for column in columns if column.role in SINGLE]
    used = [*features, *targets, *roles]
    values = {
        column.name: column_values(table, column, others and column.role == "feature")
        for column in used
    }
    kept = _kept_rows(table, used, [*targets, *roles], missing)
    if not table.whole:
        return kept
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
    for column in roles:
        _check_role(table, column, values[column.name][kept])
    check_parts(table.name, len(kept), split)
    return kept


def as_numbers(cells: pd.Series, form: Form) -> pd.Series:
    """The cells as numbers, nan where a cell is empty or no number."""
    if form.signs:
        cells = without_signs(cells)
    if form.thousands != "none":
        mark = r"[ \u00a0\u202f]" if form.thousands == " " else re.escape(form.thousands)
        point = re.escape(form.decimal)
        right = cells.str.fullmatch(rf"\s*[+-]?\d{{1,3}}({mark}\d{{3}})+({point}\d*)?\s*")
        marked = cells.str.contains(mark, regex=True)
        # A mark at another place makes no number.
        cells = cells.where(~marked.fillna(False).astype(bool) | right.fillna(False).astype(bool))
        cells = cells.str.replace(mark, "", regex=True)
    if form.decimal == ",":
        cells = cells.str.replace(",", ".")
    return pd.to_numeric(cells, errors="coerce")


def without_signs(cells: pd.Series) -> pd.Series:
    """The cells without the one sign before or behind each; missing where a sign is elsewhere."""
    right = cells.str.fullmatch(r"\s*[+-]?\s*[$€£¥]?[^$€£¥%]+|[^$€£¥%]+[$€£¥%]\s*")
    return cells.where(right.fillna(False).astype(bool)).str.replace(
        r"\s*[$€£¥%]\s*", "", regex=True
    )


def as_moments(cells: pd.Series, form: str) -> pd.Series:
    """The cells as dates and times, missing where a cell is empty or not of this form."""
    return pd.to_datetime(cells, format=form, errors="coerce")


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


def column_values(table: TextTable, column: Column, others: bool = False) -> np.ndarray:
    """A column's values: numbers, places of categories, dates; nan where a cell is empty.

    With `others` a category that the column does not name is none of them, -1.
    """
    cells = table.cells[column.name]
    empty = cells.isna().to_numpy()
    if column.role == "group":
        codes = pd.factorize(cells)[0].astype(float)
        codes[empty] = np.nan
        return codes
    if column.type == "category":
        codes = pd.Index(column.categories).get_indexer(cells).astype(float)
        unknown = (codes < 0) & ~empty
        if unknown.any() and column.role != "part" and not others:
            row = int(np.argmax(unknown))
            raise BadData(
                table.place(row, column.name),
                f"one of {_listed(column.categories)}",
                quoted(str(cells.iloc[row])),
                "Mend the cell, or read the columns anew.",
            )
        codes[empty] = np.nan
        return codes
    if column.type == "date":
        moments = as_moments(cells, column.categories[0])
        wrong = moments.isna().to_numpy() & ~empty
        if wrong.any():
            row = int(np.argmax(wrong))
            raise BadData(
                table.place(row, column.name),
                f"a date in the form {column.categories[0]}",
                quoted(str(cells.iloc[row])),
                "Mend the cell, or make the column one of categories.",
            )
        return (moments - pd.Timestamp(0)).dt.total_seconds().to_numpy(float)
    values = as_numbers(cells, table.form).to_numpy(float)
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


def _check_role(table: TextTable, column: Column, values: np.ndarray) -> None:
    where = f"{table.name}, column {quoted(column.name)}"
    if column.role == "weight" and values.min() < 0:
        row = int(np.argmin(values))
        raise BadData(
            where, "weights from 0 on", f"{values[row]:g}", "Mend it, or choose another column."
        )
    if column.role == "weight" and not values.any():
        raise BadData(where, "weights, some above 0", "only 0", "Choose another column.")
    if column.role == "part":
        for number, word in enumerate(column.categories):
            if (word or number == 0) and not (values == number).any():
                name = ("training", "validation", "test")[number]
                raise BadData(
                    where,
                    f"rows of the {name} part ({quoted(word)})",
                    "none",
                    "Choose another column, or read the columns anew.",
                )
    if column.role == "group" and len(np.unique(values)) < 3:
        raise BadData(
            where, "at least three groups", str(len(np.unique(values))), "Choose another column."
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
    if (counts > 1).sum() < 2:
        single = np.flatnonzero(counts == 1)
        raise BadData(
            where,
            "at least two rows of two classes",
            f"one of {quoted(column.categories[int(single[0])])}",
            "Add rows of this class, or choose another target.",
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
