"""A table with predictions written piece by piece: CSV or Parquet, into a file or a stream.

Owns that a file is there whole or not at all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pandas as pd

from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_reading import Form
from nnstudio.engine.parquet_reading import is_parquet


def write_answers(tables: Iterable[pd.DataFrame], target: Path, form: Form) -> int:
    """Write the tables one below the other; returns the number of rows. Raises `BadData`."""
    if target.is_dir():
        raise BadData(target.name, "a file to write", "a folder", "Name a file in it.")
    made = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if is_parquet(target):
            count = _write_parquet(tables, made, target.name)
        else:
            with open(made, "w", newline="", encoding=form.encoding) as file:
                count = write_rows(tables, file, form)
                file.flush()
                os.fsync(file.fileno())
        os.replace(made, target)
    finally:
        with suppress(OSError):
            made.unlink()
    return count


def write_stream(tables: Iterable[pd.DataFrame], form: Form) -> int:
    """The same on standard output, as far as it gets."""
    return write_rows(tables, sys.stdout, form)


def write_rows(tables: Iterable[pd.DataFrame], file: IO[str], form: Form) -> int:
    """The tables as CSV, names in the first row."""
    count = 0
    for table in tables:
        table.to_csv(
            file,
            sep=form.separator,
            decimal=form.decimal,
            header=count == 0,
            index=False,
            lineterminator="\n",
        )
        count += len(table)
    return count


def _write_parquet(tables: Iterable[pd.DataFrame], made: Path, name: str) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadData(
            name,
            "pyarrow, which writes Parquet",
            "none installed",
            "Run: pip install pyarrow.",
        ) from None
    count, writer, schema = 0, None, None
    try:
        for table in tables:
            rows: Any = pyarrow.Table.from_pandas(table, schema=schema, preserve_index=False)
            if writer is None:
                schema = rows.schema
                writer = parquet.ParquetWriter(made, schema)
            writer.write_table(rows)
            count += len(table)
    finally:
        if writer is not None:
            writer.close()
    return count
