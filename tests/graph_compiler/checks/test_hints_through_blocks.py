"""Hints see through blocks, turns, choices and layers of shape; each place is told once."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import networkx as nx
import pytest

from graph_compiler import check_graph
from graph_compiler.checker import Checker
from graph_compiler.graphs import from_networkx, read_blocks
from graph_compiler.model import DataFacts, Node, Purpose, Wire
from graph_compiler.problems import InsertOnWire, Problem, RemoveNode, SetParam

Row = tuple[str, str, dict[str, Any]]


def drawing(rows: list[Row], wires: str, **about: Any) -> nx.MultiDiGraph:
    """Nodes with what belongs to the node among their parameters; wires `a>b a.p>b.q`."""
    made = nx.MultiDiGraph(name="Net", **about)
    for name, type, said in rows:
        own = {key: said[key] for key in ("repeat", "scan", "shares", "dismissed") if key in said}
        params = {key: value for key, value in said.items() if key not in own}
        made.add_node(name, type=type, params=params, **own)
    for wire in wires.split():
        source, target = wire.split(">")
        start, _, out = source.partition(".")
        end, _, port = target.partition(".")
        ports = {"source_port": out, "target_port": port}
        made.add_edge(start, end, **{key: value for key, value in ports.items() if value})
    return made


def row(*types: str | tuple[str, dict[str, Any]], shape: tuple[int, ...] = (8,), **about: Any):
    """A chain from an input `x` to an output `y`; nodes are named by type and place."""
    rows: list[Row] = [("x", "Input", {"shape": shape})]
    for number, one in enumerate(types, 1):
        type, params = (one, {}) if isinstance(one, str) else one
        rows.append((f"{type.lower()}{number}", type, params))
    rows.append(("y", "Output", {}))
    names = [name for name, _, _ in rows]
    pairs = itertools.pairwise(names)
    return drawing(rows, " ".join(f"{a}>{b}" for a, b in pairs), **about)


def block(*types: str | tuple[str, dict[str, Any]], **params: Any) -> nx.MultiDiGraph:
    return row(*types, shape=(8,), params=params)


def hints(graph: nx.MultiDiGraph, purpose: Purpose | None = None) -> list[Problem]:
    report = check_graph(graph, purpose)
    assert [p.text for p in report.problems if p.severity == "error"] == []
    return [p for p in report.problems if p.severity != "error"]


def places(graph: nx.MultiDiGraph, purpose: Purpose | None = None) -> list[str]:
    return [f"{p.code} {p.place}" for p in hints(graph, purpose)]


FC: tuple[str, dict[str, Any]] = ("Linear", {"out_features": 8})
NORM = "BatchNorm1d"
CASES: dict[str, tuple[nx.MultiDiGraph, list[str]]] = {
    "inside a block": (
        row("B", blocks={"B": block(FC, FC)}),
        ["no_activation_between b1/linear2.input"],
    ),
    "two blocks": (
        row("A", "B", blocks={"A": block("ReLU", FC), "B": block(FC, "Tanh")}),
        ["no_activation_between b2/linear1.input"],
    ),
    "a block and a layer": (
        row("A", FC, blocks={"A": block("ReLU", FC)}),
        ["no_activation_between linear2.input"],
    ),
    "a layer and a block": (
        row(FC, "B", blocks={"B": block(FC, "ReLU")}),
        ["no_activation_between b2/linear1.input"],
    ),
    "dropout, identity and flatten between": (
        row("A", "Dropout", "Identity", "Flatten", "B", blocks={"A": block(FC), "B": block(FC)}),
        ["no_activation_between b5/linear1.input"],
    ),
    "an activation between": (row("A", "ReLU", "A", blocks={"A": block(FC)}), []),
    "a nested block": (
        row("O", FC, blocks={"O": block("ReLU", "A"), "A": block("Tanh", FC)}),
        ["two_activations o1/a2/tanh1.input", "no_activation_between linear2.input"],
    ),
    "turns of a block": (
        row(("A", {"repeat": 3}), blocks={"A": block(FC)}),
        ["no_activation_between a1/linear1.input"],
    ),
    "a block that passes on": (
        row(FC, "P", "Dropout", "P", FC, blocks={"P": block("Dropout")}),
        ["no_activation_between linear5.input"],
    ),
    "turns with an activation": (row(("A", {"repeat": 3}), blocks={"A": block(FC, "ReLU")}), []),
    "turns behind a layer": (
        row("Tanh", ("A", {"repeat": 3}), blocks={"A": block("ReLU", FC)}),
        ["two_activations a2/relu1.input"],
    ),
    "batch norm behind a block": (
        row("A", NORM, "ReLU", blocks={"A": block("ReLU", FC)}),
        ["needless_bias batchnorm1d2.input"],
    ),
    "batch norm begins a block": (
        row("A", "B", blocks={"A": block(FC), "B": block(NORM, "ReLU")}),
        ["needless_bias b2/batchnorm1d1.input"],
    ),
    "batch norm inside, bias by a parameter": (
        row(("A", {"bias": False}), "A", blocks={
            "A": block(("Linear", {"out_features": 8, "bias": "bias"}), NORM, "ReLU", bias=True)
        }),
        ["needless_bias a2/batchnorm1d2.input"],
    ),
    "softmax in two blocks": (
        row("A", "B", blocks={"A": block(FC, "Softmax"), "B": block("Softmax")}),
        ["softmax_twice b2/softmax1.input"],
    ),
    "one definition, two uses": (
        row("A", "Tanh", "A", blocks={"A": block(FC, "ReLU", "Tanh", FC)}),
        ["two_activations a1/tanh3.input"],
    ),
    "a choice": (
        drawing(
            [("x", "Input", {"shape": (8,)}), ("a", *FC), ("pick", "Choice", {"pick": 1}),
             ("b", *FC), ("y", "Output", {})],
            "x>a x>pick.input1 a>pick.input2 pick>b b>y",
        ),
        ["no_activation_between b.input"],
    ),
    "the other branch of a choice": (
        drawing(
            [("x", "Input", {"shape": (8,)}), ("a", *FC), ("pick", "Choice", {"pick": 0}),
             ("b", *FC), ("y", "Output", {})],
            "x>a x>pick.input1 a>pick.input2 pick>b b>y",
        ),
        [],
    ),
    "a dead end in a block": (
        row("A", blocks={"A": drawing(
            [("x", "Input", {"shape": (8,)}), ("a", "ReLU", {}), ("dead", "Tanh", {}),
             ("y", "Output", {})], "x>a a>y x>dead", params={})}),
        ["unused_output a1/dead.output"],
    ),
    "a scan": (
        row("A", ("Cell", {"scan": "forward"}), shape=(6, 8), blocks={
            "A": block("ReLU", FC),
            "Cell": drawing(
                [("x", "Input", {"shape": (8,)}), ("h", "Input", {"shape": (8,)}),
                 ("fc", *FC), ("add", "Add", {}), ("tanh", "Tanh", {}), ("h_", "Output", {})],
                "x>fc fc>add.input1 h>add.input2 add>tanh tanh>h_", params={}),
        }),
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_found_and_where(case: str) -> None:
    graph, wanted = CASES[case]
    if case == "a scan":  # its last state is an output of its own
        graph.remove_edge("a1", "cell2")
        graph.add_edge("a1", "cell2", target_port="x")
        graph.remove_edge("cell2", "y")
        graph.add_edge("cell2", "y", source_port="h")
        wanted = ["no_activation_between cell2/fc.input"]
    assert places(graph) == wanted


def test_a_cure_between_two_blocks_stands_in_the_drawing_of_both() -> None:
    (found,) = hints(row("A", "B", blocks={"A": block("ReLU", FC), "B": block(FC, "Tanh")}))
    assert found.fixes[0].steps == (InsertOnWire("b2", "x", "ReLU"),)


def test_a_cure_inside_a_block_stands_there() -> None:
    (found,) = hints(row("B", blocks={"B": block(FC, FC)}))
    assert found.fixes[0].steps == (InsertOnWire("b1/linear2", "input", "ReLU"),)
    (found,) = hints(row(("A", {"repeat": 2}), blocks={"A": block(FC)}))
    assert found.fixes[0].steps == (InsertOnWire("a1/y", "input", "ReLU"),)


def test_a_bias_in_a_block_is_set_there() -> None:
    (found,) = hints(row("A", NORM, blocks={"A": block("ReLU", FC)}))
    assert found.text == (
        "batchnorm1d2.input: expected a1/linear2 without a bias, for batchnorm1d2 takes it away "
        "and adds its own, got a bias. Set bias of a1/linear2 to false."
    )
    assert found.fixes[0].steps == (SetParam("a1/linear2", "bias", False),)


def test_a_bias_that_another_reader_needs_stays() -> None:
    graph = row("A", NORM, blocks={"A": block("ReLU", FC)})
    graph.add_node("also", type="Output")
    graph.add_edge("a1", "also")
    assert places(graph) == []


def test_an_activation_that_others_read_is_not_taken_from_them() -> None:
    graph = row(FC, "ReLU", "Tanh")
    graph.add_node("also", type="Output")
    graph.add_edge("relu2", "also")
    (found,) = hints(graph)
    assert [fix.steps for fix in found.fixes] == [(RemoveNode("tanh3"),)]


CLASSES = Purpose(DataFacts("digits", (8,), "class", 3), "supervised", "cross_entropy")


def test_a_softmax_that_ends_a_block_is_before_the_loss() -> None:
    head = block(("Linear", {"out_features": "classes"}), "Softmax", classes=3)
    (found,) = hints(row("Head", blocks={"Head": head}), CLASSES)
    assert found.text == (
        "head1/softmax2.output: expected raw scores for the loss cross_entropy, which applies its "
        "own activation, got shares that add up to 1. Remove head1/softmax2, or set the loss to "
        "log_loss, which reads shares."
    )
    assert found.fixes[0].steps == (RemoveNode("head1/softmax2"),)


def test_the_classes_of_a_head_are_set_where_they_are_said() -> None:
    head = block(("Linear", {"out_features": "classes"}), classes=10)
    report = check_graph(row("Head", blocks={"Head": head}), CLASSES)
    (found,) = report.problems
    assert found.code == "output_differs_from_target"
    assert found.fixes[0].steps == (SetParam("head1", "classes", 3),)
    own = block(("Linear", {"out_features": 10}))
    (found,) = check_graph(row("Head", blocks={"Head": own}), CLASSES).problems
    assert found.fixes[0].steps == (SetParam("head1/linear1", "out_features", 3),)


def test_a_hint_inside_a_block_is_dismissed_there() -> None:
    inner = block(FC, FC)
    inner.nodes["linear2"]["dismissed"] = ["no_activation_between"]
    assert places(row("B", "ReLU", "B", blocks={"B": inner})) == []
    outer = row(("B", {"dismissed": ["no_activation_between"]}), blocks={"B": block(FC, FC)})
    assert places(outer) == ["no_activation_between b1/linear2.input"]


ARCHITECTURES = {
    "residual": drawing(
        [("x", "Input", {"shape": (8,)}), ("a", *FC), ("relu", "ReLU", {}), ("b", *FC),
         ("add", "Add", {}), ("last", "ReLU", {}), ("y", "Output", {})],
        "x>a a>relu relu>b b>add.input1 x>add.input2 add>last last>y",
    ),
    "gated linear unit": row(("Linear", {"out_features": 16}), "GLU", FC, "GLU"),
    "a gate": drawing(
        [("x", "Input", {"shape": (8,)}), ("a", *FC), ("gate", *FC), ("open", "Sigmoid", {}),
         ("times", "Multiply", {}), ("b", *FC), ("y", "Output", {})],
        "x>a x>gate gate>open a>times.input1 open>times.input2 times>b b>y",
    ),
    "attention": drawing(
        [("x", "Input", {"shape": (5, 8)}), ("q", *FC), ("k", *FC), ("v", *FC),
         ("turn", "Transpose", {"dim0": 1, "dim1": 2}), ("scores", "MatMul", {}),
         ("share", "Softmax", {"dim": -1}), ("drop", "Dropout", {}), ("mix", "MatMul", {}),
         ("out", *FC), ("y", "Output", {})],
        "x>q x>k x>v q>scores.input k>turn turn>scores.other scores>share share>drop "
        "drop>mix.input v>mix.other mix>out out>y",
    ),
    "a softmax as a mask": drawing(
        [("x", "Input", {"shape": (8,)}), ("a", *FC), ("share", "Softmax", {}),
         ("times", "Multiply", {}), ("b", *FC), ("y", "Output", {})],
        "x>a a>share share>times.input1 x>times.input2 times>b b>y",
    ),
    "depthwise and pointwise": row(
        ("Conv2d", {"out_channels": 8, "groups": 8, "padding": 1}),
        ("Conv2d", {"out_channels": 4, "kernel_size": 1}),
        "ReLU",
        shape=(8, 6, 6),
    ),
    "a mixer": row(FC, "Transpose", ("Linear", {"out_features": 5}), shape=(5, 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_is_meant_so_raises_no_hint(name: str) -> None:
    assert places(ARCHITECTURES[name]) == []


def test_following_edits_finds_what_a_fresh_look_finds() -> None:
    """Random edits around blocks; after each the live hints are those of a check from scratch."""
    chance = random.Random(3)
    types = [
        "Linear",
        "ReLU",
        "Tanh",
        "Dropout",
        "Identity",
        "Choice",
        "BatchNorm1d",
        "A",
        "B",
        "P",
    ]
    graph = row("A", "P", "B", "Linear", "P", "Tanh", "P", "A", blocks={
        "P": block("Dropout", "Identity"),
        "A": block(FC), "B": block("ReLU", ("Linear", {"out_features": 8, "bias": "bias"}),
                                   bias=True),
    })  # fmt: skip
    network, variables = from_networkx(graph)
    blocks, _ = read_blocks(graph)
    checker = Checker(network, variables, CLASSES, blocks)
    met: set[str] = set()
    for _ in range(600):
        name = chance.choice([one for one in network.nodes if one not in ("x", "y")])
        node = network.nodes[name]
        kind = chance.randrange(5)
        if kind == 0:
            network.nodes[name] = Node(name, chance.choice(types), {})
            checker.node_changed(name)
        elif kind == 1 and node.type in ("Linear", "A", "B"):
            turns = None if node.repeat else chance.choice([2, 3])
            params = {"out_features": 8, "bias": chance.random() < 0.5}
            kept = params if node.type == "Linear" else {"bias": True} if node.type == "B" else {}
            network.nodes[name] = replace(node, repeat=turns, params=kept)
            checker.node_changed(name)
        elif kind == 2:
            into = [wire for wire in network.wires if wire.target == name]
            names = list(network.nodes)
            source = chance.choice(names[: names.index(name)])
            for wire in into:
                del network.wires[wire]
                checker.wire_removed(wire)
            port = "input1" if node.type == "Choice" else "input"
            wire = Wire(source, "output", name, port)
            network.wires[wire] = None
            checker.wire_added(wire)
        elif kind == 3:
            inner = blocks["A"].nodes
            inner["linear1"] = replace(
                inner["linear1"],
                type=chance.choice(["Linear", "Tanh", "Softmax"]),
                params={},
                dismissed=chance.choice([(), ("no_activation_between",)]),
            )
            checker.blocks_changed()
        else:
            checker.purpose_changed(chance.choice([None, CLASSES]))
        live = checker.report()
        fresh = Checker(network, variables, checker._purpose, blocks).report()
        assert sorted(p.text for p in live.problems) == sorted(p.text for p in fresh.problems)
        met |= {p.code for p in live.problems}
    assert {"no_activation_between", "two_activations", "needless_bias"} <= met
