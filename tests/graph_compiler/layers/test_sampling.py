"""Draws that let gradients through, and gradients turned around."""

from __future__ import annotations

import pytest
import torch

from graph_compiler.layer import Mismatch, Params
from graph_compiler.modules.gradient_reversal import GradientReversal
from graph_compiler.modules.sampling import Sampling
from graph_compiler.registry import layer
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def test_draws_have_the_mean_and_variance_asked_for() -> None:
    torch.manual_seed(0)
    mean = torch.tensor([[-2.0, 0.0, 3.0]]).expand(200_000, 3)
    logvar = torch.tensor([[-1.0, 0.0, 1.0]]).expand(200_000, 3)
    z = Sampling()(mean, logvar)
    assert torch.allclose(z.mean(0), mean[0], atol=0.02)
    assert torch.allclose(z.var(0).log(), logvar[0], atol=0.02)


def test_gradients_reach_mean_and_variance() -> None:
    torch.manual_seed(0)
    mean = torch.zeros(50, 2, dtype=torch.float64, requires_grad=True)
    logvar = torch.full((50, 2), 0.4, dtype=torch.float64, requires_grad=True)
    z = Sampling()(mean, logvar)
    z.sum().backward()
    assert torch.equal(mean.grad, torch.ones_like(mean))
    assert torch.allclose(logvar.grad, 0.5 * z.detach())  # as dz/dlogvar = ½·σ·ε and z = σ·ε


def test_the_mean_is_passed_on_after_training_unless_told_to_draw() -> None:
    mean, logvar = torch.randn(4, 3), torch.randn(4, 3)
    assert Sampling().eval()(mean, logvar) is mean
    assert not torch.equal(Sampling(always=True).eval()(mean, logvar), mean)


def test_mean_and_logvar_must_have_one_shape() -> None:
    with pytest.raises(Mismatch) as caught:
        layer("Sampling").output(Params({}), TensorType((N, 3)), TensorType((N, 2)))
    assert str(caught.value) == (
        "logvar: expected N×3, as on mean, got N×2. Give mean and logvar as many features."
    )


@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0])
def test_a_reversed_gradient(scale: float) -> None:
    x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    y = GradientReversal(scale)(x)
    assert torch.equal(y, x)
    (y**2).sum().backward()
    assert torch.allclose(x.grad, -scale * 2 * x.detach())
