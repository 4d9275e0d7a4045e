"""Parquet files read in pieces: the same numbers as of a CSV file of the same rows, in little
memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pytest
import torch
from pyarrow import parquet

from graph_compiler.emission import emit
from graph_compiler.model import DataSource, Project, Value
from nnstudio.document.script import train_script
from nnstudio.document.sources import facts
from nnstudio.document.tabular import is_streamed
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import check_table
from nnstudio.engine.csv_guessing import describe_csv
from nnstudio.engine.loading import load_script

Folders = Callable[..., Path]
KINDS = (".csv", ".parquet")


@pytest.fixture
def exported(project: Callable[..., Project], tmp_path: Path) -> Folders:
    """A folder with `train.py` and `model.py` for a described table."""

    def make(
        name: str,
        source: str,
        options: Mapping[str, Value],
        **settings: Value,
    ) -> Path:
        plan = project(source, options=options)
        found = facts(plan.data, {})
        loss = {"value": "mse", "labels": "bce_with_logits"}.get(found.target, "cross_entropy")
        settings = {"loss": loss, "epochs": 1, **settings}
        plan = project(source, found.shape, found.outputs, options, **settings)
        folder = tmp_path / name
        folder.mkdir()
        text = emit(plan.graph())
        (folder / "model.py").write_text(text.text)
        (folder / "train.py").write_text(
            train_script(plan, text, {"device": "cpu", "threads": 1}), encoding="utf-8"
        )
        return folder

    return make


def rows(count: int = 700) -> pd.DataFrame:
    """Numbers of several widths, words, dates, truth values and empty cells."""
    draw = np.random.default_rng(1)
    towns = draw.choice(["Bonn", "Köln", "Ulm", "Hof", "?"], count, p=[0.5, 0.3, 0.1, 0.05, 0.05])
    table = pd.DataFrame(
        {
            "x": draw.normal(5, 3, count),
            "narrow": draw.normal(size=count).astype(np.float32),
            "whole": pd.array(draw.integers(0, 9, count), dtype="Int64"),
            "town": towns,
            "when": pd.Timestamp("2001-03-04")
            + pd.to_timedelta(draw.integers(0, 9000, count), "D"),
            "yes": draw.random(count) < 0.5,
            "no": draw.random(count) < 0.2,
            "y": draw.normal(size=count) * 1e6,
            "kind": pd.Categorical(draw.choice(["a", "b", "c"], count)),
        }
    )
    table.loc[table.index % 17 == 3, "x"] = np.nan
    table.loc[table.index % 19 == 5, "whole"] = pd.NA
    return table


def files(folder: Path, table: pd.DataFrame, group: int = 130) -> dict[str, Path]:
    """The same rows as CSV and as Parquet; by the endings."""
    found = {kind: folder / f"t{kind}" for kind in KINDS}
    table.to_csv(found[".csv"], index=False)
    table.to_parquet(found[".parquet"], row_group_size=group)
    return found


def described(path: Path, target: str, streaming: str, ignored: tuple[str, ...]) -> dict[str, Any]:
    """The source's options as they are guessed, and a target by name."""
    source = "parquet" if path.suffix == ".parquet" else "csv"
    given = {"streaming": streaming, "missing": "fill", "target": target}
    found = describe_csv(path, given)["options"]
    columns = tuple(
        (name, "ignore" if name in ignored else role, type, tuple(words))
        for name, role, type, words in found["columns"]
    )
    kept = {"path", "missing", "streaming", "rows", "size"}
    options = {name: value for name, value in found.items() if name in kept}
    return {"source": source, "options": {**options, "columns": columns}}


def losses(folder: Path) -> list[torch.Tensor]:
    """The losses of all steps."""
    script = load_script(folder)
    torch.set_num_threads(1)
    recipe = script.build(script.arguments([]))
    return [metrics["train_loss"] for metrics in recipe.steps()]


@pytest.mark.parametrize("streaming", ["always", pytest.param("never", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("target", "ignored"), [("y", ()), ("kind", ("y", "when"))])
def test_parquet_and_csv_of_the_same_rows_give_the_same_losses(
    exported: Folders,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    streaming: str,
    target: str,
    ignored: tuple[str, ...],
) -> None:
    monkeypatch.setattr("nnstudio.document.tabular.PIECE", 1)  # then 100 rows are read at a time
    found = {}
    for kind, path in files(tmp_path, rows()).items():
        told = described(path, target, streaming, ignored)
        check_table(DataSource(told["source"], told["options"]), path)
        found[kind] = losses(exported(kind[1:], told["source"], told["options"]))
    assert len(found[".csv"]) > 10
    assert torch.equal(torch.stack(found[".csv"]), torch.stack(found[".parquet"]))


def test_the_guesses_are_those_of_the_csv_file(tmp_path: Path) -> None:
    of_csv, of_parquet = (describe_csv(path) for path in files(tmp_path, rows(400)).values())
    assert [c["name"] for c in of_parquet["columns"]] == [c["name"] for c in of_csv["columns"]]
    for one, other in zip(of_csv["columns"], of_parquet["columns"], strict=True):
        if one["type"] == "date":  # written with their time of day, whichever it is
            one["categories"] = [[f"{day} 00:00:00", n] for day, n in one["categories"]]
        assert one == other
    said = [[row[:3] for row in one["options"]["columns"]] for one in (of_csv, of_parquet)]
    assert said[0] == said[1]
    assert of_csv["rows"] == of_parquet["rows"] == 400


def test_whole_numbers_with_gaps_are_told_alike_in_every_piece(tmp_path: Path) -> None:
    """pandas alone would make `1.0` of a 1 that stands beside an empty cell."""
    path = tmp_path / "t.parquet"
    numbers = pyarrow.array([1, 2, 3, 4, None, 6])
    parquet.write_table(pyarrow.table({"n": numbers, "y": ["a", "b"] * 3}), path, row_group_size=2)
    found = describe_csv(path, {"columns": [["n", "feature", "category", []]]})
    assert found["options"]["columns"][0] == ["n", "feature", "category", ["1", "2", "3", "4", "6"]]


def test_only_the_beginning_is_looked_at_but_all_words_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.engine.csv_guessing.MOST_CELLS", 3000)
    table = pd.DataFrame({"x": np.arange(5000) * 0.5, "y": ["a"] * 2500 + ["b"] * 2500})
    for path in files(tmp_path, table).values():
        found = describe_csv(path)
        assert (found["rows"], found["looked_at"]) == (5000, 1500)
        assert found["options"]["columns"][1] == ["y", "target", "category", ["a", "b"]]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"size": 200_000_001}, True),
        ({"size": 10, "rows": 5_000_001, "columns": ((),) * 5}, True),
        ({"size": 10, "rows": 5_000_000, "columns": ((),) * 5}, False),
        ({"streaming": "always"}, True),
        ({"size": 10**12, "streaming": "never"}, False),
    ],
)
def test_large_files_stay_on_the_disk(options: Mapping[str, Value], wanted: bool) -> None:
    assert is_streamed(DataSource("parquet", options)) is wanted


def test_a_fault_far_down_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnstudio.engine.csv_pieces.PIECE", 300)
    table = pd.DataFrame({"town": ["Ulm", "Hof"] * 200, "y": np.arange(400) % 7 + 0.5})
    table.loc[321, "town"] = "Rom"
    path = files(tmp_path, table)[".parquet"]
    columns = (("town", "feature", "category", ("Hof", "Ulm")), ("y", "target", "number", ()))
    options = {"path": str(path), "columns": columns, "streaming": "always"}
    with pytest.raises(BadData) as caught:
        check_table(DataSource("parquet", options), path)
    assert str(caught.value) == (
        't.parquet, row 322, column "town": expected one of Hof, Ulm, got "Rom". '
        "Mend the cell, or read the columns anew."
    )


LIMITED = """\
import resource
import sys

sys.path.insert(0, ".")
import torch
import train
from pyarrow.parquet import ParquetFile

torch.set_num_threads(1)
first = torch.nn.Linear(2, 2)  # what the first step of any training takes
optimizer = torch.optim.Adam(first.parameters(), fused=True)
first(torch.ones(8, 2)).sum().backward()
optimizer.step()
for _ in ParquetFile(sys.argv[2]).iter_batches(use_threads=False):
    pass  # what the first reading of any such file takes
options = train.arguments(["--epochs", "1", "--threads", "1"])
with open("/proc/self/status") as file:
    used = next(int(line.split()[1]) for line in file if line.startswith("VmData"))
most = used * 1024 + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
train.run(train.build(options))
"""


@pytest.mark.slow
def test_a_file_larger_than_the_memory_allowed_trains_within_it(
    exported: Folders, tmp_path: Path
) -> None:
    """The limit is a third of the file, beside what the libraries take before the data come."""
    path = tmp_path / "large.parquet"
    draw = np.random.default_rng(0)
    names = [f"x{n}" for n in range(20)]
    schema = pyarrow.schema([*((name, pyarrow.float64()) for name in names), ("y", "string")])
    # A page of each column has to be in memory, whatever reads the file.
    with parquet.ParquetWriter(
        path, schema, data_page_size=1 << 18, use_dictionary=["y"]
    ) as writer:
        for _ in range(6):
            values = draw.normal(size=(200_000, 20))
            answers = np.where(values[:, 0] + values[:, 1] > 0, "1", "0")
            columns = [*values.T, answers]
            writer.write_table(pyarrow.table(columns, schema=schema), row_group_size=200_000)
    small = tmp_path / "small.parquet"
    parquet.write_table(pyarrow.table({"x": np.arange(9.0)}), small)
    allowed = 60_000_000
    assert path.stat().st_size > 3 * allowed
    described = (*((name, "feature", "number", ()) for name in names),
                 ("y", "target", "category", ("0", "1")))  # fmt: skip
    said = {}
    for streaming in ("always", "never"):
        folder = exported(
            streaming,
            "parquet",
            {"path": str(path), "columns": described, "streaming": streaming},
            batch_size=1024,
        )
        # The system's own memory, of which none is set aside beforehand.
        few = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(allowed), str(small)],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, **few, "ARROW_DEFAULT_MEMORY_POOL": "system"},
        )
        said[streaming] = (done.returncode, done.stdout, done.stderr)
    assert said["always"][0] == 0, said["always"][2][-2000:]
    assert "test_accuracy" in said["always"][1]
    assert said["never"][0] != 0
    assert said["never"][0] < 0 or "memory" in said["never"][2].lower()  # or killed for it
