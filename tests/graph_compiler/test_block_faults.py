"""Whatever is wrong with names and wires inside a block is told where the block is used."""

from __future__ import annotations

import pytest

from graph_compiler.checker import check_project
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
