"""Every gesture of the mouse, on the real view: the document, the scene and undo after each."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt

from graph_compiler.model import Wire

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
MIDDLE = Qt.MouseButton.MiddleButton


def test_click_selects_ctrl_toggles_shift_adds_and_void_clears(lenet: Any) -> None:
    lenet.click(lenet.at("conv1"))
    assert lenet.selected == ("conv1",)
    lenet.click(lenet.at("relu1"), keys=CTRL)
    assert lenet.selected == ("conv1", "relu1")
    lenet.click(lenet.at("conv1"), keys=CTRL)
    assert lenet.selected == ("relu1",)
    lenet.click(lenet.at("pool1"), keys=SHIFT)
    lenet.click(lenet.at("pool1"), keys=SHIFT)
    assert lenet.selected == ("relu1", "pool1")
    lenet.click(lenet.at("relu1"))
    assert lenet.selected == ("relu1",), "a click on one of several leaves that one"
    lenet.click(lenet.void())
    assert lenet.selected == ()
    assert lenet.selections == [
        ("conv1",),
        ("conv1", "relu1"),
        ("relu1",),
        ("relu1", "pool1"),
        ("relu1",),
        (),
    ]
    assert not lenet.document.can_undo


def test_rubber_band_takes_what_it_touches(lenet: Any) -> None:
    flatten, relu3 = lenet.canvas.node_rect("flatten"), lenet.canvas.node_rect("relu3")
    lenet.drag(flatten.bottomLeft() + QPoint(-30, 60), relu3.center())
    assert set(lenet.selected) == {"flatten", "fc1", "relu3"}
    lenet.drag(
        lenet.canvas.node_rect("fc2").bottomLeft() + QPoint(-6, 70),
        lenet.canvas.node_rect("fc2").center(),
        keys=SHIFT,
    )
    assert set(lenet.selected) == {"flatten", "fc1", "relu3", "fc2"}
    start = lenet.canvas.node_rect("relu3").bottomLeft() + QPoint(-6, 90)
    lenet.press(start)
    lenet.move(start + QPoint(10, -20))
    lenet.move(lenet.canvas.node_rect("relu4").center())
    assert "relu4" in lenet.selected
    lenet.key(Qt.Key.Key_Escape)
    assert set(lenet.selected) == {"flatten", "fc1", "relu3", "fc2"}, "Esc restores the selection"
    lenet.release(start)


def test_dragging_moves_on_the_grid_in_one_step(lenet: Any, undoable: Any) -> None:
    zoom = lenet.canvas.camera.zoom
    x, y = lenet.network.nodes["logits"].at
    with undoable(lenet):
        start = lenet.at("logits")
        lenet.drag(start, start + QPoint(61, 83))
    after = lenet.network.nodes["logits"].at
    assert after[0] % 4 == 0
    assert after[1] % 4 == 0
    assert abs(after[0] - x - 61 / zoom) <= 4
    assert abs(after[1] - y - 83 / zoom) <= 4
    assert lenet.document.undo_text == "Move logits"


def test_dragging_one_of_several_moves_all(lenet: Any, undoable: Any) -> None:
    before = {name: node.at for name, node in lenet.network.nodes.items()}
    lenet.click(lenet.at("fc1"))
    lenet.click(lenet.at("relu3"), keys=CTRL)
    with undoable(lenet):
        lenet.drag(lenet.at("fc1"), lenet.at("fc1") + QPoint(40, 120))
    moved = {
        name: (node.at[0] - before[name][0], node.at[1] - before[name][1])
        for name, node in lenet.network.nodes.items()
        if node.at != before[name]
    }
    assert set(moved) == {"fc1", "relu3"}
    assert moved["fc1"] == moved["relu3"]


def test_a_dragged_node_lines_up_with_its_neighbours(lenet: Any) -> None:
    start = lenet.at("logits")
    lenet.press(start)
    lenet.move(start + QPoint(10, 10))
    lenet.move(start + QPoint(60, 3))
    assert lenet.canvas.drawing.nodes["logits"].y() == lenet.network.nodes["fc3"].at[1]
    lenet.release(start + QPoint(60, 3))
    assert lenet.network.nodes["logits"].at[1] == lenet.network.nodes["fc3"].at[1]


def test_escape_ends_the_gesture_first_and_then_the_selection(lenet: Any) -> None:
    before = lenet.text()
    start = lenet.at("conv1")
    lenet.press(start)
    lenet.move(start + QPoint(80, 80))
    lenet.key(Qt.Key.Key_Escape)
    lenet.check()
    assert lenet.selected == ("conv1",)
    lenet.release(start + QPoint(80, 80))
    assert lenet.text() == before
    lenet.key(Qt.Key.Key_Escape)
    assert lenet.selected == ()
    assert not lenet.document.can_undo


def test_a_wire_by_dragging(make_hand: Any, make_chain: Any, undoable: Any) -> None:
    hand = make_hand(make_chain(("image", "Input", {"shape": (8,)})))
    with undoable(hand):
        hand.canvas.commands.add("Linear", (240.0, 0.0))
    with undoable(hand):
        hand.drag(hand.port("image", "output"), hand.port("fc1", "input"))
    assert hand.source("fc1") == "image"
    assert hand.document.undo_text == "Connect image to fc1"


def test_a_wire_by_two_clicks_and_backwards(make_hand: Any, make_chain: Any, undoable: Any) -> None:
    hand = make_hand(make_chain(("image", "Input", {"shape": (8,)})))
    hand.canvas.commands.add("Linear", (240.0, 0.0))
    with undoable(hand):
        hand.click(hand.port("image", "output"))
        hand.move(hand.port("fc1", "input") + QPoint(-30, 20))
        hand.click(hand.port("fc1", "input"))
    assert hand.source("fc1") == "image"
    hand.key(Qt.Key.Key_Z, CTRL)
    with undoable(hand):
        hand.click(hand.port("fc1", "input"))
        hand.click(hand.port("image", "output"))
    assert hand.source("fc1") == "image"


def test_escape_drops_a_wire_begun_by_a_click(lenet: Any) -> None:
    before = lenet.text()
    lenet.click(lenet.port("fc3", "output", "out"))
    lenet.move(lenet.void() + QPoint(40, 0))
    lenet.key(Qt.Key.Key_Escape)
    lenet.click(lenet.void())
    assert lenet.text() == before
    assert lenet.popup is None


def test_fitting_ports_light_up_and_the_others_say_why_not(lenet: Any) -> None:
    lenet.press(lenet.port("fc1", "output", "out"))
    lenet.move(lenet.port("conv1", "input") + QPoint(-20, 30))
    lenet.move(lenet.port("conv1", "input"))
    nodes = lenet.canvas.drawing.nodes
    assert nodes["conv1"].marks["in", "input"] == "bad"
    assert nodes["conv2"].marks["in", "input"] == "refuses"
    assert nodes["conv2"].faded
    assert nodes["relu4"].marks["in", "input"] == "fits"
    assert not nodes["relu4"].faded
    assert lenet.canvas.card.text.startswith(
        "conv1.input: expected a node further on, got one that comes before. "
    )
    lenet.move(lenet.port("relu4", "input"))
    assert nodes["relu4"].marks["in", "input"] == "target"
    assert lenet.canvas.card.text == ""
    lenet.key(Qt.Key.Key_Escape)
    assert all(not item.marks and not item.faded for item in nodes.values())
    lenet.release(lenet.void())


def test_a_wire_that_does_not_fit_is_refused_with_expected_and_got(
    make_hand: Any, make_chain: Any, undoable: Any
) -> None:
    hand = make_hand(make_chain(("image", "Input", {"shape": (8,)})))
    hand.canvas.commands.add("Conv2d", (240.0, 0.0))
    before = hand.text()
    problem = hand.document.accepts("main", Wire("image", "output", "conv1", "input"))
    assert problem is not None
    hand.drag(hand.port("image", "output"), hand.port("conv1", "input"))
    assert hand.text() == before
    assert hand.messages == [problem.text]
    assert hand.canvas.card.text == problem.text
    assert problem.text.startswith("conv1.input: expected ")
    assert ", got " in problem.text
    with undoable(hand):
        hand.drag(hand.port("image", "output"), hand.port("conv1", "input"), keys=SHIFT)
    assert hand.source("conv1") == "image", "with Shift it is laid all the same"
    assert hand.canvas.drawing.face("conv1").severity == "error"


def test_a_wire_pulled_off_an_input_is_gone_or_goes_elsewhere(lenet: Any, undoable: Any) -> None:
    with undoable(lenet):
        lenet.drag(lenet.port("relu4", "input", "in"), lenet.void())
    assert lenet.source("relu4") is None
    assert lenet.popup is None
    lenet.key(Qt.Key.Key_Z, CTRL)
    before = lenet.text()
    lenet.drag(
        lenet.port("relu4", "input", "in"), lenet.port("relu4", "input", "in") + QPoint(2, 2)
    )
    assert lenet.text() == before, "back where it came from is no change"
    with undoable(lenet):
        lenet.drag(lenet.port("relu4", "input", "in"), lenet.port("fc3", "input"))
    assert lenet.source("relu4") is None
    assert lenet.source("fc3") == "fc2"


def test_a_wire_on_a_taken_input_replaces_the_one_there(lenet: Any, undoable: Any) -> None:
    with undoable(lenet):
        lenet.drag(lenet.port("fc1", "output", "out"), lenet.port("fc2", "input"))
    assert lenet.source("fc2") == "fc1"
    assert len([w for w in lenet.network.wires if w.target == "fc2"]) == 1


def test_a_wire_dropped_on_a_node_takes_its_first_fitting_free_input(
    make_hand: Any, make_chain: Any, undoable: Any
) -> None:
    hand = make_hand(
        make_chain(
            ("image", "Input", {"shape": (8,)}), ("relu1", "ReLU", {}), ("fc1", "Linear", {})
        )
    )
    hand.canvas.commands.add("Add", (300.0, 160.0))
    with undoable(hand):
        hand.drag(hand.port("image", "output"), hand.at("add1"))
    assert hand.source("add1", "input1") == "image"
    with undoable(hand):
        hand.drag(hand.port("relu1", "output", "out"), hand.at("add1"))
    assert hand.source("add1", "input2") == "relu1"
    before = hand.text()
    hand.drag(hand.port("image", "output"), hand.at("fc1"))
    assert hand.text() == before
    assert hand.messages[-1] == (
        "fc1: expected a free input, got one that is taken. "
        "Drop the wire on the port itself to replace it."
    )


def test_a_wire_dropped_in_the_void_offers_only_layers_that_fit(lenet: Any, undoable: Any) -> None:
    with undoable(lenet):
        lenet.drag(lenet.port("fc3", "output", "out"), QPoint(1150, 640))
        assert "Convolution 2D" not in lenet.popup.titles()
        assert "Input" not in lenet.popup.titles()
        lenet.type("drop")
        assert lenet.popup.titles()[0] == "Dropout"
        lenet.answer(Qt.Key.Key_Return)
    assert lenet.source("dropout1") == "fc3"
    assert ("dropout1",) in lenet.selections
    assert lenet.document.undo_text == "Add dropout1"
    x, y = lenet.network.nodes["dropout1"].at
    place = lenet.canvas.mapFromScene(QPointF(x, y))
    assert abs(place.x() - 1150) < 12


def test_a_wire_drawn_backwards_into_the_void_offers_what_could_feed_it(
    make_hand: Any, make_chain: Any, undoable: Any
) -> None:
    hand = make_hand(make_chain(("fc1", "Linear", {})))
    with undoable(hand):
        hand.drag(hand.port("fc1", "input"), hand.port("fc1", "input") + QPoint(-200, 40))
        assert "Output" not in hand.popup.titles()
        hand.type("input")
        hand.answer(Qt.Key.Key_Return)
    assert hand.source("fc1") in hand.network.nodes


def test_placing_on_the_void_on_a_wire_on_a_port_and_not_at_all(lenet: Any, undoable: Any) -> None:
    canvas, to_screen = lenet.canvas, lenet.canvas.viewport().mapToGlobal

    def place(type: str, where: QPoint) -> None:
        canvas.start_placing(type)
        canvas.move_placing(to_screen(QPoint(-60, 200)))
        canvas.move_placing(to_screen(lenet.void()))
        canvas.move_placing(to_screen(where))
        canvas.finish_placing(to_screen(where))

    with undoable(lenet):
        place("Dropout", QPoint(700, 620))
    assert ("dropout1",) in lenet.selections
    assert lenet.source("dropout1") is None
    assert canvas.node_rect("dropout1").contains(QPoint(700, 620))
    wire = lenet.wire("relu4")
    with undoable(lenet):
        place("Dropout", canvas.wire_position(wire))
    assert lenet.source("dropout2") == "fc2"
    assert lenet.source("relu4") == "dropout2"
    assert lenet.document.undo_text == "Insert dropout2"
    with undoable(lenet):
        place("Softmax", lenet.port("fc3", "output", "out"))
    assert lenet.source("softmax1") == "fc3"
    before = lenet.text()
    canvas.start_placing("Linear")
    canvas.move_placing(to_screen(QPoint(300, 300)))
    canvas.cancel_placing()
    place("Linear", QPoint(-40, 100))
    canvas.start_placing("Linear")
    canvas.move_placing(to_screen(QPoint(300, 300)))
    lenet.key(Qt.Key.Key_Escape)
    canvas.finish_placing(to_screen(QPoint(300, 300)))
    lenet.check()
    assert lenet.text() == before


def test_a_click_on_a_wire_selects_it_and_delete_takes_it_away(lenet: Any, undoable: Any) -> None:
    wire = lenet.wire("conv2")
    lenet.click(lenet.canvas.wire_position(wire))
    assert list(lenet.canvas.drawing.selection.wires) == [wire]
    assert lenet.canvas.drawing.wires[wire].selected
    with undoable(lenet):
        lenet.key(Qt.Key.Key_Delete)
    assert lenet.source("conv2") is None


def test_wheel_zooms_at_the_cursor(lenet: Any) -> None:
    for place, turn in ((QPoint(200, 150), 240), (QPoint(900, 500), -360), (QPoint(5, 690), 120)):
        before = lenet.canvas.mapToScene(place)
        zoom = lenet.canvas.camera.zoom
        lenet.wheel(place, turn)
        assert (lenet.canvas.camera.zoom > zoom) == (turn > 0)
        after = lenet.canvas.mapFromScene(before)
        assert (after - place).manhattanLength() <= 2
    for _ in range(40):
        lenet.wheel(QPoint(300, 300), 600)
    assert lenet.canvas.camera.zoom == 4.0
    for _ in range(80):
        lenet.wheel(QPoint(300, 300), -600)
    assert lenet.canvas.camera.zoom == 0.04
    lenet.check()
    assert not lenet.document.can_undo


def test_panning_by_middle_drag_space_drag_and_two_fingers(lenet: Any) -> None:
    canvas = lenet.canvas

    def moved(act: Any) -> QPoint:
        before = canvas.mapFromScene(QPointF(0, 0))
        act()
        return canvas.mapFromScene(QPointF(0, 0)) - before

    by = moved(lambda: lenet.drag(QPoint(500, 300), QPoint(560, 280), MIDDLE))
    assert by == QPoint(60, -20)

    def space_drag() -> None:
        from PySide6.QtTest import QTest

        QTest.keyPress(canvas, Qt.Key.Key_Space)
        lenet.drag(lenet.at("conv1"), lenet.at("conv1") + QPoint(-30, 40))
        QTest.keyRelease(canvas, Qt.Key.Key_Space)

    assert moved(space_drag) == QPoint(-30, 40)
    assert moved(lambda: lenet.wheel(QPoint(300, 300), 0, QPoint(13, -21))) == QPoint(13, -21)
    assert lenet.selected == ()
    assert not lenet.document.can_undo


def test_double_click_opens_search_rename_or_inspector(lenet: Any, undoable: Any) -> None:
    asked: list[str] = []
    lenet.canvas.inspect_requested.connect(asked.append)
    lenet.double_click(lenet.at("fc2"))
    assert asked == ["fc2"]
    with undoable(lenet):
        lenet.double_click(QPoint(700, 560))
        lenet.type("gelu")
        lenet.answer(Qt.Key.Key_Return)
    assert "gelu1" in lenet.network.nodes
    place = lenet.canvas.mapFromScene(QPointF(*lenet.network.nodes["gelu1"].at))
    assert (place - QPoint(700, 560)).manhattanLength() < 12
    with undoable(lenet):
        lenet.double_click(lenet.canvas.frame_position("features"))
        lenet.popup.selectAll()
        lenet.type("stem")
        lenet.answer(Qt.Key.Key_Return)
    assert "stem" in lenet.network.frames


def test_a_frame_moves_its_nodes_and_goes_without_them(lenet: Any, undoable: Any) -> None:
    held = set(lenet.network.frames["classifier"].nodes)
    before = {name: node.at for name, node in lenet.network.nodes.items()}
    title = lenet.canvas.frame_position("classifier")
    with undoable(lenet):
        lenet.drag(title, title + QPoint(24, 70))
    moved = {name for name, node in lenet.network.nodes.items() if node.at != before[name]}
    assert moved == held
    lenet.click(lenet.canvas.frame_position("classifier"))
    assert lenet.canvas.drawing.selection.frame == "classifier"
    with undoable(lenet):
        lenet.key(Qt.Key.Key_Delete)
    assert "classifier" not in lenet.network.frames
    assert held <= set(lenet.network.nodes)


def test_a_badge_explains_on_hover_and_fixes_on_click(lenet: Any, undoable: Any) -> None:
    from nnstudio.document import steps

    document = lenet.document
    document.do(steps.set_param(document, "main", "fc3", "out_features", 12))
    lenet.check()
    name = next(n for n, item in lenet.canvas.drawing.nodes.items() if item.face.severity)
    lenet.move(lenet.void())
    lenet.move(lenet.canvas.badge_position(name))
    problem = document.problems("main", name)[0]
    assert lenet.canvas.card.text == problem.text
    applied: list[Any] = []
    lenet.canvas.fix_applied.connect(applied.append)
    lenet.click(lenet.canvas.badge_position(name))
    assert lenet.canvas.card.text == ""
    assert f"{problem.place}: expected {problem.expected}, got {problem.got}." in (
        lenet.popup.texts()
    )
    assert problem.remedy in lenet.popup.texts()
    assert [b.label() for b in lenet.popup.buttons] == [fix.label for fix in problem.fixes]
    with undoable(lenet):
        lenet.popup.buttons[0].click()
    assert applied == [problem.fixes[0]]
    assert document.report().ok
    assert lenet.popup is None
