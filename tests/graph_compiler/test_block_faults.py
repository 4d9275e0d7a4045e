"""Whatever is wrong with names and wires inside a block is told where the block is used."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from graph_compiler import EmitError, summarize
from graph_compiler.checker import check_project
from graph_compiler.emission import emit_project
from graph_compiler.model import DataSource, Network, Node, Project, Wire


def told(nodes: str, *wires: str) -> list[str]:
    """The errors of a network that uses a block; nodes as `name:Type`, wires as in a file."""
    inner = [Node("x", "Input", {"shape": (8,)}), Node("y", "Output")]
    inner += [Node(*text.split(":")) for text in nodes.split()]
    ends = [text.replace(" -> ", ".").split(".") for text in wires]
    block = Network("B", nodes={n.name: n for n in inner}, params={})
    block.wires = {Wire(*end): None for end in ends}
    outer = [Node("i", "Input", {"shape": (8,)}), Node("b", "B"), Node("o", "Output")]
    main = Network("main", nodes={n.name: n for n in outer})
    main.wires = {Wire("i", "output", "b", "x"): None, Wire("b", "y", "o", "input"): None}
    project = Project("Test", networks={"main": main, "B": block}, data=DataSource("none"))
    report = check_project(project)["main"]
    return [problem.text for problem in report.problems if problem.severity == "error"]


IN, OUT = "x.output -> l.input", "l.output -> y.input"


def test_a_sound_block_says_nothing() -> None:
    assert told("l:Linear", IN, OUT) == []


@pytest.mark.parametrize(
    ("nodes", "wires", "text"),
    [
        (
            "l:Linear",
            (IN, "l.nope -> y.input"),
            "b/l.nope: expected a wire from output, got one from nope. "
            "Connect it from another port.",
        ),
        (
            "l:Linear",
            (IN, OUT, "x.output -> l.nope"),
            "b/l.nope: expected a wire into input, got one into nope. Connect it to another port.",
        ),
        (
            "a:Add r:ReLU",
            (
                "x.output -> a.input1",
                "r.output -> a.input2",
                "a.output -> r.input",
                "r.output -> y.input",
            ),
            "b/a.input2: expected wires that lead forward, got a loop through a, r. "
            "Remove one of the wires of the loop.",
        ),
        (
            "a:Add",
            ("x.output -> a.input1", "a.output -> a.input2", "a.output -> y.input"),
            "b/a.input2: expected wires that lead forward, got a loop through a. "
            "Remove one of the wires of the loop.",
        ),
        (
            "l:Linear a:ReLU r:Tanh",
            (IN, OUT, "a.output -> r.input", "r.output -> a.input"),
            "b/a.input: expected wires that lead forward, got a loop through a, r. "
            "Remove one of the wires of the loop.",
        ),
        (
            "l:Linear",
            (IN, "gone.output -> y.input"),
            "b/y.input: expected wires between layers that exist, got a wire that names gone. "
            "Remove the wire.",
        ),
        (
            "l:Linear",
            (IN, "x.output -> y.input", OUT),
            "b/y.input: expected one wire, got 2, from l, x. "
            "Remove all but one, or join them with Add.",
        ),
        (
            "1l:Linear",
            ("x.output -> 1l.input", "1l.output -> y.input"),
            "b/1l: expected a name of at most 80 letters, digits and _, not starting with a digit, "
            "got '1l'. Rename the node.",
        ),
    ],
)
def test_what_is_wrong_inside_hinders_the_network(
    nodes: str, wires: tuple[str, ...], text: str
) -> None:
    assert text in told(nodes, *wires)


def test_a_loop_beside_a_choice_is_told() -> None:
    nodes = [Node("x", "Input", {"shape": (8,)}), Node("c", "Choice"), Node("y", "Output")]
    nodes += [Node(name, "ReLU") for name in ("branch", "a", "b")]
    main = Network("main", nodes={node.name: node for node in nodes})
    ends = [
        "x c.input1",
        "x branch.input",
        "branch c.input2",
        "c y.input",
        "a b.input",
        "b a.input",
    ]
    for source, target, port in (end.replace(".", " ").split() for end in ends):
        main.wires[Wire(source, "output", target, port)] = None
    project = Project("Test", networks={"main": main}, data=DataSource("none"))
    assert [p.text for p in check_project(project)["main"].problems if p.severity == "error"] == [
        "a.input: expected wires that lead forward, got a loop through a, b. "
        "Remove one of the wires of the loop."
    ]


def _row(*nodes: Node, into: str = "input") -> Network:
    """Nodes behind one another."""
    main = Network("main", nodes={node.name: node for node in nodes})
    for before, after in pairwise(nodes):
        main.wires[Wire(before.name, "output", after.name, into)] = None
    return main


X, Y = Node("x", "Input", {"shape": (8,)}), Node("y", "Output")


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ((X, replace(Y, repeat=3)), "y.repeat: expected no repeat of an Output, got 3. Remove it."),
        (
            (replace(X, repeat=2), Y),
            "x.repeat: expected no repeat of an Input, got 2. Remove it.",
        ),
        (
            (X, Node("fc", "Linear", scan="forward"), Y),
            "fc.scan: expected a drawn block, which can run over time, got a Linear. "
            "Put it into a block, or remove the scan.",
        ),
    ],
)
def test_what_has_no_turns_and_no_steps_is_told(nodes: tuple[Node, ...], text: str) -> None:
    project = Project("Test", networks={"main": _row(*nodes)}, data=DataSource("none"))
    assert text in [problem.text for problem in check_project(project)["main"].problems]
    with pytest.raises(EmitError):
        emit_project(project)


def test_a_tensor_that_comes_from_nowhere_has_no_turns() -> None:
    main = _row(X, Node("sum", "Add"), Y)
    main.nodes["more"] = Node("more", "Constant", repeat=2)
    main.wires = {
        Wire("x", "output", "sum", "input1"): None,
        Wire("more", "output", "sum", "input2"): None,
        Wire("sum", "output", "y", "input"): None,
    }
    project = Project("Test", networks={"main": main}, data=DataSource("none"))
    assert "more.repeat: expected no repeat of a Constant, got 2. Remove it." in [
        problem.text for problem in check_project(project)["main"].problems
    ]


def test_inside_a_block_they_are_told_as_well() -> None:
    inner = _row(replace(X, repeat=2), Node("fc", "Linear", scan="backward"), Y)
    block = replace(inner, name="B", params={})
    main = Network("main", nodes={"x": X, "b": Node("b", "B"), "y": Y})
    main.wires = {Wire("x", "output", "b", "x"): None, Wire("b", "y", "y", "input"): None}
    project = Project("Test", networks={"main": main, "B": block}, data=DataSource("none"))
    assert "b/x.repeat: expected no repeat of an Input, got 2. Remove it." in [
        problem.text for problem in check_project(project)["main"].problems
    ]
    block.nodes["x"] = X
    assert [p.text for p in check_project(project)["main"].problems] == [
        "b/fc.scan: expected a drawn block, which can run over time, got a Linear. "
        "Put it into a block, or remove the scan."
    ]


def test_a_block_that_nothing_comes_out_of_is_told_where_it_is_used() -> None:
    inner = Network("Inner", nodes={"x": X, "fc": Node("fc", "Linear")}, params={})
    inner.wires = {Wire("x", "output", "fc", "input"): None}
    outer = Network("Outer", nodes={"x": X, "inner": Node("inner", "Inner"), "y": Y}, params={})
    outer.wires = {
        Wire("x", "output", "inner", "x"): None,
        Wire("inner", "y", "y", "input"): None,
    }
    main = Network("main", nodes={"x": X, "outer": Node("outer", "Outer"), "y": Y})
    main.wires = {Wire("x", "output", "outer", "x"): None, Wire("outer", "y", "y", "input"): None}
    networks = {"main": main, "Outer": outer, "Inner": inner}
    project = Project("Test", networks=networks, data=DataSource("none"))
    assert [p.text for p in check_project(project)["main"].problems if p.severity == "error"] == [
        "outer/inner: expected an Output in the block, got none. Add one behind its last layer."
    ]


def test_a_broken_block_is_summed_up_as_far_as_it_is_known() -> None:
    inner = _row(X, Node("a", "Linear"), Node("b", "Linear"), Y)
    inner.wires[Wire("b", "output", "a", "input")] = None
    block = replace(inner, name="B", params={})
    main = Network("main", nodes={"x": X, "b": Node("b", "B"), "y": Y})
    main.wires = {Wire("x", "output", "b", "x"): None, Wire("b", "y", "y", "input"): None}
    project = Project("Test", networks={"main": main, "B": block}, data=DataSource("none"))
    assert summarize(project.graph()).problems


@pytest.mark.parametrize("layer", ["BatchNorm1d", "LayerNorm", "GRU"])
def test_a_repeated_layer_is_summed_up_like_its_flat_twin(layer: str) -> None:
    sequence = Node("x", "Input", {"shape": (8, 8)})
    size = {"hidden_size": 8} if layer == "GRU" else {}
    row = _row(sequence, Node("n", layer, size, repeat=3), Y)
    flat = _row(sequence, *(Node(f"n{turn}", layer, size) for turn in range(3)), Y)
    one, other = (
        summarize(Project("Test", networks={"main": main}).graph()) for main in (row, flat)
    )
    assert not one.problems
    assert (one.parameters, one.macs) == (other.parameters, other.macs)
    assert one.training_memory == other.training_memory
