"""Random drawings: nodes made a block and taken out of it again are the nodes that they were.

What must differ afterwards is nothing at all where the block is new: every name is free again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import (
    DataSource,
    Frame,
    Network,
    Node,
    Note,
    Project,
    Route,
    Value,
    Variable,
    Wire,
)
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused

KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Linear": (("input",), ("output",)),
    "ReLU": (("input",), ("output",)),
    "Add": (("input1", "input2", "input3"), ("output",)),
    "Concatenate": (("input1", "input2"), ("output",)),
    "Choice": (("input1", "input2"), ("output",)),
    "LSTM": (("input",), ("output", "h_n", "c_n")),
    "Cell": (("x", "h"), ("h_", "seen")),
}
"""Layers with the ports of theirs that are wired here."""
COLOURS = st.sampled_from(["", "", "red", "blue"])
SPOTS = st.tuples(st.integers(0, 300), st.integers(0, 120)).map(lambda p: (p[0] * 4.0, p[1] * 4.0))
ROUTES = st.builds(
    Route,
    st.lists(SPOTS, max_size=4).map(tuple),
    st.sampled_from(["", "curved", "straight", "orthogonal"]),
    st.sampled_from(["", "", "skip", "jump"]),
)
WORTHS: tuple[Value, ...] = (3, 8, "hidden", "2 * hidden", "width", "width + hidden")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document, the drawing in question, and the nodes that are to become a block."""

    document: Document
    drawing: str
    chosen: tuple[str, ...]


@st.composite
def drawings(draw: st.DrawFn) -> Drawn:
    """A network or a block, drawn at random within what files hold, and some of its nodes."""
    in_block = draw(st.booleans())
    name = "Unit" if in_block else "main"
    network = Network(name, "", params={"width": Variable("width", 8)} if in_block else None)
    network.nodes["x"] = Node("x", "Input", {"shape": (8,)}, (0.0, 0.0))
    feeds = [("x", "output")]
    inner: list[str] = []
    for number in range(draw(st.integers(2, 7))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        # Names as those that a new block would like to have for itself and its ports.
        node = draw(st.sampled_from([f"n{number}", f"block{number}", f"h_{number}"]))
        network.nodes[node] = draw(_node(node, kind, network, in_block))
        for port in KINDS[kind][0]:
            source = draw(st.sampled_from([None, *feeds, *feeds[-2:]]))
            if source is not None:
                network.wires[Wire(*source, node, port)] = None
        feeds += [(node, port) for port in KINDS[kind][1]]
        inner.append(node)
    for number, feed in enumerate(draw(st.lists(st.sampled_from(feeds), min_size=1, max_size=2))):
        network.nodes[f"y{number}"] = Node(f"y{number}", "Output", {}, (1000.0, 100.0 * number))
        network.wires[Wire(*feed, f"y{number}", "input")] = None
    for wire in sorted(network.wires):
        if (route := draw(st.just(Route()) | ROUTES)) != Route():
            network.routes[wire] = route
    for number, at in enumerate(draw(st.lists(SPOTS, max_size=3))):
        note = Note(f"note{number}", "Look.", at, (40.0, 40.0), draw(COLOURS))
        network.notes[note.name] = note
    homes: dict[str, list[str]] = {"stem": [], "head": [], "tail": []}
    for node in network.nodes:
        home = draw(st.sampled_from([None, "stem", "head"]))
        if home is not None:
            homes[home].append(node)
    for title, nodes in homes.items():
        if nodes or draw(st.booleans()):
            network.frames[title] = Frame(title, tuple(nodes), draw(COLOURS))
    start = draw(st.integers(0, len(inner) - 1))
    chosen = inner[start : start + draw(st.integers(1, 5))]
    variants = {"small": {f"{name}/{one}.bias": False for one in draw(st.sets(_of(inner)))}}
    return Drawn(_document(network, variants), name, tuple(chosen))


def _of(names: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


@st.composite
def _node(draw: st.DrawFn, name: str, kind: str, network: Network, in_block: bool) -> Node:
    params: dict[str, Value] = {}
    if kind == "Linear":
        params["out_features"] = draw(st.sampled_from(WORTHS if in_block else WORTHS[:4]))
    node = Node(
        name,
        kind,
        params,
        draw(SPOTS),
        bypassed=draw(st.sampled_from([False, False, True])),
        colour=draw(COLOURS),
    )
    alike = [one for one in network.nodes.values() if one.type == kind and not one.shares]
    way = draw(st.sampled_from(["", "", "repeat", "scan", "shares", "ties"]))
    if way == "repeat" and kind in ("Linear", "ReLU"):
        node = replace(node, repeat=draw(st.sampled_from([2, "hidden", "width"][: 2 + in_block])))
    elif way == "scan" and kind == "Cell":
        node = replace(node, scan=draw(st.sampled_from(["forward", "backward"])))
    elif way == "shares" and alike:
        node = replace(node, shares=draw(st.sampled_from(alike)).name, params={})
    elif way == "ties" and kind == "Linear" and alike:
        node = replace(node, ties={"weight": f"{draw(st.sampled_from(alike)).name}.weight"})
    return node


def _document(network: Network, variants: Mapping[str, Mapping[str, Value]]) -> Document:
    """The drawing in a project, with the block that it uses; a block is used in a network."""
    cell = Network(
        "Cell",
        nodes={
            "x": Node("x", "Input", {"shape": (4,)}),
            "h": Node("h", "Input", {"shape": (4,)}, (0.0, 200.0)),
            "both": Node("both", "Add", {}, (200.0, 0.0)),
            "h_": Node("h_", "Output", {}, (400.0, 0.0)),
            "seen": Node("seen", "Output", {}, (400.0, 200.0)),
        },
        wires={
            Wire("x", "output", "both", "input1"): None,
            Wire("h", "output", "both", "input2"): None,
            Wire("both", "output", "h_", "input"): None,
            Wire("x", "output", "seen", "input"): None,
        },
        params={},
    )
    networks = {network.name: network, "Cell": cell}
    if network.is_block:
        # What a use of the block ties to a weight inside it.
        linear = next((n for n in network.nodes.values() if n.type == "Linear"), None)
        ties = {} if linear is None else {"weight": f"unit/{linear.name}.weight"}
        networks["main"] = Network(
            "main",
            nodes={
                "inputs": Node("inputs", "Input", {"shape": (8,)}),
                "unit": Node("unit", "Unit", {"width": "hidden"}, (200.0, 0.0)),
                "fc": Node("fc", "Linear", {}, (400.0, 0.0), ties=ties),
                "logits": Node("logits", "Output", {}, (600.0, 0.0)),
            },
            wires={
                Wire("inputs", "output", "unit", "x"): None,
                Wire("unit", "y0", "fc", "input"): None,
                Wire("fc", "output", "logits", "input"): None,
            },
        )
    project = Project(
        "Test",
        networks=networks,
        variables={"hidden": Variable("hidden", 16)},
        variants=dict(variants),
        data=DataSource("none"),
    )
    # As a file holds it: what a person can come to at all.
    return Document(parse_project(project_text(project), "drawn.nns"))


@given(drawings())
@settings(max_examples=150, deadline=None)
def test_grouped_and_ungrouped_nodes_are_what_they_were(drawn: Drawn) -> None:
    document, drawing = drawn.document, drawn.drawing
    start = project_text(document.project)
    names = set(document.project.networks[drawing].nodes)
    try:
        document.do(steps.group(document, drawing, drawn.chosen))
    except Refused:
        assert project_text(document.project) == start
        return
    grouped = project_text(document.project)
    assert project_text(parse_project(grouped, "grouped.nns")) == grouped
    now = document.project.networks[drawing].nodes
    (block,) = {node.name for node in now.values() if node.type not in (*KINDS, "Input", "Output")}
    inside = document.project.networks[now[block].type]
    assert {n for n, node in inside.nodes.items() if node.type not in ("Input", "Output")} == (
        names - set(now) | ({block} & names)
    )
    document.do(steps.ungroup(document, drawing, block))
    assert project_text(document.project) == start
    document.undo()
    assert project_text(document.project) == grouped
    document.undo()
    assert project_text(document.project) == start
    assert not document.can_undo
    document.redo()
    document.redo()
    assert project_text(document.project) == start
