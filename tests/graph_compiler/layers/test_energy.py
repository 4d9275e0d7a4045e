"""The restricted Boltzmann machine against sums over all its states."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from graph_compiler.modules.restricted_boltzmann_machine import RestrictedBoltzmannMachine

VISIBLE, HIDDEN = 4, 3


def _states(size: int) -> torch.Tensor:
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=size)), dtype=torch.float64)


def _machine(gaussian: bool = False) -> RestrictedBoltzmannMachine:
    torch.manual_seed(3)
    made = RestrictedBoltzmannMachine(VISIBLE, HIDDEN, gaussian=gaussian).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn_like(weight))
    return made


def _energy(made: RestrictedBoltzmannMachine, v: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """E(v, h) for every pair of rows."""
    own = 0.5 * ((v - made.visible_bias) ** 2).sum(1) if made.gaussian else -(v @ made.visible_bias)
    return own[:, None] - (h @ made.hidden_bias)[None] - v @ made.weight.T @ h.T


@pytest.mark.parametrize("gaussian", [False, True])
def test_free_energy_sums_over_all_hidden_states(gaussian: bool) -> None:
    made = _machine(gaussian)
    v = torch.randn(5, VISIBLE, dtype=torch.float64) if gaussian else _states(VISIBLE)
    expected = -torch.logsumexp(-_energy(made, v, _states(HIDDEN)), dim=1)
    assert torch.allclose(made.free_energy(v), expected, atol=1e-12)


@pytest.mark.parametrize("gaussian", [False, True])
def test_hidden_probabilities_are_those_of_the_energy(gaussian: bool) -> None:
    made = _machine(gaussian)
    v, h = torch.randn(5, VISIBLE, dtype=torch.float64), _states(HIDDEN)
    chances = torch.softmax(-_energy(made, v, h), dim=1)
    assert torch.allclose(made(v), chances @ h, atol=1e-12)


def test_reconstructions_are_those_of_the_energy() -> None:
    made = _machine()
    v, h = _states(VISIBLE), _states(HIDDEN)
    chances = torch.softmax(-_energy(made, v, h), dim=0)
    assert torch.allclose(made.reconstruct(h), chances.T @ v, atol=1e-12)


def test_gaussian_reconstructions_are_the_mean_of_the_energys_parabola() -> None:
    made = _machine(gaussian=True)
    h = _states(HIDDEN)
    mean = made.reconstruct(h)
    v = mean.detach().clone().requires_grad_()
    _energy(made, v, h).diagonal().sum().backward()
    assert torch.allclose(v.grad, torch.zeros_like(v), atol=1e-12)


def test_a_long_gibbs_chain_draws_from_the_model() -> None:
    made = _machine()
    v = _states(VISIBLE)
    wanted = torch.softmax(-made.free_energy(v), 0)
    torch.manual_seed(0)
    draws = made.gibbs(torch.zeros(20_000, VISIBLE, dtype=torch.float64), steps=60)
    codes = (draws @ (2.0 ** torch.arange(VISIBLE - 1, -1, -1, dtype=torch.float64))).long()
    shares = torch.bincount(codes, minlength=2**VISIBLE) / len(codes)
    assert (shares - wanted).abs().max() < 0.015


def test_contrastive_divergence_raises_the_likelihood() -> None:
    torch.manual_seed(0)
    made = RestrictedBoltzmannMachine(VISIBLE, HIDDEN)
    data = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]).repeat(20, 1)
    optimizer = torch.optim.SGD(made.parameters(), lr=0.5)

    def likelihood() -> float:
        states = _states(VISIBLE).float()
        with torch.no_grad():
            return float(
                (-made.free_energy(data)).mean() - (-made.free_energy(states)).logsumexp(0)
            )

    before = likelihood()
    for _ in range(200):
        with torch.no_grad():
            model = made.gibbs(data)
        optimizer.zero_grad()
        (made.free_energy(data).mean() - made.free_energy(model).mean()).backward()
        optimizer.step()
    assert before == pytest.approx(-4 * math.log(2), abs=0.05)
    assert likelihood() > -1.2  # log ½ is the best there is
