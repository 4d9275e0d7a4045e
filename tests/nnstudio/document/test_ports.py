"""Ports of a block: added, renamed, typed, put in order and removed, and what follows outside."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_compiler import check_graph
from graph_compiler.blocks import ports_in, ports_out
from graph_compiler.emission import emit
from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Network, Node, Project, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps.block_ports import block_ports, wires_at


def _drawing(name: str, ends: str, wires: tuple[str, ...] = (), **types: str) -> Network:
    nodes = {}
    for word in ends.split():
        nodes[word] = Node(word, "Input" if word[0] in "abmx" else "Output")
    nodes |= {name: Node(name, type) for name, type in types.items()}
    laid = {}
    for text in wires:
        start, end = text.split(">")
        laid[Wire(*start.split("."), *end.split("."))] = None
    return Network(name, nodes=nodes, wires=laid, params={})


@pytest.fixture
def nested() -> Document:
    """`Minus` (a − b) twice in `Both`, which stands twice in the main network beside a `Minus`."""
    minus = _drawing(
        "Minus",
        "a b y",
        ("a.output>sub.input", "b.output>sub.other", "sub.output>y.input"),
        sub="Subtract",
    )
    both = _drawing(
        "Both",
        "a b y",
        (
            "a.output>one.a",
            "b.output>one.b",
            "one.y>two.a",
            "b.output>two.b",
            "two.y>y.input",
        ),
        one="Minus",
        two="Minus",
    )
    main = Network(
        "main",
        nodes={
            "left": Node("left", "Input", {"shape": (8,)}),
            "right": Node("right", "Input", {"shape": (8,)}),
            "m": Node("m", "Minus"),
            "n": Node("n", "Both"),
            "o": Node("o", "Both"),
            "answer": Node("answer", "Output"),
        },
    )
    for text in (
        "left.output>m.a",
        "right.output>m.b",
        "m.y>n.a",
        "right.output>n.b",
        "n.y>o.a",
        "left.output>o.b",
        "o.y>answer.input",
    ):
        start, end = text.split(">")
        main.wires[Wire(*start.split("."), *end.split("."))] = None
    networks = {"main": main, "Minus": minus, "Both": both}
    return Document(Project("Ports", networks=networks))


def sound(document: Document) -> bool:
    """Whether all fits, apart from whether data would."""
    return check_graph(document.project.graph()).ok


def done(document: Document, make: Callable[[], Step]) -> None:
    """Do a step, back, and again; back is exactly where it was."""
    before = copy.deepcopy(document.project)
    text = project_text(document.project)
    document.do(make())
    after = project_text(document.project)
    document.undo()
    assert project_text(document.project) == text
    assert document.project == before
    document.redo()
    assert project_text(document.project) == after
    assert parse_project(after, "again").networks.keys() == document.project.networks.keys()


def reason(make: Callable[[], Step]) -> str:
    with pytest.raises(Refused) as caught:
        make()
    return caught.value.reason


def names(document: Document, block: str, side: str) -> tuple[str, ...]:
    return tuple(port.name for port in block_ports(document.network(block), side))


def test_named_ports_take_another_order_and_every_wire_stays(nested: Document) -> None:
    wires = {name: set(one.wires) for name, one in nested.project.networks.items()}
    done(nested, lambda: steps.order_ports(nested, "Minus", ("b", "a")))
    assert nested.undo_text == "Reorder the ports of Minus"
    assert names(nested, "Minus", "in") == ("b", "a")
    assert {name: set(one.wires) for name, one in nested.project.networks.items()} == wires
    assert nested.types["Minus"].inputs[0].name == "b"
    text = emit(nested.project.graph()).text
    assert "def forward(self, b: torch.Tensor, a: torch.Tensor)" in text.replace("\n        ", "")
    done(nested, lambda: steps.order_ports(nested, "Minus", ("a", "b")))
    assert nested.network("Minus").ports == (), "the order of the names needs no mention"


def test_a_port_moves_up_and_down_to_the_end_and_no_further(nested: Document) -> None:
    done(nested, lambda: steps.move_port(nested, "Both", "in", "a", 1))
    assert names(nested, "Both", "in") == ("b", "a")
    assert reason(lambda: steps.move_port(nested, "Both", "in", "a", 1)) == "a is the last already."
    assert reason(lambda: steps.move_port(nested, "Both", "in", "b", -1)) == (
        "b is the first already."
    )


def test_a_new_port_stands_behind_or_where_it_is_wanted(nested: Document) -> None:
    done(nested, lambda: steps.add_port(nested, "Minus", "in", "aa"))
    assert names(nested, "Minus", "in") == ("a", "b", "aa")
    done(nested, lambda: steps.add_port(nested, "Minus", "in", "first", 0))
    assert names(nested, "Minus", "in") == ("first", "a", "b", "aa")
    assert nested.undo_text == "Add first to Minus"
    done(nested, lambda: steps.add_port(nested, "Minus", "out"))
    assert names(nested, "Minus", "out") == ("y", "y2")


def test_a_node_drawn_inside_is_the_last_port(nested: Document) -> None:
    done(nested, lambda: steps.add_layer(nested, "Minus", "Input", (0, 0), name="aa"))
    assert names(nested, "Minus", "in") == ("a", "b", "aa")
    done(nested, lambda: steps.delete(nested, "Minus", ("aa",)))
    assert nested.network("Minus").ports == ()


def test_a_renamed_port_keeps_its_place_and_its_wires_in_all_drawings(nested: Document) -> None:
    done(nested, lambda: steps.rename_port(nested, "Minus", "a", "zero"))
    assert names(nested, "Minus", "in") == ("zero", "b")
    assert Wire("one", "y", "two", "zero") in nested.network("Both").wires
    assert Wire("left", "output", "m", "zero") in nested.network().wires
    done(nested, lambda: steps.rename(nested, "Minus", "zero", "middle"))
    assert names(nested, "Minus", "in") == ("middle", "b")
    assert sound(nested)
    assert reason(lambda: steps.rename_port(nested, "Minus", "b", "sub")) == (
        "There is already a node “sub” in Minus. Choose another name."
    )
    assert reason(lambda: steps.rename_port(nested, "Minus", "b", "class")).startswith("“class”")


def test_a_removed_port_takes_the_wires_of_every_use(nested: Document) -> None:
    there = wires_at(nested.project, "Minus", "in", "b")
    assert [str(wire) for _, wire in there] == [
        "right.output -> m.b",
        "b.output -> one.b",
        "b.output -> two.b",
    ]
    assert [name for name, _ in there] == ["main", "Both", "Both"]
    done(nested, lambda: steps.remove_port(nested, "Minus", "b"))
    assert wires_at(nested.project, "Minus", "in", "b") == ()
    assert nested.undo_text == "Remove b from Minus"
    assert not any(wire.target_port == "b" for wire in nested.network().wires if wire.target == "m")
    assert reason(lambda: steps.remove_port(nested, "Minus", "b")) == "Minus has no port “b”."


def test_a_port_of_indices_refuses_real_numbers_where_the_block_is_used(nested: Document) -> None:
    done(nested, lambda: steps.set_port_kind(nested, "Minus", "b", "int"))
    assert [port.kind for port in block_ports(nested.network("Minus"), "in")] == ["float", "int"]
    found = {one.place: one for one in check_graph(nested.project.graph()).problems}
    assert "m.b" in found
    assert found["m.b"].code == "wrong_dtype"
    done(nested, lambda: steps.set_port_kind(nested, "Minus", "b", "float"))
    assert sound(nested)
    assert dict(nested.network("Minus").nodes["b"].params) == {}


def test_a_state_is_an_output_as_well_and_both_take_one_name(nested: Document) -> None:
    done(nested, lambda: steps.set_port_kind(nested, "Minus", "a", "state"))
    assert ports_out(nested.network("Minus")) == ("y", "a")
    assert block_ports(nested.network("Minus"), "in")[0].kind == "state"
    nested.do(steps.connect(nested, "Minus", Wire("sub", "output", "a_", "input")))
    done(nested, lambda: steps.rename_port(nested, "Minus", "a", "h"))
    assert set(nested.network("Minus").nodes) == {"h", "b", "sub", "y", "h_"}
    assert ports_out(nested.network("Minus")) == ("y", "h")
    nested.do(steps.add_layer(nested, "main", "Minus", (0, 0), name="last"))
    nested.do(steps.connect(nested, "main", Wire("last", "h", "m", "b")))
    done(nested, lambda: steps.set_port_kind(nested, "Minus", "h", "bool"))
    assert ports_out(nested.network("Minus")) == ("y", "h_out")
    assert nested.network("Minus").nodes["h"].params == {"dtype": "bool"}
    assert Wire("last", "h_out", "m", "b") in nested.network().wires


def test_what_is_no_block_has_no_ports_to_change(nested: Document) -> None:
    assert reason(lambda: steps.add_port(nested, "main", "in")) == (
        "main is no block. Only a block has ports."
    )
    nested.do(steps.add_code_layer(nested, "Gain"))
    assert reason(lambda: steps.add_port(nested, "Gain", "in")) == (
        "Gain is written in Python. Change its ports in its text."
    )
    assert reason(lambda: steps.order_ports(nested, "Minus", ("a",))) == (
        "Name each input, or each output, of Minus once."
    )
    assert reason(lambda: steps.set_port_kind(nested, "Minus", "a", "picture")) == (
        "“picture” is no type of a port. Choose one of float, int, bool, state."
    )


def test_the_order_is_kept_in_the_file_and_in_the_graph(nested: Document) -> None:
    nested.do(steps.order_ports(nested, "Minus", ("b", "a")))
    again = parse_project(project_text(nested.project), "again")
    assert again.networks["Minus"].ports == ("b", "a")
    assert ports_in(again.networks["Minus"]) == ("b", "a")
    before = emit(nested.project.graph()).text
    assert emit(again.graph()).text == before


PORT = st.sampled_from(["a", "b", "aa", "mask", "x", "x2", "y", "z", "a_", "sub"])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_run_of_changes_keeps_wires_at_ports_that_are_there_and_is_undone(
    nested: Document, data: st.DataObject
) -> None:
    document = Document(copy.deepcopy(nested.project))
    start = copy.deepcopy(document.project)
    done_steps = 0
    for _ in range(data.draw(st.integers(1, 12))):
        block = data.draw(st.sampled_from(["Minus", "Both"]))
        side = data.draw(st.sampled_from(["in", "out"]))
        here = [port.name for port in block_ports(document.network(block), side)]
        held = data.draw(st.sampled_from(here)) if here else "a"
        order_before = list(here)
        try:
            match data.draw(st.sampled_from(["add", "rename", "remove", "order", "kind", "move"])):
                case "add":
                    name = data.draw(PORT)
                    step = steps.add_port(document, block, side, name)
                    order_before.append(name)
                case "rename":
                    step = steps.rename_port(document, block, held, data.draw(PORT), side)
                    order_before = []
                case "remove":
                    step = steps.remove_port(document, block, held, side)
                    order_before.remove(held)
                case "order":
                    order_before = list(data.draw(st.permutations(here)))
                    step = steps.order_ports(document, block, order_before, side)
                case "kind":
                    step = steps.set_port_kind(
                        document, block, held, data.draw(st.sampled_from(["float", "int", "state"]))
                    )
                    order_before = []
                case _:
                    step = steps.move_port(document, block, side, held, 1)
                    order_before = []
            document.do(step)
        except Refused:
            continue
        done_steps += 1
        now = [port.name for port in block_ports(document.network(block), side)]
        if order_before and sorted(order_before) == sorted(now):
            assert now == order_before
        for network in document.project.networks.values():
            for wire in network.wires:
                for end, port, enters in (
                    (wire.source, wire.source_port, False),
                    (wire.target, wire.target_port, True),
                ):
                    inner = document.project.networks.get(network.nodes[end].type)
                    if inner is not None:
                        ports = ports_in(inner) if enters else ports_out(inner)
                        assert port in ports
    saved = project_text(document.project)
    assert project_text(parse_project(saved, "again")) == saved
    while document.can_undo:
        document.undo()
    assert document.project == start
    while document.can_redo:
        document.redo()
    assert project_text(document.project) == saved


def test_a_variable_is_no_port() -> None:
    document = Document(Project("P", networks={"main": Network("main")}))
    document.do(steps.add_block(document, "Twice"))
    document.do(steps.add_block_param(document, "Twice", Variable("k", 2)))
    assert block_ports(document.network("Twice"), "in")[0].name == "x"
