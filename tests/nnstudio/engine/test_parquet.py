"""Parquet files: what is read of them, and the message where pyarrow is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_guessing import describe_csv
from nnstudio.engine.data import parquet


def test_without_pyarrow_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(BadData) as caught:
        describe_csv(path)
    assert str(caught.value) == (
        "t.parquet: expected pyarrow, which reads Parquet, got none installed. "
        "Run: pip install pyarrow."
    )


def test_cells_become_texts_as_in_a_csv_file() -> None:
    table = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.5, np.nan, -2.0],
            "town": ["Köln", None, "Ulm"],
            "yes": [True, False, True],
            "when": pd.to_datetime(["2024-01-31", None, "2024-02-01 10:30"], format="ISO8601"),
        }
    )
    found = parquet.texts(table)
    assert found["n"].tolist() == ["1", "2", "3"]
    assert [found["x"][0], found["x"][2]] == ["0.5", "-2.0"]
    assert found.isna().sum().tolist() == [0, 1, 1, 0, 1]
    assert found["yes"].tolist() == ["True", "False", "True"]
    assert found["when"][2] == "2024-02-01 10:30:00"
