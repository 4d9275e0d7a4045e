"""`predict` and `evaluate` with a real run."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnstudio.runs.listing import list_runs

QUICK = ("--threads", 1, "--epochs", 3)


@pytest.fixture
def trained(terminal: Callable[..., Any], tmp_path: Path) -> Path:
    """A run of the linear regression on one feature, x."""
    folder = tmp_path / "runs"
    said = terminal("train", "template:linear-regression", *QUICK, "--runs", folder)
    assert said.status == 0, said.err
    assert "The test part of these data has been read once." in said.out
    return list_runs(folder)[0].path


@pytest.mark.slow
def test_rows_are_answered_in_every_way(
    terminal: Callable[..., Any],
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "new.csv").write_text("x,name\n1,a\n-2.5,b\n")
    said = terminal("predict", trained, tmp_path / "new.csv")
    assert said.status == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "x,name,predicted value"
    assert said.err == "Not looked at: name.\n"
    out = tmp_path / "out.csv"
    said = terminal("predict", trained, tmp_path / "new.csv", "-o", out)
    assert out.read_text().splitlines() == lines
    assert said.err.endswith("2 rows, answered with the best weights after step 3.\n")
    said = terminal("predict", trained, tmp_path / "new.csv", "--json")
    told = json.loads(said.out)
    assert told["answers"][1]["predicted value"] == float(lines[2].split(",")[2])
    assert (told["rows"], told["weights"], told["step"]) == (2, "best", 3)
    assert told["notes"] == ["Not looked at: name."]
    stream = io.TextIOWrapper(io.BytesIO((tmp_path / "new.csv").read_bytes()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert terminal("predict", trained, "-").out.splitlines() == lines
    said = terminal("predict", trained, tmp_path / "new.csv", "-o", tmp_path / "new.csv")
    assert said.status == 2
    assert "expected another file than IN, got the same. Name another." in said.err
    (tmp_path / "bad.csv").write_text("x\n1\none\n")
    said = terminal("predict", trained, tmp_path / "bad.csv", "-o", out)
    assert said.status == 3
    assert said.err.startswith('bad.csv, row 3, column "x": expected a number, got "one".')
    assert out.read_text().splitlines() == lines


@pytest.mark.slow
def test_every_reading_of_the_test_part_is_counted(
    terminal: Callable[..., Any], trained: Path
) -> None:
    said = terminal("evaluate", trained, "--count")
    assert said.out == "The test part of these data has been read once.\n"
    at_the_end = list_runs(trained.parent)[0].state.metrics
    told = json.loads(terminal("evaluate", trained, "--json").out)
    assert (told["part"], told["times"], told["runs"]) == ("test", 2, 1)
    for name, value in told["metrics"].items():
        assert value == at_the_end[name]
    folder = trained.parent
    train = ("train", "template:linear-regression", *QUICK, "--runs", folder)
    said = terminal(*train, "--no-evaluation", "--json")
    last = json.loads(said.out.splitlines()[-1])
    assert last["event"] == "done"
    assert not [name for name in last["metrics"] if name.startswith("test_")]
    said = terminal("evaluate", last["run"], "--weights", "best")
    assert said.status == 0, said.err
    assert said.out.splitlines()[0].split() == ["TEST"]
    assert said.out.splitlines()[-1] == (
        "The test part of these data has been read 3 times, by 2 runs."
    )
