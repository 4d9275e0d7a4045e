"""A stage that ends after so many steps, wherever in an epoch; and the same numbers every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph_compiler.model import Plan, Project
from nnstudio.document.planned import planned_source
from nnstudio.document.rates import rate_curve
from nnstudio.document.recipes import stage_settings
from nnstudio.document.script import train_script
from nnstudio.runs import requests
from nnstudio.runs.create import with_plan

# 120 rows, of which 72 are for training: six steps an epoch.
BATCH = 12


def losses(reader: Any) -> np.ndarray:
    return reader.series("train_loss")[1]  # type: ignore[no-any-return]


def test_a_stage_ends_after_its_steps_and_resumes_exactly(
    project: Callable[..., Project], runs: Any
) -> None:
    wanted = project(batch_size=BATCH, epochs=50, most_steps=15, schedule="cosine")
    whole = runs.train(wanted)
    state = whole.state()
    assert (state.status, state.step, state.epoch, state.epochs) == ("done", 15, 2, 3)
    assert state.planned_steps == 15
    assert len(losses(whole)) == 15
    plain = runs.train(project(batch_size=BATCH, epochs=3))
    assert np.array_equal(losses(whole)[:1], losses(plain)[:1])
    run: Path = runs.create(wanted)
    requests.send(run, "pause")
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().status == "paused")
    for _ in range(9):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == 9)
    requests.send(run, "stop")
    worker.join(60)
    resumed = runs.work(run, resume=True)
    assert resumed.state().step == 15
    assert np.array_equal(losses(resumed), losses(whole))


def test_an_extended_one_goes_on_by_epochs(project: Callable[..., Project], runs: Any) -> None:
    short = runs.train(project(batch_size=BATCH, epochs=50, most_steps=15))
    longer = runs.train(project(batch_size=BATCH, epochs=4))
    requests.send(short.path, "epochs", epochs=4)
    extended = runs.work(short.path, resume=True, after=0)
    assert (extended.state().step, extended.state().epoch) == (24, 4)
    assert np.array_equal(losses(extended), losses(longer))


def test_each_stage_has_steps_of_its_own(project: Callable[..., Project], runs: Any) -> None:
    one = project(batch_size=BATCH, epochs=2, most_steps=4)
    (stage,) = one.plan.stages
    second = replace(stage, name="then", settings={**stage.settings, "most_steps": 0})
    third = replace(stage, name="last", settings={**stage.settings, "most_steps": 7})
    reader = runs.train(replace(one, plan=Plan((stage, second, third))))
    assert reader.state().status == "done"
    assert reader.state().step == 4 + 12 + 7
    assert np.isfinite(losses(reader)).all()


def test_the_schedule_ends_with_the_steps(project: Callable[..., Project]) -> None:
    wanted = project(batch_size=BATCH, most_steps=15, schedule="cosine", learning_rate=1.0)
    values = stage_settings(wanted.plan.stages[0], {})
    steps, rates = rate_curve(values, 6)
    assert steps == list(range(15))
    expected = [(1 + np.cos(np.pi * step / 15)) / 2 for step in range(15)]
    assert np.allclose(rates, expected)


def test_epochs_that_are_asked_for_go_before_the_steps(project: Callable[..., Project]) -> None:
    wanted = with_plan(project(most_steps=15), epochs=3, seed=None)
    assert dict(wanted.plan.stages[0].settings) == {"epochs": 3}
    kept = with_plan(project(most_steps=15), epochs=None, seed=4)
    assert dict(kept.plan.stages[0].settings) == {"most_steps": 15, "seed": 4}


@pytest.mark.slow
def test_the_exported_script_has_the_same_losses(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    run = runs.train(project(batch_size=BATCH, epochs=50, most_steps=15)).path
    told = runs.script_losses(run, tmp_path / "alone")
    assert np.array_equal(np.float32(told), losses(runs.read(run)))


def script(project: Project) -> str:
    return train_script(project, planned_source(project))


def test_determinism_is_in_the_script_only_when_chosen(project: Callable[..., Project]) -> None:
    assert "deterministic" not in script(project())
    assert "most_steps" not in script(project())
    assert "steps: int" not in script(project())
    text = script(project(deterministic=True))
    begin = text.index("def build(")
    assert text.index("    repeat_exactly()\n", begin) < text.index("manual_seed", begin)
    assert "use_deterministic_algorithms(True)" in text


def test_a_deterministic_run_is_one_and_leaves_the_next_alone(
    project: Callable[..., Project], runs: Any
) -> None:
    try:
        first = runs.train(project(epochs=2, deterministic=True))
        assert torch.are_deterministic_algorithms_enabled()
        again = runs.train(project(epochs=2, deterministic=True))
        assert np.array_equal(losses(first), losses(again))
        runs.train(project(epochs=1))
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
