"""The live checker after any edits equals a fresh one, and says which nodes it changed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_compiler.checker import Checker
from graph_compiler.model import DataFacts, Network, Node, Purpose, Variable, Wire

NAMES = ("a", "b", "c", "d", "e", "f", "g", "9")
TYPES = (
    "Input", "Input", "Output", "Output", "Linear", "Linear", "Conv2d", "Flatten", "Dropout",
    "ReLU", "Step", "Softmax", "Sigmoid", "Add", "Concatenate", "MaxPool2d", "Liner",
)  # fmt: skip
PARAMS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"shape": (4,)},
    {"shape": (2,)},
    {"shape": (1, "k", 8)},
    {"out_features": 1},
    {"out_features": 4},
    {"out_features": "k"},
    {"out_features": "missing"},
    {"in_features": 4, "out_features": 3},
    {"out_channels": 2, "kernel_size": 3},
    {"dim": 1},
    {"p": 2.0},
)
PORTS = ("input", "input", "input", "input1", "input2", "side")
PURPOSES = (
    None,
    Purpose(DataFacts("iris", (4,), "class", 3)),
    Purpose(DataFacts("xor", (2,), "class", 2), "perceptron"),
    Purpose(DataFacts("xor", (2,), "class", 2), loss="bce_with_logits"),
    Purpose(DataFacts("digits", (1, 8, 8), "class", 10)),
    Purpose(DataFacts("diabetes", (4,), "value", 1), loss="mse"),
    Purpose(None, loss="bce"),
)
DISMISSED = ((), (), ("no_activation_between",), ("activation_before_loss", "not_separable"))

name = st.sampled_from(NAMES)
params = st.sampled_from(PARAMS)
wire = st.builds(
    Wire,
    name,
    st.sampled_from(("output", "output", "output", "output", "outputs")),
    name,
    st.sampled_from(PORTS),
)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("node"), name, st.sampled_from(TYPES), params),
        st.tuples(st.just("node"), name, st.sampled_from(TYPES), params),
        st.tuples(st.just("chain"), st.permutations(NAMES[:5])),
        st.tuples(st.just("drop"), name, st.booleans()),
        st.tuples(st.just("params"), name, params),
        st.tuples(st.just("dismiss"), name, st.sampled_from(DISMISSED)),
        st.tuples(st.just("bypass"), name),
        st.tuples(st.just("bypass"), name),
        st.tuples(st.just("wire"), wire),
        st.tuples(st.just("wire"), wire),
        st.tuples(st.just("unwire"), st.integers(0, 50)),
        st.tuples(st.just("variable"), st.sampled_from((None, 1, 4, 8, 2.5))),
        st.tuples(st.just("purpose"), st.sampled_from(PURPOSES)),
        st.tuples(st.just("settle")),
    ),
    max_size=40,
)


class Session:
    """A network that is edited, and the checker that is told."""

    def __init__(self) -> None:
        self.network = Network("main")
        self.variables: dict[str, Variable] = {}
        self.purpose: Purpose | None = None
        self.checker = Checker(self.network, self.variables, None)

    def node(self, name: str, type: str, params: dict[str, Any]) -> None:
        known = name in self.network.nodes
        self.network.nodes[name] = Node(name, type, params)
        (self.checker.node_changed if known else self.checker.node_added)(name)

    def params(self, name: str, params: dict[str, Any]) -> None:
        if name in self.network.nodes:
            self.network.nodes[name] = replace(self.network.nodes[name], params=params)
            self.checker.node_changed(name)

    def dismiss(self, name: str, codes: tuple[str, ...]) -> None:
        if name in self.network.nodes:
            old = self.network.nodes[name]
            self.network.nodes[name] = replace(old, dismissed=codes)
            self.checker.node_changed(name)

    def bypass(self, name: str) -> None:
        """Out of the run, or in it again; what cannot be bypassed is told as wrong."""
        if name in self.network.nodes:
            old = self.network.nodes[name]
            self.network.nodes[name] = replace(old, bypassed=not old.bypassed)
            self.checker.node_changed(name)

    def drop(self, name: str, wires_first: bool) -> None:
        if name not in self.network.nodes:
            return
        ends = [w for w in self.network.wires if name in (w.source, w.target)]
        if wires_first:
            for old in ends:
                self._unwire(old)
        del self.network.nodes[name]
        self.checker.node_removed(name)
        if not wires_first and len(ends) % 2:
            for old in ends:
                self._unwire(old)

    def wire(self, new: Wire) -> None:
        if new not in self.network.wires:
            self.network.wires[new] = None
            self.checker.wire_added(new)

    def chain(self, names: list[str]) -> None:
        for source, target in pairwise(names):
            self.wire(Wire(source, "output", target, "input"))

    def unwire(self, index: int) -> None:
        if self.network.wires:
            self._unwire(list(self.network.wires)[index % len(self.network.wires)])

    def _unwire(self, old: Wire) -> None:
        del self.network.wires[old]
        self.checker.wire_removed(old)

    def variable(self, value: Any) -> None:
        self.variables.pop("k", None)
        if value is not None:
            self.variables["k"] = Variable("k", value)
        self.checker.variables_changed()

    def set_purpose(self, purpose: Purpose | None) -> None:
        self.purpose = purpose
        self.checker.purpose_changed(purpose)

    def do(self, kind: str, *details: Any) -> None:
        if kind == "settle":
            self.settle()
        else:
            getattr(self, {"purpose": "set_purpose"}.get(kind, kind))(*details)

    def known(self) -> dict[str, object]:
        return {
            name: (self.checker.facts(name), self.checker.problems(name))
            for name in self.network.nodes
        }

    def settle(self) -> None:
        self.checker.settle()
        fresh = Checker(self.network, self.variables, self.purpose)
        assert self.checker.report() == fresh.report()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits)
def test_any_edits_leave_what_a_fresh_check_finds(steps: list[tuple[Any, ...]]) -> None:
    session = Session()
    for step in steps:
        session.do(*step)
    session.settle()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits, edits)
def test_settle_names_every_node_that_changed(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]
) -> None:
    session = Session()
    for step in before:
        session.do(*step)
    session.checker.settle()
    known = session.known()
    for step in after:
        if step[0] != "settle":
            session.do(*step)
    named = session.checker.settle()
    now = session.known()
    changed = {name for name in now if known.get(name) != now[name]}
    assert changed <= named


def straight(count: int) -> Network:
    """An input, `count` layers that keep the shape, an output."""
    network = Network("main")
    names = ["x", *(f"n{index}" for index in range(count)), "y"]
    network.nodes["x"] = Node("x", "Input", {"shape": (7,)})
    for index, name in enumerate(names[1:-1]):
        network.nodes[name] = Node(name, ("Identity", "Dropout")[index % 2])
    network.nodes["y"] = Node("y", "Output")
    for source, target in pairwise(names):
        network.wires[Wire(source, "output", target, "input")] = None
    return network


def test_ten_thousand_layers_in_a_row() -> None:
    network = straight(10_000)
    checker = Checker(network, {})
    assert checker.report().problems == ()
    network.nodes["x"] = Node("x", "Input", {"shape": (9,)})
    checker.node_changed("x")
    assert len(checker.settle()) == 10_002
    facts = checker.facts("y")
    assert facts is not None
    assert str(facts.outputs[0]) == "N×9"


def test_a_loop_of_ten_thousand_layers() -> None:
    network = straight(10_000)
    network.nodes["n0"] = Node("n0", "Add")
    del network.wires[Wire("x", "output", "n0", "input")]
    network.wires[Wire("x", "output", "n0", "input1")] = None
    checker = Checker(network, {})
    back = Wire("n9999", "output", "n0", "input2")
    network.wires[back] = None
    checker.wire_added(back)
    assert [problem.code for problem in checker.report().problems] == ["cycle"]
    del network.wires[back]
    checker.wire_removed(back)
    assert checker.report().problems == ()


def test_an_edit_without_a_new_shape_touches_one_node() -> None:
    network = straight(50)
    checker = Checker(network, {})
    checker.settle()
    network.nodes["n21"] = Node("n21", "Dropout", {"p": 0.1})
    checker.node_changed("n21")
    assert checker.settle() == {"n21"}
    assert checker.settle() == frozenset()


def test_moving_a_node_is_no_change() -> None:
    network = straight(3)
    checker = Checker(network, {})
    checker.settle()
    network.nodes["n1"] = Node("n1", network.nodes["n1"].type, {}, (40.0, 2.0))
    checker.node_changed("n1")
    assert checker.settle() == frozenset()
