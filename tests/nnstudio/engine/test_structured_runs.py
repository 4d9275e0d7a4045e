"""Runs of drawings with blocks, rows, scans, choices, shared and tied weights, two networks."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch.nn import functional as F

from graph_compiler.checker import check_project
from graph_compiler.files import load_project
from graph_compiler.model import Project
from graph_compiler.report import paths
from nnstudio.engine import checkpoints
from nnstudio.engine.loading import load_script
from nnstudio.engine.nodes import NodeMap
from nnstudio.runs import requests
from tests.nnstudio.alone import run_alone

PROJECTS = Path(__file__).parents[2] / "projects"
NAMES = ("blocks", "scan", "shared", "tied", "two-networks")


def drawn(name: str, **settings: Any) -> Project:
    """One of the small projects, in batches of 16 rows."""
    project = load_project(PROJECTS / f"{name}.nns")
    stage = project.plan.stages[0]
    stage = replace(stage, settings={**stage.settings, "batch_size": 16, **settings})
    return replace(project, plan=replace(project.plan, stages=(stage,)))


def losses_of(file: Path) -> list[float]:
    """The losses that a script left behind."""
    with open(file, newline="") as text:
        rows = list(csv.DictReader(text))
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    return [float(row["loss"]) for row in rows]


def saved(run: Path, name: str = "step-*") -> dict[str, torch.Tensor]:
    """Every tensor in the newest checkpoint, by its name in the file."""
    path = sorted((run / "checkpoints").glob(f"{name}.safetensors"))[-1]
    with safe_open(path, framework="pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118


def assert_same(one: Any, other: Any) -> None:
    """Two runs have the same numbers and leave the same state, to the last bit."""
    assert one.names() == other.names()
    for name in one.names():
        for ours, theirs in zip(one.series(name), other.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    a, b = saved(one.path), saved(other.path)
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].numpy().tobytes() == b[name].numpy().tobytes(), name


@pytest.mark.parametrize("names", [NAMES[:1], pytest.param(NAMES[1:], marks=pytest.mark.slow)])
def test_exported_scripts_give_the_losses_of_the_runs(
    names: tuple[str, ...], runs: Any, tmp_path: Path
) -> None:
    """In a process in which the product cannot be imported."""
    alone = tmp_path / "alone"
    alone.mkdir()
    done = {name: runs.train(drawn(name, seed=3)) for name in names}
    for name, reader in done.items():
        assert reader.state().status == "done"
        (alone / name).mkdir()
        for file in ("model.py", "train.py"):
            shutil.copy(reader.path / file, alone / name)
    for name, reader in done.items():
        run_alone(alone / name, "train.py")
        _, losses = reader.series("train_loss")
        assert losses_of(alone / name / "losses.csv") == [float(x) for x in losses], name
        state = torch.load(alone / name / "weights.pt", weights_only=True)
        nodes = NodeMap.of_run(reader.path)
        kept = checkpoints.newest(reader.path / "checkpoints", nodes)[0]
        assert kept is not None
        for path, tensor in state.items():
            assert torch.equal(kept.state["networks"]["main"][path], tensor), path


@pytest.mark.parametrize("name", NAMES)
def test_stopped_and_resumed_equals_undisturbed(runs: Any, name: str) -> None:
    undisturbed = runs.train(drawn(name, seed=5, patience=9))
    run = runs.create(drawn(name, seed=5, patience=9))
    requests.send(run, "speed", steps_per_second=200.0)
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().step >= 5)
    requests.send(run, "pause")
    at = runs.wait_for(run, lambda r: r.state().status == "paused").state().step
    requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == at + 1)
    requests.send(run, "stop")
    worker.join(60)
    assert 5 < runs.read(run).state().step < 46
    assert_same(undisturbed, runs.work(run, resume=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_killed_and_resumed_equals_undisturbed(runs: Any, name: str) -> None:
    plan = drawn(name, seed=7, epochs=4)
    undisturbed = runs.train(plan)
    run = runs.create(plan)
    requests.send(run, "speed", steps_per_second=40.0)
    worker = runs.start(run)
    runs.wait_for(run, lambda r: r.state().checkpoint and r.state().step % 23 > 4)
    worker.kill()
    worker.wait()
    assert runs.wait_for(run, lambda r: r.state().status == "lost").state().step < 92
    worker = runs.start(run, resume=True, after=requests.latest(run))
    assert worker.wait(60) == 0
    assert_same(undisturbed, runs.read(run))


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_kept_by_the_paths_that_the_check_lists(runs: Any, name: str) -> None:
    project = drawn(name, epochs=1)
    network = project.plan.stages[0].network
    done = runs.train(project)
    facts = dict(paths(check_project(project)[network].nodes))
    held = {
        f"{path}.{weight}": shape
        for path, node in facts.items()
        if not node.inside
        for weight, shape in node.weights.items()
    }
    owned = checkpoints.weights(done.path / "checkpoints" / "best.safetensors")
    trained = {
        name: tuple(tensor.shape)
        for name, tensor in owned.items()
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
    }
    assert trained.items() <= held.items()
    guests = {"turn2.weight", "turn2.bias", *(w for w in held if w.startswith("again/"))}
    assert held.keys() - trained.keys() == (guests if name == "shared" else set())
    known = json.loads((done.path / "map.json").read_text())
    assert known["modules"].keys() <= facts.keys()
    assert set(known["parts"]) == {network, *(n for n in project.networks if n in BLOCKS[name])}


BLOCKS = {
    "blocks": ("Unit", "Residual"),
    "scan": ("Cell",),
    "shared": ("Mix",),
    "tied": ("Coder",),
    "two-networks": ("Dense",),
}


def test_tied_and_shared_weights_are_kept_and_stepped_once(runs: Any) -> None:
    for name, twice in (("tied", ("fc2.weight", "again.weight")), ("shared", ("turn2.weight",))):
        done = runs.train(drawn(name, epochs=1, patience=3))
        tensors = saved(done.path)
        sizes = {
            key: tensor.numel()
            for key, tensor in tensors.items()
            if key.startswith("networks/main/")
        }
        assert not any(key.endswith(twice) for key in tensors)
        (report,) = check_project(drawn(name)).values()
        assert sum(sizes.values()) == report.parameters
        moments = [key for key in tensors if key.endswith("/exp_avg")]
        assert len(moments) == len(sizes)
        best = [key for key in tensors if key.startswith("recipe/best_weights/")]
        assert len(best) == len(sizes)
        again = saved(runs.work(done.path, resume=True).path)
        assert again.keys() == tensors.keys()


def test_a_step_of_a_tied_weight_is_that_of_both_its_uses(runs: Any) -> None:
    """By hand: one tensor used twice, moved once along the sum of its gradients."""
    settings = {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.1}
    run = runs.create(drawn("tied", epochs=1, **settings))
    script = load_script(run)
    recipe = script.build(script.arguments([]))
    model = recipe.networks["main"]
    model.head[1].p = 0.0
    w = {name: value.detach().clone() for name, value in model.named_parameters()}
    for value in w.values():
        value.requires_grad_()
    order = torch.randperm(len(recipe.data.train.inputs), generator=recipe.generator)
    recipe.generator.manual_seed(0)
    rows = order[:16]
    next(recipe.steps())
    embed, square = w["coder.embed.weight"], w["fc1.weight"]
    x = torch.tanh(F.linear(recipe.data.train.inputs[rows].flatten(1), embed))
    x = F.relu(F.linear(x, square, w["fc1.bias"]))
    x = F.relu(F.linear(x, square, w["fc2.bias"]))
    x = F.relu(F.linear(x, w["body.1.weight"], w["body.1.bias"]))
    x = torch.tanh(F.linear(x, embed, w["again.bias"]))
    scores = F.linear(x, w["head.2.weight"], w["head.2.bias"])
    F.cross_entropy(scores, recipe.data.train.targets[rows]).backward()
    for name, value in model.named_parameters():
        assert w[name].grad is not None
        torch.testing.assert_close(value, w[name] - 0.1 * w[name].grad, atol=1e-6, rtol=1e-5)
