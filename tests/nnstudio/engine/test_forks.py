"""Forks: without a change exactly the original, with changes the weights that still fit."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Wire
from nnstudio.runs import requests
from nnstudio.runs.fork import checkpoints_of, fork_run, only_points_differ
from nnstudio.runs.layout import RunError


def small(units: int = 8, **settings: object) -> Project:
    nodes = {
        "x": Node("x", "Input", {"shape": (2,)}),
        "fc1": Node("fc1", "Linear", {"out_features": units}),
        "act": Node("act", "Tanh"),
        "drop": Node("drop", "Dropout", {"p": 0.2}),
        "fc2": Node("fc2", "Linear", {"out_features": 2}),
        "y": Node("y", "Output"),
    }
    names = list(nodes)
    wires = {Wire(a, "output", b, "input"): None for a, b in pairwise(names)}
    return Project(
        "small",
        networks={"main": Network("main", nodes=nodes, wires=wires)},
        data=DataSource("moons", {"samples": 100}),
        plan=Plan((Stage("train", settings={"batch_size": 10, "epochs": 4, **settings}),)),
    )


@pytest.fixture
def stopped(runs: Any) -> Path:
    """A run of four epochs that was stopped after nine steps of its 24."""
    run: Path = runs.create(small())
    requests.send(run, "pause")
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().status == "paused")
    for _ in range(9):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == 9)
    requests.send(run, "stop")
    worker.join(60)
    assert checkpoints_of(run)[-2:] == ["step-000000009", "best"]
    return run


def test_a_fork_without_change_goes_on_as_the_original(stopped: Path, runs: Any) -> None:
    made, whole = fork_run(stopped)
    assert whole
    fork = runs.work(made, resume=True, after=0)
    original = runs.work(stopped, resume=True)
    steps, losses = original.series("train_loss")
    assert np.array_equal(fork.series("train_loss")[0], steps[9:])
    assert np.array_equal(fork.series("train_loss")[1], losses[9:])
    ends = [load_file(sorted((run / "checkpoints").glob("step-*"))[-1]) for run in (made, stopped)]
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_fork_may_go_on_for_longer(stopped: Path, runs: Any) -> None:
    longer = runs.train(small(epochs=6))
    made, whole = fork_run(stopped, epochs=6)
    assert whole
    fork = runs.work(made, resume=True, after=0)
    assert np.array_equal(fork.series("train_loss")[1], longer.series("train_loss")[1][9:])


def test_another_drawing_takes_the_weights_that_fit(stopped: Path, runs: Any) -> None:
    kept = load_file(stopped / "checkpoints" / "step-000000009.safetensors")
    slow = small(learning_rate=0.0, epochs=1)
    made, whole = fork_run(stopped, slow, at="9")
    assert not whole
    runs.work(made)
    ended = load_file(sorted((made / "checkpoints").glob("step-*"))[-1])
    for name in ("fc1.weight", "fc1.bias", "fc2.weight"):
        assert torch.equal(ended[f"networks/main/{name}"], kept[f"networks/main/{name}"])
    wider, _ = fork_run(stopped, small(16), epochs=1)
    assert runs.work(wider).state().status == "done"
    events = map(json.loads, (wider / "events.jsonl").read_text().splitlines())
    (told,) = [event["text"] for event in events if event.get("code") == "weights"]
    assert "1 of 4 weights taken, 3 of the file's not used" in told


def test_an_unknown_checkpoint_is_refused_with_those_there_are(stopped: Path) -> None:
    with pytest.raises(RunError) as refused:
        fork_run(stopped, at="12")
    assert "step-000000009" in str(refused.value)
    assert '"12"' in str(refused.value)


def painted(count: int, patience: int = 0) -> Project:
    points = tuple((x / count, (x % 5) / 10, x % 2) for x in range(count))
    data = DataSource("painted", {"points": points, "names": ("A", "B")})
    return replace(small(patience=patience), data=data)


def test_painted_points_that_change_keep_weights_optimizer_and_epochs(runs: Any) -> None:
    run = runs.train(painted(60, patience=3)).path
    done = checkpoints_of(run)[-2]
    step = int(done.removeprefix("step-"))
    more = painted(100, patience=3)
    assert only_points_differ(painted(60), painted(100))
    assert not only_points_differ(painted(60), replace(painted(100), name="other"))
    assert not only_points_differ(small(), small(16))
    made, whole = fork_run(run, more, epochs=7)
    assert whole
    (carried,) = (made / "checkpoints").iterdir()
    before, after = load_file(run / "checkpoints" / f"{done}.safetensors"), load_file(carried)
    assert before.keys() == after.keys()
    assert any(name.startswith("optimizers/") for name in before)
    assert all(torch.equal(before[name], after[name]) for name in before)
    reader = runs.work(made, resume=True, after=0)
    state = reader.state()
    assert (state.status, state.epoch) == ("done", 7)
    steps, losses = reader.series("train_loss")
    assert steps[0] == step
    per_epoch = state.steps_per_epoch
    assert per_epoch == 6, "of 100 points 60 are for training, ten a step"
    assert len(steps) == (7 - 4) * per_epoch
    assert np.isfinite(losses).all()


def test_an_epoch_that_was_cut_short_by_new_points_begins_anew(runs: Any) -> None:
    run: Path = runs.create(painted(60))
    requests.send(run, "pause")
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().status == "paused")
    for _ in range(6):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == 6)
    requests.send(run, "stop")
    worker.join(60)
    made, whole = fork_run(run, painted(40))
    assert whole
    reader = runs.work(made, resume=True, after=0)
    assert reader.state().status == "done"
    steps, _ = reader.series("train_loss")
    per_epoch = reader.state().steps_per_epoch
    assert (steps[0], len(steps)) == (6, 3 * per_epoch), "one of four epochs was done"
