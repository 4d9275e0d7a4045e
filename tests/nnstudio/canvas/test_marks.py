"""Nodes that are blocks, stand in a row, run over time or use others' weights, as they are seen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt

from graph_compiler.blocks import holders
from graph_compiler.model import Network, Node, Project, Variable, Wire
from nnstudio.canvas.fits import usable
from nnstudio.canvas.scene import NetworkScene
from nnstudio.document import steps
from nnstudio.document.document import Document


def wired(*pairs: tuple[str, str, str, str]) -> dict[Wire, None]:
    return dict.fromkeys(Wire(*pair) for pair in pairs)


def cell() -> Network:
    """h' = tanh(x·W + h·U), with the state `h` going in again."""
    nodes = (
        Node("x", "Input", {"shape": (4,)}),
        Node("h", "Input", {"shape": ("units",)}, (0.0, 120.0)),
        Node("w", "Linear", {"out_features": "units"}, (200.0, 0.0)),
        Node("u", "Linear", {"out_features": "units"}, (200.0, 120.0)),
        Node("sum", "Add", {}, (400.0, 0.0)),
        Node("h_", "Output", {}, (600.0, 0.0)),
    )
    wires = wired(
        ("x", "output", "w", "input"), ("h", "output", "u", "input"),
        ("w", "output", "sum", "input1"), ("u", "output", "sum", "input2"),
        ("sum", "output", "h_", "input"),
    )  # fmt: skip
    return Network(
        "Cell", "", {node.name: node for node in nodes}, wires,
        params={"units": Variable("units", 8)}, about="A simple recurrent cell.",
    )  # fmt: skip


def built() -> Document:
    """A scan over a sequence, a row of three layers, one that shares, one that is tied."""
    nodes = (
        Node("words", "Input", {"shape": (6, 4)}),
        Node("rnn", "Cell", {"units": 5}, (200.0, 0.0), scan="backward"),
        Node("mix", "Linear", {"out_features": 5}, (440.0, 0.0), repeat="turns"),
        Node("one", "Linear", {"out_features": 5}, (640.0, 0.0)),
        Node("two", "Linear", {"out_features": 5}, (840.0, 0.0), shares="one"),
        Node("three", "Linear", {"out_features": 5}, (1040.0, 0.0), ties={"weight": "one.weight"}),
        Node("y", "Output", {}, (1240.0, 0.0)),
    )
    wires = wired(
        ("words", "output", "rnn", "x"), ("rnn", "h", "mix", "input"),
        ("mix", "output", "one", "input"), ("one", "output", "two", "input"),
        ("two", "output", "three", "input"), ("three", "output", "y", "input"),
    )  # fmt: skip
    main = Network("main", "", {node.name: node for node in nodes}, wires)
    return Document(
        Project(
            networks={"main": main, "Cell": cell()},
            variables={"turns": Variable("turns", 3)},
        )
    )


def rest(hand: Any, node: str) -> str:
    """What a card says after the mouse has rested on a node."""
    hand.move(hand.at(node) - QPoint(0, 8))
    hand.canvas.mouse.rest()
    return str(hand.canvas.card.text)


def test_faces_tell_how_nodes_are_built(make_hand: Any) -> None:
    hand = make_hand(built(), width=1600)
    face = hand.canvas.drawing.face
    assert [one for one in hand.network.nodes if face(one).marks.block] == ["rnn"]
    assert face("rnn").marks.scan == "backward"
    assert [port.name for port in face("rnn").outputs] == ["h", "last_h"]
    assert (face("mix").marks.turns, face("mix").marks.turns_from) == ("×3", "turns")
    assert [(row.label, row.value) for row in face("two").rows if row.linked] == [("as", "one")]
    assert [(row.label, row.value) for row in face("three").rows if row.linked] == [
        ("weight", "one.weight")
    ]
    assert face("one").marks == face("y").marks
    hand.check()


def test_marks_are_told_in_words(make_hand: Any) -> None:
    hand = make_hand(built(), width=1600)
    assert rest(hand, "rnn") == (
        "Cell: A simple recurrent cell.\n"
        "Runs over the steps of a sequence, from the last to the first.\n"
        "Inside: x, h, w, u, sum, h_.\n"
        "Enter or a double-click opens it."
    )
    assert rest(hand, "mix").endswith(
        "\nStands 3 times in a row, by turns; every turn has its own weights."
    )
    assert rest(hand, "two").endswith("\nUses the module of one, weights and all.")
    assert rest(hand, "three").endswith("\nIts weight is one.weight.")
    hand.click(hand.at("rnn"))
    assert "rnn, Cell, a block, over time backwards, output" in hand.canvas.accessibleName()


def test_the_number_of_turns_follows_variables_and_undo(make_hand: Any, undoable: Any) -> None:
    hand = make_hand(built(), width=1600)
    hand.canvas.setFocus()
    with undoable(hand):
        hand.document.do(steps.set_variable(hand.document, Variable("turns", 7)))
        assert hand.canvas.drawing.face("mix").marks.turns == "×7"
    with undoable(hand):
        hand.document.do(steps.set_repeat(hand.document, "main", "one", None))
        hand.document.do(steps.set_scan(hand.document, "main", "rnn", "forward"), "g")


def test_blocks_follow_what_is_said_of_them_elsewhere(make_hand: Any) -> None:
    hand = make_hand(built(), width=1600)
    document = hand.document
    document.do(steps.rename_drawing(document, "Cell", "Unit"))
    assert hand.canvas.drawing.face("rnn").title == "Unit"
    document.do(steps.rename_block_param(document, "Unit", "units", "size"))
    assert [row.label for row in hand.canvas.drawing.face("rnn").rows] == ["size"]
    hand.check()
    document.undo()
    document.undo()
    hand.check()


def test_enter_and_double_click_ask_for_the_inside_of_a_block_alone(make_hand: Any) -> None:
    hand = make_hand(built(), width=1600)
    opened: list[str] = []
    inspected: list[str] = []
    hand.canvas.open_requested.connect(opened.append)
    hand.canvas.inspect_requested.connect(inspected.append)
    hand.double_click(hand.at("rnn"))
    hand.key(Qt.Key.Key_Return)
    assert (opened, inspected) == (["rnn", "rnn"], [])
    hand.double_click(hand.at("one"))
    assert (opened, inspected) == (["rnn", "rnn"], ["one"])


def test_escape_leaves_only_when_nothing_else_is_to_end(make_hand: Any) -> None:
    hand = make_hand(built(), width=1600)
    left: list[int] = []
    hand.canvas.leave_requested.connect(lambda: left.append(1))
    hand.click(hand.at("one"))
    hand.key(Qt.Key.Key_Tab)
    hand.answer(Qt.Key.Key_Escape)
    assert (hand.popup, hand.selected, left) == (None, ("one",), [])
    hand.key(Qt.Key.Key_Escape)
    assert (hand.selected, left) == ((), [])
    hand.key(Qt.Key.Key_Escape)
    assert left == [1]


def test_every_level_of_detail_shows_turns_and_blocks(make_hand: Any) -> None:
    hand = make_hand(built(), width=1600)
    scene = hand.canvas.drawing

    def picture(node: str) -> Any:
        return hand.canvas.grab(hand.canvas.node_rect(node).adjusted(-6, -6, 12, 12)).toImage()

    for zoom in (1.0, 0.4, 0.2):
        hand.canvas.zoom_reset()
        hand.canvas.camera.zoom_to(zoom)
        hand.canvas.camera.centre_on(scene.bounds(("mix",)).center())
        before = picture("mix")
        hand.document.do(steps.set_repeat(hand.document, "main", "mix", None))
        assert picture("mix") != before
        hand.document.undo()
        assert picture("mix") == before


def test_a_drawing_is_not_offered_inside_itself(make_hand: Any) -> None:
    document = built()
    assert holders(document.project.networks, "Cell") == {"Cell"}
    document.do(steps.add_block(document, "Outer"))
    document.do(steps.add_layer(document, "Outer", "Cell", (100.0, 0.0)))
    assert holders(document.project.networks, "Cell") == {"Cell", "Outer"}
    inside = NetworkScene(document, "Cell")
    assert {"Cell", "Outer"}.isdisjoint(usable(inside))
    inside.dispose()
    scene = make_hand(document, width=1600).canvas.drawing
    assert {"Cell", "Outer", "Linear"} <= set(usable(scene))


def test_ctrl_g_groups_and_ctrl_shift_g_takes_apart(make_hand: Any, undoable: Any) -> None:
    hand = make_hand(built(), width=1600)
    hand.canvas.select(("mix",))
    with undoable(hand):
        hand.key(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
        (made,) = hand.selected
        assert hand.canvas.drawing.face(made).marks.block
    hand.canvas.select((made,))
    with undoable(hand):
        keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        hand.key(Qt.Key.Key_G, keys)
        assert "mix" in hand.selected
