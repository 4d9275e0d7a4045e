"""Points, styles, links and cuts of wires by mouse and by keyboard."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Route, Wire
from nnstudio.canvas.hits import hit
from nnstudio.canvas.routing import WireLook, breadth
from nnstudio.document import steps

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
RIGHT = Qt.MouseButton.RightButton


def wire_of(hand: Any, target: str) -> Wire:
    found = hand.wire(target)
    assert found is not None
    return found


def points(hand: Any, target: str) -> tuple[tuple[float, float], ...]:
    return hand.network.routes.get(wire_of(hand, target), Route()).points


def seen(hand: Any, place: tuple[float, float]) -> QPoint:
    return hand.canvas.mapFromScene(QPointF(*place))


def spread(hand: Any) -> None:
    """Room between conv1 and what follows, so that there is a wire to take hold of."""
    hand.click(hand.at("conv1"))
    hand.key(Key.Key_BracketRight)
    hand.click(hand.at("conv1"), keys=CTRL)
    for _ in range(8):
        hand.key(Key.Key_Right, ALT | SHIFT)
    hand.click(hand.void())
    hand.key(Key.Key_Home)


def test_a_wire_is_bent_by_dragging_it(lenet: Any, undoable: Any) -> None:
    spread(lenet)
    wire = wire_of(lenet, "relu1")
    start = lenet.canvas.wire_position(wire)
    with undoable(lenet):
        lenet.drag(start, start + QPoint(0, 60))
        selection = lenet.canvas.drawing.selection
        assert (selection.wire, selection.point) == (wire, 0)
    ((x, y),) = points(lenet, "relu1")
    assert (x % 4, y % 4) == (0, 0)
    goal = lenet.canvas.mapToScene(start + QPoint(0, 60))
    assert abs(x - goal.x()) <= 2
    assert abs(y - goal.y()) <= 2
    assert lenet.document.undo_text == "Add a point to the wire"
    assert lenet.canvas.drawing.wires[wire].path.distance((x, y)) < 1


def test_a_point_is_added_moved_and_removed_by_the_mouse(lenet: Any, undoable: Any) -> None:
    spread(lenet)
    place = lenet.canvas.wire_position(wire_of(lenet, "relu1"))
    with undoable(lenet):
        lenet.double_click(place)
    (first,) = points(lenet, "relu1")
    with undoable(lenet):
        lenet.drag(seen(lenet, first), seen(lenet, first) + QPoint(0, 40))
    (moved,) = points(lenet, "relu1")
    assert moved[1] > first[1]
    assert lenet.document.undo_text == "Move a point of the wire"
    with undoable(lenet):
        lenet.double_click(seen(lenet, moved))
    assert points(lenet, "relu1") == ()
    assert lenet.document.undo_text == "Remove a point of the wire"


def test_points_from_the_keyboard_alone(lenet: Any, undoable: Any) -> None:
    spread(lenet)
    lenet.click(lenet.at("relu1"))
    lenet.key(Key.Key_E)
    wire = wire_of(lenet, "relu1")
    assert lenet.canvas.drawing.selection.wire == wire
    with undoable(lenet):
        lenet.key(Key.Key_R)
    assert len(points(lenet, "relu1")) == 1
    lenet.key(Key.Key_R)
    assert len(points(lenet, "relu1")) == 2
    assert lenet.canvas.drawing.selection.point in (0, 1)
    lenet.key(Key.Key_Left)
    chosen = lenet.canvas.drawing.selection.point
    before = points(lenet, "relu1")[chosen]
    with undoable(lenet):
        lenet.key(Key.Key_Down, ALT)
        lenet.key(Key.Key_Down, ALT)
    assert points(lenet, "relu1")[chosen] == (before[0], before[1] + 8)
    lenet.key(Key.Key_Delete)
    assert len(points(lenet, "relu1")) == 1
    lenet.key(Key.Key_Delete)
    assert points(lenet, "relu1") == ()
    assert wire in lenet.network.wires, "the points go before the wire"
    lenet.key(Key.Key_Delete)
    assert wire not in lenet.network.wires


def test_escape_gives_a_bend_up(lenet: Any) -> None:
    spread(lenet)
    before = lenet.text()
    wire = wire_of(lenet, "relu1")
    path = lenet.canvas.drawing.wires[wire].path
    start = lenet.canvas.wire_position(wire)
    lenet.press(start)
    lenet.move(start + QPoint(0, 30))
    lenet.move(start + QPoint(0, 60))
    assert lenet.canvas.drawing.wires[wire].path != path
    lenet.key(Key.Key_Escape)
    lenet.release(start + QPoint(0, 60))
    assert lenet.text() == before
    assert lenet.canvas.drawing.wires[wire].path == path
    lenet.check()


def test_points_go_along_when_both_ends_move(lenet: Any, undoable: Any) -> None:
    spread(lenet)
    place = lenet.canvas.wire_position(wire_of(lenet, "relu1"))
    lenet.double_click(place)
    ((x, y),) = points(lenet, "relu1")
    lenet.click(lenet.at("conv1"))
    lenet.click(lenet.at("relu1"), keys=SHIFT)
    at = lenet.network.nodes["conv1"].at
    start = lenet.at("conv1")
    with undoable(lenet):
        lenet.press(start)
        lenet.move(start + QPoint(10, 10))
        lenet.move(start + QPoint(0, 80))
        shown = lenet.canvas.drawing.wires[wire_of(lenet, "relu1")].points
        lenet.release(start + QPoint(0, 80))
    now = lenet.network.nodes["conv1"].at
    assert points(lenet, "relu1") == ((x + now[0] - at[0], y + now[1] - at[1]),)
    assert shown == points(lenet, "relu1"), "while it is dragged, too"


def test_tidying_takes_the_points_back_in_the_same_step(lenet: Any, undoable: Any) -> None:
    spread(lenet)
    lenet.double_click(lenet.canvas.wire_position(wire_of(lenet, "relu1")))
    assert points(lenet, "relu1")
    with undoable(lenet):
        lenet.click(lenet.void())
        lenet.key(Key.Key_L, CTRL)
        lenet.canvas.arrange.stop()
    assert points(lenet, "relu1") == ()
    assert lenet.document.undo_text.startswith("Tidy ")


def test_replacing_keeps_what_fits_and_tells_what_it_dropped(lenet: Any, undoable: Any) -> None:
    with undoable(lenet):
        lenet.canvas.commands.replace_type("pool1", "AvgPool2d")
    assert "Kept kernel_size." in lenet.messages
    assert lenet.source("pool1") == "relu1"
    assert lenet.source("conv2") == "pool1"
    with undoable(lenet):
        lenet.canvas.commands.replace_type("fc1", "ReLU")
    assert "Dropped out_features." in lenet.messages
    assert lenet.source("fc1") == "flatten"


def test_styles_for_all_wires_and_for_one(lenet: Any, undoable: Any) -> None:
    scene = lenet.canvas.drawing
    wire = wire_of(lenet, "conv2")
    curved = scene.wires[wire].path
    scene.routing.wear(WireLook("straight"))
    assert len(scene.wires[wire].path.segments) == 1
    scene.routing.wear(WireLook("orthogonal"))
    orthogonal = scene.wires[wire].path
    assert orthogonal != curved
    scene.routing.wear(WireLook())
    assert scene.wires[wire].path == curved
    with undoable(lenet):
        lenet.canvas.wires.set_style((wire,), "straight")
    assert lenet.network.routes[wire] == Route(style="straight")
    start = scene.port(wire.source, "out", wire.source_port)
    end = scene.port(wire.target, "in", wire.target_port)
    assert scene.wires[wire].path.segments == ((start, end, end),)


def test_wires_are_as_thick_as_what_flows_along(lenet: Any) -> None:
    scene = lenet.canvas.drawing
    wide, narrow = wire_of(lenet, "relu1"), wire_of(lenet, "logits")
    assert scene.wires[wide].breadth == 0
    scene.routing.wear(WireLook(by_size=True))
    # conv1 gives 6×28×28 numbers, the last layer ten.
    assert scene.wires[wide].breadth > scene.wires[narrow].breadth + 1
    facts = lenet.document.facts("main", "conv1")
    assert scene.wires[wide].breadth == breadth(facts.outputs[0])
    scene.routing.wear(WireLook())
    assert scene.wires[wide].breadth == 0


def test_a_wire_becomes_a_named_link_and_a_line_again(lenet: Any, undoable: Any) -> None:
    wire = wire_of(lenet, "conv2")
    lenet.click(lenet.canvas.wire_position(wire))
    lenet.key(Key.Key_L)
    assert lenet.popup.text() == "pool1"
    lenet.popup.selectAll()
    with undoable(lenet):
        lenet.type("skip one")
        lenet.answer(Key.Key_Return)
    assert lenet.network.routes[wire] == Route(link="skip one")
    assert lenet.document.undo_text == "Show the wire as link skip one"
    out, into = lenet.canvas.drawing.wires[wire].stubs
    assert (out.side, into.side) == ("out", "in")
    nodes = lenet.canvas.drawing.nodes
    assert out.tag[1] >= nodes["pool1"].box()[3], "no tag covers a node"
    assert into.tag[3] <= nodes["conv2"].box()[1]
    middle = lenet.canvas.drawing.wires[wire].path.middle()
    assert hit(lenet.canvas.drawing, *middle, 1.0).wire != wire, "there is no line any more"
    lenet.key(Key.Key_L)
    assert wire not in lenet.network.routes
    assert lenet.canvas.drawing.wires[wire].stubs == ()


def test_a_click_on_a_stub_leads_to_the_other_end(lenet: Any) -> None:
    wire = wire_of(lenet, "conv2")
    lenet.canvas.wires.set_link(wire, "skip")
    lenet.canvas.zoom_reset()
    lenet.canvas.go_to("pool1")
    out = lenet.canvas.drawing.wires[wire].stubs[0]
    before = lenet.text()
    lenet.click(seen(lenet, ((out.tag[0] + out.tag[2]) / 2, (out.tag[1] + out.tag[3]) / 2)))
    middle = lenet.canvas.viewport().rect().center()
    assert (lenet.canvas.node_rect("conv2").center() - middle).manhattanLength() <= 4
    assert lenet.canvas.drawing.selection.wire == wire
    assert lenet.text() == before
    lenet.key(Key.Key_Return)
    assert (lenet.canvas.node_rect("conv2").center() - middle).manhattanLength() <= 4


def test_a_link_without_a_name_is_refused(lenet: Any) -> None:
    wire = wire_of(lenet, "conv2")
    assert not lenet.canvas.wires.set_link(wire, "  ")
    assert lenet.messages[-1] == "A link needs a name, so that both ends can be told."
    assert wire not in lenet.network.routes


def test_cutting_several_wires_with_alt(lenet: Any, undoable: Any) -> None:
    spread(lenet)
    one = lenet.canvas.wire_position(wire_of(lenet, "relu1"))
    gone = wire_of(lenet, "relu1")
    with undoable(lenet):
        lenet.press(one - QPoint(0, 40), keys=ALT)
        lenet.move(one)
        lenet.move(one + QPoint(0, 40))
        assert lenet.canvas.card.text == "Cuts 1 wire"
        lenet.release(one + QPoint(0, 40), keys=ALT)
    assert gone not in lenet.network.wires
    assert lenet.document.undo_text == "Cut 1 wire"


def test_cutting_with_ctrl_and_the_right_button_and_escape(lenet: Any, undoable: Any) -> None:
    spread(lenet)
    one = lenet.canvas.wire_position(wire_of(lenet, "relu1"))
    before = lenet.text()
    lenet.press(one - QPoint(0, 40), RIGHT, CTRL)
    lenet.move(one + QPoint(0, 40))
    assert lenet.canvas.drawing.wires[wire_of(lenet, "relu1")].draft == "refused"
    lenet.key(Key.Key_Escape)
    lenet.release(one + QPoint(0, 40), RIGHT, CTRL)
    assert lenet.text() == before
    assert lenet.canvas.drawing.wires[wire_of(lenet, "relu1")].draft == ""
    with undoable(lenet):
        lenet.drag(one - QPoint(0, 40), one + QPoint(0, 40), RIGHT, CTRL)
    assert lenet.wire("relu1") is None


def test_all_wires_of_what_is_selected_come_off(lenet: Any, undoable: Any) -> None:
    lenet.click(lenet.at("conv2"))
    with undoable(lenet):
        lenet.canvas.wires.take_off()
    assert lenet.wire("conv2") is None
    assert lenet.document.undo_text == "Cut 2 wires"


def test_every_port_is_wired_and_freed_by_keyboard(lenet: Any, undoable: Any) -> None:
    lenet.click(lenet.at("conv2"))
    lenet.key(Key.Key_W, SHIFT)
    assert lenet.popup.titles() == ["input (input)", "output (output)"]
    lenet.type("input")
    lenet.answer(Key.Key_Return)
    assert lenet.popup.titles()[0] == "Take the wire from pool1 off"
    with undoable(lenet):
        lenet.answer(Key.Key_Return)
    assert lenet.wire("conv2") is None
    lenet.key(Key.Key_W, SHIFT)
    lenet.type("input")
    lenet.answer(Key.Key_Return)
    assert "pool1.output" in lenet.popup.titles()
    assert not any(title.startswith("fc") for title in lenet.popup.titles()), "only what fits"
    with undoable(lenet):
        lenet.type("pool1")
        lenet.answer(Key.Key_Return)
    assert lenet.source("conv2") == "pool1"


def test_a_layer_is_inserted_on_a_chosen_wire_by_keyboard(lenet: Any, undoable: Any) -> None:
    lenet.click(lenet.at("conv2"))
    lenet.key(Key.Key_I)
    assert lenet.popup.titles() == ["conv2 → relu2", "pool1 → conv2"]
    lenet.answer(Key.Key_Down)
    lenet.answer(Key.Key_Return)
    with undoable(lenet):
        lenet.type("BatchNorm2d")
        lenet.answer(Key.Key_Return)
    name = lenet.source("conv2")
    assert lenet.network.nodes[name].type == "BatchNorm2d"
    assert lenet.source(name) == "pool1"


def test_inputs_change_places_by_keyboard(make_hand: Any, make_chain: Any, undoable: Any) -> None:
    document = make_chain(("image", "Input", {"shape": (8,)}), ("relu1", "ReLU", {}))
    document.do(steps.add_layer(document, "main", "Add", (400, 0), {}, "join"))
    for number, source in enumerate(("image", "relu1"), 1):
        wire = Wire(source, "output", "join", f"input{number}")
        document.do(steps.connect(document, "main", wire))
    document.do(steps.set_route(document, "main", wire, Route(style="straight")))
    hand = make_hand(document)
    hand.canvas.drawing.selection.set(wires=(wire,))
    with undoable(hand):
        hand.key(Key.Key_Up, CTRL | SHIFT)
    assert hand.source("join", "input1") == "relu1"
    assert hand.source("join", "input2") == "image"
    moved = Wire("relu1", "output", "join", "input1")
    hand.canvas.drawing.selection.set(wires=(moved,))
    assert hand.network.routes == {moved: Route(style="straight")}
    hand.key(Key.Key_Up, CTRL | SHIFT)
    assert hand.messages[-1] == "join has no further input on that side."


def test_the_shape_stands_on_a_wire_that_has_room_for_it(lenet: Any) -> None:
    spread(lenet)
    lenet.canvas.zoom_reset()
    lenet.canvas.go_to("conv1")
    QApplication.processEvents()
    item = lenet.canvas.drawing.wires[wire_of(lenet, "relu1")]
    lenet.canvas.viewport().grab()
    assert item._label_at is not None
    assert item.label == "N×6×28×28"
    short = lenet.canvas.drawing.wires[wire_of(lenet, "pool1")]
    assert short._label_at is None
    lenet.canvas.drawing.routing.wear(WireLook(shapes=False))
    assert not item.shapes


def test_following_a_link_does_not_count_as_half_a_double_click(lenet: Any) -> None:
    wire = wire_of(lenet, "conv2")
    lenet.canvas.wires.set_link(wire, "skip")
    lenet.canvas.zoom_reset()
    lenet.canvas.go_to("pool1")
    out = lenet.canvas.drawing.wires[wire].stubs[0]
    place = seen(lenet, ((out.tag[0] + out.tag[2]) / 2, (out.tag[1] + out.tag[3]) / 2))
    before = lenet.text()
    lenet.click(place)
    QTest.mouseDClick(lenet.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert lenet.popup is None
    assert lenet.text() == before
