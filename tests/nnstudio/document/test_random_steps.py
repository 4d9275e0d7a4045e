"""Whatever is done, in whatever order: undo all is the start, redo all is the end, checks agree."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from graph_compiler.checker import check_project
from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Frame, Network, Node, Project, Route, Variable, Wire
from graph_compiler.registry import layers
from nnstudio.document import steps
from nnstudio.document.clipboard import copy_text
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.events import Event, HistoryChanged

TYPES = sorted(layers())
PLACES = st.tuples(st.integers(-400, 1200), st.integers(-300, 300))
POINTS = st.lists(st.tuples(st.floats(-500, 1500), st.integers(-300, 300)), max_size=4).map(tuple)
STYLES = st.sampled_from(["", "", "straight", "orthogonal", "wavy"])
LINKS = st.sampled_from(["", "", "skip", "x" * 99])
GESTURES = st.sampled_from(["", "", "drag", "scrub"])
INDEX = st.integers(0, 50)


def start() -> Document:
    """A small network with a variable, a variant and a frame."""
    nodes = (
        Node("inputs", "Input", {"shape": (8,)}, (0.0, 0.0)),
        Node("fc1", "Linear", {"out_features": "2 * hidden"}, (200.0, 0.0)),
        Node("relu1", "ReLU", {}, (400.0, 0.0)),
        Node("logits", "Output", {}, (600.0, 0.0)),
    )
    names = [node.name for node in nodes]
    network = Network(
        "main",
        "Mlp",
        {node.name: node for node in nodes},
        {Wire(a, "output", b, "input"): None for a, b in pairwise(names)},
        {"body": Frame("body", ("fc1", "relu1"))},
    )
    small = {"hidden": 4, "main/fc1.bias": False}
    variables = {"hidden": Variable("hidden", 16)}
    return Document(
        Project("Test", networks={"main": network}, variables=variables, variants={"small": small})
    )


class Mirror:
    """A listener that keeps nodes and wires by events alone, as the canvas does."""

    def __init__(self, document: Document) -> None:
        network = document.network()
        self.document = document
        self.nodes = set(network.nodes)
        self.wires = set(network.wires)
        self.routes = dict(network.routes)
        self.notes: dict[str, object] = dict(network.notes)
        self.facts = {name: document.facts("main", name) for name in network.nodes}
        document.subscribe(self.hear)

    def hear(self, event: Event) -> None:
        match type(event).__name__:
            case "NodeAdded":
                assert event.node not in self.nodes
                self.nodes.add(event.node)
            case "NodeRemoved":
                self.nodes.remove(event.node)
                self.facts.pop(event.node, None)
            case "NodeRenamed":
                self.nodes.remove(event.old)
                self.nodes.add(event.new)
                self.facts.pop(event.old, None)
                self.wires = {
                    Wire(
                        event.new if wire.source == event.old else wire.source,
                        wire.source_port,
                        event.new if wire.target == event.old else wire.target,
                        wire.target_port,
                    )
                    for wire in self.wires
                }
                self.routes = dict(self.document.network().routes)
            case "WireAdded":
                assert event.wire not in self.wires
                self.wires.add(event.wire)
                self.look_at(event.wire)
            case "WireRemoved":
                self.wires.remove(event.wire)
                self.routes.pop(event.wire, None)
            case "RouteChanged":
                self.look_at(event.wire)
            case "NoteChanged":
                self.notes[event.name] = self.document.network().notes.get(event.name)
            case "ReportChanged":
                for name in event.nodes & set(self.document.network().nodes):
                    self.facts[name] = self.document.facts("main", name)

    def look_at(self, wire: Wire) -> None:
        self.routes.pop(wire, None)
        if (route := self.document.network().routes.get(wire)) is not None:
            self.routes[wire] = route


class RandomSteps(RuleBasedStateMachine):
    """Random steps with random gestures, undo and redo among them."""

    @initialize()
    def begin(self) -> None:
        self.document = start()
        self.start = project_text(self.document.project)
        self.mirror = Mirror(self.document)
        self.saved = self.start

    def try_step(self, make: object, gesture: str = "") -> None:
        """Do a step; one that is refused changes nothing."""
        before = project_text(self.document.project)
        heard: list[Event] = []
        stop = self.document.subscribe(heard.append)
        try:
            step = make()
            assert isinstance(step, Step)
            assert project_text(self.document.project) == before
            self.document.do(step, gesture)
        except Refused:
            assert project_text(self.document.project) == before
            assert not heard
        finally:
            stop()
        if heard:
            assert isinstance(heard[-1], HistoryChanged)

    def node(self, index: int) -> str:
        names = sorted(self.document.network().nodes)
        return names[index % len(names)] if names else "nobody"

    def wire(self, index: int) -> Wire:
        wires = sorted(self.document.network().wires)
        return wires[index % len(wires)] if wires else Wire("nobody", "output", "nobody", "input")

    @rule(type=st.sampled_from(TYPES), at=PLACES)
    def add(self, type: str, at: tuple[int, int]) -> None:
        self.try_step(lambda: steps.add_layer(self.document, "main", type, at))

    @rule(type=st.sampled_from(TYPES), after=INDEX)
    def append(self, type: str, after: int) -> None:
        self.try_step(lambda: steps.append_layer(self.document, "main", self.node(after), type))

    @rule(type=st.sampled_from(TYPES), wire=INDEX)
    def insert(self, type: str, wire: int) -> None:
        self.try_step(lambda: steps.insert_on_wire(self.document, "main", self.wire(wire), type))

    @rule(first=INDEX, second=INDEX, port=st.sampled_from(["input", "input1", "input2", "x"]))
    def connect(self, first: int, second: int, port: str) -> None:
        wire = Wire(self.node(first), "output", self.node(second), port)
        self.try_step(lambda: steps.connect(self.document, "main", wire))

    @rule(nodes=st.lists(INDEX, max_size=4), wires=st.lists(INDEX, max_size=2), heal=st.booleans())
    def delete(self, nodes: list[int], wires: list[int], heal: bool) -> None:
        names = [self.node(index) for index in nodes]
        if heal:
            self.try_step(lambda: steps.dissolve(self.document, "main", names))
        else:
            loose = [self.wire(index) for index in wires]
            self.try_step(lambda: steps.delete(self.document, "main", names, loose))

    @rule(nodes=st.lists(INDEX, max_size=3), at=PLACES, gesture=GESTURES)
    def move(self, nodes: list[int], at: tuple[int, int], gesture: str) -> None:
        places = {self.node(index): (at[0] + index, at[1]) for index in nodes}
        self.try_step(lambda: steps.move(self.document, "main", places), gesture)

    @rule(node=INDEX, new=st.sampled_from(["a", "b", "fc1", "Hidden layer", "class", "", "9"]))
    def rename(self, node: int, new: str) -> None:
        self.try_step(lambda: steps.rename(self.document, "main", self.node(node), new))

    @rule(
        node=INDEX,
        param=st.sampled_from(["out_features", "kernel_size", "bias", "p", "shape", "dim"]),
        value=st.sampled_from(
            [
                None,
                1,
                1.0,
                True,
                False,
                3,
                0.5,
                "hidden",
                "hidden + 1",
                "nobody",
                "1 +",
                (3, 5),
                (8,),
            ]
        ),
        gesture=GESTURES,
    )
    def set_param(self, node: int, param: str, value: object, gesture: str) -> None:
        self.try_step(
            lambda: steps.set_param(self.document, "main", self.node(node), param, value), gesture
        )

    @rule(node=INDEX, type=st.sampled_from(TYPES))
    def replace(self, node: int, type: str) -> None:
        self.try_step(lambda: steps.replace_type(self.document, "main", self.node(node), type))

    @rule(node=INDEX, param=st.sampled_from(["out_features", "kernel_size"]))
    def make_variable(self, node: int, param: str) -> None:
        self.try_step(lambda: steps.make_variable(self.document, "main", self.node(node), param))

    @rule(name=st.sampled_from(["hidden", "width", "9"]), value=st.sampled_from([1, 2, 1.0, True]))
    def set_variable(self, name: str, value: object) -> None:
        self.try_step(lambda: steps.set_variable(self.document, Variable(name, value)), "scrub")

    @rule(index=INDEX, new=st.sampled_from(["units", "hidden", "width"]))
    def rename_variable(self, index: int, new: str) -> None:
        names = sorted(self.document.project.variables) or ["nobody"]
        old = names[index % len(names)]
        self.try_step(lambda: steps.rename_variable(self.document, old, new))

    @rule(index=INDEX)
    def remove_variable(self, index: int) -> None:
        names = sorted(self.document.project.variables) or ["nobody"]
        old = names[index % len(names)]
        self.try_step(lambda: steps.remove_variable(self.document, old))

    @rule(nodes=st.lists(INDEX, max_size=3), name=st.sampled_from([None, "body", "head"]))
    def frame(self, nodes: list[int], name: str | None) -> None:
        names = [self.node(index) for index in nodes]
        self.try_step(lambda: steps.add_frame(self.document, "main", names, name))

    @rule(nodes=st.lists(INDEX, max_size=3), kind=st.sampled_from(["nodes", "rename", "remove"]))
    def change_frame(self, nodes: list[int], kind: str) -> None:
        frames = sorted(self.document.network().frames) or ["nobody"]
        names = [self.node(index) for index in nodes]
        match kind:
            case "nodes":
                make = lambda: steps.set_frame_nodes(self.document, "main", frames[0], names)  # noqa: E731
            case "rename":
                make = lambda: steps.rename_frame(self.document, "main", frames[0], "stem")  # noqa: E731
            case _:
                make = lambda: steps.remove_frame(self.document, "main", frames[0])  # noqa: E731
        self.try_step(make)

    @rule(nodes=st.lists(INDEX, min_size=1, max_size=4), twice=st.booleans())
    def paste(self, nodes: list[int], twice: bool) -> None:
        names = [self.node(index) for index in nodes]
        document, notes = self.document, sorted(self.document.network().notes)[:2]
        if twice:
            self.try_step(lambda: steps.duplicate(document, "main", names, notes))
        else:
            self.try_step(
                lambda: steps.paste(
                    document, "main", copy_text(document, "main", names, notes), (0, 400)
                )
            )

    @rule(wire=INDEX, points=POINTS, style=STYLES, link=LINKS, gesture=GESTURES)
    def route(
        self,
        wire: int,
        points: tuple[tuple[float, float], ...],
        style: str,
        link: str,
        gesture: str,
    ) -> None:
        look = Route(points, style, link)
        self.try_step(
            lambda: steps.set_route(self.document, "main", self.wire(wire), look), gesture
        )

    @rule(wire=INDEX, first=INDEX, second=INDEX, port=st.sampled_from(["input", "input2", "x"]))
    def rewire(self, wire: int, first: int, second: int, port: str) -> None:
        old = self.wire(wire)
        new = Wire(self.node(first), "output", self.node(second), port)
        self.try_step(lambda: steps.rewire(self.document, "main", old, new))

    @rule(nodes=st.lists(INDEX, min_size=1, max_size=3), out=st.booleans())
    def bypass(self, nodes: list[int], out: bool) -> None:
        names = [self.node(index) for index in nodes]
        errors = {(p.node, p.port, p.code) for p in self.document.report().problems}
        undone = self.document.undo_text
        self.try_step(lambda: steps.set_bypassed(self.document, "main", names, out))
        if out and self.document.undo_text != undone:
            found = {
                (p.node, p.port, p.code)
                for p in self.document.report().problems
                if p.severity == "error"
            }
            assert found <= errors

    @rule(nodes=st.lists(INDEX, max_size=3), colour=st.sampled_from(["", "blue", "red", "no name"]))
    def colour(self, nodes: list[int], colour: str) -> None:
        names = [self.node(index) for index in nodes]
        self.try_step(lambda: steps.set_colour(self.document, "main", names, colour))

    @rule(
        index=INDEX,
        at=PLACES,
        what=st.sampled_from(["add", "write", "move", "size", "remove"]),
        gesture=GESTURES,
    )
    def note(self, index: int, at: tuple[int, int], what: str, gesture: str) -> None:
        names = sorted(self.document.network().notes) or ["nobody"]
        name = names[index % len(names)]
        document = self.document
        match what:
            case "add":
                make = lambda: steps.add_note(document, "main", at, "A", name="Note")  # noqa: E731
            case "write":
                make = lambda: steps.edit_note(document, "main", name, text=f"{at}")  # noqa: E731
            case "move":
                make = lambda: steps.move_notes(document, "main", {name: at})  # noqa: E731
            case "size":
                make = lambda: steps.edit_note(document, "main", name, size=at, colour="red")  # noqa: E731
            case _:
                make = lambda: steps.remove_note(document, "main", name)  # noqa: E731
        self.try_step(make, gesture)

    @rule(nodes=st.lists(INDEX, max_size=3), by=PLACES, gesture=GESTURES)
    def move_alike(self, nodes: list[int], by: tuple[int, int], gesture: str) -> None:
        drawn = self.document.network()
        names = {self.node(index) for index in nodes} & set(drawn.nodes)
        places, notes = (
            {name: (one.at[0] + by[0], one.at[1] + by[1]) for name, one in lying.items()}
            for lying in ({name: drawn.nodes[name] for name in names}, drawn.notes)
        )
        self.try_step(lambda: steps.move(self.document, "main", places, notes), gesture)

    @rule(seed=st.integers(0, 3), name=st.sampled_from(["Test", "Other", ""]))
    def surroundings(self, seed: int, name: str) -> None:
        data = dataclasses.replace(self.document.project.data, seed=seed)
        self.try_step(lambda: steps.set_data(self.document, data))
        self.try_step(lambda: steps.set_name(self.document, name))
        self.try_step(lambda: steps.set_title(self.document, "main", name))

    @rule()
    def variant(self) -> None:
        self.try_step(lambda: steps.apply_variant(self.document, "small"))

    @rule(index=INDEX)
    def fix(self, index: int) -> None:
        fixes = [fix for problem in self.document.report().problems for fix in problem.fixes]
        if fixes:
            fix = fixes[index % len(fixes)]
            self.try_step(lambda: steps.apply_fix(self.document, "main", fix))

    @rule(count=st.integers(1, 4))
    def undo(self, count: int) -> None:
        for _ in range(count):
            self.document.undo()

    @rule(count=st.integers(1, 4))
    def redo(self, count: int) -> None:
        for _ in range(count):
            self.document.redo()

    @rule()
    def save(self) -> None:
        self.document.mark_saved()
        self.saved = project_text(self.document.project)

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
        source = self.document.source()
        saved = Document(parse_project(end, "saved")).source()
        assert source == saved

    @invariant()
    def clean_means_as_saved(self) -> None:
        if not self.document.dirty:
            assert project_text(self.document.project) == self.saved

    @invariant()
    def checks_agree(self) -> None:
        purpose = self.document.purpose
        fresh = check_project(self.document.project, purpose)["main"]
        live = self.document.report()
        assert live.nodes == fresh.nodes
        assert sorted(map(str, live.problems)) == sorted(map(str, fresh.problems))

    @invariant()
    def events_tell_everything(self) -> None:
        network = self.document.network()
        assert self.mirror.nodes == set(network.nodes)
        assert self.mirror.wires == set(network.wires)
        facts = {name: self.document.facts("main", name) for name in network.nodes}
        assert {name: self.mirror.facts.get(name) for name in network.nodes} == facts
        assert self.mirror.routes == network.routes
        assert {name: note for name, note in self.mirror.notes.items() if note} == network.notes

    @invariant()
    def every_route_is_that_of_a_wire_and_says_something(self) -> None:
        network = self.document.network()
        assert network.routes.keys() <= network.wires.keys()
        assert Route() not in network.routes.values()

    @invariant()
    def frames_hold_nodes_that_exist_once(self) -> None:
        network = self.document.network()
        held = [name for frame in network.frames.values() for name in frame.nodes]
        assert len(held) == len(set(held))
        assert set(held) <= set(network.nodes)


RandomSteps.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class TestRandomSteps(RandomSteps.TestCase):
    """Runs in `make test`, briefly."""


class LongRandomSteps(RandomSteps):
    """The same for longer."""


LongRandomSteps.TestCase.settings = settings(
    max_examples=300, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
class TestLongRandomSteps(LongRandomSteps.TestCase):
    """Runs in `make test-slow`."""
