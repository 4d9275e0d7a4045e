"""A bypassed node is out of check, summary, report and code; what passes, rests and is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest

import graph_compiler
from graph_compiler import check_graph, emit, summarize
from graph_compiler.bypass import refusal, running
from graph_compiler.checker import Checker
from graph_compiler.graphs import from_networkx
from graph_compiler.model import Frame, Network, Node, Variable, Wire
from graph_compiler.registry import layers


def graph(nodes: Mapping[str, tuple[str, Mapping[str, Any]]], *wires: str) -> nx.MultiDiGraph:
    """Nodes by name, each a type and attributes; wires as `a -> b.input2`."""
    made = nx.MultiDiGraph(name="Net")
    for name, (type, given) in nodes.items():
        extra = {
            key: given[key] for key in ("bypassed", "shares", "ties", "repeat") if key in given
        }
        params = {key: value for key, value in given.items() if key not in extra}
        made.add_node(name, type=type, params=params, **extra)
    for wire in wires:
        source, target = wire.split(" -> ")
        source, _, source_port = source.partition(".")
        target, _, port = target.partition(".")
        ports = {"source_port": source_port} if source_port else {}
        made.add_edge(source, target, target_port=port or "input", **ports)
    return made


OUT = {"bypassed": True}


def chain(*middle: tuple[str, str, Mapping[str, Any]]) -> nx.MultiDiGraph:
    nodes = {"x": ("Input", {"shape": (4,)}), "y": ("Output", {})}
    nodes |= {name: (type, given) for name, type, given in middle}
    names = ["x", *(name for name, _, _ in middle), "y"]
    wires = [f"{one} -> {other}" for one, other in pairwise(names)]
    return graph(nodes, *wires)


def texts(made: nx.MultiDiGraph) -> list[str]:
    return [problem.text for problem in check_graph(made).problems]


def test_nothing_is_left_of_it_but_a_line_in_the_report() -> None:
    made = chain(
        ("fc1", "Linear", {"out_features": 4}),
        ("drop", "Dropout", {"p": "wrong +", **OUT}),
        ("fc2", "Linear", {"out_features": 9, **OUT}),
        ("relu", "ReLU", {}),
    )
    plain = chain(("fc1", "Linear", {"out_features": 4}), ("relu", "ReLU", {}))
    assert emit(made) == emit(plain)
    report, expected = check_graph(made), check_graph(plain)
    assert report.problems == expected.problems
    facts = report.nodes["fc2"]
    assert (facts.bypassed, facts.parameters, facts.macs, facts.weights) == (True, 0, 0, {})
    assert (facts.inputs, facts.outputs) == (report.nodes["fc1"].outputs,) * 2
    assert [name for name, one in report.nodes.items() if one.bypassed] == ["drop", "fc2"]
    assert (report.parameters, report.macs) == (expected.parameters, expected.macs) == (20, 16)
    assert summarize(made) == summarize(plain)
    rows = report.as_json()["nodes"]
    assert rows["fc2"]["bypassed"] is True
    assert "bypassed" not in rows["fc1"]


def test_the_first_wired_input_passes_to_every_output() -> None:
    nodes = {
        "x": ("Input", {"shape": (5, 4)}),
        "h": ("Input", {"shape": (7,)}),
        "lstm": ("LSTM", {"hidden_size": 7, **OUT}),
        "sum": ("Add", {**OUT}),
        "y": ("Output", {}),
        "z": ("Output", {}),
    }
    made = graph(
        nodes, "h -> sum.input10", "lstm.hidden -> sum.input2", "x -> lstm", "lstm -> z", "sum -> y"
    )
    report = check_graph(made)
    assert report.ok
    assert str(report.nodes["y"].outputs[0]) == str(report.nodes["z"].outputs[0]) == "N×5×4"
    assert report.nodes["lstm"].outputs == (report.nodes["x"].outputs[0],) * 3
    assert "return x, x" in emit(made).text


def test_what_only_feeds_an_unread_input_rests_without_a_word() -> None:
    nodes = {
        "x": ("Input", {"shape": (4,)}),
        "side": ("Linear", {"out_features": 9}),
        "wrong": ("Conv2d", {}),
        "sum": ("Add", {**OUT}),
        "y": ("Output", {}),
    }
    made = graph(
        nodes, "x -> sum.input1", "x -> side", "side -> wrong", "wrong -> sum.input2", "sum -> y"
    )
    report = check_graph(made)
    assert report.problems == ()
    assert set(report.nodes) == {"x", "sum", "y"}
    assert report.parameters == 0
    assert "Linear" not in emit(made).text
    made.nodes["sum"]["bypassed"] = False
    assert not check_graph(made).ok


def test_a_loop_through_an_unread_input_is_none() -> None:
    nodes = {
        "x": ("Input", {"shape": (4,)}),
        "sum": ("Add", {**OUT}),
        "relu": ("ReLU", {}),
        "y": ("Output", {}),
    }
    made = graph(nodes, "x -> sum.input1", "sum -> relu", "relu -> sum.input2", "relu -> y")
    assert texts(made) == []
    made.nodes["sum"]["bypassed"] = False
    assert [problem.code for problem in check_graph(made).problems] == ["cycle"]


def test_a_bypassed_node_with_nothing_to_pass_on_says_so() -> None:
    nodes = {
        "x": ("Input", {"shape": (4,)}),
        "relu": ("ReLU", OUT),
        "drop": ("Dropout", OUT),
        "fc": ("Linear", {"out_features": 3}),
        "y": ("Output", {}),
        "z": ("Output", {}),
    }
    made = graph(nodes, "x -> z", "relu -> drop", "drop -> fc", "fc -> y")
    assert texts(made) == ["relu.input: expected a wire, got none. Connect the layer before it."]


@pytest.mark.parametrize("wires", [(), ("x -> relu",)])
def test_one_that_leads_nowhere_says_nothing(wires: tuple[str, ...]) -> None:
    nodes = {"x": ("Input", {"shape": (4,)}), "relu": ("ReLU", OUT), "y": ("Output", {})}
    assert texts(graph(nodes, "x -> y", *wires)) == []


@pytest.mark.parametrize("type", ["Input", "Output", "CrossEntropyLoss"])
def test_what_cannot_be_bypassed_is_an_error_and_runs(type: str) -> None:
    nodes = {
        "x": ("Input", {"shape": (4,), **(OUT if type == "Input" else {})}),
        "y": ("Output", OUT if type == "Output" else {}),
    }
    made = graph(nodes, "x -> y")
    if type not in ("Input", "Output"):
        made.add_node("loss", type=type, params={}, **OUT)
        made.add_edge("x", "loss")
    wrong = [problem for problem in check_graph(made).problems if problem.code == "bad_bypass"]
    name = {"Input": "x", "Output": "y"}.get(type, "loss")
    assert [problem.text for problem in wrong] == [
        f"{name}: expected a layer with inputs and outputs, got {type}, which is bypassed. "
        "Let it run again."
    ]
    with pytest.raises(graph_compiler.EmitError):
        emit(made)


def test_every_layer_can_be_bypassed_or_says_why_not() -> None:
    reasons = {name: refusal(layer, name) for name, layer in layers().items()}
    assert all(reason.endswith(".") for reason in reasons.values() if reason)
    can = {name for name, reason in reasons.items() if not reason}
    assert {"Linear", "Add", "LSTM", "Choice", "Softmax"} <= can
    for name in can:
        assert layers()[name].inputs
        assert layers()[name].outputs


def test_hints_see_through_it() -> None:
    made = chain(
        ("fc1", "Linear", {"out_features": 4}),
        ("relu", "ReLU", OUT),
        ("fc2", "Linear", {"out_features": 4}),
    )
    plain = chain(
        ("fc1", "Linear", {"out_features": 4}),
        ("fc2", "Linear", {"out_features": 4}),
    )
    assert texts(made) == texts(plain)
    assert "no_activation_between" in [problem.code for problem in check_graph(made).problems]
    made.nodes["relu"]["bypassed"] = False
    assert texts(made) == []


def test_a_chain_of_thousands_is_seen_through() -> None:
    between = [(f"out{turn}", "Dropout", OUT) for turn in range(3000)]
    made = chain(("first", "ReLU", {}), *between, ("second", "ReLU", {}))
    assert [problem.code for problem in check_graph(made).problems] == ["two_activations"]


def test_a_share_or_a_tie_to_a_bypassed_node_is_told() -> None:
    made = chain(
        ("fc1", "Linear", {"out_features": 4, **OUT}),
        ("fc2", "Linear", {"out_features": 4, "shares": "fc1"}),
        ("fc3", "Linear", {"out_features": 4, "ties": {"weight": "fc1.weight"}}),
    )
    errors = [problem.text for problem in check_graph(made).problems if problem.severity == "error"]
    assert errors == [
        "fc2.shares: expected another Linear with the same parameters whose module it can use, "
        "got fc1, which is bypassed. Let fc1 run again, or give fc2 a module of its own.",
        "fc3.weight: expected a weight of a node that runs, got fc1.weight, for fc1 is bypassed. "
        "Let fc1 run again, or tie it to another weight, or to none.",
    ]
    other = chain(
        ("fc1", "Linear", {"out_features": 4}),
        ("fc2", "Linear", {"out_features": 4, "shares": "fc1", **OUT}),
        ("fc3", "Linear", {"out_features": 4, "ties": {"weight": "lost.weight"}, **OUT}),
    )
    assert check_graph(other).ok
    assert check_graph(other).parameters == 20


def test_a_bypassed_choice_lets_its_first_branch_pass() -> None:
    nodes = {
        "x": ("Input", {"shape": (4,)}),
        "a": ("Tanh", {}),
        "b": ("Sigmoid", {}),
        "pick": ("Choice", {"pick": 1, **OUT}),
        "y": ("Output", {}),
    }
    made = graph(nodes, "x -> a", "x -> b", "a -> pick.input1", "b -> pick.input2", "pick -> y")
    assert check_graph(made).problems == ()
    assert "anh" in emit(made).text
    assert "igmoid" not in emit(made).text


def unit(**inner: Any) -> Network:
    """x -> fc -> sum (with x) -> y, `inner` being attributes of the sum."""
    nodes = (
        Node("x", "Input", {"shape": (4,)}),
        Node("fc", "Linear", {"out_features": 4}),
        Node("sum", "Add", **inner),
        Node("y", "Output"),
    )
    wires = (
        Wire("x", "output", "fc", "input"),
        Wire("x", "output", "sum", "input1"),
        Wire("fc", "output", "sum", "input2"),
        Wire("sum", "output", "y", "input"),
    )
    return Network("Unit", "", {node.name: node for node in nodes}, dict.fromkeys(wires), params={})


def around(block: Network, **given: Any) -> tuple[Network, dict[str, Network]]:
    nodes = (
        Node("x", "Input", {"shape": (4,)}),
        Node("unit", "Unit", **given),
        Node("y", "Output"),
    )
    wires = (Wire("x", "output", "unit", "x"), Wire("unit", "y", "y", "input"))
    made = Network("main", "", {node.name: node for node in nodes}, dict.fromkeys(wires))
    return made, {"Unit": block}


@pytest.mark.parametrize("given", [{}, {"repeat": 3}])
def test_inside_a_block_what_rests_costs_nothing(given: Mapping[str, Any]) -> None:
    network, blocks = around(unit(bypassed=True), **given)
    report = Checker(network, {}, None, blocks).report()
    assert (report.problems, report.parameters, report.macs) == ((), 0, 0)
    inside = Checker(blocks["Unit"], {}, None, blocks).report()
    assert inside.problems == ()
    assert set(inside.nodes) == {"x", "sum", "y"}


@pytest.mark.parametrize("given", [{"repeat": 3}, {"repeat": "lost"}, {"scan": "forward"}])
def test_a_bypassed_use_of_a_block_is_out_as_a_whole(given: Mapping[str, Any]) -> None:
    network, blocks = around(unit(), bypassed=True, **given)
    report = Checker(network, {}, None, blocks).report()
    assert (report.problems, report.parameters) == ((), 0)
    assert report.nodes["unit"].inside == {}
    assert not list(Checker(network, {}, None, blocks).structured())


def test_a_tie_to_a_bypassed_node_in_a_block_is_told() -> None:
    network, blocks = around(unit(), repeat=None)
    network.nodes["fc"] = Node(
        "fc", "Linear", {"out_features": 4}, ties={"weight": "unit/fc.weight"}
    )
    del network.wires[Wire("unit", "y", "y", "input")]
    network.wires |= dict.fromkeys(
        (Wire("unit", "y", "fc", "input"), Wire("fc", "output", "y", "input"))
    )
    assert Checker(network, {}, None, blocks).report().ok
    nodes = blocks["Unit"].nodes
    nodes["fc"] = replace(nodes["fc"], bypassed=True)
    assert [problem.text for problem in Checker(network, {}, None, blocks).errors()] == [
        "fc.weight: expected a weight of a node that runs, got unit/fc.weight, for fc is bypassed. "
        "Let fc run again, or tie it to another weight, or to none."
    ]


def test_the_running_drawing_keeps_ends_and_frames_and_forgets_routes() -> None:
    block = unit(bypassed=True)
    block.frames = {"a": Frame("a", ("fc", "sum")), "b": Frame("b", ("x", "fc")), "c": Frame("c")}
    block.ports = ("x", "y")
    bare = running(block, layers())
    assert set(bare.nodes) == {"x", "y"}
    assert list(bare.wires) == [Wire("x", "output", "y", "input")]
    assert bare.frames == {"b": Frame("b", ("x",)), "c": Frame("c")}
    assert bare.ports == ("x", "y")
    assert running(bare, layers()) is bare


def test_a_ring_of_bypassed_nodes_carries_nothing() -> None:
    nodes = {
        "x": ("Input", {"shape": (4,)}),
        "a": ("ReLU", OUT),
        "b": ("ReLU", OUT),
        "y": ("Output", {}),
    }
    made = graph(nodes, "a -> b", "b -> a", "b -> y")
    assert [problem.code for problem in check_graph(made).problems][:1] == ["cycle"]
    network, _ = from_networkx(made)
    assert running(network, layers()).wires == {}


def test_what_a_bypassed_node_reads_may_be_anything() -> None:
    network = Network("main", "", {"x": Node("x", "Input", {"shape": (4,)})})
    network.nodes["fc"] = Node("fc", "Linear", {"out_features": "k"}, bypassed=True)
    network.nodes["y"] = Node("y", "Output")
    network.wires = {
        Wire("x", "output", "fc", "input"): None,
        Wire("fc", "output", "y", "input"): None,
    }
    variables = {"k": Variable("k", 3)}
    checker = Checker(network, variables)
    assert checker.report().problems == ()
    del variables["k"]
    checker.variables_changed()
    assert checker.report().problems == ()
