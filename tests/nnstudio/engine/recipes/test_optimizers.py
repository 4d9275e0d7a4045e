"""Every optimizer learns, and goes on after a cut as if there had been none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nnstudio.document.recipes import recipes
from nnstudio.document.templates import assign, load_target
from nnstudio.engine import checkpoints
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.states import capture, restore
from tests.nnstudio.engine.recipes.supervised_plans import losses, plan, recipe_of

RATES = {
    "adam": 0.02,
    "adamw": 0.02,
    "sgd": 0.1,
    "rmsprop": 0.005,
    "adagrad": 0.1,
    "adadelta": 2.0,
    "adamax": 0.03,
    "nadam": 0.02,
    "radam": 0.05,
    "asgd": 0.5,
    "rprop": 0.01,
    "lbfgs": 1.0,
    "adafactor": 0.1,
    "muon": 0.05,
}
CUTS: dict[str, dict[str, Any]] = {
    **{f"{name}": {"optimizer": name, "learning_rate": rate} for name, rate in RATES.items()},
    "cosine": {"schedule": "cosine", "warmup": 4, "learning_rate": 0.02},
    "one_cycle": {"schedule": "one_cycle", "learning_rate": 0.02, "optimizer": "sgd"},
    "plateau": {
        "schedule": "plateau",
        "plateau_patience": 0,
        "learning_rate": 0.5,
        "split": (0.6, 0.2, 0.2),
        "patience": 50,
    },
    "average": {"ema_decay": 0.9, "patience": 3, "split": (0.6, 0.2, 0.2)},
    "accumulation": {"accumulation": 3, "batch_size": 7, "class_weights": "balanced"},
    "clipped": {"clip_norm": 0.1, "clip_value": 0.05, "nesterov": True, "optimizer": "sgd"},
    "float16": {"precision": "float16", "accumulation": 2, "clip_norm": 1.0},
    "bfloat16": {"precision": "bfloat16", "l1": 0.01},
    "zeros": {"l1": 0.05, "l2": 0.01, "exact_zeros": True, "optimizer": "sgd"},
    "groups": {"weight_decay": 0.1, "decay_all": False, "beta1": 0.5, "optimizer": "adamw"},
    "first_weights": {"initialization": "orthogonal", "init_biases": "constant"},
}


def test_every_optimizer_of_the_table_is_tried() -> None:
    settings = {param.name: param for param in recipes()["supervised"].settings}
    assert set(settings["optimizer"].choices) == set(RATES)
    known = {name for name in dir(torch.optim) if name[0].isupper()}
    not_ours = {"Optimizer", "SparseAdam"}
    assert {name.lower() for name in known - not_ours} <= set(RATES)


@pytest.mark.slow
@pytest.mark.parametrize("name", CUTS)
def test_it_goes_on_bit_equal_and_has_learned(name: str, tmp_path: Path) -> None:
    settings = {"batch_size": 500 if name == "lbfgs" else 16, "epochs": 12, **CUTS[name]}
    project = plan("iris", outputs=3, hidden=8, **settings)
    whole = recipe_of(project, tmp_path / "whole")
    first: list[float] = []
    states = []
    for metrics in whole.steps():
        first.append(metrics["train_loss"].item())
        if len(first) in (3, 17):
            states.append((len(first), capture(whole)))
    end = capture(whole)
    for cut, state in states:
        again = recipe_of(project, tmp_path / f"cut{cut}")
        restore(again, state)
        assert losses(again) == first[cut:]
        same(capture(again)["networks"], end["networks"])
        same(capture(again)["recipe"], end["recipe"])
    if name in RATES:
        assert min(first[-8:]) < 0.5 * first[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["float16", "plateau", "average", "muon", "lbfgs", "cosine"])
def test_a_checkpoint_on_disk_holds_all_of_it(name: str, tmp_path: Path) -> None:
    settings = {"batch_size": 500 if name == "lbfgs" else 16, "epochs": 4, **CUTS[name]}
    project = plan("iris", outputs=3, hidden=8, **settings)
    whole = recipe_of(project, tmp_path / "whole")
    nodes = NodeMap({}, {}, "")
    losses(whole, 2)
    file = checkpoints.save(tmp_path, 2, capture(whole), nodes, {})
    rest = losses(whole)
    again = recipe_of(project, tmp_path / "again")
    restore(again, checkpoints.load(file, nodes).state)
    assert losses(again) == rest


def same(one: Any, other: Any) -> None:
    """Equal to the last bit."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, list | tuple):
        for left, right in zip(one, other, strict=True):
            same(left, right)
    else:
        assert one == other


def test_two_parts_of_a_batch_add_up_to_the_whole(tmp_path: Path) -> None:
    for weights in ("none", "balanced"):
        common = {"optimizer": "sgd", "learning_rate": 0.1, "epochs": 5, "class_weights": weights}
        big = plan("iris", outputs=3, hidden=8, batch_size=32, **common)
        parts = plan("iris", outputs=3, hidden=8, batch_size=8, accumulation=4, **common)
        one = recipe_of(big, tmp_path / f"one{weights}")
        other = recipe_of(parts, tmp_path / f"other{weights}")
        assert one.steps_per_epoch == other.steps_per_epoch == 4
        assert losses(other) == pytest.approx(losses(one), rel=1e-4)
        for left, right in zip(one.model.parameters(), other.model.parameters(), strict=True):
            assert torch.allclose(left, right, atol=1e-5)


def test_the_average_is_the_written_out_one_and_is_what_is_measured(tmp_path: Path) -> None:
    settings = {"batch_size": 16, "epochs": 3, "learning_rate": 0.05}
    recipe = recipe_of(
        plan("iris", 3, 8, split=(0.6, 0.2, 0.2), ema_decay=0.8, **settings), tmp_path
    )
    average: list[torch.Tensor] = []
    for metrics in recipe.steps():
        now = [weight.detach().double().clone() for weight in recipe.model.parameters()]
        average = average or now
        average = [0.8 * a + 0.2 * w for a, w in zip(average, now, strict=True)]
        last = metrics
    recipe.finish()
    for ours, theirs in zip(recipe.model.parameters(), average, strict=True):
        assert torch.allclose(ours.double(), theirs, atol=1e-6)
    part = recipe.data.validation
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(recipe.model(part.inputs), part.targets)
    assert loss.item() == pytest.approx(last["val_loss"].item(), rel=1e-5)


def test_an_overflow_of_the_scaler_is_a_counted_step_that_changes_nothing(tmp_path: Path) -> None:
    settings = {"precision": "float16", "batch_size": 16, "epochs": 2, "optimizer": "sgd"}
    recipe = recipe_of(plan("iris", outputs=3, hidden=8, **settings), tmp_path)
    # A scale beyond what float16 can hold: the first steps overflow until it has come down.
    recipe.scaler.load_state_dict({**recipe.scaler.state_dict(), "scale": 2.0**40})
    before = [weight.detach().clone() for weight in recipe.model.parameters()]
    steps = recipe.steps()
    loss = next(steps)["train_loss"]
    assert loss.isfinite()
    assert recipe.skipped.item() == 1
    for one, other in zip(before, recipe.model.parameters(), strict=True):
        assert torch.equal(one, other)
    for metrics in steps:
        last = metrics
        assert metrics["train_loss"].isfinite()
    assert last["skipped_steps"].item() == recipe.skipped.item() > 1


def test_gradients_are_clipped_as_torch_does(tmp_path: Path) -> None:
    settings = {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 1.0, "batch_size": 500}
    for name, limit in (("clip_norm", 0.01), ("clip_value", 0.002)):
        recipe = recipe_of(plan("iris", 3, 8, **settings, **{name: limit}), tmp_path / name)
        before = [weight.detach().clone() for weight in recipe.model.parameters()]
        next(recipe.steps())
        after = recipe.model.parameters()
        steps = torch.cat([(a - b).flatten() for a, b in zip(before, after, strict=True)])
        size = steps.norm() if name == "clip_norm" else steps.abs().max()
        assert size.item() == pytest.approx(limit, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("all_of_them", [True, False])
def test_decay_leaves_biases_alone_where_it_shall(
    optimizer: str, all_of_them: bool, tmp_path: Path
) -> None:
    project = load_target("template:lenet5")
    settings = {"optimizer": optimizer, "weight_decay": 0.5, "decay_all": all_of_them}
    for name, value in settings.items():
        project = assign(project, f"plan.{name}", value)
    recipe = recipe_of(project, tmp_path)
    groups = recipe.optimizers["main"].param_groups
    decay = {id(w): g["weight_decay"] for g in groups for w in g["params"]}
    for name, weight in recipe.model.named_parameters():
        is_left_out = not all_of_them and name.endswith("bias")
        assert decay[id(weight)] == (0.0 if is_left_out else 0.5), name
