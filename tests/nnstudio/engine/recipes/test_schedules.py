"""Every schedule against torch's own schedulers and against numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from nnstudio.document.rates import rate_curve
from nnstudio.document.recipes import recipes, stage_settings
from nnstudio.engine.states import capture, restore
from tests.nnstudio.engine.recipes.supervised_plans import losses, plan, recipe_of

STEPS, EPOCHS, RATE = 5, 12, 0.4


def theirs(make: Callable[[torch.optim.Optimizer], Any], by_epoch: bool) -> list[float]:
    """The rates of a scheduler of torch's, told after every step or every epoch."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    scheduler = make(optimizer)
    rates = []
    for step in range(STEPS * EPOCHS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not by_epoch or step % STEPS == STEPS - 1:
            scheduler.step()
    return rates


def ours(steps: int = STEPS, **settings: Any) -> list[float]:
    """The rates that a plan promises."""
    stage = plan("iris", 3, learning_rate=RATE, **{"epochs": EPOCHS, **settings}).plan.stages[0]
    values = stage_settings(stage, {})
    at, rates = rate_curve(values, steps, 10**6)
    assert at == list(range(steps * values["epochs"]))
    return rates


@pytest.mark.parametrize(
    ("settings", "by_epoch", "make"),
    [
        ({}, True, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
        (
            {"schedule": "step", "drop_every": 3, "drop": 0.5},
            True,
            lambda o: lr_scheduler.StepLR(o, 3, 0.5),
        ),
        (
            {"schedule": "multi_step", "milestones": (2, 7, 8), "drop": 0.2},
            True,
            lambda o: lr_scheduler.MultiStepLR(o, [2, 7, 8], 0.2),
        ),
        (
            {"schedule": "exponential", "decay": 0.8},
            True,
            lambda o: lr_scheduler.ExponentialLR(o, 0.8),
        ),
        (
            {"schedule": "cosine", "last_share": 0.1},
            False,
            lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS * EPOCHS, RATE * 0.1),
        ),
        (
            {"schedule": "cosine_restarts", "first_cycle": 2, "cycle_growth": 2},
            False,
            lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2 * STEPS, 2),
        ),
        (
            {"schedule": "one_cycle", "rise": 0.25, "first_share": 0.05, "last_share": 0.001},
            False,
            lambda o: lr_scheduler.OneCycleLR(
                o,
                RATE,
                total_steps=STEPS * EPOCHS,
                pct_start=0.25,
                div_factor=20,
                final_div_factor=50,
                cycle_momentum=False,
            ),
        ),
        (
            {"schedule": "polynomial", "power": 1.5},
            False,
            lambda o: lr_scheduler.PolynomialLR(o, STEPS * EPOCHS, 1.5),
        ),
    ],
)
def test_it_is_torchs(
    settings: dict[str, Any], by_epoch: bool, make: Callable[[torch.optim.Optimizer], Any]
) -> None:
    assert ours(**settings) == pytest.approx(theirs(make, by_epoch), rel=1e-9, abs=1e-12)


def test_every_schedule_of_the_table_is_tried() -> None:
    settings = {param.name: param for param in recipes()["supervised"].settings}
    tried = "constant step multi_step exponential cosine cosine_restarts one_cycle polynomial"
    assert set(settings["schedule"].choices) == {*tried.split(), "plateau", "inverse_sqrt"}


def test_warm_up_rises_in_a_straight_line_and_the_schedule_follows() -> None:
    rates = ours(schedule="cosine", warmup=4, epochs=2)
    assert rates[:5] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4])
    assert rates[7] == pytest.approx(0.2), "half of the six steps behind the warm-up"
    assert rates[9] == pytest.approx(0.2 * (1 + math.cos(math.pi * 5 / 6)))
    assert ours(warmup=8)[:10] == pytest.approx([0.05 * n for n in range(1, 9)] + [0.4, 0.4])


def test_the_transformers_schedule() -> None:
    rates = ours(schedule="inverse_sqrt", warmup=10)
    for step in (1, 5, 10, 11, 40, 60):
        # Vaswani et al. (2017), section 5.3, at its height with the rate 1 / sqrt(warm-up).
        expected = RATE * math.sqrt(10) * min(step**-0.5, step * 10**-1.5)
        assert rates[step - 1] == pytest.approx(expected)


def test_the_optimizer_gets_these_rates(tmp_path: Path) -> None:
    for name, settings in {
        "cosine": {"schedule": "cosine", "warmup": 3},
        "muon": {"schedule": "one_cycle", "optimizer": "muon"},
    }.items():
        given = {"epochs": 3, "batch_size": 30, **settings}
        recipe = recipe_of(plan("iris", 3, 8, learning_rate=RATE, **given), tmp_path / name)
        seen = []
        for _ in recipe.steps():
            (rate,) = {group["lr"] for group in recipe.optimizers["main"].param_groups}
            seen.append(rate)
        assert seen == ours(recipe.steps_per_epoch, **given)


def test_a_stalled_loss_drops_the_rate(tmp_path: Path) -> None:
    settings = {"schedule": "plateau", "plateau_patience": 1, "drop": 0.5, "learning_rate": 1.0}
    recipe = recipe_of(plan("iris", 3, 8, (0.6, 0.2, 0.2), epochs=8, **settings), tmp_path)
    told = iter([1.0, 0.9, 0.95, 0.9, 0.8, 0.85, 0.85, 0.85])
    measure = recipe.measure
    recipe.measure = lambda part, name: (
        measure(part, name) | ({"val_loss": torch.tensor(next(told))} if name == "val" else {})
    )
    rates = []
    for _ in recipe.steps():
        if recipe.position == 1:
            rates.append(recipe.optimizers["main"].param_groups[0]["lr"])
    # The fourth epoch is the second without a better loss, the seventh again.
    assert rates == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]


@pytest.mark.parametrize("schedule", ["step", "exponential", "cosine_restarts", "inverse_sqrt"])
def test_extending_equals_the_longer_run_where_there_is_no_horizon(
    tmp_path: Path, schedule: str
) -> None:
    settings = {"schedule": schedule, "drop_every": 2, "first_cycle": 2, "learning_rate": 0.01}
    longer = recipe_of(plan("iris", 3, 8, epochs=6, **settings), tmp_path / "longer")
    shorter = recipe_of(plan("iris", 3, 8, epochs=3, **settings), tmp_path / "shorter")
    begun = losses(shorter)
    shorter.epochs = 6
    assert begun + losses(shorter) == losses(longer)


@pytest.mark.parametrize("way", ["hold", "rescale"])
def test_a_schedule_with_a_horizon_holds_or_stretches(tmp_path: Path, way: str) -> None:
    settings = {"schedule": "cosine", "when_extended": way, "learning_rate": 0.1, "epochs": 2}
    project = plan("iris", 3, 8, **settings)
    recipe = recipe_of(project, tmp_path / "one")
    losses(recipe)
    state = capture(recipe)
    again = recipe_of(project, tmp_path / "two")
    restore(again, state)
    again.epochs = 4
    per_epoch = again.steps_per_epoch
    next(again.steps())
    rate = again.optimizers["main"].param_groups[0]["lr"]
    if way == "hold":
        last = 2 * per_epoch
        assert rate == pytest.approx(0.05 * (1 + math.cos(math.pi * (last - 1) / last)))
    else:
        assert rate == pytest.approx(0.05), "half of the stretched way"
