"""`fork` with the real worker: exactly on without a change, weights that fit with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.runs.listing import list_runs
from nnstudio.runs.reader import RunReader

SMALL = ("--set", "data.samples=60", "--set", "plan.batch_size=12")


def losses(run: Path) -> np.ndarray:
    reader = RunReader(run)
    reader.poll()
    return reader.series("train_loss")[1]


@pytest.fixture
def trained(terminal: Callable[..., Any], tmp_path: Path) -> Path:
    said = terminal("train", "template:mlp", "--epochs", 2, "--runs", tmp_path, *SMALL)
    assert said.status == 0, said.err
    (run,) = list_runs(tmp_path)
    return run.path


def newest(folder: Path, *known: Path) -> Path:
    (found,) = [run.path for run in list_runs(folder) if run.path not in known]
    return found


def test_a_fork_goes_on_and_one_with_changes_begins_with_the_weights(
    terminal: Callable[..., Any], trained: Path
) -> None:
    said = terminal("fork", trained, "--epochs", 3)
    assert said.status == 0, said.err
    longer = newest(trained.parent, trained)
    assert terminal("extend", trained, "--epochs", 3).status == 0
    assert np.array_equal(losses(longer), losses(trained)[-len(losses(longer)) :])
    said = terminal("fork", trained, "--at", "best", "--epochs", 1, "--set", "plan.momentum=0.5")
    assert said.status == 0, said.err
    changed = newest(trained.parent, trained, longer)
    events = [json.loads(line) for line in (changed / "events.jsonl").read_text().splitlines()]
    (told,) = [event["text"] for event in events if event.get("code") == "weights"]
    assert "begun anew" not in told


def test_what_cannot_be_forked_is_refused_in_one_line(
    terminal: Callable[..., Any], trained: Path
) -> None:
    said = terminal("fork", trained, "--at", "77")
    assert said.status == 2
    assert 'got "77". Choose one of them.' in said.err
    said = terminal("fork", trained, "--set", "plan.epochs=-1")
    assert said.status == 1
    assert "plan.epochs: expected a whole number from 1" in said.err
