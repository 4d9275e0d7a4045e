"""Small data and the proof that a training taken up again is the one left off, for any recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from nnstudio.engine.parts import (
    averaging,
    batches,
    descent,
    initialization,
    optimization,
    precision,
    schedule,
)
from nnstudio.engine.parts.preparation import Part
from nnstudio.engine.states import capture, restore


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The same sums on every machine, and one core for each test."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def parts_of(*inputs: Any, targets: tuple[Any, ...] = ()) -> Any:
    """Training, validation and test part of given rows; without targets of zeros."""
    made = []
    for number in range(3):
        rows = inputs[number] if number < len(inputs) else inputs[-1][:0]
        x = torch.as_tensor(np.asarray(rows), dtype=torch.float32)
        y = targets[number] if number < len(targets) else np.zeros(len(x), np.int64)
        made.append(Part(x, torch.as_tensor(np.asarray(y))))
    return SimpleNamespace(train=made[0], validation=made[1], test=made[2])


@pytest.fixture
def parts() -> Callable[..., Any]:
    """Makes data of given rows."""
    return parts_of


def numbers(recipe: Any, steps: int = -1) -> list[dict[str, float]]:
    """What each step told, `steps` of them or all that are left."""
    told: list[dict[str, float]] = []
    pulled = recipe.steps()
    while len(told) != steps and (metrics := next(pulled, None)) is not None:
        told.append({name: value.item() for name, value in metrics.items()})
    pulled.close()
    return told


@pytest.fixture
def told() -> Callable[..., list[dict[str, float]]]:
    """Pulls steps and gives what they told."""
    return numbers


def same_when_resumed(make: Callable[[], Any], cuts: tuple[int, ...]) -> None:
    """Left off after each of `cuts` steps and taken up by another, it tells the same numbers."""
    torch.manual_seed(0)
    whole = numbers(make())
    assert all("train_loss" in row for row in whole)
    for cut in cuts:
        torch.manual_seed(0)
        first = make()
        begun = numbers(first, cut)
        state = capture(first)
        torch.manual_seed(99)
        second = make()
        restore(second, state)
        assert begun + numbers(second) == whole, f"left off after {cut} steps"


@pytest.fixture
def resumes() -> Callable[..., None]:
    """Asserts that a recipe goes on as if nothing had been."""
    return same_when_resumed


SHARED = (averaging, batches, descent, initialization, optimization, precision, schedule)


@pytest.fixture
def as_planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives a recipe's text, and the parts it shares, the recipe's defaults and other values."""

    def put(recipe: Any, **values: Any) -> None:
        stated = {
            row["name"]: row["default"] for row in recipe.RECIPE["settings"] if "default" in row
        }
        owners = (recipe, *SHARED)
        given = {name.upper(): value for name, value in {**stated, **values}.items()}
        for name, value in given.items():
            assert any(hasattr(owner, name) for owner in owners) or name in ("EPOCHS", "SEED")
            for owner in owners:
                if hasattr(owner, name):
                    monkeypatch.setattr(owner, name, value)
        for name, value in run_path(descent.__file__).items():
            if hasattr(recipe, name) and name in ("LOOKS_BACK", "PLAIN", "REMEMBERS", "Descent"):
                monkeypatch.setattr(recipe, name, value)

    return put
