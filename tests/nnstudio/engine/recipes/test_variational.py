"""Variational autoencoders against likelihoods that are known, and against scikit-learn's model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA
from torch import nn

from graph_compiler.modules.sampling import Sampling
from nnstudio.engine.recipes import variational as recipe
from nnstudio.engine.recipes.variational import Variational


@pytest.fixture
def settings(as_planned: Callable[..., None]) -> Callable[..., None]:
    """Sets constants of the recipe and its parts for one test."""
    return partial(as_planned, recipe)


class Linear(nn.Module):
    """The smallest variational autoencoder: all linear, one variance for all."""

    def __init__(self, visible: int, code: int) -> None:
        super().__init__()
        self.mean = nn.Linear(visible, code)
        self.logvar = nn.Linear(visible, code)
        self.sampling = Sampling()
        self.decoder = nn.Linear(code, visible)
        nn.init.zeros_(self.logvar.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.sampling(self.mean(x), self.logvar(x)))


def log_likelihood(model: Linear, rows: np.ndarray, deviation: float) -> float:
    """The exact mean of log p(x), for which codes are integrated out: a normal distribution."""
    weight = model.decoder.weight.detach().double().numpy()
    covariance = weight @ weight.T + deviation**2 * np.eye(len(weight))
    middle = model.decoder.bias.detach().double().numpy()
    return float(multivariate_normal(middle, covariance).logpdf(rows).mean())


def related(rows: int, seed: int) -> np.ndarray:
    """Normal numbers in five columns that two causes explain but for noise of spread 0.5."""
    mix = np.random.default_rng(3).normal(size=(2, 5)) * [[2.0], [1.0]]
    draw = np.random.default_rng(seed)
    return draw.normal(size=(rows, 2)) @ mix + 0.5 * draw.normal(size=(rows, 5))


def bound(training: Variational, times: int = 200) -> float:
    """The mean of minus the loss on the validation part over many draws."""
    part = training.data.validation
    return -float(np.mean([training.measure(part, "x")["x_loss"].item() for _ in range(times)]))


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_is_below_the_likelihood_whatever_the_weights(
    parts: Callable[..., Any], settings: Callable[..., None], seed: int
) -> None:
    settings(deviation=0.5)
    torch.manual_seed(seed)
    rows = related(500, seed)
    model = Linear(5, 2)
    training = Variational(model, parts(rows, rows), 1, 0)
    assert bound(training, 20) < log_likelihood(model, rows, 0.5)


def test_the_bound_reaches_the_best_likelihood_that_two_causes_have(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    """Probabilistic principal components is the linear model at its best; scikit-learn has it."""
    rows = related(2000, 0)
    rows -= rows.mean(0)
    pca = PCA(2).fit(rows)
    deviation = float(np.sqrt(pca.noise_variance_))
    settings(deviation=deviation, learning_rate=0.02, batch_size=200)
    torch.manual_seed(0)
    model = Linear(5, 2)
    training = Variational(model, parts(rows, rows), 120, 0)
    start = bound(training, 5)
    for _ in training.steps():
        pass
    best, found = pca.score(rows), bound(training)
    assert start < best - 5
    assert found == pytest.approx(best, abs=0.3)
    assert found < log_likelihood(model, rows, deviation) <= best + 0.001
    assert log_likelihood(model, rows, deviation) > best - 0.15


def test_costs_are_those_of_the_formulas(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    """Both terms against torch's own distributions."""
    settings(deviation=0.7, beta=3.0)
    torch.manual_seed(0)
    model, rows = Linear(4, 3), torch.randn(6, 4)
    nn.init.normal_(model.logvar.weight)
    training = Variational(model, parts(rows), 1, 0)
    torch.manual_seed(5)
    loss = training.batch_loss(torch.arange(6))
    torch.manual_seed(5)
    around = torch.distributions.Normal(model(rows), 0.7)
    surprise = -around.log_prob(rows).sum(1)
    codes = torch.distributions.Normal(model.mean(rows), (model.logvar(rows) / 2).exp())
    normal = torch.distributions.Normal(0.0, 1.0)
    order = torch.distributions.kl_divergence(codes, normal).sum(1)
    assert loss.item() == pytest.approx((surprise + 3 * order).mean().item(), rel=1e-5)


def test_beta_decides_how_much_the_codes_say(
    parts: Callable[..., Any], settings: Callable[..., None], told: Callable[..., Any]
) -> None:
    ends = {}
    for beta in (0.1, 1.0, 20.0):
        settings(beta=beta, learning_rate=0.01, batch_size=100)
        torch.manual_seed(0)
        rows = related(500, 0)
        last = told(Variational(Linear(5, 2), parts(rows, rows[:50]), 40, 0))[-1]
        ends[beta] = last["val_divergence"], last["val_surprise"]
        assert last["val_loss"] == pytest.approx(
            last["val_surprise"] + beta * last["val_divergence"], rel=1e-5
        )
    assert ends[0.1][0] > ends[1.0][0] > ends[20.0][0]
    assert ends[0.1][1] < ends[1.0][1] < ends[20.0][1]
    assert ends[20.0][0] < 0.5, "codes that say nothing cost nothing"


@pytest.mark.parametrize("loss", ["bce", "bce_with_logits"])
def test_shares_of_examples_are_judged_by_chance(
    parts: Callable[..., Any], settings: Callable[..., None], loss: str
) -> None:
    settings(reconstruction=loss)
    torch.manual_seed(0)
    model = nn.Sequential(Linear(4, 2), nn.Sigmoid()) if loss == "bce" else Linear(4, 2)
    rows = (torch.rand(9, 4) > 0.5).float()
    training = Variational(model, parts(rows, rows), 1, 0)
    torch.manual_seed(1)
    surprise = training.measure(training.data.validation, "val")["val_surprise"]
    torch.manual_seed(1)
    model.eval()
    inner = model[0] if loss == "bce" else model
    inner.sampling.train()
    chance = model(rows) if loss == "bce" else model(rows).sigmoid()
    expected = -torch.distributions.Bernoulli(chance).log_prob(rows).sum(1).mean()
    assert surprise.item() == pytest.approx(expected.item(), rel=1e-5)
    made = training.samples()
    assert made.shape == (64, 4)
    assert ((made > 0) & (made < 1)).all()


def test_samples_are_of_the_same_codes_every_time(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(batch_size=10)
    torch.manual_seed(0)
    training = Variational(Linear(5, 2), parts(related(40, 0)), 2, 3)
    first = training.samples()
    torch.rand(3)
    assert torch.equal(first, training.samples())
    assert len(torch.unique(first, dim=0)) == 64
    next(training.steps())
    assert not torch.equal(first, training.samples())
    assert training.codes == []


def test_left_off_and_taken_up_it_is_the_same(
    parts: Callable[..., Any], settings: Callable[..., None], resumes: Callable[..., None]
) -> None:
    settings(batch_size=8)
    data = parts(related(30, 0), related(9, 1))
    resumes(lambda: Variational(Linear(5, 2), data, 3, 4), (1, 4, 6, 9))


def test_a_network_without_sampling_is_refused(parts: Callable[..., Any]) -> None:
    with pytest.raises(ValueError) as told:
        Variational(nn.Linear(2, 2), parts(torch.zeros(3, 2)), 1, 0)
    assert str(told.value) == (
        "network: expected a Sampling node, which takes the mean and the log-variance of the "
        "codes, got none. Draw one between encoder and decoder."
    )
