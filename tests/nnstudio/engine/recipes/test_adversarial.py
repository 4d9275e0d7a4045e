"""Adversarial learning against closed forms: the best critic, the data's moments, who is moved."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnstudio.engine.recipes import adversarial as recipe
from nnstudio.engine.recipes.adversarial import Adversarial, coverage

OBJECTIVES = ("original", "non_saturating", "least_squares", "wasserstein", "hinge")


@pytest.fixture
def settings(as_planned: Callable[..., None]) -> Callable[..., None]:
    """Sets constants of the recipe and its parts for one test."""
    return partial(as_planned, recipe)


def maker(noise: int = 3, width: int = 2) -> nn.Sequential:
    """A generator with everything that a step could wrongly move."""
    return nn.Sequential(
        nn.Linear(noise, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, width)
    )


def judge(width: int = 2) -> nn.Sequential:
    """A critic with everything that a step could wrongly move."""
    return nn.Sequential(nn.Linear(width, 8), nn.BatchNorm1d(8), nn.LeakyReLU(), nn.Linear(8, 1))


def kept(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def moved(network: nn.Module, before: dict[str, torch.Tensor]) -> set[str]:
    return {n for n, tensor in network.state_dict().items() if not torch.equal(tensor, before[n])}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_neither_step_moves_weights_or_buffers_of_the_other(
    parts: Callable[..., Any], settings: Callable[..., None], objective: str
) -> None:
    settings(objective=objective, noise_shape=(3,), batch_size=16)
    torch.manual_seed(0)
    data = parts(torch.randn(64, 2))
    frozen = Adversarial(maker(), judge(), data, 1, 0)
    for own, other, step in (
        ("critic", "generator", lambda: frozen._critic_step(data.train.inputs[:16])),
        ("generator", "critic", lambda: frozen._generator_step(16)),
    ):
        before = {name: kept(network) for name, network in frozen.networks.items()}
        step()
        assert moved(frozen.networks[other], before[other]) == set()
        weights = {name for name, _ in frozen.networks[own].named_parameters()}
        # A bias before batch norm changes nothing, so that its gradient is nought to rounding.
        assert weights - moved(frozen.networks[own], before[own]) <= {"0.bias", "3.bias"}
        assert "1.running_mean" in moved(frozen.networks[own], before[own])
    assert set(frozen.optimizers) == {"generator", "critic"}
    first, second = (
        {id(w) for group in one.param_groups for w in group["params"]}
        for one in frozen.optimizers.values()
    )
    assert first.isdisjoint(second)


def passing(shift: float) -> nn.Linear:
    """Passes its input on, a fixed step away."""
    layer = nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.bias.fill_(shift)
    return layer


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_losses_are_those_of_the_papers(
    parts: Callable[..., Any], settings: Callable[..., None], objective: str
) -> None:
    settings(objective=objective, label_smoothing=0.1, noise_shape=(1,), gradient_penalty=0.0)
    game = Adversarial(passing(0.0), passing(0.0), parts(torch.zeros(4, 1)), 1, 0)
    real, made = torch.tensor([[0.3], [2.0]]), torch.tensor([[-0.4], [0.6]])
    r, m = real.numpy().astype(float), made.numpy().astype(float)
    sure, sure_made = 1 / (1 + np.exp(-r)), 1 / (1 + np.exp(-m))
    cross = -(0.9 * np.log(sure) + 0.1 * np.log(1 - sure)).mean() - np.log(1 - sure_made).mean()
    critic, generator = {
        "original": (cross, np.log(1 - sure_made).mean()),
        "non_saturating": (cross, -np.log(sure_made).mean()),
        "least_squares": (
            ((r - 0.9) ** 2).mean() / 2 + (m**2).mean() / 2,
            ((m - 1) ** 2).mean() / 2,
        ),
        "wasserstein": (m.mean() - r.mean(), -m.mean()),
        "hinge": (np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + m).mean(), -m.mean()),
    }[objective]
    assert game._judgement(real, made).item() == pytest.approx(critic, rel=1e-5)
    game._noise = lambda count: made  # both pass on what they are given
    assert game.batch_loss(torch.arange(2)).item() == pytest.approx(generator, rel=1e-5)


def latest(game: Any, name: str, steps: int) -> float:
    """The mean of the last `steps` values of a number that every step tells."""
    values = [metrics[name].item() for metrics in game.steps()]
    return float(np.mean(values[-steps:]))


def test_the_best_critic_reaches_the_divergence_of_the_two(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    """The loss of the best critic is 2 log 2 - 2 JSD, which no critic can go below."""
    settings(objective="original", learning_rate=0.0, critic_learning_rate=0.02, noise_shape=(1,),
             batch_size=500, validated=False)  # fmt: skip
    torch.manual_seed(0)
    data = parts(torch.randn(20000, 1) + 2)
    critic = nn.Linear(1, 1)
    game = Adversarial(passing(0.0), critic, data, 15, 0)
    found = latest(game, "train_critic_loss", 200)
    x = np.linspace(-10, 12, 20001)
    p, q = (np.exp(-0.5 * (x - m) ** 2) / math.sqrt(2 * math.pi) for m in (2, 0))
    jsd = 0.5 * np.trapezoid(p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)), x)
    assert found == pytest.approx(2 * math.log(2) - 2 * jsd, abs=0.02)
    assert critic.weight.item() == pytest.approx(2.0, abs=0.15), "log p/q = 2x - 2"
    assert critic.bias.item() == pytest.approx(-2.0, abs=0.2)


def test_a_wasserstein_critic_measures_how_far_earth_is_moved(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    """Slope w costs 10 (w - 1)² and gives 2w between means 2 apart: best is w = 1.1, loss -2.1."""
    settings(objective="wasserstein", learning_rate=0.0, critic_learning_rate=0.01,
             noise_shape=(1,), batch_size=500, validated=False)  # fmt: skip
    torch.manual_seed(0)
    critic = passing(0.0)
    game = Adversarial(passing(0.0), critic, parts(torch.randn(20000, 1) + 2), 15, 0)
    assert latest(game, "train_critic_loss", 200) == pytest.approx(-2.1, abs=0.05)
    assert critic.weight.item() == pytest.approx(1.1, abs=0.03)


@pytest.mark.parametrize("objective", [one for one in OBJECTIVES if one != "wasserstein"])
def test_what_is_made_has_mean_and_spread_of_the_data(
    parts: Callable[..., Any], settings: Callable[..., None], objective: str
) -> None:
    """A Wasserstein game circles around the balance for ever, so that its test is another."""
    settings(objective=objective, noise_shape=(1,), batch_size=128, momentum=0.0,
             learning_rate=0.005, critic_learning_rate=0.02, validated=False)  # fmt: skip
    torch.manual_seed(2)
    rows = 1.5 + 0.5 * torch.randn(2000, 1)
    generator = nn.Linear(1, 1)
    critic = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    game = Adversarial(generator, critic, parts(rows), 60, 0)
    for _ in game.steps():
        pass
    assert generator.bias.item() == pytest.approx(rows.mean().item(), abs=0.1)
    assert abs(generator.weight.item()) == pytest.approx(rows.std().item(), abs=0.1)


def corners(count: int, kinds: int) -> torch.Tensor:
    """Points in narrow heaps around some of four corners."""
    where = torch.tensor([[1.0, 1], [-1, 1], [-1, -1], [1, -1]])[torch.arange(count) % kinds]
    return where + 0.2 * torch.randn(count, 2)


def test_coverage_tells_how_many_kinds_are_made() -> None:
    torch.manual_seed(0)
    real = corners(400, 4)
    for kinds in (1, 2, 3, 4):
        assert coverage(real, corners(400, kinds)).item() == pytest.approx(kinds / 4, abs=0.06)
    assert coverage(real, real[:1].expand(400, 2)).item() < 0.1, "one point, again and again"


def test_a_game_of_points_makes_every_kind(
    parts: Callable[..., Any], settings: Callable[..., None], told: Callable[..., Any]
) -> None:
    settings(objective="non_saturating", noise_shape=(2,), batch_size=64, critic_learning_rate=2e-3)
    torch.manual_seed(0)
    generator, critic = (
        nn.Sequential(nn.Linear(2, 32), act, nn.Linear(32, 32), act, nn.Linear(32, width))
        for act, width in ((nn.ReLU(), 2), (nn.LeakyReLU(0.2), 1))
    )
    game = Adversarial(generator, critic, parts(corners(1920, 4), corners(400, 4)), 15, 0)
    first = game.samples()
    assert torch.equal(first, game.samples()), "the same noise every time"
    rows = told(game)
    made = game.samples()
    assert made.shape == (64, 2)
    assert not torch.equal(first, made)
    heaps = {tuple(point.sign().int().tolist()) for point in made}
    assert heaps == {(1, 1), (-1, 1), (-1, -1), (1, -1)}
    assert rows[-1]["val_coverage"] > 0.6
    assert rows[29]["val_coverage"] < rows[-1]["val_coverage"]
    assert game.finish() == {}, "without a test part"


@pytest.mark.parametrize("objective", ["non_saturating", "wasserstein"])
def test_left_off_and_taken_up_it_is_the_same(
    parts: Callable[..., Any],
    settings: Callable[..., None],
    resumes: Callable[..., None],
    objective: str,
) -> None:
    settings(objective=objective, noise_shape=(3,), batch_size=8, critic_steps=2,
             critic_optimizer="rmsprop")  # fmt: skip
    generator = torch.Generator().manual_seed(1)
    data = parts(*(torch.randn(rows, 2, generator=generator) for rows in (70, 12)))
    resumes(lambda: Adversarial(maker(), judge(), data, 3, 4), (1, 4, 6, 9))


def test_every_step_tells_the_same_losses_and_takes_its_own_rows(
    parts: Callable[..., Any], settings: Callable[..., None], told: Callable[..., Any]
) -> None:
    settings(noise_shape=(3,), batch_size=8, critic_steps=3, optimizer="sgd")
    data = parts(torch.randn(70, 2), torch.randn(10, 2), torch.randn(10, 2))
    game = Adversarial(maker(), judge(), data, 2, 0)
    seen: list[int] = []
    game.critic.register_forward_pre_hook(lambda layer, given: seen.append(len(given[0])))
    assert game.steps_per_epoch == 2, "24 rows a step, the other 22 wait"
    rows = told(game)
    each = {"train_loss", "train_critic_loss"}
    ended = {"val_critic_loss", "val_coverage", "fit_critic_loss", "fit_coverage"}
    assert [set(row) for row in rows] == [each, each | ended] * 2
    # Three times real and made, then once for the generator.
    assert seen[:7] == [8] * 7
    assert set(game.finish()) == {"test_critic_loss", "test_coverage"}
