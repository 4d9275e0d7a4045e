"""What a CSV file holds: separator, decimal mark, header, types and target, guessed.

Owns the guesses, and the figures of every column that a person checks them by.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nnstudio.document.tabular import DATE_PARTS, ROLES, TYPES, Column, empty_words
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import as_moments, as_numbers, check_cells
from nnstudio.engine.csv_form import LOOKED_AT, form_of_file, is_number
from nnstudio.engine.csv_reading import (
    Form,
    TextTable,
    count_words,
    quoted,
    read_table,
)
from nnstudio.engine.parquet_reading import is_parquet, read_parquet, tally_parquet

MOST_CELLS = 2_000_000
"""Cells from which figures and types are taken; the rest of the file is read for categories."""
MAX_CATEGORIES = 50
"""Different words in a feature above which it is proposed to be ignored."""
FEWEST_EACH = 5
"""Rows that each of more different words has on average where the frequent ones are kept."""
MAX_CLASSES = 20
"""Different whole numbers in a target up to which they are taken for classes."""
STRAYS = 0.02
"""Share of a column's cells up to which words among numbers or dates count as empty cells."""
MOST_STRAYS = 5
FEWEST_NUMBERS = 20
"""Different numbers below which a column with a word among them holds categories."""
SHOWN_ROWS = 50
SHOWN_CATEGORIES = 20
BINS = 16

_TARGET_NAMES = ("target", "label", "class", "y", "outcome", "diagnosis", "species", "survived")
DATE_FORMS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
)
"""Where a date fits several, the first counts: the day stands before the month."""
LONG_NUMBER = r"\s*\d{16,}\s*"
"""Figures in a row of which a float does not keep all."""
_ID = re.compile(r"(^|[_\W])(id|nr|no|key|uuid|index|number)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Described:
    """The beginning of a file, its columns, the source's other options, and counted words."""

    table: TextTable
    columns: list[Column]
    options: dict[str, Any]
    words: dict[str, Counter[str]]
    strays: dict[str, Counter[str]]
    """The words that stand for empty cells as they stand among numbers or dates, by column."""


def describe_csv(path: Path, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Options of the data source, column facts and first rows of a file; raises `BadData`.

    What `given` holds of separator, decimal mark, header, missing and columns is kept in place of
    a guess. A fault of the cells does not raise: it stands under `problem`. Of a large file only
    the first `looked_at` rows are read for figures, and all of it for rows and categories.
    """
    given = given or {}
    found = described(path, given, MOST_CELLS)
    table, columns, options, words = found.table, found.columns, found.options, found.words
    problem = ""
    try:
        # Of many words only the frequent ones are listed; whether the others may stay is for
        # the check before a training to say, which knows the preparation.
        others = any(len(column.categories) == MAX_CATEGORIES for column in columns)
        check_cells(table, columns, str(options["missing"]), (0.6, 0.15, 0.25), others)
    except BadData as error:
        problem = str(error)
    options["columns"] = [list(map(_listed, column.as_option())) for column in columns]
    rows = options["rows"]
    return {
        "kind": "table",
        "rows": rows,
        "looked_at": len(table.cells),
        "options": options,
        "columns": [column_facts(table, column, words.get(column.name)) for column in columns],
        "table": table.cells.head(SHOWN_ROWS).fillna("").to_numpy().tolist(),
        "problem": problem,
    }


def described(path: Path, given: Mapping[str, Any], most: int) -> Described:
    """The beginning of a file, its columns as given or guessed, and the source's other options."""
    known = _given_columns(given.get("columns"))
    strays: dict[str, Counter[str]] = {}
    if is_parquet(path):
        form, table = Form(), read_parquet(path, most)
    else:
        form = form_of_file(path, given)
        table = read_table(path, form, most)
        if given.get("blanks") is None and (strays := _strays(table, known)):
            form = replace(
                form, blanks="; ".join(dict.fromkeys(w for c in strays.values() for w in c))
            )
            empty = table.cells.isin(empty_words(form.blanks))
            table = replace(table, form=form, cells=table.cells.mask(empty))
    target = str(given.get("target") or "")
    if target and target not in table.cells.columns:
        raise BadData(
            path.name, f"the target {quoted(target)} among its columns", "none", "Name another."
        )
    rows, words = _words(path, table, known, target)
    columns = _columns(table, known, words, target)
    used = [column.name for column in columns if column.role != "ignore"]
    missing = str(given.get("missing") or "")
    if not missing:
        missing = "fill" if table.cells[used].isna().any(axis=None) else "refuse"
    options = {
        "path": str(path),
        "separator": form.separator,
        "decimal": form.decimal,
        "header": form.header,
        "missing": missing,
        "columns": [],
        "rows": rows,
        "size": path.stat().st_size,
        "thousands": form.thousands,
        "signs": form.signs,
        "encoding": form.encoding,
        "blanks": form.blanks,
        "streaming": str(given.get("streaming") or "auto"),
    }
    return Described(table, columns, options, words, strays)


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
        values = as_numbers(cells, table.form).to_numpy(float)
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


def _strays(table: TextTable, known: Mapping[str, Sequence[Any]]) -> dict[str, Counter[str]]:
    """The few words in each column that else holds many different numbers, or dates alone."""
    found: dict[str, Counter[str]] = {}
    for name in map(str, table.cells.columns):
        if name in known and known[name][2] == "category":
            continue
        cells = table.cells[name].dropna()
        words = _among_numbers(cells, table.form) or _among_dates(cells)
        if 0 < len(words) <= MOST_STRAYS and all(map(_is_word, words)):
            found[name] = words
    return found


def _among_numbers(cells: pd.Series, form: Form) -> Counter[str]:
    values = as_numbers(cells, form)
    odd = cells[values.isna()]
    many = values.nunique() >= FEWEST_NUMBERS
    return Counter(odd if many and _are_few(odd, cells) else ())


def _among_dates(cells: pd.Series) -> Counter[str]:
    odd = cells[~cells.str.contains(r"\d")]
    dates = bool(len(odd)) and _are_few(odd, cells) and date_form(cells.drop(odd.index))
    return Counter(odd if dates else ())


def _are_few(odd: pd.Series, cells: pd.Series) -> bool:
    return len(odd) <= max(1, STRAYS * len(cells)) and len(cells) >= FEWEST_NUMBERS


def _is_word(cell: str) -> bool:
    """Whether a cell can be named among the words that stand for empty cells."""
    return cell == cell.strip() and ";" not in cell and len(cell) <= 40 and cell.isprintable()


def _given_columns(given: Any) -> dict[str, Sequence[Any]]:
    """The rows of a description by the column's name."""
    return {row[0]: row for row in given or () if isinstance(row, list | tuple) and len(row) >= 3}


def _words(
    path: Path, table: TextTable, known: Mapping[str, Sequence[Any]], target: str
) -> tuple[int, dict[str, Counter[str]]]:
    """Rows of the file, and of a table that is not all of it the texts of the columns whose
    beginning does not say enough: categories, targets, and what has been the same so far."""
    if table.whole:
        return len(table.cells), {}
    names = [str(name) for name in table.cells.columns]
    wanted = {target or _target(names)}
    for name in names:
        cells = table.cells[name]
        if name in known and (known[name][1] == "target" or known[name][2] == "category"):
            wanted.add(name)
        elif cells.nunique() <= MAX_CATEGORIES:
            numeric = as_numbers(cells.dropna(), table.form).notna().all()
            if not numeric or cells.nunique() < 2:
                wanted.add(name)
    asked = [name for name in names if name in wanted]
    if is_parquet(path):
        return tally_parquet(path, asked)
    counted = count_words(path, table.form, names, asked)
    return counted if counted is not None else (len(table.cells), {})


def _columns(
    table: TextTable,
    known: Mapping[str, Sequence[Any]],
    words: Mapping[str, Counter[str]],
    wanted: str,
) -> list[Column]:
    """Every column of the file with its role and type, as given or guessed."""
    names = [str(name) for name in table.cells.columns]
    chosen = [n for n in names if n in known and known[n][1] == "target"]
    target = "" if chosen else wanted or _target(names)
    columns = []
    for name in names:
        cells = table.cells[name].dropna()
        count = len(cells)
        if name in words:
            cells, count = pd.Series(list(words[name]), dtype=str), words[name].total()
        role, type = _guess(name, cells, count, table.form, name == target)
        if name in known:
            if known[name][1] in ROLES:
                role = known[name][1]
            if known[name][2] in TYPES:
                type = known[name][2]
        given = known.get(name)
        columns.append(Column(name, role, type, _details(cells, role, type, given)))
    return columns


def _target(names: Sequence[str]) -> str:
    """The column with a telling name, else the last."""
    for wanted in _TARGET_NAMES:
        for name in names:
            if name.strip().lower() == wanted:
                return name
    return names[-1]


def _guess(name: str, cells: pd.Series, count: int, form: Form, is_target: bool) -> tuple[str, str]:
    """Role and type of a column by its `count` cells, or by every different one of them."""
    distinct = cells.nunique()
    values = as_numbers(cells, form)
    numeric = bool(len(cells)) and bool(values.notna().all())
    whole = numeric and bool((values == values.round()).all())
    if is_target:
        few = distinct <= MAX_CLASSES and distinct * 2 <= count
        return "target", "category" if not numeric or (whole and few) else "number"
    if distinct < 2:
        return "ignore", "number" if numeric else "category"
    if numeric:
        return "ignore" if is_identifier(name, cells, values, count) else "feature", "number"
    if date_form(cells):
        return "feature", "date"
    several = distinct < count
    if several and (distinct <= MAX_CATEGORIES or distinct * FEWEST_EACH <= count):
        return "feature", "category"
    return "ignore", "category"


def is_identifier(name: str, cells: pd.Series, values: pd.Series, count: int) -> bool:
    """Whether whole numbers only count or name the rows, or are too long to be told apart."""
    if cells.nunique() == count and bool(cells.str.fullmatch(LONG_NUMBER).all()):
        return True
    if values.nunique() != count or not bool((values == values.round()).all()):
        return False
    return bool((values.diff().dropna() == 1).all()) or bool(_ID.search(name))


def date_form(cells: pd.Series) -> str:
    """The form in which all cells are dates; "" where there is none."""
    first = cells.iloc[:LOOKED_AT]
    if not len(first) or not first.str.contains(r"\d").all():
        return ""
    for form in DATE_FORMS:
        if as_moments(first, form).notna().all() and as_moments(cells, form).notna().all():
            return form
    return ""


def _details(
    cells: pd.Series, role: str, type: str, given: Sequence[Any] | None
) -> tuple[str, ...]:
    """The categories of a column, or the form and the parts of its dates."""
    if type == "date":
        kept = list(given[3]) if given is not None and len(given) > 3 and given[2] == "date" else []
        form = str(kept[0]) if kept else date_form(cells) or DATE_FORMS[0]
        moments = as_moments(cells, form).dropna()
        return (form, *(str(part) for part in kept[1:] or _varying(moments)))
    if type != "category" or role in ("ignore", "group"):
        return ()
    words = _categories(cells)
    if role == "part":
        return _part_words(words)
    if role == "feature" and len(words) > MAX_CATEGORIES:
        frequent = cells.value_counts().index[:MAX_CATEGORIES]
        return tuple(sorted(str(word) for word in frequent))
    return words


def _varying(moments: pd.Series) -> list[str]:
    """The parts of dates that are not the same everywhere."""
    parts = {name: getattr(moments.dt, name) for name in ("year", "month", "day")}
    parts["weekday"] = moments.dt.day_of_week
    parts["seconds"] = (moments - moments.dt.normalize()).dt.total_seconds()
    return [name for name in DATE_PARTS if parts[name].nunique() > 1] or ["year"]


def _part_words(words: Sequence[str]) -> tuple[str, ...]:
    """The words for training, validation and test, by how they begin."""
    found = []
    for beginnings in (("train", "fit", "learn"), ("val", "dev", "eval"), ("test", "hold")):
        found.append(next((w for w in words if w.strip().lower().startswith(beginnings)), ""))
    return tuple(found)


def _categories(cells: pd.Series) -> tuple[str, ...]:
    """The different texts in order, numbers by size."""
    words = [str(word) for word in cells.dropna().unique()]
    if all(is_number(word, ".") for word in words):
        return tuple(sorted(words, key=lambda word: (float(word), word)))
    return tuple(sorted(words))


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
