"""Shapes as expressions over variables: as the plain check finds them, and printed as Python."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_compiler.checker import check_graph
from graph_compiler.graphs import from_networkx
from graph_compiler.inferred import Inferred
from graph_compiler.layer import Mismatch
from graph_compiler.symbolic_inference import infer_symbolic
from graph_compiler.symbols import N, Symbolic


def lenet(**variables: Any) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(name="LeNet", variables=variables)
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("image", "Input", {"shape": ("channels", "size", "size")}),
        ("conv1", "Conv2d", {"out_channels": "2*maps", "kernel_size": 5, "padding": 2}),
        ("pool1", "MaxPool2d", {}),
        ("conv2", "Conv2d", {"out_channels": 16, "kernel_size": ("kernel", 5)}),
        ("drop", "Dropout", {"p": "rate"}),
        ("pool2", "MaxPool2d", {}),
        ("flatten", "Flatten", {}),
        ("fc1", "Linear", {"out_features": "hidden if hidden > 9 else 9"}),
        ("fc2", "Linear", {"bias": False}),
        ("logits", "Output", {}),
    ]
    for name, type, params in rows:
        graph.add_node(name, type=type, params=params)
    nx.add_path(graph, [row[0] for row in rows])
    return graph


VALUES = {"channels": 1, "size": 28, "maps": 3, "kernel": 5, "rate": 0.25, "hidden": 120}


def inferred(graph: nx.MultiDiGraph) -> dict[str, Inferred]:
    return infer_symbolic(*from_networkx(graph))


def test_shapes_print_as_expressions() -> None:
    found = inferred(lenet(**VALUES))
    assert {name: str(node.outputs[0]) for name, node in found.items()} == {
        "image": "N×channels×size×size",
        "conv1": "N×(2 * maps)×size×size",
        "pool1": "N×(2 * maps)×(size // 2)×(size // 2)",
        "conv2": "N×16×(size // 2 - kernel + 1)×(size // 2 - 4)",
        "drop": "N×16×(size // 2 - kernel + 1)×(size // 2 - 4)",
        "pool2": "N×16×((size // 2 - kernel + 1) // 2)×(size // 4 - 2)",
        "flatten": "N×(16 * ((size // 2 - kernel + 1) // 2) * (size // 4 - 2))",
        "fc1": "N×(hidden if hidden > 9 else 9)",
        "fc2": "N×10",
        "logits": "N×10",
    }
    assert found["image"].outputs[0].shape[0] is N


def test_parameters_print_as_written() -> None:
    found = inferred(lenet(**VALUES))
    assert str(found["conv1"].params.out_channels) == "2 * maps"
    assert [str(size) for size in found["conv2"].params.kernel_size] == ["kernel", "5"]
    assert found["drop"].params.p == 0.25
    assert {name: dict(node.texts) for name, node in found.items() if node.texts} == {
        "conv1": {"out_channels": "2 * maps"},
        "drop": {"p": "rate"},
        "fc1": {"out_features": "hidden if hidden > 9 else 9"},
    }


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "channels": st.integers(1, 3),
            "size": st.integers(12, 40),
            "maps": st.integers(1, 4),
            "kernel": st.integers(1, 3),
            "rate": st.floats(0, 1),
            "hidden": st.integers(1, 40),
        }
    )
)
def test_symbols_carry_what_the_plain_check_finds(values: dict[str, Any]) -> None:
    graph = lenet(**values)
    report = check_graph(graph)
    assert report.ok
    for name, node in inferred(graph).items():
        plain = report.nodes[name].outputs[0]
        assert plain == node.outputs[0]
        for size, symbol in zip(plain.shape[1:], node.outputs[0].shape[1:], strict=True):
            assert eval(str(symbol), {}, values) == size


def test_only_what_leads_to_an_output_in_the_order_of_the_flow() -> None:
    graph = nx.MultiDiGraph()
    for name, type in (
        ("z", "Input"), ("b", "ReLU"), ("a", "Tanh"), ("sum", "Add"), ("y", "Output"),
        ("dead", "Tanh"), ("lost", "Sigmoid"),
    ):  # fmt: skip
        graph.add_node(name, type=type, params={"shape": (3,)} if type == "Input" else {})
    nx.add_path(graph, ["z", "b", "sum", "y"])
    nx.add_path(graph, ["z", "a", "sum"])
    nx.add_path(graph, ["a", "dead"])
    found = inferred(graph)
    assert list(found) == ["z", "a", "b", "sum", "y"]
    assert [str(wire) for wire in found["sum"].wires] == [
        "b.output -> sum.input1",
        "a.output -> sum.input2",
    ]


def test_a_variable_that_is_not_used_leaves_no_trace() -> None:
    found = inferred(lenet(**VALUES, unused=3))
    texts = " ".join(str(node.outputs[0]) for node in found.values())
    assert "unused" not in texts


def test_a_graph_with_errors_raises_the_first() -> None:
    with pytest.raises(Mismatch, match="Make the kernel smaller, or add padding"):
        inferred(lenet(**{**VALUES, "size": 4}))


def test_symbols_never_reach_the_live_check() -> None:
    report = check_graph(lenet(**VALUES))
    for facts in report.nodes.values():
        sizes = [size for out in facts.outputs for size in out.shape[1:]]
        assert not any(isinstance(size, Symbolic) for size in sizes)
