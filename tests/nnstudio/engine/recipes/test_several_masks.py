"""Classes, boxes and masks of pictures learned at once: each its own loss, measured its own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.metrics import accuracy_score, jaccard_score
from torch.nn import functional as F

from graph_compiler.model import Goal, Node
from nnstudio.document.sources import DataError, facts
from tests.nnstudio.engine.recipes.several_plans import balanced, faults, seeing
from tests.nnstudio.engine.recipes.supervised_plans import recipe_of

ALL = {"give": "class, boxes and mask", "things": 2}


def test_a_class_boxes_and_a_mask_are_learned_at_once(tmp_path: Path) -> None:
    project = seeing(ALL, {"boxes": Goal(loss="smooth_l1", weight=2.0)}, batch_size=30)
    assert faults(project) == []
    recipe = recipe_of(project, tmp_path / "made")
    rows = torch.arange(10)
    with torch.no_grad():
        boxes, mask, thing = recipe.model(recipe.data.train.inputs[rows])
        total = recipe.batch_loss(rows)
    goals = recipe.data.train.targets[rows]
    pixels = goals[:, 9:].reshape(10, 16, 16).long()
    expected = F.cross_entropy(thing, goals[:, 0].long()) + F.cross_entropy(mask, pixels)
    expected = expected + 2 * F.smooth_l1_loss(boxes, goals[:, 1:9])
    assert total.item() == pytest.approx(expected.item(), abs=1e-6)
    back = recipe.data.fitted
    assert len(back["unit"]) == len(back["target_shift"]) == 9, "pixels are not scaled"
    assert set(goals[:, 9:].unique().tolist()) <= {0.0, 1.0, 2.0, 3.0}


def test_every_output_is_measured_in_its_own_way(tmp_path: Path) -> None:
    recipe = recipe_of(seeing(ALL, {}, epochs=1), tmp_path / "made")
    told = {name: value.item() for name, value in list(recipe.steps())[-1].items()}
    part = recipe.data.validation
    with torch.no_grad():
        boxes, mask, thing = recipe.model.eval()(part.inputs)
    pixels, seen = part.targets[:, 9:].flatten().numpy(), mask.argmax(1).flatten().numpy()
    assert told["val_mask_accuracy"] == pytest.approx(accuracy_score(pixels, seen), abs=1e-6)
    iou = jaccard_score(pixels, seen, average="macro")
    assert told["val_mask_iou"] == pytest.approx(iou, abs=1e-6)
    things = accuracy_score(part.targets[:, 0].numpy(), thing.argmax(1).numpy())
    assert told["val_thing_accuracy"] == pytest.approx(things, abs=1e-6)
    errors = (boxes - part.targets[:, 1:9]).abs() * recipe.data.unit[1:9]
    assert told["val_boxes_mae"] == pytest.approx(errors.mean().item(), abs=1e-6)
    assert "val_thing_iou" not in told


def test_a_mask_and_a_class_are_learned_together(tmp_path: Path) -> None:
    options = {"give": "class and mask", "samples": 400, "noise": 0.02}
    settings = {"epochs": 12, "learning_rate": 0.01}
    recipe = recipe_of(seeing(options, {}, **settings), tmp_path / "made")
    *_, last = [metrics for metrics in recipe.steps() if "val_loss" in metrics]
    background = (recipe.data.validation.targets[:, 1:] == 0).float().mean()
    assert last["val_mask_accuracy"] > background + 0.03
    assert last["val_mask_iou"] > 0.4, "nothing but background is 0.22"
    assert last["val_thing_accuracy"] > 0.6, "guessing is 0.33"
    test = recipe.finish()
    assert {"test_loss", "test_mask_iou", "test_mask_accuracy", "test_thing_accuracy"} <= set(test)


def test_the_pixels_of_rare_classes_count_more(tmp_path: Path) -> None:
    project = seeing(ALL, {"mask": Goal(class_weights="balanced")})
    recipe = recipe_of(project, tmp_path / "made")
    pixels = recipe.data.train.targets[:, 9:].long()
    weights = balanced(pixels.flatten(), 4)
    with torch.no_grad():
        answers = recipe.model(recipe.data.train.inputs[:10])
        costs = recipe._costs(
            dict(zip(("boxes", "mask", "thing"), answers, strict=True)),
            recipe.data.train.targets[:10],
        )
    expected = F.cross_entropy(answers[1], pixels[:10].reshape(10, 16, 16), weights)
    assert costs["mask"].item() == pytest.approx(expected.item(), abs=1e-6)


def test_a_mask_follows_its_picture(tmp_path: Path) -> None:
    """Turned around at random: with each picture its mask, while its class stays."""
    options = {"give": "class and mask", "noise": 0.0}
    project = seeing(options, {})
    project.data = replace(project.data, preparation={"flips": "sideways"}, scale="none")
    recipe = recipe_of(project, tmp_path / "made")
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    given = recipe.model.forward

    def watched(inputs: torch.Tensor) -> Any:
        seen.append(inputs)
        return given(inputs)

    recipe.model.forward = watched
    parts, rows = recipe._parts, torch.arange(40)
    recipe._parts = lambda answers, targets: seen.append(targets) or parts(answers, targets)
    recipe.batch_loss(rows)
    inputs, targets = seen
    masks = targets[:, 1:].reshape(-1, 16, 16)
    before = recipe.data.train
    same = (inputs == before.inputs[rows]).flatten(1).all(1)
    assert 5 < same.sum() < 35
    assert torch.equal(inputs[~same], before.inputs[rows][~same].flip(3))
    kept = before.targets[rows, 1:].reshape(-1, 16, 16)
    assert torch.equal(masks[same], kept[same])
    assert torch.equal(masks[~same], kept[~same].flip(2))
    assert torch.equal(targets[:, 0], before.targets[rows, 0])


def test_boxes_would_not_follow(tmp_path: Path) -> None:
    data = replace(seeing(ALL, {}).data, preparation={"flips": "sideways"})
    with pytest.raises(DataError, match="none, as boxes would not follow, got sideways"):
        facts(data, {})


def test_a_mask_of_another_size_is_told(tmp_path: Path) -> None:
    project = seeing({"give": "class and mask"}, {})
    wrong = Node("see", "Conv2d", {"out_channels": 3, "kernel_size": 3})
    project.networks["main"].nodes["see"] = wrong
    assert faults(project) == [
        "mask.input: N×4×16×16 (for mask with cross_entropy) / N×3×14×14 / Make it N×4×16×16."
    ]


def test_a_mask_shares_no_output(tmp_path: Path) -> None:
    project = seeing({"give": "class and mask"}, {"thing": Goal(("thing", "mask"))})
    assert faults(project) == [
        "thing: one class, or several numbers or labels, for one output / "
        "thing (class), mask (mask) / Give each class an output of its own."
    ]


def test_a_loss_of_numbers_for_a_mask_is_told() -> None:
    project = seeing({"give": "class and mask"}, {"mask": Goal(loss="poisson")})
    assert faults(project) == [
        "mask: a loss for mask (cross_entropy, log_loss, nll, kl, mse, l1, huber, smooth_l1) / "
        "poisson / Set the loss to cross_entropy."
    ]


@pytest.mark.slow
def test_training_with_masks_is_taken_up_again(
    tmp_path: Path, resumes: Callable[..., None]
) -> None:
    goals = {"thing": Goal(class_weights="balanced")}
    settings = {"accumulation": 2, "batch_size": 12, "patience": 3, "ema_decay": 0.9, "epochs": 3}
    project = seeing({"give": "class and mask"}, goals, **settings)
    project.data = replace(project.data, preparation={"shifts": 0.1})

    def begin() -> Any:
        return recipe_of(project, tmp_path / "made")

    resumes(begin, (1, 4, 7))
