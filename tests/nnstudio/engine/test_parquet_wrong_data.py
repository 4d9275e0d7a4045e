"""Parquet files that are broken, enormous or of a strange kind: answered in words."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from graph_compiler.model import DataSource
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import check_table
from nnstudio.engine.csv_guessing import describe_csv
from nnstudio.engine.parquet_reading import parquet_pieces, read_parquet


def good(path: Path) -> bytes:
    """The bytes of a small table of two columns."""
    table = pd.DataFrame({"x": np.arange(200) % 9 + 0.5, "y": ["a", "b"] * 100})
    table.to_parquet(path)
    return path.read_bytes()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def footerless(data: bytes) -> bytes:
    return data[:-8] + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"


def scrambled(data: bytes) -> bytes:
    """Another foot, of the right length."""
    (length,) = struct.unpack("<I", data[-8:-4])
    return data[: -8 - length] + b"\xff" * length + data[-8:]


def pages_gone(data: bytes) -> bytes:
    """What stands before the foot is not what it says."""
    (length,) = struct.unpack("<I", data[-8:-4])
    return data[:4] + b"\xee" * (len(data) - 12 - length) + data[-8 - length :]


@pytest.mark.parametrize("spoil", [cut, footerless, scrambled, pages_gone, lambda _: b"x,y\n1,2\n"])
def test_a_broken_file_is_answered_in_words(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(spoil(good(path)))
    with pytest.raises(BadData, match=r"^t\.parquet: expected a Parquet file, got .+\."):
        describe_csv(path)


@pytest.mark.parametrize("count", range(0, 1200, 40))
def test_no_byte_of_a_file_brings_a_traceback(tmp_path: Path, count: int) -> None:
    """Either the bytes still make a table, or it is said that they do not."""
    path = tmp_path / "t.parquet"
    data = bytearray(good(path))
    data[-9 - count % (len(data) - 9)] ^= 0x5A
    path.write_bytes(data)
    try:
        said = describe_csv(path)["kind"]
    except BadData as error:
        said = str(error)
    assert said == "table" or said.startswith("t.parquet")


def test_a_table_too_large_for_the_memory_is_refused_unless_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same word in every row takes hardly any room on the disk."""
    monkeypatch.setattr("nnstudio.engine.parquet_reading.MOST_CELLS", 10_000)
    path = tmp_path / "t.parquet"
    words = pyarrow.DictionaryArray.from_arrays(np.arange(20_000, dtype=np.int32) % 2, ["a", "b"])
    parquet.write_table(pyarrow.table({"x": np.arange(20_000) % 7, "y": words}), path)
    with pytest.raises(BadData) as caught:
        read_parquet(path)
    assert str(caught.value) == (
        "t.parquet: expected at most 10,000 cells in a table that is held in memory, got 40,000. "
        "Let it be read in pieces, or leave out rows or columns."
    )
    columns = (("x", "feature", "number", ()), ("y", "target", "category", ("a", "b")))
    options = {"path": str(path), "columns": columns, "streaming": "always"}
    check_table(DataSource("parquet", options), path)


def test_long_texts_are_refused_before_they_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.engine.parquet_reading.MOST_BYTES", 1 << 20)
    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table({"x": ["long" * 1000] * 1000, "y": range(1000)}), path)
    with pytest.raises(BadData, match=r"^t\.parquet: expected at most .+ in 1,000 rows, got "):
        list(parquet_pieces(path, 1000))


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pyarrow.array([[1.0, 2.0], [3.0]]), "list<element: double>"),
        (pyarrow.array([{"a": 1}, {"a": 2}]), "struct<a: int64>"),
        (pyarrow.array([b"a", b"b"]), "binary"),
    ],
)
def test_a_column_that_is_no_single_value_is_named(
    tmp_path: Path, column: pyarrow.Array, kind: str
) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table({"x": [1, 2], "all": column, "y": ["a", "b"]}), path)
    with pytest.raises(BadData) as caught:
        describe_csv(path)
    assert str(caught.value) == (
        't.parquet, column "all": expected a number, a word, a date or true and false in each '
        f"cell, got {kind}. Leave the column out, or spread it over columns of its own."
    )


def test_columns_of_the_same_name_and_no_rows_are_told(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table([[1, 2], [3, 4]], names=["x", "x"]), path)
    with pytest.raises(BadData) as caught:
        describe_csv(path)
    assert str(caught.value) == (
        't.parquet, row 1: expected a name of its own for every column, got "x" in columns 1 '
        "and 2. Rename one of them."
    )
    parquet.write_table(pyarrow.table({"x": pyarrow.array([], pyarrow.int64())}), path)
    with pytest.raises(BadData) as caught:
        describe_csv(path)
    assert str(caught.value) == ("t.parquet: expected rows of data, got none. Choose another file.")


def test_numbers_of_rows_that_pandas_wrote_are_no_column(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    good(path)
    pd.read_parquet(path).sample(frac=1, random_state=0).to_parquet(path)
    assert "__index_level_0__" in parquet.read_schema(path).names
    assert [column["name"] for column in describe_csv(path)["columns"]] == ["x", "y"]
