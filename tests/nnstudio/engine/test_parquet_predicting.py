"""Predictions for the rows of a Parquet file: those of the same CSV file, in little memory, and by
the exported scripts alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from graph_compiler.model import Project
from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.script_predict import predict_script
from nnstudio.engine.answer_files import write_answers
from nnstudio.engine.predicting import Predictor
from tests.nnstudio.alone import run_alone

MEASURED = (
    "import sys\n"
    "from nnstudio.cli import main\n"
    "assert main(sys.argv[1:]) == 0\n"
    "with open('/proc/self/status') as file:\n"
    "    most = next(line.split()[1] for line in file if line.startswith('VmHWM'))\n"
    "print(most, file=sys.stderr)\n"
)
COLUMNS = (
    ("x", "feature", "number", ()),
    ("town", "feature", "category", ("Bonn", "Köln", "Ulm")),
    ("when", "feature", "date", ("%Y-%m-%d %H:%M:%S", "year", "month")),
    ("y", "target", "category", ("no", "yes")),
)


def rows(count: int, seed: int = 0) -> pd.DataFrame:
    """Rows with empty cells, and with words that mean such."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "x": draw.normal(50, 9, count),
            "town": draw.choice(["Bonn", "Köln", "Ulm", "NA"], count),
            "when": pd.Timestamp("2001-02-03 04:05")
            + pd.to_timedelta(draw.integers(0, 5000, count), "D"),
            "y": draw.choice(["no", "yes"], count),
            "note": [f"note {number}" for number in range(count)],
        }
    )
    table.loc[::7, "x"] = np.nan
    return table


@pytest.fixture
def planned(project: Callable[..., Project], tmp_path: Path) -> Callable[[str], Project]:
    """A project on a Parquet file."""

    def make(streaming: str) -> Project:
        path = tmp_path / "training.parquet"
        rows(300).to_parquet(path, row_group_size=70)
        columns = (*COLUMNS, ("note", "ignore", "category", ()))
        kept = {"path": str(path), "columns": columns, "rows": 300}
        options = {**kept, "missing": "fill", "streaming": streaming}
        return project("parquet", (6,), 2, options, loss="cross_entropy", epochs=1)

    return make


def told(predictor: Predictor, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """All answers, and what was said of the rows."""
    pieces = [piece.whole() for piece in predictor.pieces(path)]
    return pd.concat(pieces, ignore_index=True), predictor.told()


@pytest.mark.slow
@pytest.mark.parametrize("streaming", ["always", "never"])
def test_answers_are_those_of_the_csv_file_and_of_the_exported_script(
    runs: Any, planned: Callable[[str], Project], tmp_path: Path, streaming: str
) -> None:
    plan = planned(streaming)
    run = runs.train(plan).path
    new = rows(60, 1)
    new.loc[5, "town"] = "Rom"
    places = {kind: tmp_path / f"new{kind}" for kind in (".csv", ".parquet")}
    new.to_csv(places[".csv"], index=False)
    new.to_parquet(places[".parquet"], row_group_size=25)
    predictor = Predictor(run, "last")
    found, said = told(predictor, places[".parquet"])
    of_csv, said_of_csv = told(predictor, places[".csv"])
    pd.testing.assert_frame_equal(
        found.filter(like="pr"), of_csv.filter(like="pr"), check_exact=True
    )
    assert "Rom" in " ".join(said)
    assert [text.replace("row 6", "row 7") for text in said] == said_of_csv
    ours = tmp_path / "ours.csv"
    whole = (piece.whole() for piece in predictor.pieces(places[".parquet"]))
    write_answers(whole, ours, predictor.form)
    folder = tmp_path / "exported"
    folder.mkdir()
    source = planned_source(plan)
    options = {"device": "cpu", "threads": 1}
    (folder / "model.py").write_text(source.text)
    (folder / "train.py").write_text(train_script(plan, source, options), encoding="utf-8")
    (folder / "predict.py").write_text(predict_script(plan, source, options), encoding="utf-8")
    run_alone(folder, "train.py")
    run_alone(folder, "predict.py", str(places[".parquet"]), "-o", "theirs.csv")
    assert (folder / "theirs.csv").read_text() == ours.read_text()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(
    runs: Any, planned: Callable[[str], Project], tmp_path: Path
) -> None:
    """Not with one of a single group of rows either."""
    run = runs.train(planned("never")).path
    draw = np.random.default_rng(0)
    peaks = []
    for count in (30_000, 200_000):
        path = tmp_path / f"{count}.parquet"
        new = rows(count)
        new["note"] = [draw.bytes(300).hex() for _ in range(count)]
        table = pyarrow.Table.from_pandas(new, preserve_index=False)
        parquet.write_table(table, path, row_group_size=10**6)
        out = tmp_path / f"{count}.out.csv"
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "predict", str(run), str(path), "-o", str(out)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert out.read_text().count("\n") == count + 1
        peaks.append(int(done.stderr.split()[-1]))
    size = sum(len(word) for word in new["note"])
    assert peaks[1] - peaks[0] < size / 2 / 1024  # kilobytes
