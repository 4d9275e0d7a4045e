"""`checkpoints` with the real worker: listed, thinned, removed, forked from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnstudio.runs.kept import Budget, budget_of
from nnstudio.runs.listing import list_runs

SMALL = ("--set", "data.samples=60", "--set", "plan.batch_size=12")


@pytest.mark.slow
def test_what_a_run_has_kept_is_listed_and_thinned(
    terminal: Callable[..., Any], tmp_path: Path
) -> None:
    said = terminal("train", "template:mlp", "--epochs", 2, "--runs", tmp_path, *SMALL, "--keep", 5)
    assert said.status == 0, said.err
    (found,) = list_runs(tmp_path)
    run = found.path
    assert budget_of(run) == Budget(5)
    said = terminal("checkpoints", run, "--json")
    told = json.loads(said.out)
    assert (told["keep"], told["room"]) == (5, 1_000_000_000)
    names = [row["name"] for row in told["checkpoints"]]
    assert names[-1] == "best"
    steps = [row["step"] for row in told["checkpoints"][:-1]]
    assert steps[-1] == found.state.step
    assert all(row["loss"] > 0 for row in told["checkpoints"])
    folder = run / "checkpoints"
    for step in (1, 2, 3, 4):
        (folder / f"step-{step:09d}.safetensors").write_bytes(b"older")
    said = terminal("checkpoints", run, "--keep", 4, "--room", "2.5MB")
    assert said.status == 0, said.err
    assert "step-000000001" in said.out
    assert "the run keeps 4 of at most 2.5 MB and the best." in said.out
    assert budget_of(run) == Budget(4, 2_500_000)
    left = sorted(path.stem for path in folder.glob("step-*"))
    assert len(left) == 4
    assert left[0] == "step-000000001"
    assert terminal("checkpoints", run, "--remove", 1).status == 0
    assert not (folder / "step-000000001.safetensors").exists()
    said = terminal("checkpoints", run, "--remove", steps[-1])
    assert said.status == 2
    assert "from which the run goes on. Choose another." in said.err


def test_a_budget_that_is_none_is_refused(terminal: Callable[..., Any], tmp_path: Path) -> None:
    for option, value, wanted in (
        ("--keep", "0", "a whole number from 1 up"),
        ("--keep", "many", "a whole number from 1 up"),
        ("--room", "-1GB", "a size such as 200MB or 1GB"),
        ("--room", "12 parsecs", "a size such as 200MB or 1GB"),
    ):
        said = terminal("checkpoints", "digits", f"{option}={value}")
        assert said.status == 2
        assert f"expected {wanted}, got '{value}'" in said.err
