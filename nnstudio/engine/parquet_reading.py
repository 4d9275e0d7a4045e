"""A Parquet file read as texts, so that it is guessed, checked and prepared as a CSV file is.

Owns what such a file must be. pyarrow is asked for only here and by the script that reads one; no
more of the file is in memory than the rows that are asked for.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_reading import FEWEST_READ, Form, TextTable, names_of, open_data, quoted
from nnstudio.engine.csv_reading import PIECE as ROWS_COUNTED
from nnstudio.engine.csv_reading import tally as tally_of
from nnstudio.engine.data.csv import EMPTY
from nnstudio.engine.data.parquet import texts

MOST_CELLS = 100_000_000
"""Of a table that is held as a whole."""
MOST_AT_ONCE = 2_000_000
"""Cells that are read at a time, however many columns there are."""
MOST_BYTES = 1 << 28
"""Of the rows that are read at a time."""
_SPREAD = "Leave the column out, or spread it over columns of its own."


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself: its columns, and how many rows it holds."""

    names: tuple[str, ...]
    rows: int


def is_parquet(path: Path) -> bool:
    """Whether the file's name says so."""
    return path.suffix.lower() in (".parquet", ".pq")


def read_parquet(path: Path, most: int = 0) -> TextTable:
    """The whole table, or the first rows that hold `most` cells; raises `BadData`."""
    head = parquet_head(path)
    limit = max(FEWEST_READ, most // len(head.names)) if most else head.rows
    if not most and head.rows * len(head.names) > MOST_CELLS:
        raise BadData(
            path.name,
            f"at most {MOST_CELLS:,} cells in a table that is held in memory",
            f"{head.rows * len(head.names):,}",
            "Let it be read in pieces, or leave out rows or columns.",
        )
    found: list[pd.DataFrame] = []
    count = 0
    for table in _tables(path, max(100, ROWS_COUNTED // len(head.names)), head.names):
        found.append(table)
        count += len(table)
        if count >= limit:
            break
    cells = pd.concat(found, ignore_index=True).head(limit)
    cells = cells.mask(cells.isin(EMPTY))
    numbers = array("q", range(1, len(cells) + 1))
    return TextTable(path.name, Form(), cells, numbers, whole=len(cells) == head.rows)


def parquet_pieces(
    path: Path, size: int, wanted: Sequence[str] | None = None, masked: bool = True
) -> Iterator[TextTable]:
    """`size` rows at a time, of all columns or of the `wanted` ones; raises `BadData`.

    Where they are `masked`, words that mean an empty cell are missing, as in a CSV file.
    """
    head = parquet_head(path)
    names = head.names if wanted is None else [name for name in head.names if name in wanted]
    size = max(1, min(size, max(100, MOST_AT_ONCE // max(1, len(names)))))
    first = 1
    for cells in _tables(path, size, names):
        numbers = array("q", range(first, first + len(cells)))
        first += len(cells)
        shown = cells.mask(cells.isin(EMPTY)) if masked else cells
        yield TextTable(path.name, Form(), shown, numbers, whole=False)


def tally_parquet(path: Path, wanted: Sequence[str]) -> tuple[int, dict[str, Counter[str]]]:
    """Rows of the file, and how often each text stands in the `wanted` columns."""
    head = parquet_head(path)
    names = [name for name in head.names if name in wanted] or head.names[:1]
    tables = _tables(path, ROWS_COUNTED, names)
    return tally_of((cells.mask(cells.isin(EMPTY)) for cells in tables), wanted)


def parquet_head(path: Path) -> Head:
    """Names and rows, without a look at the cells; raises `BadData`."""
    with _opened(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        names = tuple(name for name in schema.names if "__index_level_" not in name)
        if not names:
            raise BadData(path.name, "columns", "none", "Choose another file.")
        names_of(path.name, list(names), Form())
        for name in names:
            _check_type(path.name, name, schema.field(name).type)
    if rows < 1:
        raise BadData(path.name, "rows of data", "none", "Choose another file.")
    return Head(names, rows)


def _check_type(file: str, name: str, type: Any) -> None:
    """Refuse a column whose cells are no single values."""
    from pyarrow import types

    inner = type.value_type if types.is_dictionary(type) else type
    bytes_ = types.is_binary(inner) or types.is_large_binary(inner) or types.is_binary_view(inner)
    if types.is_nested(inner) or bytes_ or types.is_fixed_size_binary(inner):
        raise BadData(
            f"{file}, column {quoted(name)}",
            "a number, a word, a date or true and false in each cell",
            str(inner)[:60].replace("\n", " "),
            _SPREAD,
        )


def _tables(path: Path, size: int, names: Sequence[str]) -> Iterator[pd.DataFrame]:
    """The rows as texts, `size` at a time."""
    with _opened(path) as file:
        for batch in file.iter_batches(size, columns=list(names), use_threads=False):
            if batch.nbytes > MOST_BYTES:
                got = f"{batch.nbytes / 1e9:.3g} GB"
                raise BadData(
                    path.name, f"at most 0.25 GB in {size:,} rows", got, "Leave out long texts."
                )
            if batch.num_rows:
                yield texts(batch.to_pandas(ignore_metadata=True, integer_object_nulls=True))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file for pyarrow, whose complaints become `BadData`."""
    open_data(path, 0).close()
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise BadData(
            path.name, "pyarrow, which reads Parquet", "none installed", "Run: pip install pyarrow."
        ) from None
    try:
        # Without a buffer ahead, no more than one page of each column is in memory.
        with ParquetFile(path, pre_buffer=False, buffer_size=1 << 16) as file:
            yield file
    except BadData:
        raise
    except (ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        said = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        got = "".join(letter if letter.isprintable() else "?" for letter in said)
        raise BadData(path.name, "a Parquet file", got, "Choose another file.") from error
