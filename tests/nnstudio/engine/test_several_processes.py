"""Several outputs shared by two processes, and their runs as the worker does them and alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph_compiler.model import Goal, Project, Value
from nnstudio.runs import requests
from tests.nnstudio.engine.recipes.several_plans import heads, seeing, table
from tests.nnstudio.engine.test_processes import (
    assert_same_weights,
    exported,
    losses_in,
    said_by,
    torchrun,
)

BALANCED = Goal(class_weights="balanced")
SHORT: Mapping[str, Value] = {"batch_size": 7, "epochs": 2, "seed": 1}
GIVING = ("accumulated", "masks", "mixed")


def planned(kind: str, folder: Path) -> Project:
    """A short training of some kind; its last batch is uneven."""
    goals = {"kind": BALANCED, "size": Goal(loss="smooth_l1", weight=0.5)}
    more = {"accumulation": 3} if "accumulated" in kind else {}
    if "mask" not in kind:
        one = heads(table(folder, 108), {"kind": 3, "size": 1}, goals, **SHORT, **more)
        preparation = {"mixup": 0.4} if kind == "mixed" else {}
        return replace(one, data=replace(one.data, preparation=preparation))
    goals = {"mask": BALANCED, "thing": BALANCED}
    return seeing({"give": "class and mask", "samples": 75}, goals, **SHORT, **more)


@pytest.mark.slow
@pytest.mark.parametrize("kind", GIVING)
def test_two_processes_are_as_one(kind: str, runs: Any, tmp_path: Path) -> None:
    run = runs.create(planned(kind, tmp_path))
    alone = runs.script_losses(run, tmp_path / "alone")
    folder = exported(run, tmp_path / "together")
    (said,) = said_by({folder: torchrun(folder, "--standalone", "--nproc-per-node", "2")})
    assert_same_weights(folder, 2)
    np.testing.assert_allclose(losses_in(folder), alone, rtol=5e-5)
    assert f"train_{'thing' if 'mask' in kind else 'kind'}_loss" in said


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["accumulated masks"])
def test_the_worker_shares_all_that_is_told(kind: str, runs: Any, tmp_path: Path) -> None:
    plan = planned(kind, tmp_path)
    alone = runs.train(plan)
    together = runs.work(runs.create(plan, processes=2))
    assert together.state().status == "done"
    for name in alone.names():
        ours, theirs = alone.series(name)[1], together.series(name)[1]
        np.testing.assert_allclose(ours, theirs, rtol=5e-5, atol=1e-5, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["accumulated", "accumulated masks"])
def test_the_script_alone_gives_the_losses_of_the_run(kind: str, runs: Any, tmp_path: Path) -> None:
    run = runs.train(planned(kind, tmp_path))
    _, losses = run.series("train_loss")
    assert runs.script_losses(run.path, tmp_path / "alone") == pytest.approx(losses, rel=1e-6)


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(runs: Any, tmp_path: Path) -> None:
    plan = planned("accumulated masks", tmp_path)
    stage = plan.plan.stages[0]
    stage = replace(stage, settings={**stage.settings, "epochs": 8, "patience": 6})
    plan = replace(plan, plan=replace(plan.plan, stages=(stage,)))
    undisturbed = runs.train(plan)
    run = runs.create(plan)
    requests.send(run, "speed", steps_per_second=30.0)
    worker = runs.start(run)
    runs.wait_for(run, lambda r: r.state().checkpoint and r.state().step >= 4)
    worker.kill()
    worker.wait()
    runs.wait_for(run, lambda r: r.state().status == "lost")
    resumed = runs.work(run, resume=True, after=requests.latest(run))
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)
