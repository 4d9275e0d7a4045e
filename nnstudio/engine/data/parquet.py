"""A table from a Parquet file: one row an example, one column the target.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from nnstudio.engine.parts.own_file import fingerprint
from nnstudio.engine.parts.tables import DATES, FEATURES, ROLES, TARGETS, columns

SOURCE = {
    "title": "Parquet file",
    "doc": "A table of your own in the columns of a Parquet file; reading it takes pyarrow.",
    "kind": "table",
    "group": "own",
    "target": "either",
    "shape": "(1,)",
    "outputs": "1",
    "rows": "0",
    "classes": (),
    "columns": (),
    "kept": ("columns", "rows", "size"),
    "opens": "file",
    "endings": (".parquet", ".pq"),
    "takes": (".parquet", ".pq"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "missing",
            "kind": "choice",
            "default": "refuse",
            "choices": ("refuse", "drop", "fill", "median"),
            "label": "empty cells",
            "doc": "refuse the file, drop such rows, or fill in mean or median, and for words the "
            "most frequent",
        },
        {
            "name": "streaming",
            "kind": "choice",
            "default": "auto",
            "choices": ("auto", "always", "never"),
            "label": "read in pieces",
            "doc": "keep the rows on the disk in place of the memory; auto does so for files "
            "of more than 200 MB or 25 million cells",
        },
    ),
}

PATH = ""
FILE_SIZE = 0
FILE_SHA256 = ""
PIECE = 10_000
EMPTY = ["", "?", "NA", "N/A", "NaN", "nan", "null"]


def examples() -> tuple[pd.DataFrame, np.ndarray]:
    """The features as a table, targets as class numbers (rows,) or numbers (rows, targets)."""
    return columns(pd.concat(used_columns(), ignore_index=True))


def pieces() -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """Features and targets, some rows at a time."""
    for table in used_columns():
        yield columns(table)


def used_columns() -> Iterator[pd.DataFrame]:
    """The columns that are used, as texts, some rows at a time."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    names = [*FEATURES, *TARGETS]
    if ROLES:
        names += ROLES
    if DATES:
        names += DATES
    for table in parquet_rows(PATH, names):
        yield table.mask(table.isin(EMPTY))


def parquet_rows(path: str, names: list[str] | None = None) -> Iterator[pd.DataFrame]:
    """Some rows at a time, of all columns or of those that are named; one page of each is held."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path, pre_buffer=False, buffer_size=1 << 16) as file:
        if names is None:
            # Numbers that pandas gave to rows are no column of the table.
            names = [name for name in file.schema_arrow.names if "__index_level_" not in name]
        for batch in file.iter_batches(PIECE, columns=names, use_threads=False):
            yield texts(batch.to_pandas(ignore_metadata=True, integer_object_nulls=True))


def texts(table: pd.DataFrame) -> pd.DataFrame:
    """Every cell as a text, in the form of a CSV file; what is empty stays so."""
    words = {}
    for name, column in table.items():
        if column.dtype in ("float16", "float32"):
            # The shortest text of a number of so few bits.
            cells = pd.Series(column.to_numpy().astype(str), column.index, dtype=object)
        elif pd.api.types.is_datetime64_any_dtype(column):
            cells = column.dt.strftime("%Y-%m-%d %H:%M:%S").astype(object)
        else:
            cells = column.astype(object).map(str)
        words[str(name)] = cells.where(column.notna())
    return pd.DataFrame(words)
