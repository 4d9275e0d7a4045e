"""The perceptron as one layer: trained by its rule, and told apart from maps that have a slope."""

from __future__ import annotations

import networkx as nx
import pytest

from graph_compiler import check_graph
from graph_compiler.model import DataFacts, Purpose
from graph_compiler.problems import Problem


def _problems(recipe: str, *types: str, data: str = "separable") -> tuple[Problem, ...]:
    graph = nx.MultiDiGraph(name="Unit")
    graph.add_node("x", type="Input", params={"shape": (2,)})
    names = [f"n{number}" for number in range(len(types))]
    for name, type in zip(names, types, strict=True):
        one = {"out_features": 1} if type in ("Perceptron", "Linear", "Maxout") else {}
        graph.add_node(name, type=type, params=one)
    graph.add_node("y", type="Output")
    nx.add_path(graph, ["x", *names, "y"])
    facts = DataFacts(data, (2,), "class", 2)
    loss = "bce_with_logits"
    return check_graph(graph, Purpose(facts, recipe, loss)).problems


def test_a_perceptron_alone_is_what_the_rule_trains() -> None:
    assert _problems("perceptron", "Perceptron") == ()


def test_polynomial_features_before_it_learn_nothing_themselves() -> None:
    assert _problems("perceptron", "PolynomialFeatures", "Perceptron") == ()


def test_gradients_cannot_train_it() -> None:
    (found,) = [p for p in _problems("supervised", "Perceptron") if p.node == "n0"]
    assert found.text == (
        "n0.output: expected a slope for gradient descent, got a slope of zero everywhere, so it "
        "learns nothing. Train with the perceptron rule."
    )
    assert [fix.label for fix in found.fixes] == [
        "Train with the perceptron rule",
        "Replace it by Linear and Sigmoid",
    ]


def test_one_perceptron_learns_no_xor() -> None:
    (found,) = _problems("perceptron", "Perceptron", data="xor")
    assert found.code == "not_separable"
    assert [type(step).__name__ for step in found.fixes[0].steps] == [
        "InsertOnWire",
        "InsertOnWire",
        "InsertOnWire",
        "RemoveNode",
        "SetPlan",
        "SetPlan",
        "SetPlan",
        "SetPlan",
    ]


@pytest.mark.parametrize("type", ["PolynomialFeatures", "Maxout"])
def test_bent_layers_need_no_activation_behind_them(type: str) -> None:
    codes = {p.code for p in _problems("supervised", type, "Linear")}
    assert "no_activation_between" not in codes
    assert "rule_failed" not in codes


def test_two_linear_maps_in_a_row_still_do() -> None:
    assert "no_activation_between" in {p.code for p in _problems("supervised", "Linear", "Linear")}
