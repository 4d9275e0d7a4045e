"""Networks to networkx and back; whatever a graph holds, a check answers and never raises."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_compiler.checker import check_graph
from graph_compiler.graphs import from_networkx, to_networkx
from graph_compiler.model import DataFacts, Frame, Network, Node, Project, Purpose, Variable, Wire
from graph_compiler.registry import layers


def lenet() -> Project:
    network = Network("main", "LeNet5")
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("image", "Input", {"shape": (1, 28, 28)}),
        ("conv1", "Conv2d", {"out_channels": 6, "kernel_size": 5, "padding": 2}),
        ("pool1", "MaxPool2d", {}),
        ("conv2", "Conv2d", {"out_channels": 16, "kernel_size": 5}),
        ("pool2", "MaxPool2d", {}),
        ("flatten", "Flatten", {}),
        ("fc1", "Linear", {"out_features": "hidden"}),
        ("fc2", "Linear", {"out_features": 84}),
        ("fc3", "Linear", {}),
        ("logits", "Output", {}),
    ]
    for index, (name, type, params) in enumerate(rows):
        network.nodes[name] = Node(
            name, type, params, (index * 10.0, 5.0), ("no_activation_between",)
        )
    for (source, *_), (target, *_) in pairwise(rows):
        network.wires[Wire(source, "output", target, "input")] = None
    network.frames["head"] = Frame("head", ("fc1", "fc2", "fc3"))
    variables = {"hidden": Variable("hidden", 120, "units", 8, 512)}
    return Project("LeNet-5", networks={"main": network}, variables=variables)


def test_there_and_back() -> None:
    project = lenet()
    network, variables = from_networkx(project.graph())
    assert network == project.networks["main"]
    assert variables == project.variables


def test_published_figures_of_lenet() -> None:
    report = check_graph(lenet().graph())
    assert report.problems == ()
    assert report.parameters == 61_706
    assert report.macs == 416_520
    assert str(report.nodes["pool2"].outputs[0]) == "N×16×5×5"
    assert report.nodes["conv2"].weights == {"weight": (16, 6, 5, 5), "bias": (16,)}
    assert report.as_json()["nodes"]["logits"] == {
        "type": "Output",
        "output": [["N", 10]],
        "parameters": 0,
        "macs": 0,
    }


def test_a_graph_built_by_hand() -> None:
    graph = nx.MultiDiGraph(name="Skip", variables={"width": 8}, frames={"body": ["fc1", "act"]})
    graph.add_node("x", type="Input", params={"shape": [8]})
    graph.add_node("fc1", type="Linear", params={"out_features": "width"})
    graph.add_node("act", type="Tanh")
    graph.add_node("sum", type="Add")
    graph.add_node("y", type="Output")
    nx.add_path(graph, ["x", "fc1", "act", "sum", "y"])
    graph.add_edge("x", "sum")
    network, variables = from_networkx(graph)
    assert network.title == "Skip"
    assert network.frames["body"].nodes == ("fc1", "act")
    assert variables == {"width": Variable("width", 8)}
    assert [str(wire) for wire in network.wires] == [
        "x.output -> fc1.input",
        "x.output -> sum.input1",
        "fc1.output -> act.input",
        "act.output -> sum.input2",
        "sum.output -> y.input",
    ]
    report = check_graph(graph)
    assert report.problems == ()
    assert str(report.nodes["y"].outputs[0]) == "N×8"


def test_frames_and_positions_that_make_no_sense_are_left_out() -> None:
    graph = nx.MultiDiGraph(frames={"a": ["x", "gone", []], 3: ["x"], "b": 7}, variables=[1])
    graph.add_node("x", type="Input", at=("left", 3), dismissed=7)
    graph.add_node("y", type="Output", at=(float("nan"), 1))
    network, variables = from_networkx(graph)
    assert network.frames == {"a": Frame("a", ("x",))}
    assert network.nodes["x"] == Node("x", "Input")
    assert network.nodes["y"].at == (0.0, 0.0)
    assert variables == {}


def test_a_network_of_another_name_says_so_in_its_problems() -> None:
    network = Network("encoder", nodes={"x": Node("x", "Input")})
    report = check_graph(to_networkx(network, {}))
    assert report.network == "encoder"
    assert [problem.network for problem in report.problems] == ["encoder"] * len(report.problems)
    assert report.problems[0].text == (
        "encoder: expected an Output, got none. Add an Output behind the last layer."
    )


_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**14, 10**400),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["input", "output", "k", "k * 2", "2 **", "__import__('os')", "input99999999"]),
    st.binary(max_size=4),
    st.tuples(st.integers(-2, 40), st.integers(-2, 40)),
    st.lists(st.integers(-3, 10**20), max_size=4),
    st.complex_numbers(),
    st.just(object()),
)
_PARAM_NAMES = sorted({param.name for layer in layers().values() for param in layer.params})
_KEYS = st.one_of(
    st.sampled_from(["a", "b", "c", "d", "class", "a\nb", "x" * 300, ""]),
    st.integers(0, 3),
    st.none(),
    st.tuples(st.integers(0, 1)),
    st.floats(allow_nan=False),
)
_DATA = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(sorted(layers())) | st.sampled_from(sorted(layers())) | _JUNK,
        "params": st.dictionaries(
            st.sampled_from(_PARAM_NAMES) | st.integers(), st.integers(0, 9) | _JUNK, max_size=4
        )
        | _JUNK,
        "at": _JUNK,
        "dismissed": _JUNK,
    },
)
_EDGE = st.fixed_dictionaries(
    {},
    optional={
        "source_port": st.just("output") | _JUNK,
        "target_port": st.sampled_from(["input", "input1", "input2"]) | _JUNK,
    },
)


@st.composite
def hostile_graphs(draw: st.DrawFn) -> nx.Graph:
    kind = draw(st.sampled_from([nx.MultiDiGraph, nx.MultiDiGraph, nx.DiGraph, nx.Graph]))
    graph = kind()
    for key, data in draw(st.lists(st.tuples(_KEYS, _DATA), max_size=8)):
        if key is not None:
            graph.add_node(key, **data)
    keys = list(graph.nodes)
    if keys:
        ends = st.sampled_from(keys)
        for source, target, data in draw(st.lists(st.tuples(ends, ends, _EDGE), max_size=14)):
            graph.add_edge(source, target, **data)
    for attribute in ("variables", "frames", "name", "network"):
        graph.graph[attribute] = draw(
            _JUNK | st.dictionaries(st.sampled_from(["k", "a b", ""]), _JUNK, max_size=3)
        )
    return graph


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    hostile_graphs(),
    st.sampled_from(
        [
            None,
            Purpose(DataFacts("digits", (1, 8, 8), "class", 10)),
            Purpose(DataFacts("xor", (2,), "class", 2), "perceptron"),
            Purpose(None, "nobody's", "no loss"),
        ]
    ),
)
def test_any_graph_is_answered(graph: nx.Graph, purpose: Purpose | None) -> None:
    report = check_graph(graph, purpose)
    for problem in report.problems:
        assert problem.expected
        assert problem.got
        assert problem.remedy.endswith((".", "?"))
        assert problem.text.isprintable()
        assert len(problem.text) < 700
    assert check_graph(graph, purpose) == report
