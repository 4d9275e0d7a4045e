"""Contrastive divergence against sums over all states and against scikit-learn's machine."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import BernoulliRBM
from torch import nn

from graph_compiler.modules.restricted_boltzmann_machine import RestrictedBoltzmannMachine
from nnstudio.engine.recipes import contrastive_divergence as recipe
from nnstudio.engine.recipes.contrastive_divergence import ContrastiveDivergence


@pytest.fixture
def settings(as_planned: Callable[..., None]) -> Callable[..., None]:
    """Sets constants of the recipe and its parts for one test."""
    return partial(as_planned, recipe)


def states(units: int) -> torch.Tensor:
    """Every vector of zeros and ones."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=units)), dtype=torch.float64)


def tiny(seed: int = 0) -> Any:
    """A machine of 4 visible and 3 hidden units with large weights, in double precision."""
    torch.manual_seed(seed)
    machine = RestrictedBoltzmannMachine(4, 3).double()
    with torch.no_grad():
        for weight in machine.parameters():
            weight.normal_()
    return machine


def joint(machine: Any) -> torch.Tensor:
    """exp(-E(v, h)) for all states of a machine, from the energy's own definition."""
    v, h = states(machine.weight.shape[1]), states(machine.weight.shape[0])
    energy = -(v @ machine.visible_bias)[:, None] - (h @ machine.hidden_bias)[None]
    return torch.exp(-(energy - v @ machine.weight.T @ h.T))


def binary_digits() -> tuple[np.ndarray, np.ndarray]:
    """Three quarters and a quarter of the digits, each pixel dark or light."""
    pixels = (load_digits().data > 8).astype(np.float32)
    first, second = train_test_split(pixels, test_size=0.25, random_state=0)
    return first, second


def test_free_energy_is_the_sum_over_all_hidden_states() -> None:
    machine = tiny()
    expected = -joint(machine).sum(1).log()
    assert torch.allclose(machine.free_energy(states(4)), expected, atol=1e-12)


def test_a_long_chain_gives_the_gradient_of_the_likelihood(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    """With dreams from the model itself the step is maximum likelihood's, worked out by hand."""
    settings(gibbs_steps=50, batch_size=20000)
    machine = tiny(1)
    torch.manual_seed(2)
    rows = states(4)[torch.randint(0, 16, (20000,))]
    data = parts(rows)
    shares = joint(machine) / joint(machine).sum()
    v, h = states(4), states(3)
    model_side = torch.einsum("vh,vi,hj->ji", shares, v, h)
    hidden = torch.sigmoid(rows @ machine.weight.T + machine.hidden_bias)
    data_side = hidden.T @ rows / len(rows)
    training = ContrastiveDivergence(machine.float(), data, 1, 0)
    training.batch_loss(torch.arange(20000)).backward()
    expected = (model_side - data_side).float()
    assert expected.abs().max() > 0.1
    assert torch.allclose(machine.weight.grad, expected.detach(), atol=0.015)


def test_one_step_is_the_rule_written_out_by_hand(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(
        binarize="no", batch_size=6, learning_rate=0.3, momentum=0.0, weight_decay=0.01,
        validated=False,
    )  # fmt: skip
    machine = tiny(3).float()
    weight, below, above = (p.detach().clone() for p in machine.parameters())
    rows = states(4)[:6].float()
    training = ContrastiveDivergence(machine, parts(rows), 1, 0)
    torch.manual_seed(5)
    next(training.steps())
    order = rows[training.order]
    torch.manual_seed(5)
    up = torch.sigmoid(order @ weight.T + above)
    dream = torch.bernoulli(torch.sigmoid(torch.bernoulli(up) @ weight + below))
    again = torch.sigmoid(dream @ weight.T + above)
    expected = weight + 0.3 * ((up.T @ order - again.T @ dream) / 6 - 0.01 * weight)
    assert torch.allclose(machine.weight, expected, atol=1e-6)
    assert torch.allclose(machine.visible_bias, below + 0.3 * (order - dream).mean(0), atol=1e-6)
    assert torch.allclose(machine.hidden_bias, above + 0.3 * (up - again).mean(0), atol=1e-6)


@pytest.mark.parametrize("persistent", [False, True])
def test_likelihood_rises_by_an_exact_count(
    parts: Callable[..., Any], settings: Callable[..., None], persistent: bool
) -> None:
    """Two patterns of six: nearly all probability goes where the data are."""
    settings(persistent=persistent, batch_size=16, learning_rate=0.2, validated=False)
    torch.manual_seed(0)
    patterns = torch.tensor([[1.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    machine = RestrictedBoltzmannMachine(6, 4)
    training = ContrastiveDivergence(machine, parts(patterns.repeat(32, 1)), 200, 0)
    before = probability(machine, patterns)
    for _ in training.steps():
        pass
    assert before == pytest.approx(2 / 64, abs=0.005)
    assert probability(machine, patterns) > 0.8


def probability(machine: Any, patterns: torch.Tensor) -> float:
    """What share of all its dreams a machine gives to some patterns, by counting every state."""
    with torch.no_grad():
        every = torch.exp(-machine.double().free_energy(states(6))).sum()
        share = torch.exp(-machine.free_energy(patterns.double())).sum() / every
        machine.float()
    return float(share)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_digits_are_learned_as_well_as_by_scikit_learn(
    parts: Callable[..., Any], settings: Callable[..., None], seed: int
) -> None:
    """Equal units, epochs, batches and rate; judged by scikit-learn's own pseudo-likelihood."""
    train, held_out = binary_digits()
    theirs = BernoulliRBM(64, learning_rate=0.05, batch_size=10, n_iter=15, random_state=seed)
    theirs.fit(train)
    settings(persistent=True, batch_size=10, learning_rate=0.05, momentum=0.0)
    torch.manual_seed(seed)
    machine = RestrictedBoltzmannMachine(64, 64)
    training = ContrastiveDivergence(machine, parts(train, held_out), 15, seed)
    for _ in training.steps():
        pass
    ours = BernoulliRBM(64, random_state=seed).fit(train[:10])
    ours.components_ = machine.weight.detach().numpy()
    ours.intercept_hidden_ = machine.hidden_bias.detach().numpy()
    ours.intercept_visible_ = machine.visible_bias.detach().numpy()
    assert likelihood(ours, held_out) > likelihood(theirs, held_out) - 0.5
    assert lost(ours, held_out) < 1.05 * lost(theirs, held_out)


def likelihood(machine: BernoulliRBM, rows: np.ndarray) -> float:
    """scikit-learn's estimate of log p(v), averaged over what it draws."""
    return float(np.mean([machine.score_samples(rows).mean() for _ in range(20)]))


def lost(machine: BernoulliRBM, rows: np.ndarray) -> float:
    """Mean square between rows and their way up and down again, by scikit-learn's weights."""
    down = machine.transform(rows) @ machine.components_ + machine.intercept_visible_
    return float(np.mean((1 / (1 + np.exp(-down)) - rows) ** 2))


def deep() -> nn.Sequential:
    """Two machines in a row, dropout between them, and a head."""
    return nn.Sequential(
        nn.Flatten(),
        RestrictedBoltzmannMachine(16, 8),
        nn.Dropout(0.5),
        RestrictedBoltzmannMachine(8, 5),
        nn.Linear(5, 3),
    )


def test_the_named_machine_learns_from_probabilities_and_nothing_else_moves(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(layer="3", batch_size=8, binarize="threshold")
    torch.manual_seed(0)
    model = deep()
    data = parts(torch.rand(40, 1, 4, 4), torch.rand(8, 1, 4, 4))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    training = ContrastiveDivergence(model, data, 2, 0)
    fed: list[torch.Tensor] = []
    model[3].register_forward_pre_hook(lambda layer, given: fed.append(given[0]))
    next(training.steps())
    rows = data.train.inputs[training.order[:8]]
    below = torch.sigmoid((rows > 0.5).float().flatten(1) @ model[1].weight.T)
    assert torch.allclose(fed[0], below), "through the first machine, without dropout"
    for _ in training.steps():
        pass
    moved = {n for n, tensor in model.state_dict().items() if not torch.equal(tensor, before[n])}
    assert moved == {"3.weight", "3.visible_bias", "3.hidden_bias"}
    assert model.training
    assert training.filters().shape == (5, 8)


def test_what_an_epoch_measures_is_worked_out_from_the_weights(
    parts: Callable[..., Any], settings: Callable[..., None], told: Callable[..., Any]
) -> None:
    settings(batch_size=10)
    torch.manual_seed(0)
    train, held_out = (torch.rand(30, 1, 4, 4) > 0.5).float(), torch.rand(12, 1, 4, 4)
    machine = RestrictedBoltzmannMachine(16, 6)
    model = nn.Sequential(nn.Flatten(), machine)
    training = ContrastiveDivergence(model, parts(train, held_out, held_out), 2, 0)
    last = told(training)[-1]

    def energy(rows: torch.Tensor) -> float:
        v = rows.flatten(1)
        inner = np.logaddexp(0, (v @ machine.weight.T + machine.hidden_bias).detach().numpy())
        return float((-(v @ machine.visible_bias).detach().numpy() - inner.sum(1)).mean())

    assert last["val_free_energy"] == pytest.approx(energy(held_out), rel=1e-5)
    assert last["fit_free_energy"] == pytest.approx(energy(train[:12]), rel=1e-5)
    gap = energy(held_out) - energy(train[:12])
    assert last["free_energy_gap"] == pytest.approx(gap, abs=1e-4)
    assert training.finish()["test_loss"].item() == pytest.approx(last["val_loss"])
    assert training.filters().shape == (6, 1, 4, 4)


def test_there_are_no_more_lasting_chains_than_rows(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(persistent=True, batch_size=1_000_000)
    training = ContrastiveDivergence(deep(), parts(torch.rand(30, 16), torch.rand(9, 16)), 1, 0)
    assert training.chains.shape[0] == 30


@pytest.mark.parametrize("binarize", ["no", "draw"])
@pytest.mark.parametrize("persistent", [False, True])
def test_left_off_and_taken_up_it_is_the_same(
    parts: Callable[..., Any],
    settings: Callable[..., None],
    resumes: Callable[..., None],
    persistent: bool,
    binarize: str,
) -> None:
    settings(persistent=persistent, binarize=binarize, batch_size=7)
    generator = torch.Generator().manual_seed(1)
    data = parts(torch.rand(30, 16, generator=generator), torch.rand(9, 16, generator=generator))
    resumes(lambda: ContrastiveDivergence(deep(), data, 3, 4), (1, 4, 5, 8))


def test_a_machine_that_is_not_there_is_told(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(layer="second")
    with pytest.raises(ValueError) as told:
        ContrastiveDivergence(deep(), parts(torch.rand(4, 16)), 1, 0)
    assert str(told.value) == (
        "layer: expected a restricted Boltzmann machine (1, 3), got 'second'. "
        "Name one of them, or draw one."
    )
