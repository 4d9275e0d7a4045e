"""Random edits of drawings with blocks: live checks equal fresh ones, undo all is the start."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Frame, Network, Node, Project, Route, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.clipboard import copy_text
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step

INDEX = st.integers(0, 60)
SOME = st.lists(INDEX, min_size=1, max_size=4)
DRAWING = st.integers(0, 5)
TYPES = ("Linear", "ReLU", "Add", "Choice", "Input", "Output", "LSTM", "Embedding", "Reshape")
NAMES = ("a", "b", "x", "y", "h", "h_", "fc1", "width", "cell", "i")
VALUES = (
    None,
    1,
    2,
    3,
    2.5,
    True,
    "width",
    "width + 1",
    "hidden",
    "i + 1",
    "2 * hidden",
    (8,),
    "z",
)
POINTS = st.lists(st.tuples(st.integers(-200, 1200), st.integers(-90, 300)), max_size=4).map(tuple)
STYLES = st.sampled_from(["", "straight", "orthogonal"])
LINKS = st.sampled_from(["", "", "skip", "jump"])
COUNTS = (None, 1, 2, 3, "hidden", "width - 7", "i", "0", "nobody")


def row(name: str, *nodes: Node, **more: object) -> Network:
    """Nodes wired one behind the other, through the first input and the first output of each."""
    network = Network(name, nodes={node.name: node for node in nodes}, **more)
    for one, other in pairwise(nodes):
        source = "y" if one.type == "Unit" else "output"
        target = "x" if other.type == "Unit" else "input"
        network.wires[Wire(one.name, source, other.name, target)] = None
    return network


def start() -> Document:
    """A network with two uses of a block, one repeated, another network, a cell under a scan."""
    main = row(
        "main",
        Node("inputs", "Input", {"shape": (8,)}, (0.0, 0.0)),
        Node("fc1", "Linear", {"out_features": "hidden"}, (200.0, 0.0)),
        Node("unit1", "Unit", {"width": "hidden"}, (400.0, 0.0), repeat=2),
        Node("relu1", "ReLU", {}, (600.0, 0.0)),
        Node("unit2", "Unit", {"width": 12}, (800.0, 0.0)),
        Node("logits", "Output", {}, (1000.0, 0.0)),
        frames={"body": Frame("body", ("unit1", "relu1"))},
    )
    unit = row(
        "Unit",
        Node("x", "Input", {"shape": (8,)}, (0.0, 0.0)),
        Node("fc1", "Linear", {"out_features": "2 * width"}, (200.0, 0.0)),
        Node("relu1", "ReLU", {}, (400.0, 0.0)),
        Node("fc2", "Linear", {"out_features": "width"}, (600.0, 0.0)),
        Node("y", "Output", {}, (800.0, 0.0)),
        params={"width": Variable("width", 8, "units", 1.0)},
    )
    cell = Network(
        "Cell",
        nodes={
            node.name: node
            for node in (
                Node("x", "Input", {"shape": (4,)}, (0.0, 0.0)),
                Node("h", "Input", {"shape": (4,)}, (0.0, 200.0)),
                Node("both", "Add", {}, (200.0, 0.0)),
                Node("h_", "Output", {}, (400.0, 0.0)),
            )
        },
        wires={
            Wire("x", "output", "both", "input1"): None,
            Wire("h", "output", "both", "input2"): None,
            Wire("both", "output", "h_", "input"): None,
        },
        params={},
    )
    other = row(
        "second",
        Node("words", "Input", {"shape": (5, 4)}, (0.0, 0.0)),
        Node("read", "Cell", {}, (200.0, 0.0), scan="forward"),
        Node("last", "Output", {}, (400.0, 0.0)),
    )
    other.wires = {
        Wire("words", "output", "read", "x"): None,
        Wire("read", "last_h", "last", "input"): None,
    }
    drawings = (main, unit, cell, other)
    return Document(
        Project(
            "Test",
            networks={one.name: one for one in drawings},
            variables={"hidden": Variable("hidden", 8)},
            variants={"small": {"hidden": 4, "main/unit2.width": 6, "Unit/fc1.bias": False}},
        )
    )


class Structures(RuleBasedStateMachine):
    """Steps on networks and blocks alike, with undo and redo among them."""

    @initialize()
    def begin(self) -> None:
        self.document = start()
        self.start = project_text(self.document.project)

    def try_step(self, make: object) -> bool:
        """Do a step; one that is refused changes nothing and says so in a sentence."""
        before = project_text(self.document.project)
        try:
            step = make()
            assert isinstance(step, Step)
            assert project_text(self.document.project) == before
            self.document.do(step)
        except Refused as refused:
            reason = refused.reason
        else:
            return True
        assert project_text(self.document.project) == before
        assert reason.endswith((".", "?"))
        return False

    def drawing(self, index: int) -> str:
        names = sorted(self.document.project.networks)
        return names[index % len(names)]

    def block(self, index: int) -> str:
        networks = self.document.project.networks
        names = sorted(name for name, one in networks.items() if one.is_block) or ["Nobody"]
        return names[index % len(names)]

    def node(self, drawing: str, index: int) -> str:
        names = sorted(self.document.project.networks[drawing].nodes)
        return names[index % len(names)] if names else "nobody"

    def nodes(self, drawing: str, indices: list[int]) -> list[str]:
        return [self.node(drawing, index) for index in indices]

    def beside(self, drawing: str, first: int, count: int) -> list[str]:
        """Nodes that follow one another along wires, so that groups are often possible."""
        network = self.document.project.networks[drawing]
        found = [self.node(drawing, first)]
        for _ in range(count):
            after = sorted(wire.target for wire in network.wires if wire.source == found[-1])
            if not after:
                break
            found.append(after[0])
        return found

    # nodes and wires

    @rule(drawing=DRAWING, type=st.integers(0, 30))
    def add(self, drawing: int, type: int) -> None:
        d = self.drawing(drawing)
        types = (*TYPES, self.block(type), self.block(type + 1))
        self.try_step(lambda: steps.add_layer(self.document, d, types[type % len(types)], (0, 400)))

    @rule(drawing=DRAWING, after=INDEX, type=st.integers(0, 30))
    def append(self, drawing: int, after: int, type: int) -> None:
        d = self.drawing(drawing)
        types = (*TYPES, self.block(type))
        self.try_step(
            lambda: steps.append_layer(
                self.document, d, self.node(d, after), types[type % len(types)]
            )
        )

    @rule(drawing=DRAWING, first=INDEX, second=INDEX, out=INDEX, into=INDEX)
    def connect(self, drawing: int, first: int, second: int, out: int, into: int) -> None:
        d = self.drawing(drawing)
        source, target = self.node(d, first), self.node(d, second)
        exits, entries = ["output", "last_h"], ["input"]
        if self.document.project.networks[d].nodes:
            before, after = self.document.layer(d, source), self.document.layer(d, target)
            exits += before.outputs if before else ()
            entries += [
                f"{port.name}{1 + into % 3}" if port.many else port.name
                for port in (after.inputs if after else ())
            ]
        wire = Wire(source, exits[out % len(exits)], target, entries[into % len(entries)])
        self.try_step(lambda: steps.connect(self.document, d, wire))

    @rule(drawing=DRAWING, nodes=SOME, heal=st.booleans())
    def delete(self, drawing: int, nodes: list[int], heal: bool) -> None:
        d = self.drawing(drawing)
        do = steps.dissolve if heal else steps.delete
        self.try_step(lambda: do(self.document, d, self.nodes(d, nodes[:2])))

    @rule(drawing=DRAWING, node=INDEX, new=st.sampled_from(NAMES))
    def rename(self, drawing: int, node: int, new: str) -> None:
        d = self.drawing(drawing)
        self.try_step(lambda: steps.rename(self.document, d, self.node(d, node), new))

    @rule(drawing=DRAWING, node=INDEX, type=st.integers(0, 30))
    def replace(self, drawing: int, node: int, type: int) -> None:
        d = self.drawing(drawing)
        types = (*TYPES, self.block(type))
        self.try_step(
            lambda: steps.replace_type(
                self.document, d, self.node(d, node), types[type % len(types)]
            )
        )

    @rule(drawing=DRAWING, node=INDEX, param=INDEX, value=st.sampled_from(VALUES))
    def set_param(self, drawing: int, node: int, param: int, value: object) -> None:
        d = self.drawing(drawing)
        name = self.node(d, node)
        known = self.document.project.networks[d].nodes.get(name)
        layer = self.document.layer(d, name) if known else None
        params = [one.name for one in layer.params] if layer else []
        title = params[param % len(params)] if params else "nothing"
        self.try_step(lambda: steps.set_param(self.document, d, name, title, value))

    @rule(drawing=DRAWING, wire=INDEX, points=POINTS, style=STYLES, link=LINKS)
    def route(
        self, drawing: int, wire: int, points: tuple[tuple[int, int], ...], style: str, link: str
    ) -> None:
        d = self.drawing(drawing)
        wires = sorted(self.document.project.networks[d].wires)
        if wires:
            look = Route(points, style, link)
            chosen = wires[wire % len(wires)]
            self.try_step(lambda: steps.set_route(self.document, d, chosen, look))

    @rule(drawing=DRAWING, at=st.sampled_from([(0, 0), (210.5, 30), (400, 50), (900, 400)]))
    def note(self, drawing: int, at: tuple[float, float]) -> None:
        d = self.drawing(drawing)
        self.try_step(lambda: steps.add_note(self.document, d, at, "Here.", (60, 40), "blue"))

    @rule(drawing=DRAWING, nodes=SOME, out=st.booleans())
    def bypass(self, drawing: int, nodes: list[int], out: bool) -> None:
        d = self.drawing(drawing)
        self.try_step(lambda: steps.set_bypassed(self.document, d, self.nodes(d, nodes[:2]), out))
        self.try_step(lambda: steps.set_colour(self.document, d, self.nodes(d, nodes), "red"))

    @rule(drawing=DRAWING, other=DRAWING, nodes=SOME)
    def paste(self, drawing: int, other: int, nodes: list[int]) -> None:
        d, o = self.drawing(drawing), self.drawing(other)
        self.try_step(
            lambda: steps.paste(
                self.document, o, copy_text(self.document, d, self.nodes(d, nodes)), (0, 600)
            )
        )

    # structure

    @rule(drawing=DRAWING, nodes=SOME, count=st.sampled_from(COUNTS))
    def repeat(self, drawing: int, nodes: list[int], count: object) -> None:
        d = self.drawing(drawing)
        self.try_step(lambda: steps.set_repeat(self.document, d, self.nodes(d, nodes[:2]), count))

    @rule(drawing=DRAWING, node=INDEX, scan=st.sampled_from(["", "forward", "backward"]))
    def scan(self, drawing: int, node: int, scan: str) -> None:
        d = self.drawing(drawing)
        self.try_step(lambda: steps.set_scan(self.document, d, self.node(d, node), scan))

    @rule(drawing=DRAWING, node=INDEX, other=INDEX, own=st.booleans())
    def share(self, drawing: int, node: int, other: int, own: bool) -> None:
        d = self.drawing(drawing)
        with_ = "" if own else self.node(d, other)
        self.try_step(lambda: steps.set_shares(self.document, d, self.node(d, node), with_))

    @rule(
        drawing=DRAWING,
        node=INDEX,
        other=INDEX,
        inside=st.sampled_from(["", "/fc1", "/fc2"]),
        own=st.booleans(),
    )
    def tie(self, drawing: int, node: int, other: int, inside: str, own: bool) -> None:
        d = self.drawing(drawing)
        target = None if own else f"{self.node(d, other)}{inside}.weight"
        self.try_step(lambda: steps.set_tie(self.document, d, self.node(d, node), "weight", target))

    @rule(drawing=DRAWING, first=INDEX, count=st.integers(0, 3), frame=st.booleans())
    def frame(self, drawing: int, first: int, count: int, frame: bool) -> None:
        d = self.drawing(drawing)
        self.try_step(
            lambda: steps.add_frame(self.document, d, self.beside(d, first, count), "body")
        )

    @rule(drawing=DRAWING, first=INDEX, count=st.integers(0, 3), more=st.lists(INDEX, max_size=1))
    def group_and_back(self, drawing: int, first: int, count: int, more: list[int]) -> None:
        d = self.drawing(drawing)
        before = project_text(self.document.project)
        held = {*self.beside(d, first, count), *self.nodes(d, more)}
        nodes = set(self.document.project.networks[d].nodes)
        if not self.try_step(lambda: steps.group(self.document, d, held)):
            return
        (new,) = set(self.document.project.networks[d].nodes) - nodes or {""}
        if not new:
            return
        self.agree()
        self.document.do(steps.ungroup(self.document, d, new))
        assert project_text(self.document.project) == before

    @rule(drawing=DRAWING, first=INDEX, count=st.integers(0, 3))
    def group(self, drawing: int, first: int, count: int) -> None:
        d = self.drawing(drawing)
        self.try_step(lambda: steps.group(self.document, d, self.beside(d, first, count)))

    @rule(drawing=DRAWING, node=INDEX)
    def ungroup(self, drawing: int, node: int) -> None:
        d = self.drawing(drawing)
        used = [
            one.name
            for one in self.document.project.networks[d].nodes.values()
            if one.type in self.document.project.networks
        ]
        name = sorted(used)[node % len(used)] if used else self.node(d, node)
        self.try_step(lambda: steps.ungroup(self.document, d, name))

    # drawings

    @rule(name=st.sampled_from(["Unit", "Half", "linear", "9", "Linear"]), block=st.booleans())
    def add_drawing(self, name: str, block: bool) -> None:
        add = steps.add_block if block else steps.add_network
        if len(self.document.project.networks) < 8:
            self.try_step(lambda: add(self.document, name))

    @rule(drawing=DRAWING, new=st.sampled_from(["Unit", "Other", "other", "second", "Cell"]))
    def rename_drawing(self, drawing: int, new: str) -> None:
        self.try_step(lambda: steps.rename_drawing(self.document, self.drawing(drawing), new))

    @rule(drawing=DRAWING)
    def duplicate_drawing(self, drawing: int) -> None:
        if len(self.document.project.networks) < 8:
            self.try_step(lambda: steps.duplicate_drawing(self.document, self.drawing(drawing)))

    @rule(drawing=DRAWING, about=st.sampled_from(["", "Doubles it."]))
    def describe(self, drawing: int, about: str) -> None:
        d = self.drawing(drawing)
        self.try_step(lambda: steps.describe_drawing(self.document, d, about))
        self.try_step(lambda: steps.set_title(self.document, d, about))

    @rule(drawing=DRAWING)
    def delete_drawing(self, drawing: int) -> None:
        self.try_step(lambda: steps.delete_drawing(self.document, self.drawing(drawing)))

    @rule(drawing=DRAWING, name=st.sampled_from(NAMES), value=st.sampled_from([1, 8, 0.5, "sum"]))
    def set_block_param(self, drawing: int, name: str, value: object) -> None:
        d, param = self.block(drawing), Variable(name, value)
        if not self.try_step(lambda: steps.set_block_param(self.document, d, param)):
            self.try_step(lambda: steps.add_block_param(self.document, d, param))

    @rule(drawing=DRAWING, old=st.sampled_from(NAMES), new=st.sampled_from([*NAMES, "hidden"]))
    def rename_block_param(self, drawing: int, old: str, new: str) -> None:
        d = self.block(drawing)
        self.try_step(lambda: steps.rename_block_param(self.document, d, old, new))

    @rule(drawing=DRAWING, name=st.sampled_from(NAMES))
    def remove_block_param(self, drawing: int, name: str) -> None:
        self.try_step(lambda: steps.remove_block_param(self.document, self.block(drawing), name))

    @rule(drawing=DRAWING, port=st.sampled_from(NAMES), new=st.sampled_from(NAMES))
    def ports(self, drawing: int, port: str, new: str) -> None:
        d = self.block(drawing)
        self.try_step(lambda: steps.rename_port(self.document, d, port, new))

    @rule(drawing=DRAWING, port=st.sampled_from(NAMES), side=st.sampled_from(["in", "out", ""]))
    def add_or_remove_port(self, drawing: int, port: str, side: str) -> None:
        d = self.block(drawing)
        if side:
            self.try_step(lambda: steps.add_port(self.document, d, side, port))
        else:
            self.try_step(lambda: steps.remove_port(self.document, d, port))

    # surroundings

    @rule(value=st.sampled_from([1, 2, 8, 12, 0.5]))
    def set_variable(self, value: object) -> None:
        self.try_step(lambda: steps.set_variable(self.document, Variable("hidden", value)))

    @rule(old=st.sampled_from(["hidden", "width"]), new=st.sampled_from(["hidden", "width", "b"]))
    def rename_variable(self, old: str, new: str) -> None:
        self.try_step(lambda: steps.rename_variable(self.document, old, new))

    @rule(index=INDEX, drawing=DRAWING)
    def fix(self, index: int, drawing: int) -> None:
        d = self.drawing(drawing)
        fixes = [fix for problem in self.document.report(d).problems for fix in problem.fixes]
        if fixes:
            fix = fixes[index % len(fixes)]
            self.try_step(lambda: steps.apply_fix(self.document, d, fix))

    @rule()
    def variant(self) -> None:
        self.try_step(lambda: steps.apply_variant(self.document, "small"))

    @rule(count=st.integers(1, 3))
    def undo(self, count: int) -> None:
        for _ in range(count):
            self.document.undo()

    @rule(count=st.integers(1, 3))
    def redo(self, count: int) -> None:
        for _ in range(count):
            self.document.redo()

    @precondition(lambda self: self.document.can_undo)
    @rule()
    def there_and_back(self) -> None:
        end = project_text(self.document.project)
        count = 0
        while self.document.can_undo:
            self.document.undo()
            count += 1
        assert project_text(self.document.project) == self.start
        for _ in range(count):
            self.document.redo()
        assert project_text(self.document.project) == end

    @rule(drawing=DRAWING)
    def emit(self, drawing: int) -> None:
        """What can be emitted comes out the same after the way to the disk and back."""
        d = self.drawing(drawing)
        if not self.document.project.networks[d].is_block:
            text = project_text(self.document.project)
            saved = Document(parse_project(text, "saved"))
            assert self.document.source(d) == saved.source(d)

    @invariant()
    def agree(self) -> None:
        text = project_text(self.document.project)
        fresh = Document(parse_project(text, "saved"))
        assert project_text(fresh.project) == text
        for name in self.document.project.networks:
            live, new = self.document.report(name), fresh.report(name)
            assert live.nodes == new.nodes, name
            assert sorted(map(str, live.problems)) == sorted(map(str, new.problems)), name


Structures.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class TestStructures(Structures.TestCase):
    """Runs in `make test`, briefly."""


class LongStructures(Structures):
    """The same for longer."""


LongStructures.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
@pytest.mark.timeout(1800)
class TestLongStructures(LongStructures.TestCase):
    """Runs in `make test-slow`."""
