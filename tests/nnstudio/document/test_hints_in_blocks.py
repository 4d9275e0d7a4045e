"""Hints on layers inside blocks are cured and dismissed there, and the file keeps it."""

from __future__ import annotations

import itertools

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import DataSource, Network, Node, Project, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document


def chain(name: str, *types: str, block: bool = False) -> Network:
    """A row of layers from an input `x` to an output `y`."""
    made = Network(name, name.title(), params={} if block else None)
    names = ["x", *(f"{type.lower()}{place}" for place, type in enumerate(types, 1)), "y"]
    for place, (node, type) in enumerate(zip(names, ["Input", *types, "Output"], strict=True)):
        params = {"shape": (8,)} if type == "Input" else {}
        made.nodes[node] = Node(node, type, params, (200.0 * place, 0.0))
    for one, other in itertools.pairwise(names):
        port = "x" if made.nodes[other].type in ("Stem", "Body") else "input"
        out = "y" if made.nodes[one].type in ("Stem", "Body") else "output"
        made.wires[Wire(one, out, other, port)] = None
    return made


def document() -> Document:
    """Two blocks in a row, one of which holds two linear layers in a row."""
    networks = {
        "main": chain("main", "Stem", "Body"),
        "Stem": chain("Stem", "ReLU", "Linear", block=True),
        "Body": chain("Body", "Linear", "Linear", "Tanh", block=True),
    }
    return Document(Project("Test", networks=networks, data=DataSource("none")))


def texts(made: Document) -> list[str]:
    return [f"{p.code} {p.place}" for p in made.report("main").problems]


def test_each_cure_is_taken_in_the_drawing_it_belongs_to() -> None:
    made = document()
    assert texts(made) == [
        "no_activation_between body2/linear1.input",
        "no_activation_between body2/linear2.input",
    ]
    between, within = made.report("main").problems
    made.do(steps.apply_fix(made, "main", between.fixes[0]))
    assert [node.type for node in made.project.networks["main"].nodes.values()].count("ReLU") == 1
    assert texts(made) == ["no_activation_between body2/linear2.input"]
    made.do(steps.apply_fix(made, "main", within.fixes[0]))
    assert [node.type for node in made.project.networks["Body"].nodes.values()].count("ReLU") == 1
    assert texts(made) == []
    made.undo()
    assert texts(made) == ["no_activation_between body2/linear2.input"]


def test_a_hint_inside_a_block_is_dismissed_on_its_node() -> None:
    made = document()
    made.do(steps.dismiss_hint(made, "main", "body2/linear2", "no_activation_between"))
    assert made.project.networks["Body"].nodes["linear2"].dismissed == ("no_activation_between",)
    assert texts(made) == ["no_activation_between body2/linear1.input"]
    again = Document(parse_project(project_text(made.project), "a.nns"))
    assert texts(again) == ["no_activation_between body2/linear1.input"]
