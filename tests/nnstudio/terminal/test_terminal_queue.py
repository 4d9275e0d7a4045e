"""`queue`: runs are frozen when they are added, and worked off one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnstudio.runs.info import read_info
from nnstudio.runs.listing import list_runs

SMALL = ("--set", "data.samples=60", "--set", "plan.batch_size=12")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_what_waits_is_listed_removed_and_put_first(terminal: Callable[..., Any]) -> None:
    assert terminal("queue").out == "Nothing waits. Add a run: nnstudio queue add FILE\n"
    assert terminal("queue", "add", "template:mlp", "template:lenet5", *SMALL[2:]).status == 0
    said = terminal("queue", "add", "template:mlp", "--epochs", 3, *SMALL)
    assert said.out.startswith("3  multilayer-perceptron-")
    rows = json.loads(terminal("queue", "--json").out)["queue"]
    assert [(row["number"], row["epochs"], row["status"]) for row in rows][2] == (3, 3, "waiting")
    assert len(list_runs()) == 3
    assert {run.state.status for run in list_runs()} == {"new"}
    assert terminal("queue", "first", 3).status == 0
    rows = json.loads(terminal("queue", "--json").out)["queue"]
    assert [row["project"] for row in rows] == [
        "Multilayer perceptron", "Multilayer perceptron", "LeNet-5",
    ]  # fmt: skip
    assert rows[0]["epochs"] == 3
    assert terminal("queue", "remove", rows[0]["number"], rows[2]["number"]).status == 0
    assert len(json.loads(terminal("queue", "--json").out)["queue"]) == 1
    assert len(list_runs()) == 3, "what waits no more stays a run"


def test_a_run_that_waits_heeds_options_and_settings(
    terminal: Callable[..., Any], home: Path
) -> None:
    home.mkdir()
    for settings, option, wanted in (
        ("{}", (), True),
        ("{}", ("--no-evaluation",), False),
        ('{"evaluates": false}', (), False),
        ('{"evaluates": false}', ("--evaluation",), True),
    ):
        (home / "settings.json").write_text(settings)
        said = terminal("queue", "add", "template:mlp", "--json", *option, *SMALL)
        assert read_info(Path(json.loads(said.out)["run"])).evaluates is wanted


def test_wrong_words_are_told_in_a_line(terminal: Callable[..., Any]) -> None:
    said = terminal("queue", "remove")
    assert said.status == 2
    assert "nnstudio queue remove: expected N … behind it, got nothing." in said.err
    said = terminal("queue", "remove", 4)
    assert "queue: expected the number of a waiting run (none there), got 4." in said.err
    said = terminal("queue", "first", "me")
    assert "expected the number of a waiting run, got 'me'" in said.err


@pytest.mark.slow
def test_the_queue_is_worked_off(terminal: Callable[..., Any]) -> None:
    terminal("queue", "add", "template:mlp", "template:mlp", "--epochs", 1, *SMALL)
    said = terminal("queue", "run")
    assert said.status == 0, said.err
    assert [run.state.status for run in list_runs()] == ["done", "done"]
    assert json.loads(terminal("queue", "--json").out) == {"queue": []}
