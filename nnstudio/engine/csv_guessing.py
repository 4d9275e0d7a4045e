"""What a CSV file holds: separator, decimal mark, header, types and target, guessed.

Owns the guesses, and the figures of every column that a person checks them by.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nnstudio.document.sources import ROLES, TYPES, Column
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import as_numbers, check_cells
from nnstudio.engine.csv_reading import (
    MAX_LINE,
    Form,
    TextTable,
    count_words,
    open_data,
    read_table,
)

SEPARATORS = (",", ";", "\t", "|")
MOST_CELLS = 2_000_000
"""Cells from which figures and types are taken; the rest of the file is read for categories."""
LOOKED_AT = 200
"""Rows from which separator, decimal mark and header are guessed."""
MAX_CATEGORIES = 50
"""Different words in a feature above which it is proposed to be ignored."""
MAX_CLASSES = 20
"""Different whole numbers in a target up to which they are taken for classes."""
SHOWN_ROWS = 50
SHOWN_CATEGORIES = 20
BINS = 16

_TARGET_NAMES = ("target", "label", "class", "y", "outcome", "diagnosis", "species", "survived")
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")
_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+")


def describe_csv(path: Path, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Options of the data source, column facts and first rows of a file; raises `BadData`.

    What `given` holds of separator, decimal mark, header, missing and columns is kept in place of
    a guess. A fault of the cells does not raise: it stands under `problem`. Of a large file only
    the first `looked_at` rows are read for figures, and all of it for rows and categories.
    """
    given = given or {}
    form = _form(path, given)
    table = read_table(path, form, MOST_CELLS)
    known = _given_columns(given.get("columns"))
    rows, words = _words(path, table, known)
    columns = _columns(table, known, words)
    used = [column.name for column in columns if column.role != "ignore"]
    missing = str(given.get("missing") or "")
    if not missing:
        missing = "fill" if table.cells[used].isna().any(axis=None) else "refuse"
    problem = ""
    try:
        check_cells(table, columns, missing, (0.6, 0.15, 0.25))
    except BadData as error:
        problem = str(error)
    options = {
        "path": str(path),
        "separator": form.separator,
        "decimal": form.decimal,
        "header": form.header,
        "missing": missing,
        "columns": [list(map(_listed, column.as_option())) for column in columns],
        "rows": rows,
    }
    return {
        "kind": "table",
        "rows": rows,
        "looked_at": len(table.cells),
        "options": options,
        "columns": [column_facts(table, column, words.get(column.name)) for column in columns],
        "table": table.cells.head(SHOWN_ROWS).fillna("").to_numpy().tolist(),
        "problem": problem,
    }


def column_facts(
    table: TextTable, column: Column, words: Counter[str] | None = None
) -> dict[str, Any]:
    """One column for the preview: type, role, empty cells, figures or categories, histogram."""
    cells = table.cells[column.name]
    facts: dict[str, Any] = {
        "name": column.name,
        "role": column.role,
        "type": column.type,
        "missing": int(cells.isna().sum()),
        "distinct": int(cells.nunique()),
    }
    if column.type == "number":
        values = as_numbers(cells, table.form.decimal).to_numpy(float)
        return {**facts, **number_facts(values)}
    counts = words if words is not None else Counter(cells.dropna())
    return {**facts, "distinct": len(counts), **category_facts(counts)}


def number_facts(values: np.ndarray) -> dict[str, Any]:
    """Smallest, largest, mean and a histogram of the finite numbers."""
    values = values[np.isfinite(values)]
    if not len(values):
        return {"min": None, "max": None, "mean": None, "histogram": [], "categories": []}
    return {
        "min": float(values.min()),
        "max": float(values.max()),
        "mean": float(values.mean()),
        "histogram": _histogram(values.astype(np.float64)),
        "categories": [],
    }


def _histogram(values: np.ndarray) -> list[int]:
    """Counts in bins of the same width; all in one where no float lies between the ends."""
    try:
        counts, _ = np.histogram(values, bins=BINS)
    except ValueError:
        return [len(values)]
    return [int(count) for count in counts]


def category_facts(counts: Mapping[str, int]) -> dict[str, Any]:
    """The most frequent categories with their counts, which are the histogram as well."""
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_CATEGORIES]
    return {
        "min": None,
        "max": None,
        "mean": None,
        "histogram": [count for _, count in common],
        "categories": [[name, count] for name, count in common],
    }


def _form(path: Path, given: Mapping[str, Any]) -> Form:
    """What is given, the rest guessed from the first rows."""
    lines = _first_lines(path)
    separator = given.get("separator") or _separator(lines)
    rows = _rows(lines, separator)
    decimal = given.get("decimal") or _decimal(rows, separator)
    header = given.get("header")
    return Form(separator, decimal, _has_header(rows, decimal) if header is None else bool(header))


def _first_lines(path: Path) -> list[str]:
    """Enough of the file to guess from; what is wrong with it is told by the reader of all."""
    with open_data(path) as file:
        lines = list(islice(iter(lambda: file.readline(MAX_LINE), b""), LOOKED_AT))
    return [line.decode("utf-8", "replace").removeprefix("\ufeff") for line in lines]


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    """The rows that can be told apart; the reader of all says what is wrong with the others."""
    found = []
    with suppress(csv.Error, TypeError):
        for row in csv.reader(lines, delimiter=separator, skipinitialspace=True):
            if row:
                found.append(row)
    return found


def _separator(lines: Sequence[str]) -> str:
    """The one that cuts the most rows into the same number of cells, several if possible."""

    def fit(separator: str) -> tuple[float, int]:
        counts = Counter(map(len, _rows(lines, separator)))
        if not counts:
            return (0.0, 0)
        columns, rows = counts.most_common(1)[0]
        return (rows / counts.total() if columns > 1 else 0.0, columns)

    return max(SEPARATORS, key=fit)


def _decimal(rows: Sequence[Sequence[str]], separator: str) -> str:
    if separator == ",":
        return "."
    cells = [cell.strip() for row in rows[1:] for cell in row]
    commas = sum(_COMMA_NUMBER.fullmatch(cell) is not None for cell in cells)
    points = sum(_POINT_NUMBER.fullmatch(cell) is not None for cell in cells)
    return "," if commas > points else "."


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Names are no numbers, stand there once, and do not come again below."""
    if len(rows) < 2:
        return bool(rows)
    first, others = rows[0], rows[1:]
    if any(_is_number(cell, decimal) for cell in first):
        return False
    for number, name in enumerate(first):
        below = [row[number] for row in others if number < len(row)]
        if any(_is_number(cell, decimal) for cell in below):
            return True
        if name in below:
            return False
    return len(set(first)) == len(first)


def _is_number(cell: str, decimal: str) -> bool:
    try:
        return not math.isnan(float(cell.replace(",", ".") if decimal == "," else cell))
    except ValueError:
        return False


def _given_columns(given: Any) -> dict[str, Sequence[Any]]:
    """The rows of a description by the column's name."""
    return {row[0]: row for row in given or () if isinstance(row, list | tuple) and len(row) >= 3}


def _words(
    path: Path, table: TextTable, known: Mapping[str, Sequence[Any]]
) -> tuple[int, dict[str, Counter[str]]]:
    """Rows of the file, and of a table that is not all of it the texts of the columns whose
    beginning does not say enough: categories, targets, and what has been the same so far."""
    if table.whole:
        return len(table.cells), {}
    names = [str(name) for name in table.cells.columns]
    wanted = {_target(names)}
    for name in names:
        cells = table.cells[name]
        if name in known and (known[name][1] == "target" or known[name][2] == "category"):
            wanted.add(name)
        elif cells.nunique() <= MAX_CATEGORIES:
            numeric = as_numbers(cells.dropna(), table.form.decimal).notna().all()
            if not numeric or cells.nunique() < 2:
                wanted.add(name)
    counted = count_words(path, table.form, names, [name for name in names if name in wanted])
    return counted if counted is not None else (len(table.cells), {})


def _columns(
    table: TextTable,
    known: Mapping[str, Sequence[Any]],
    words: Mapping[str, Counter[str]],
) -> list[Column]:
    """Every column of the file with its role and type, as given or guessed."""
    names = [str(name) for name in table.cells.columns]
    chosen = [n for n in names if n in known and known[n][1] == "target"]
    target = "" if chosen else _target(names)
    columns = []
    for name in names:
        cells = table.cells[name].dropna()
        count = len(cells)
        if name in words:
            cells, count = pd.Series(list(words[name]), dtype=str), words[name].total()
        role, type = _guess(cells, count, table.form.decimal, name == target)
        if name in known:
            if known[name][1] in ROLES:
                role = known[name][1]
            if known[name][2] in TYPES:
                type = known[name][2]
        categories = _categories(cells) if type == "category" and role != "ignore" else ()
        columns.append(Column(name, role, type, categories))
    return columns


def _target(names: Sequence[str]) -> str:
    """The column with a telling name, else the last."""
    for wanted in _TARGET_NAMES:
        for name in names:
            if name.strip().lower() == wanted:
                return name
    return names[-1]


def _guess(cells: pd.Series, count: int, decimal: str, is_target: bool) -> tuple[str, str]:
    """Role and type of a column by its `count` cells, or by every different one of them."""
    distinct = cells.nunique()
    values = as_numbers(cells, decimal)
    numeric = bool(len(cells)) and bool(values.notna().all())
    whole = numeric and bool((values == values.round()).all())
    if is_target:
        few = distinct <= MAX_CLASSES and distinct * 2 <= count
        return "target", "category" if not numeric or (whole and few) else "number"
    if distinct < 2:
        return "ignore", "number" if numeric else "category"
    if numeric:
        counted = whole and distinct == count and bool((values.diff().dropna() == 1).all())
        return "ignore" if counted else "feature", "number"
    return "feature" if distinct <= MAX_CATEGORIES else "ignore", "category"


def _categories(cells: pd.Series) -> tuple[str, ...]:
    """The different texts in order, numbers by size."""
    words = [str(word) for word in cells.dropna().unique()]
    if all(_is_number(word, ".") for word in words):
        return tuple(sorted(words, key=lambda word: (float(word), word)))
    return tuple(sorted(words))


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
