"""Ridge, lasso and elastic net as one linear layer: the coefficients of scikit-learn.

With the mean squared error and a fitted offset, strengths map as follows. Lasso: `l1 = 2 * alpha`.
Elastic net: `l1 = 2 * alpha * l1_ratio` and `l2 = alpha * (1 - l1_ratio)`. Ridge, which sums the
errors: `l2 = alpha / rows`, or as weight decay of plain gradient descent `2 * alpha / rows`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge

from tests.nnstudio.engine.recipes.supervised_plans import plan, recipe_of

DESCENT = {
    "loss": "mse",
    "optimizer": "sgd",
    "learning_rate": 0.15,
    "momentum": 0.9,
    "batch_size": 1000,
    "epochs": 500,
}


def trained(tmp_path: Path, **settings: Any) -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    """Coefficients and offset after training on the diabetes, and the training part."""
    recipe = recipe_of(plan("diabetes", **{**DESCENT, **settings}), tmp_path)
    recipe.measure = lambda part, name: {}  # thousands of epochs of one step
    for _ in recipe.steps():
        pass
    weights, bias = (part.detach().double().numpy() for part in recipe.model.parameters())
    inputs, targets = (part.double().numpy() for part in recipe.data.train)
    return weights[0], bias[0], inputs, targets[:, 0]


def agrees(ours: np.ndarray, bias: float, oracle: Any) -> None:
    assert np.abs(ours - oracle.coef_).max() < 2e-4
    assert abs(bias - oracle.intercept_) < 2e-4


def test_without_a_penalty_it_is_least_squares(tmp_path: Path) -> None:
    ours, bias, x, y = trained(tmp_path)
    oracle = LinearRegression().fit(x, y)
    assert np.abs(ours - oracle.coef_).max() < 2e-3, "two columns nearly say the same"
    assert np.abs(x @ (ours - oracle.coef_) + bias - oracle.intercept_).max() < 1e-3


@pytest.mark.parametrize("alpha", [1.0, 30.0])
@pytest.mark.parametrize("way", ["l2", "weight_decay", "exact_zeros"])
def test_ridge(tmp_path: Path, alpha: float, way: str) -> None:
    rows = 354
    given: dict[str, Any] = {
        "l2": {"l2": alpha / rows},
        "weight_decay": {"weight_decay": 2 * alpha / rows, "decay_all": False},
        "exact_zeros": {"l2": alpha / rows, "exact_zeros": True},
    }[way]
    ours, bias, x, y = trained(tmp_path, **given)
    assert len(x) == rows
    agrees(ours, bias, Ridge(alpha=alpha).fit(x, y))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("alpha", [0.02, 0.1])
def test_lasso_has_its_exact_zeros_at_the_same_places(
    tmp_path: Path, alpha: float, momentum: float
) -> None:
    rate, epochs = (0.2, 1500) if momentum == 0 else (0.15, 500)
    settings = {"momentum": momentum, "learning_rate": rate, "epochs": epochs}
    ours, bias, x, y = trained(tmp_path, l1=2 * alpha, exact_zeros=True, **settings)
    oracle = Lasso(alpha=alpha, tol=1e-10, max_iter=100000).fit(x, y)
    assert 1 <= (oracle.coef_ == 0).sum() <= 9
    assert ((ours == 0) == (oracle.coef_ == 0)).all()
    agrees(ours, bias, oracle)


def test_lasso_in_the_loss_comes_close_but_is_never_exactly_zero(tmp_path: Path) -> None:
    ours, _, x, y = trained(tmp_path, l1=0.2, learning_rate=0.005)
    oracle = Lasso(alpha=0.1, tol=1e-10).fit(x, y)
    assert np.abs(ours - oracle.coef_).max() < 0.01
    assert (ours != 0).all()


@pytest.mark.parametrize("ratio", [0.2, 0.7])
def test_elastic_net(tmp_path: Path, ratio: float) -> None:
    alpha = 0.15
    settings = {"l1": 2 * alpha * ratio, "l2": alpha * (1 - ratio), "exact_zeros": True}
    ours, bias, x, y = trained(tmp_path, **settings)
    oracle = ElasticNet(alpha=alpha, l1_ratio=ratio, tol=1e-10, max_iter=100000).fit(x, y)
    assert ((ours == 0) == (oracle.coef_ == 0)).all()
    agrees(ours, bias, oracle)


def test_biases_are_left_out_of_penalties(tmp_path: Path) -> None:
    recipe = recipe_of(plan("diabetes", loss="mse", l1=0.5, l2=0.25), tmp_path)
    weight, bias = recipe.model.parameters()
    with torch.no_grad():
        bias.fill_(7.0)
    rows = torch.arange(20)
    inputs, targets = recipe.data.train
    errors = (recipe.model(inputs[rows]) - targets[rows]).square().mean()
    expected = errors + 0.5 * weight.abs().sum() + 0.25 * weight.square().sum()
    assert recipe.batch_loss(rows).item() == pytest.approx(expected.item(), rel=1e-6)
