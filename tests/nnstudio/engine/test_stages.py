"""Plans of several stages: what is frozen stays bit-equal, weights go on, a stop loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from graph_compiler.model import Network, Node, Plan, Project, Stage, Wire
from nnstudio.runs import requests

STEPS = 4
"""Of an epoch: 72 training rows in batches of 16, none smaller before batch norm."""


def staged(project: Callable[..., Project], *stages: Stage) -> Project:
    """A net with batch norm under the given stages, each with 16 rows a batch."""
    made = project(epochs=1)
    nodes = {
        "x": Node("x", "Input", {"shape": (2,)}),
        "wide": Node("wide", "Linear", {"out_features": 8}),
        "norm": Node("norm", "BatchNorm1d"),
        "act": Node("act", "ReLU"),
        "drop": Node("drop", "Dropout", {"p": 0.3}),
        "fc": Node("fc", "Linear", {"out_features": 2}),
        "y": Node("y", "Output"),
    }
    names = list(nodes)
    wires = {Wire(a, "output", b, "input"): None for a, b in pairwise(names)}
    plan = Plan(
        tuple(
            replace(stage, settings={"batch_size": 16, "epochs": 3, **stage.settings})
            for stage in stages
        )
    )
    return replace(made, networks={"main": Network("main", nodes=nodes, wires=wires)}, plan=plan)


def losses(run: Any) -> list[float]:
    return [float(value) for value in run.series("train_loss")[1]]


def weights_after(run: Any) -> dict[str, torch.Tensor]:
    kept = load_file(sorted((run.path / "checkpoints").glob("step-*"))[-1])
    return {n.removeprefix("networks/main/"): t for n, t in kept.items() if "networks/" in n}


def test_what_is_frozen_stays_as_it_was_running_statistics_too(
    project: Callable[..., Project], runs: Any
) -> None:
    first = Stage("all")
    before = weights_after(runs.train(staged(project, first)))
    head = Stage("head", frozen=("wide", "n?rm"))
    after = weights_after(runs.train(staged(project, first, head)))
    frozen = [name for name in after if name.startswith(("wide.", "norm."))]
    assert len(frozen) == 2 + 5
    for name in frozen:
        assert torch.equal(before[name], after[name]), name
    assert not torch.equal(before["fc.weight"], after["fc.weight"])


def test_frozen_parts_may_follow_the_batches(project: Callable[..., Project], runs: Any) -> None:
    first = Stage("all")
    before = weights_after(runs.train(staged(project, first)))
    head = Stage("head", frozen=("wide", "norm"), frozen_running=True)
    after = weights_after(runs.train(staged(project, first, head)))
    assert torch.equal(before["norm.weight"], after["norm.weight"])
    assert not torch.equal(before["norm.running_mean"], after["norm.running_mean"])


def test_weights_that_are_nodes_of_their_own_are_frozen_too(
    project: Callable[..., Project], runs: Any
) -> None:
    made = staged(project, Stage("all"), Stage("head", frozen=("gain", "wide")))
    main = made.networks["main"]
    nodes = dict(main.nodes) | {
        "gain": Node("gain", "LearnableTensor", {"shape": (8,)}),
        "scaled": Node("scaled", "Add"),
        "again": Node("again", "Linear", {"out_features": 8}),
    }
    wires = dict(main.wires)
    del wires[Wire("wide", "output", "norm", "input")]
    for wire in (
        Wire("wide", "output", "scaled", "input1"),
        Wire("gain", "output", "scaled", "input2"),
        Wire("scaled", "output", "again", "input"),
        Wire("again", "output", "norm", "input"),
    ):
        wires[wire] = None
    made = replace(made, networks={"main": replace(main, nodes=nodes, wires=wires)})
    alone = replace(made, plan=Plan(made.plan.stages[:1]))
    before, after = weights_after(runs.train(alone)), weights_after(runs.train(made))
    frozen = [name for name in after if name.startswith(("wide.", "gain"))]
    assert len(frozen) == 3
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(before["again.weight"], after["again.weight"])


def test_each_stage_says_itself_whether_frozen_parts_go_on(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    first, rests = Stage("all"), Stage("rests", frozen=("norm",))
    follows = Stage("follows", frozen=("norm",), frozen_running=True)
    rested = weights_after(runs.train(staged(project, first, rests)))
    run = runs.train(staged(project, first, rests, follows))
    followed = weights_after(run)
    assert torch.equal(rested["norm.weight"], followed["norm.weight"])
    assert not torch.equal(rested["norm.running_mean"], followed["norm.running_mean"])
    assert runs.script_losses(run.path, tmp_path / "alone") == losses(run)


def test_exact_zeros_are_not_made_in_what_is_frozen(
    project: Callable[..., Project], runs: Any
) -> None:
    sparse = Stage(
        "sparse",
        frozen=("wide",),
        settings={"optimizer": "sgd", "learning_rate": 0.2, "l1": 0.5, "exact_zeros": True},
    )
    before = weights_after(runs.train(staged(project, Stage("all"))))
    after = weights_after(runs.train(staged(project, Stage("all"), sparse)))
    assert torch.equal(before["wide.weight"], after["wide.weight"])
    assert (after["fc.weight"] == 0).any()


def test_a_stage_begins_where_the_one_before_has_ended(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    plan = staged(project, Stage("slow"), Stage("fast", settings={"learning_rate": 0.1}))
    alone, both = runs.train(staged(project, Stage("slow"))), runs.train(plan)
    assert losses(both)[: 3 * STEPS] == losses(alone)
    assert len(losses(both)) == 6 * STEPS
    state = both.state()
    assert (state.stage, state.epoch, state.epochs, state.planned_steps) == (1, 6, 6, 6 * STEPS)
    assert runs.script_losses(both.path, tmp_path / "alone") == losses(both)


def test_stages_may_have_other_optimizers_and_lengths(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    one = Stage("first", settings={"epochs": 2})
    other = Stage("second", settings={"optimizer": "sgd", "batch_size": 8, "epochs": 2})
    run = runs.train(staged(project, one, other))
    assert run.state().status == "done"
    assert len(losses(run)) == 2 * STEPS + 2 * 9
    assert run.state().planned_steps == 26
    assert runs.script_losses(run.path, tmp_path / "alone") == losses(run)


@pytest.mark.parametrize("at", [2 * STEPS + 2, 4 * STEPS + 3])
def test_a_stop_in_either_stage_and_a_resume_change_no_loss(
    project: Callable[..., Project], runs: Any, at: int
) -> None:
    plan = staged(
        project,
        Stage("head", frozen=("wide",)),
        Stage("all", settings={"optimizer": "sgd", "momentum": 0.5}),
    )
    undisturbed = runs.train(plan)
    run = runs.create(plan)
    requests.send(run, "pause")
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().status == "paused")
    for _ in range(at):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == at)
    requests.send(run, "stop")
    worker.join(60)
    assert runs.read(run).state().step == at
    resumed = runs.work(run, resume=True)
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)


@pytest.mark.parametrize("kind", ["safetensors", "torch"])
def test_weights_come_from_a_file_and_what_became_of_them_is_told(
    project: Callable[..., Project], runs: Any, tmp_path: Path, kind: str
) -> None:
    given = {
        "layers.0.weight": torch.full((8, 2), 0.25),
        "layers.0.bias": torch.zeros(8),
        "layers.4.weight": torch.zeros(3, 8),
        "other": torch.zeros(1),
    }
    file = tmp_path / f"given.{kind}"
    save_file(given, file) if kind == "safetensors" else torch.save(given, file)
    stage = Stage("tune", settings={"epochs": 1}, frozen=("wide",), weights=str(file))
    run = runs.train(staged(project, stage))
    assert run.state().status == "done"
    assert torch.equal(weights_after(run)["wide.weight"], given["layers.0.weight"])
    events = map(json.loads, (run.path / "events.jsonl").read_text().splitlines())
    told = [event["text"] for event in events if event.get("code") == "weights"]
    assert len(told) == 1
    assert "2 of 9 weights taken, 2 of the file's not used" in told[0]
    assert "begun anew: layers.1.weight" in told[0]


@pytest.mark.parametrize("kind", ["objects", "pickle", "cut"])
def test_files_that_hold_no_weights_are_refused_in_words(
    project: Callable[..., Project], runs: Any, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "given.pt"
    torch.save({"weight": tmp_path if kind == "objects" else torch.zeros(900)}, file)
    if kind == "pickle":
        file.write_bytes(b"\x80\x04]\x94.")
    elif kind == "cut":
        file.write_bytes(file.read_bytes()[:2000])
    stage = Stage("tune", settings={"epochs": 1}, weights=str(file))
    run = runs.train(staged(project, stage))
    assert run.state().status == "failed"
    assert run.state().reason == (
        f"{file}: expected a safetensors file or a state dict of torch, got something else. "
        "Mend or remove it."
    )


def test_a_stage_hands_on_the_best_weights_that_it_found(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    wild = Stage("wild", settings={"epochs": 30, "patience": 2, "learning_rate": 0.3})
    still = Stage("still", frozen=("norm",), settings={"epochs": 1, "learning_rate": 0.0})
    run = runs.train(staged(project, wild, still))
    assert run.state().status == "done"
    _, values = run.series("val_loss")
    best = min(values[:-1])
    assert values[-2] > best, "the first stage went on behind its best epoch"
    assert values[-1] == best
    assert runs.script_losses(run.path, tmp_path / "alone") == losses(run)
