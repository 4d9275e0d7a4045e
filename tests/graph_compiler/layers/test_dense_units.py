"""Perceptrons, maxout, polynomial features and experts against closed forms and scikit-learn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PolynomialFeatures as Reference
from torch import nn

from graph_compiler.expressions import parse
from graph_compiler.layer import Mismatch, Params
from graph_compiler.modules.maxout import Maxout
from graph_compiler.modules.mixture_of_experts import MixtureOfExperts
from graph_compiler.modules.perceptron import Perceptron
from graph_compiler.modules.polynomial_features import PolynomialFeatures
from graph_compiler.registry import layer
from graph_compiler.symbols import N, Symbolic
from graph_compiler.tensors import TensorType


def test_a_perceptron_computes_and() -> None:
    unit = Perceptron(2, 1)
    with torch.no_grad():
        unit.weight.copy_(torch.tensor([[1.0, 1.0]]))
        unit.bias.fill_(-1.0)
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert unit(corners).tolist() == [[0.0], [0.0], [0.0], [1.0]]  # at w·x + b = 0 it is silent


def test_no_perceptron_of_this_grid_computes_xor() -> None:
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    unit = Perceptron(2, 1)
    grid = [value / 2 for value in range(-4, 5)]
    for weights in itertools.product(grid, repeat=3):
        with torch.no_grad():
            unit.weight.copy_(torch.tensor([weights[:2]]))
            unit.bias.fill_(weights[2])
        assert unit(corners).flatten().tolist() != [0.0, 1.0, 1.0, 0.0]


def test_a_perceptron_is_a_linear_and_a_step() -> None:
    torch.manual_seed(0)
    unit, x = Perceptron(5, 3), torch.randn(7, 4, 5)
    expected = (x @ unit.weight.T + unit.bias > 0).float()
    assert torch.equal(unit(x), expected)
    assert dict(unit.named_parameters()).keys() == {"weight", "bias"}
    assert not unit(x).requires_grad


def test_maxout_of_two_pieces_can_be_the_absolute_value() -> None:
    unit = Maxout(1, 1, pieces=2, bias=False).double()
    with torch.no_grad():
        unit.linear.weight.copy_(torch.tensor([[1.0], [-1.0]]))
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None]
    assert torch.equal(unit(x), x.abs())


def test_maxout_takes_the_largest_of_its_own_pieces() -> None:
    torch.manual_seed(0)
    unit, x = Maxout(4, 3, pieces=5).double(), torch.randn(6, 2, 4, dtype=torch.float64)
    maps = (x @ unit.linear.weight.T + unit.linear.bias).detach().numpy()
    expected = np.stack([maps[..., 5 * i : 5 * i + 5].max(-1) for i in range(3)], -1)
    assert np.allclose(unit(x).detach().numpy(), expected, atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(
    features=st.integers(1, 5),
    degree=st.integers(1, 4),
    interaction_only=st.booleans(),
    include_bias=st.booleans(),
)
def test_polynomial_features_are_those_of_scikit_learn(
    features: int, degree: int, interaction_only: bool, include_bias: bool
) -> None:
    reference = Reference(degree, interaction_only=interaction_only, include_bias=include_bias)
    x = np.random.default_rng(0).normal(size=(4, features))
    expected = reference.fit_transform(x)
    made = PolynomialFeatures(features, degree, interaction_only, include_bias)
    assert np.allclose(made(torch.tensor(x)).numpy(), expected, atol=1e-12)
    params = Params(
        {"degree": degree, "interaction_only": interaction_only, "include_bias": include_bias}
    )
    rule = layer("PolynomialFeatures").output
    assert rule(params, TensorType((N, features))).shape == (N, expected.shape[1])
    count = rule(params, TensorType((N, Symbolic.name("n", features)))).last
    assert count == expected.shape[1]
    for other in (1, 2, 6):
        reference.fit(np.zeros((1, other)))
        assert parse(str(count)).evaluate({"n": other}) == reference.n_output_features_


def test_too_many_products_are_refused() -> None:
    params = Params({"degree": 9, "interaction_only": False, "include_bias": False})
    with pytest.raises(Mismatch) as caught:
        layer("PolynomialFeatures").output(params, TensorType((N, 30)))
    assert str(caught.value) == (
        "input: expected at most 1,000,000 products, got 211,915,131. "
        "Lower the degree, or use fewer features."
    )


def test_polynomial_features_keep_no_state() -> None:
    assert PolynomialFeatures(3).state_dict() == {}


@pytest.mark.parametrize("top_k", [1, 2, 4])
def test_experts_are_mixed_as_by_hand(top_k: int) -> None:
    torch.manual_seed(1)
    made = MixtureOfExperts(5, 7, experts=4, top_k=top_k).double()
    x = torch.randn(3, 2, 5, dtype=torch.float64)
    output, balance = made(x)
    used = [0] * 4
    chances_of_all = []
    for place in itertools.product(range(3), range(2)):
        chances = torch.softmax(made.gate.weight @ x[place], 0)
        chances_of_all.append(chances)
        best = sorted(range(4), key=lambda e: -chances[e].item())[:top_k]
        whole = sum(chances[e] for e in best) if top_k > 1 else 1
        expected = sum(chances[e] / whole * made.experts[e](x[place]) for e in best)
        assert torch.allclose(output[place], expected, atol=1e-12)
        for expert in best:
            used[expert] += 1
    share = torch.tensor(used, dtype=torch.float64) / sum(used)
    mean = torch.stack(chances_of_all).mean(0)
    assert torch.allclose(balance, 4 * (share * mean).sum(), atol=1e-12)


def test_all_experts_at_work_give_a_soft_mixture() -> None:
    torch.manual_seed(0)
    made = MixtureOfExperts(3, 4, experts=3, top_k=3).double()
    x = torch.randn(8, 3, dtype=torch.float64)
    gates = torch.softmax(x @ made.gate.weight.T, -1)
    expected = sum(gates[:, e, None] * made.experts[e](x) for e in range(3))
    assert torch.allclose(made(x)[0], expected, atol=1e-12)
    assert torch.allclose(made(x)[1], torch.ones((), dtype=torch.float64), atol=1e-12)


def test_the_balance_is_one_for_even_use_and_grows_to_the_number_of_experts() -> None:
    made = MixtureOfExperts(1, 2, experts=4, top_k=1)
    nn.init.constant_(made.gate.weight, 0.0)
    x = torch.ones(8, 1)
    assert made(x)[1].item() == pytest.approx(1.0)
    with torch.no_grad():
        made.gate.weight[0] = 50.0
    assert made(x)[1].item() == pytest.approx(4.0)


def test_the_gate_learns_even_with_one_expert_at_work() -> None:
    made = MixtureOfExperts(3, 4, experts=3, top_k=1)
    made(torch.randn(5, 3))[0].square().sum().backward()
    assert made.gate.weight.grad is not None
    assert made.gate.weight.grad.abs().sum() > 0


def test_more_experts_at_work_than_there_are_is_refused() -> None:
    params = Params({"experts": 2, "top_k": 3, "hidden_features": 4})
    with pytest.raises(Mismatch) as caught:
        layer("MixtureOfExperts").output(params, TensorType((N, 5)))
    assert str(caught.value) == (
        "top_k: expected at most 2, the number of experts, got 3. Set top_k to fewer experts."
    )
    assert [fix.label for fix in caught.value.fixes] == ["Use all 2", "Have 3 experts"]
