"""Hints about layers that repeat what the layer before them does."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx

from graph_compiler import check_graph
from graph_compiler.checker import Checker
from graph_compiler.graphs import from_networkx


def _row(*types: str) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(name="Row")
    graph.add_node("image", type="Input", params={"shape": (8,)})
    names = ["image"]
    for number, type in enumerate(types, 1):
        names.append(f"{type.lower()}{number}")
        graph.add_node(names[-1], type=type)
    graph.add_node("scores", type="Output")
    nx.add_path(graph, [*names, "scores"])
    return graph


def _hints(graph: nx.MultiDiGraph) -> list[str]:
    report = check_graph(graph)
    assert report.ok
    return [problem.text for problem in report.problems]


def test_two_activations_in_a_row_are_one_too_many() -> None:
    report = check_graph(_row("Linear", "ReLU", "Dropout", "Tanh", "Linear"))
    (hint,) = report.problems
    assert hint.severity == "hint"
    assert hint.text == (
        "tanh4.input: expected a layer that learns between two activations, got relu2 directly "
        "before tanh4. Remove one of them, or insert a layer such as Linear before tanh4."
    )
    assert [(fix.label, fix.preview) for fix in hint.fixes] == [
        ("Remove tanh4", "N×10"),
        ("Remove relu2", "N×10"),
    ]


def test_softmax_after_softmax_flattens_all_differences() -> None:
    assert _hints(_row("Linear", "Softmax", "Softmax")) == [
        "softmax3.input: expected raw scores, got what softmax2 has already turned into shares "
        "that add up to 1. Remove softmax3; a second time it flattens all differences."
    ]


def test_softmax_behind_another_activation_is_nobodys_business() -> None:
    assert _hints(_row("Linear", "Tanh", "Softmax")) == []


def test_a_dismissed_hint_stays_away() -> None:
    graph = _row("Linear", "ReLU", "Tanh")
    graph.nodes["tanh3"]["dismissed"] = ["two_activations"]
    assert _hints(graph) == []


def test_a_bias_before_batch_normalization_is_needless() -> None:
    graph = _row("Linear", "BatchNorm1d", "ReLU")
    (hint,) = check_graph(graph).problems
    assert hint.text == (
        "batchnorm1d2.input: expected linear1 without a bias, for batchnorm1d2 takes it away and "
        "adds its own, got a bias. Set bias of linear1 to false."
    )
    assert [fix.label for fix in hint.fixes] == ["Set bias of linear1 to false"]
    graph.nodes["linear1"]["params"] = {"bias": False}
    assert _hints(graph) == []


def test_the_hint_goes_with_the_bias() -> None:
    network, variables = from_networkx(_row("Linear", "BatchNorm1d", "ReLU"))
    checker = Checker(network, variables)
    assert [problem.code for problem in checker.report().problems] == ["needless_bias"]
    network.nodes["linear1"] = replace(network.nodes["linear1"], params={"bias": False})
    checker.node_changed("linear1")
    assert checker.report().problems == ()
