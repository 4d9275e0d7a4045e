"""Rates of their own: each weight learns by its group's rate, with any optimizer and schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from graph_compiler.model import Group, Plan, Project
from nnstudio.document.groups import takes_groups
from nnstudio.document.recipes import recipes
from nnstudio.engine import checkpoints
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.states import capture, restore
from tests.nnstudio.engine.recipes.supervised_plans import losses, plan, recipe_of, written
from tests.nnstudio.engine.recipes.test_optimizers import RATES

SLOW = (Group("fc1", 0.1), Group("*.bias", 2.0, 0.0))
GROUPED = {name: rate for name, rate in RATES.items() if name not in ("lbfgs", "rprop")}
QUICK = ("adam", "sgd", "muon")
OPTIMIZERS = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in GROUPED
]


def with_groups(project: Project, *groups: Group) -> Project:
    (stage,) = project.plan.stages
    return replace(project, plan=Plan((replace(stage, groups=groups),)))


def small(*groups: Group, **settings: Any) -> Project:
    """Iris through a hidden layer, one batch of all rows a step where nothing else is said."""
    given = {"batch_size": 120, "epochs": 4, **settings}
    split = given.pop("split", (0.8, 0.0, 0.2))
    return with_groups(plan("iris", outputs=3, hidden=6, split=split, **given), *groups)


def copies(recipe: Any) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in recipe.model.named_parameters()}


def test_one_step_down_by_hand(tmp_path: Path) -> None:
    project = small(
        Group("fc1", 0.1, 0.3),
        Group("*.bias", 3.0),
        optimizer="sgd",
        momentum=0.0,
        learning_rate=0.5,
        weight_decay=0.02,
    )
    recipe = recipe_of(project, tmp_path)
    before = copies(recipe)
    x, y = recipe.data.train
    # Forward and backward of tanh and softmax with pencil and paper.
    w1, b1, w2, b2 = (
        before[f"layers.{name}"] for name in ("0.weight", "0.bias", "2.weight", "2.bias")
    )
    hidden = torch.tanh(x @ w1.T + b1)
    slope = torch.softmax(hidden @ w2.T + b2, 1) - nn.functional.one_hot(y, 3)
    slope = slope / len(x)
    inner = (slope @ w2) * (1 - hidden**2)
    wanted = {
        "layers.0.weight": w1 - 0.5 * 0.1 * (inner.T @ x + 0.3 * w1),
        "layers.0.bias": b1 - 0.5 * 0.1 * (inner.sum(0) + 0.3 * b1),
        "layers.2.weight": w2 - 0.5 * (slope.T @ hidden + 0.02 * w2),
        "layers.2.bias": b2 - 0.5 * 3.0 * (slope.sum(0) + 0.02 * b2),
    }
    losses(recipe, 1)
    for name, weight in recipe.model.named_parameters():
        assert torch.allclose(weight, wanted[name], atol=1e-6), name


STEPS, EPOCHS = 4, 6
SCHEDULES: dict[str, tuple[dict[str, Any], Callable[[Any], Any], bool]] = {
    "constant": ({}, lambda o: lr_scheduler.LambdaLR(o, lambda _: 1.0), False),
    "warmup": (
        {"warmup": 5},
        lambda o: lr_scheduler.LambdaLR(o, lambda step: min(1.0, (step + 1) / 5)),
        False,
    ),
    "step": (
        {"schedule": "step", "drop_every": 2, "drop": 0.5},
        lambda o: lr_scheduler.StepLR(o, 2, 0.5),
        True,
    ),
    "multi_step": (
        {"schedule": "multi_step", "milestones": (1, 4), "drop": 0.2},
        lambda o: lr_scheduler.MultiStepLR(o, [1, 4], 0.2),
        True,
    ),
    "exponential": (
        {"schedule": "exponential", "decay": 0.8},
        lambda o: lr_scheduler.ExponentialLR(o, 0.8),
        True,
    ),
    "cosine": (
        {"schedule": "cosine"},
        lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS * EPOCHS),
        False,
    ),
    "cosine_restarts": (
        {"schedule": "cosine_restarts", "first_cycle": 2},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2 * STEPS),
        False,
    ),
    "one_cycle": (
        {"schedule": "one_cycle", "rise": 0.25, "first_share": 0.04, "last_share": 0.001},
        lambda o: lr_scheduler.OneCycleLR(
            o,
            [group["lr"] for group in o.param_groups],
            total_steps=STEPS * EPOCHS,
            pct_start=0.25,
            div_factor=25.0,
            final_div_factor=40.0,
            cycle_momentum=False,
        ),
        False,
    ),
    "polynomial": (
        {"schedule": "polynomial", "power": 2.0},
        lambda o: lr_scheduler.PolynomialLR(o, STEPS * EPOCHS, 2.0),
        False,
    ),
    "inverse_sqrt": (
        {"schedule": "inverse_sqrt", "warmup": 4},
        lambda o: lr_scheduler.LambdaLR(
            o, lambda step: min((step + 1) / 4, (4 / (step + 1)) ** 0.5)
        ),
        False,
    ),
}
FACTORS = (1.0, 0.1, 2.0)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_that_of_torch_for_every_group(tmp_path: Path, name: str) -> None:
    settings, make, by_epoch = SCHEDULES[name]
    project = small(*SLOW, batch_size=30, epochs=EPOCHS, learning_rate=0.4, **settings)
    recipe = recipe_of(project, tmp_path)
    theirs = torch.optim.SGD(
        [{"params": [torch.zeros(1, requires_grad=True)], "lr": 0.4 * one} for one in FACTORS]
    )
    scheduler = make(theirs)
    ours, wanted = [], []
    for step, _ in enumerate(recipe.steps()):
        ours.append([group["lr"] for group in recipe.optimizers["main"].param_groups])
        wanted.append([group["lr"] for group in theirs.param_groups])
        theirs.step()
        if not by_epoch or step % STEPS == STEPS - 1:
            scheduler.step()
    assert len(ours) == STEPS * EPOCHS
    assert torch.allclose(torch.tensor(ours), torch.tensor(wanted), atol=1e-7)


def test_a_plateau_drops_the_rate_of_every_group(tmp_path: Path) -> None:
    settings = {"schedule": "plateau", "plateau_patience": 0, "drop": 0.5, "learning_rate": 30.0}
    project = small(*SLOW, optimizer="sgd", epochs=24, split=(0.6, 0.2, 0.2), **settings)
    recipe = recipe_of(project, tmp_path)
    theirs = torch.optim.SGD(
        [{"params": [torch.zeros(1, requires_grad=True)], "lr": 30.0 * one} for one in FACTORS]
    )
    scheduler = lr_scheduler.ReduceLROnPlateau(theirs, factor=0.5, patience=0, threshold=0.0)
    seen = set()
    for metrics in recipe.steps():
        rates = [group["lr"] for group in recipe.optimizers["main"].param_groups]
        assert rates == pytest.approx([group["lr"] for group in theirs.param_groups])
        theirs.step()
        scheduler.step(metrics["val_loss"].item())
        seen.add(rates[0])
    assert len(seen) > 2, "it has dropped more than once"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("more", ["plain", "schedule", "zeros"])
def test_a_rate_of_zero_leaves_weights_as_they_are(
    tmp_path: Path, optimizer: str, more: str
) -> None:
    settings: dict[str, Any] = {
        "plain": {},
        "schedule": {"schedule": "cosine", "warmup": 2, "decay_all": False},
        "zeros": {"l1": 0.01, "l2": 0.01, "exact_zeros": True},
    }[more]
    rate = GROUPED[optimizer]
    project = small(
        Group("fc1", 0.0, 0.5),
        optimizer=optimizer,
        learning_rate=rate,
        weight_decay=0.1,
        batch_size=30,
        **settings,
    )
    recipe = recipe_of(project, tmp_path)
    before = copies(recipe)
    losses(recipe)
    for name, weight in recipe.model.named_parameters():
        assert torch.equal(weight, before[name]) is name.startswith("layers.0."), name


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_groups_like_the_rest_change_nothing(tmp_path: Path, optimizer: str) -> None:
    settings = {
        "optimizer": optimizer,
        "learning_rate": GROUPED[optimizer],
        "weight_decay": 0.1,
        "schedule": "cosine",
        "batch_size": 30,
    }
    plain = recipe_of(small(**settings), tmp_path / "plain")
    same = recipe_of(small(Group("fc1", 1, 0.1), Group("*.bias", 1), **settings), tmp_path / "same")
    assert losses(same) == losses(plain)
    assert all(torch.equal(one, copies(same)[name]) for name, one in copies(plain).items())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_left_off_and_gone_on_with_groups(tmp_path: Path, optimizer: str) -> None:
    project = small(
        *SLOW,
        optimizer=optimizer,
        learning_rate=GROUPED[optimizer],
        batch_size=30,
        schedule="cosine",
        weight_decay=0.01,
        decay_all=False,
    )
    nodes = NodeMap({}, {}, "")
    whole = losses(recipe_of(project, tmp_path / "whole"))
    first = recipe_of(project, tmp_path / "first")
    begun = losses(first, 7)
    file = checkpoints.save(tmp_path, 7, capture(first), nodes, {})
    second = recipe_of(project, tmp_path / "second")
    restore(second, checkpoints.load(file, nodes).state)
    assert begun + losses(second) == whole


def test_a_decay_of_its_own_is_for_all_weights_of_a_group(tmp_path: Path) -> None:
    project = small(
        Group("fc1", None, 0.3),
        Group("fc.bias", 0.5),
        optimizer="sgd",
        momentum=0.0,
        weight_decay=0.02,
        decay_all=False,
    )
    recipe = recipe_of(project, tmp_path)
    names = {id(weight): name for name, weight in recipe.model.named_parameters()}
    found = {
        names[id(weight)]: (group["lr"], group["weight_decay"])
        for group in recipe.optimizers["main"].param_groups
        for weight in group["params"]
    }
    assert found == {
        "layers.0.weight": (0.001, 0.3),
        "layers.0.bias": (0.001, 0.3),
        "layers.2.weight": (0.001, 0.02),
        "layers.2.bias": (0.0005, 0.0),
    }


def test_exact_zeros_come_at_the_rate_of_the_group(tmp_path: Path) -> None:
    settings = {"optimizer": "sgd", "momentum": 0.0, "l1": 0.3, "exact_zeros": True}
    recipe = recipe_of(small(Group("fc1", 0.5), learning_rate=0.1, **settings), tmp_path)
    before = copies(recipe)
    losses(recipe, 1)
    slopes = {name: weight.grad for name, weight in recipe.model.named_parameters()}
    for name, rate in (("layers.0.weight", 0.05), ("layers.2.weight", 0.1)):
        moved = before[name] - rate * slopes[name]
        shrunk = moved.sign() * (moved.abs() - rate * 0.3).clamp_min(0)
        assert torch.allclose(recipe.model.get_parameter(name), shrunk, atol=1e-6)


def test_the_first_group_that_fits_counts(tmp_path: Path) -> None:
    project = small(Group("fc1.weight", 5), Group("fc?", 7), Group("*", 3), learning_rate=1.0)
    recipe = recipe_of(project, tmp_path)
    names = {id(weight): name for name, weight in recipe.model.named_parameters()}
    found = [
        ([names[id(weight)] for weight in group["params"]], group["lr"])
        for group in recipe.optimizers["main"].param_groups
    ]
    assert found == [
        ([], 1.0),
        (["layers.0.weight"], 5.0),
        (["layers.0.bias"], 7.0),
        (["layers.2.weight", "layers.2.bias"], 3.0),
    ]


def test_the_script_says_it_in_a_line_and_not_at_all_without_groups(tmp_path: Path) -> None:
    text = (written(small(*SLOW), tmp_path / "made") / "train.py").read_text(encoding="utf-8")
    assert (
        'GROUPS = [(["layers.0"], {"factor": 0.1}), '
        '(["*.bias"], {"factor": 2.0, "weight_decay": 0.0})]\n' in text
    )
    assert "GROUPED" not in text
    plain = (written(small(), tmp_path / "plain") / "train.py").read_text(encoding="utf-8")
    assert not {"GROUP", "group", "factor", "fnmatch"} & set(plain.replace("_", " ").split())


def test_all_recipes_that_go_down_gradients_hand_groups_on() -> None:
    grouped = {name for name, one in recipes().items() if one.freezes}
    assert {name for name, one in recipes().items() if takes_groups(one)} == grouped
