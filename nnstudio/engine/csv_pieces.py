"""Is a file fit to be learned from that is too large to be held? Checked some rows at a time.

Owns the checks of such a file: every cell as in a small one, and of the whole what can be told
from counts, ends and categories.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graph_compiler.model import DataSource
from nnstudio.document.sources import source_options
from nnstudio.document.tabular import PIECE, Column, columns_of, empty_words
from nnstudio.engine.bad_data import BadData, check_parts
from nnstudio.engine.csv_checking import FEWEST, check_cells, column_values, form_of, has_others
from nnstudio.engine.csv_reading import Form, TextTable, count_cells, names_of, quoted, rows
from nnstudio.engine.parquet_reading import is_parquet, parquet_pieces


def check_pieces(data: DataSource, path: Path) -> None:
    """Refuse a file that its description does not fit; raises `BadData` or `DataError`."""
    options = source_options(data, {})
    columns = columns_of(data)
    used = [column for column in columns if column.role != "ignore"]
    seen: dict[str, set[float]] = {column.name: set() for column in used}
    count, others = 0, has_others(data)
    for piece in _pieces(path, options, used):
        kept = check_cells(piece, columns, options["missing"], data.split, others)
        count += len(kept)
        for column in used:
            if len(seen[column.name]) <= len(column.categories) + 1:
                values = column_values(piece, column, others)[kept]
                seen[column.name].update(np.unique(values[~np.isnan(values)])[:1000].tolist())
    if count < FEWEST:
        raise BadData(
            path.name,
            f"at least {FEWEST} rows without empty cells",
            str(count),
            "Add rows, or fill the cells.",
        )
    for column in used:
        _check_seen(path.name, column, seen[column.name])
    check_parts(path.name, count, data.split)


def _pieces(path: Path, options: Mapping[str, Any], used: Sequence[Column]) -> Iterator[TextTable]:
    """The pieces of either kind of file."""
    if is_parquet(path):
        names = [column.name for column in used]
        return parquet_pieces(path, max(100, PIECE // len(names)), names)
    return pieces(path, form_of(options))


def pieces(path: Path, form: Form) -> Iterator[TextTable]:
    """The file's rows as texts, some at a time, each piece by itself not the whole."""
    names: list[str] = []
    numbers: array[int] = array("q")
    cells: list[list[str]] = []
    for number, row in rows(path, form):
        if not names:
            names = names_of(path.name, row, form)
            if form.header:
                continue
        if len(row) != len(names):
            raise BadData(
                f"{path.name}, row {number}",
                f"{count_cells(len(names))}, as in the first row",
                f"{len(row)}",
                "Mend the row, or choose the right separator.",
            )
        numbers.append(number)
        cells.append(row)
        if len(cells) * len(names) >= PIECE:
            yield _table(path.name, form, names, cells, numbers)
            cells, numbers = [], array("q")
    if not names:
        raise BadData(path.name, "rows of data", "an empty file", "Choose another file.")
    if cells:
        yield _table(path.name, form, names, cells, numbers)


def _table(
    name: str, form: Form, names: list[str], cells: list[list[str]], numbers: array[int]
) -> TextTable:
    table = pd.DataFrame(cells, columns=pd.Index(names), dtype=str)
    return TextTable(
        name, form, table.mask(table.isin(empty_words(form.blanks))), numbers, whole=False
    )


def _check_seen(name: str, column: Column, seen: set[float]) -> None:
    where = f"{name}, column {quoted(column.name)}"
    if column.role not in ("feature", "target") or column.type == "date":
        return
    if len(seen) < 2:
        what = "a target" if column.role == "target" else "a feature"
        raise BadData(
            where,
            f"at least two different values in {what}",
            "one in every row" if seen else "only empty cells",
            "Choose another target." if column.role == "target" else "Ignore the column.",
        )
    if column.role == "target" and column.type == "category":
        lacking = [n for n in range(len(column.categories)) if float(n) not in seen]
        if lacking:
            raise BadData(
                where,
                "rows of every class that the description names",
                f"none of {quoted(column.categories[lacking[0]])}",
                "Read the columns anew.",
            )
