"""Capsules: the margin loss is that of the module, the drawing helps, digits are learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

from graph_compiler import compile_graph
from graph_compiler.modules.capsule_margin_loss import capsule_margin_loss
from nnstudio.document.templates import load_target
from nnstudio.engine.recipes import capsule
from nnstudio.engine.recipes.capsule import Capsules


@pytest.fixture(autouse=True)
def as_by_default(as_planned: Callable[..., None]) -> None:
    """The recipe with its own defaults, where a part's are others."""
    as_planned(capsule)


def network() -> torch.nn.Module:
    """The template's network for pictures of 12 by 12."""
    torch.manual_seed(0)
    return compile_graph(load_target("template:capsnet@demo").graph("main"))


@pytest.fixture
def digits(parts: Callable[..., Any]) -> Any:
    """The digits in 12 by 12 pixels, scaled as the preparation does."""
    pixels, classes = load_digits(return_X_y=True)
    images = F.interpolate(torch.from_numpy(pixels).float().view(-1, 1, 8, 8), (12, 12)).numpy()
    images = (images - images[:1000].mean()) / images[:1000].std()
    ends = [1000, 1250]
    return parts(*np.split(images, ends), targets=tuple(np.split(classes, ends)))


def test_the_margin_is_that_of_the_layer(digits: Any) -> None:
    recipe = Capsules(network(), digits, 1, seed=0)
    lengths, targets = torch.rand(6, 10), torch.tensor([0, 3, 9, 9, 1, 4])
    expected = capsule_margin_loss(lengths, targets)
    assert recipe.margin(lengths, targets).item() == pytest.approx(expected.item())


def test_the_margin_of_one_row_worked_by_hand(digits: Any) -> None:
    recipe = Capsules(network(), digits, 1, seed=0)
    lengths = torch.tensor([[0.6, 0.3, 0.05]])
    assert recipe.margin(lengths, torch.tensor([0])).item() == pytest.approx(0.09 + 0.5 * 0.04)


def test_a_training_taken_up_again_is_the_one_left_off(
    digits: Any, parts: Callable[..., Any], resumes: Callable[..., None]
) -> None:
    few = parts(
        digits.train.inputs[:90],
        digits.train.inputs[90:120],
        targets=(digits.train.targets[:90], digits.train.targets[90:120]),
    )
    resumes(lambda: Capsules(network(), few, 2, seed=3), (1, 3, 4))


@pytest.mark.slow
def test_digits_are_read_and_drawn(digits: Any, as_planned: Callable[..., None]) -> None:
    """Drawn better than by the mean picture of the right class."""
    as_planned(capsule, learning_rate=0.006)
    recipe = Capsules(network(), digits, 10, seed=0)
    for _ in recipe.steps():
        pass
    found = recipe.finish()
    assert found["test_accuracy"].item() > 0.93
    wanted, classes = recipe.pixels(digits.test.inputs), digits.test.targets
    seen, known = recipe.pixels(digits.train.inputs), digits.train.targets
    means = torch.stack([seen[known == one].mean(0) for one in range(10)])
    assert found["test_drawing_loss"] < F.mse_loss(means[classes], wanted)
