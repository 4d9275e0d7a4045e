"""Every key of the canvas, on the real view."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Wire
from nnstudio.document import steps

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
Key = Qt.Key


def test_select_all_and_delete(lenet: Any, undoable: Any) -> None:
    lenet.key(Key.Key_A, CTRL)
    assert set(lenet.selected) == set(lenet.network.nodes)
    with undoable(lenet):
        lenet.key(Key.Key_Delete)
    assert lenet.network.nodes == {}
    assert lenet.canvas.empty.isVisible()
    lenet.key(Key.Key_Z, CTRL)
    assert not lenet.canvas.empty.isVisible()


def test_dissolving_heals_the_wire(lenet: Any, undoable: Any) -> None:
    lenet.click(lenet.at("relu3"))
    with undoable(lenet):
        lenet.key(Key.Key_Delete, CTRL)
    assert "relu3" not in lenet.network.nodes
    assert lenet.source("fc2") == "fc1"


def test_copy_cut_paste_and_duplicate(lenet: Any, undoable: Any) -> None:
    lenet.canvas.select(("fc1", "relu3"))
    lenet.key(Key.Key_C, CTRL)
    text = QGuiApplication.clipboard().text()
    assert set(json.loads(text)["nodes"]) == {"fc1", "relu3"}
    assert json.loads(text)["wires"] == ["fc1.output -> relu3.input"]
    lenet.move(QPoint(400, 600))
    with undoable(lenet):
        lenet.key(Key.Key_V, CTRL)
        pasted = lenet.selected
    assert len(pasted) == 2
    assert lenet.source(pasted[1]) == pasted[0]
    corner = lenet.canvas.node_rect(pasted[0]).topLeft()
    assert (corner - QPoint(400, 600)).manhattanLength() <= 6
    lenet.canvas.select(pasted)
    with undoable(lenet):
        lenet.key(Key.Key_D, CTRL)
        assert len(lenet.selected) == 2
        assert not set(lenet.selected) & set(pasted)
    lenet.canvas.select(("fc1", "relu3"))
    with undoable(lenet):
        lenet.key(Key.Key_X, CTRL)
    assert "fc1" not in lenet.network.nodes
    QGuiApplication.clipboard().setText("just words")
    before = lenet.text()
    lenet.key(Key.Key_V, CTRL)
    assert lenet.text() == before
    assert lenet.messages[-1].startswith("The clipboard holds no nodes")


def test_walking_along_the_wires(lenet: Any) -> None:
    lenet.key(Key.Key_Right)
    assert lenet.selected == ("image",), "it begins where the network begins"
    walked = []
    for _ in range(4):
        lenet.key(Key.Key_Right)
        walked.append(lenet.selected[0])
    assert walked == ["conv1", "relu1", "pool1", "conv2"]
    lenet.key(Key.Key_Left)
    assert lenet.selected == ("pool1",)
    lenet.key(Key.Key_Down)
    assert lenet.selected == ("fc2",), "the node below in the next row"
    lenet.key(Key.Key_Up)
    assert lenet.selected == ("pool1",)
    lenet.key(Key.Key_Right, SHIFT)
    assert lenet.selected == ("pool1", "conv2")


def test_walking_between_branches(make_hand: Any, make_chain: Any) -> None:
    document = make_chain(("image", "Input", {"shape": (8,)}), ("one", "Linear", {}))
    document.do(steps.add_layer(document, "main", "Linear", (200, 160), {}, "two"))
    document.do(steps.connect(document, "main", Wire("image", "output", "two", "input")))
    hand = make_hand(document)
    hand.canvas.select(("one",))
    hand.key(Key.Key_Down)
    assert hand.selected == ("two",)
    hand.key(Key.Key_Up)
    assert hand.selected == ("one",)


def test_nudging_is_one_step(lenet: Any, undoable: Any) -> None:
    lenet.canvas.select(("fc1",))
    x, y = lenet.network.nodes["fc1"].at
    with undoable(lenet):
        for _ in range(3):
            lenet.key(Key.Key_Right, ALT)
        lenet.key(Key.Key_Down, ALT | SHIFT)
    assert lenet.network.nodes["fc1"].at == (x + 12, y + 24)


def test_framing_and_zoom(lenet: Any) -> None:
    canvas = lenet.canvas
    lenet.wheel(QPoint(10, 10), 1200)
    lenet.key(Key.Key_Home)
    seen = canvas.camera.visible()
    assert seen.contains(canvas.drawing.bounds())
    canvas.select(("fc1", "relu3"))
    lenet.key(Key.Key_F)
    assert canvas.camera.visible().contains(canvas.drawing.bounds(("fc1", "relu3")))
    assert canvas.camera.zoom == 1.0
    lenet.key(Key.Key_Plus, CTRL)
    assert canvas.camera.zoom == 1.25
    lenet.key(Key.Key_Minus, CTRL)
    lenet.key(Key.Key_Minus, CTRL)
    assert abs(canvas.camera.zoom - 0.8) < 1e-9
    lenet.key(Key.Key_0, CTRL)
    assert canvas.camera.zoom == 1.0


def test_tab_opens_the_search_and_enter_appends_to_the_selected_node(
    lenet: Any, undoable: Any
) -> None:
    lenet.canvas.select(("relu3",))
    opened: list[Any] = []
    lenet.canvas.search_requested.connect(opened.append)
    with undoable(lenet):
        lenet.key(Key.Key_Tab)
        assert len(opened) == 1
        lenet.type("cnn")
        assert lenet.popup.titles()[0] == "Convolution 2D", "found by a keyword"
        for _ in range(3):
            lenet.answer(Key.Key_Backspace)
        lenet.type("dro")
        lenet.answer(Key.Key_Return)
    assert lenet.source("dropout1") == "relu3"
    assert lenet.source("fc2") == "dropout1"
    assert ("dropout1",) in lenet.selections
    assert lenet.popup is None


def test_the_search_by_arrows_mouse_and_escape(empty: Any, undoable: Any) -> None:
    empty.key(Key.Key_Tab)
    first, second = empty.popup.titles()[:2]
    empty.answer(Key.Key_Down)
    assert empty.popup.list.currentItem().text() == second
    empty.answer(Key.Key_Up)
    assert empty.popup.list.currentItem().text() == first
    empty.type("zzzz")
    assert empty.popup.titles() == []
    empty.answer(Key.Key_Return)
    assert empty.popup is not None
    empty.answer(Key.Key_Escape)
    assert empty.popup is None
    assert empty.network.nodes == {}
    with undoable(empty):
        empty.key(Key.Key_Tab)
        empty.type("input")
        item = empty.popup.list.item(0)
        place = empty.popup.list.visualItemRect(item).center()
        QTest.mouseClick(empty.popup.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(empty.network.nodes) == 1
    empty.key(Key.Key_Tab)
    empty.click(QPoint(20, 20))
    assert empty.popup is None, "a click elsewhere closes it"


def test_a_network_from_the_keyboard_alone(empty: Any) -> None:
    for word in ("Input", "Flatten", "Linear", "ReLU", "Linear", "Output"):
        empty.key(Key.Key_Tab)
        empty.type(word)
        empty.answer(Key.Key_Return)
    empty.check()
    assert [node.type for node in empty.network.nodes.values()] == [
        "Input",
        "Flatten",
        "Linear",
        "ReLU",
        "Linear",
        "Output",
    ]
    assert len(empty.network.wires) == 5
    boxes = [item.box() for item in empty.canvas.drawing.nodes.values()]
    for index, one in enumerate(boxes):
        for two in boxes[index + 1 :]:
            apart = one[2] < two[0] or two[2] < one[0] or one[3] < two[1] or two[3] < one[1]
            assert apart, "no node stands on another"
    for _ in range(6):
        empty.key(Key.Key_Z, CTRL)
    assert empty.network.nodes == {}


def test_appending_starts_a_new_row_at_the_edge_of_the_view(
    make_hand: Any, make_chain: Any
) -> None:
    hand = make_hand(make_chain(("image", "Input", {"shape": (8,)})), width=640)
    hand.canvas.frame_all()
    hand.canvas.camera.pan(-200, 0)
    hand.canvas.select(("image",))
    for _ in range(6):
        hand.canvas.append("ReLU")
    rows = {node.at[1] for node in hand.network.nodes.values()}
    assert len(rows) > 1
    assert {node.at[0] for node in hand.network.nodes.values()} & {0.0}
    hand.check()


def test_wiring_by_keyboard(make_hand: Any, make_chain: Any, undoable: Any) -> None:
    document = make_chain(("image", "Input", {"shape": (8,)}), ("fc1", "Linear", {}))
    document.do(steps.add_layer(document, "main", "ReLU", (400, 0), {}, "relu1"))
    document.do(steps.add_layer(document, "main", "Conv2d", (400, 200), {}, "conv1"))
    hand = make_hand(document)
    hand.canvas.select(("fc1",))
    with undoable(hand):
        hand.key(Key.Key_W)
        assert hand.popup.titles() == ["relu1.input"], "what does not fit is not listed"
        hand.answer(Key.Key_Return)
    assert hand.source("relu1") == "fc1"
    hand.canvas.select(())
    hand.key(Key.Key_W)
    assert hand.popup is None
    assert hand.messages[-1].startswith("Select a node first")


def test_enter_asks_for_the_inspector_and_f2_renames(lenet: Any, undoable: Any) -> None:
    asked: list[str] = []
    lenet.canvas.inspect_requested.connect(asked.append)
    lenet.canvas.select(("fc1",))
    lenet.key(Key.Key_Return)
    assert asked == ["fc1"]
    with undoable(lenet):
        lenet.key(Key.Key_F2)
        lenet.type("first dense")
        lenet.answer(Key.Key_Return)
    assert "first_dense" in lenet.network.nodes
    assert lenet.selected == ("first_dense",), "it stays selected under its new name"
    before = lenet.text()
    lenet.key(Key.Key_F2)
    lenet.popup.selectAll()
    lenet.type("fc2")
    lenet.answer(Key.Key_Return)
    assert lenet.text() == before
    assert lenet.popup is not None, "the field stays open for another name"
    assert lenet.messages[-1] == "There is already a node “fc2”. Choose another name."
    lenet.answer(Key.Key_Escape)
    assert lenet.popup is None


def test_making_a_frame_and_naming_it(lenet: Any, undoable: Any) -> None:
    lenet.canvas.select(("image", "conv1"))
    with undoable(lenet, times=2):
        lenet.key(Key.Key_F, CTRL | SHIFT)
        lenet.popup.selectAll()
        lenet.type("entry")
        lenet.answer(Key.Key_Return)
    assert set(lenet.network.frames["entry"].nodes) == {"image", "conv1"}
    assert "conv1" not in lenet.network.frames["features"].nodes


def test_fixes_from_the_keyboard(lenet: Any, undoable: Any) -> None:
    document = lenet.document
    document.do(steps.set_param(document, "main", "fc3", "out_features", 12))
    name = next(n for n, item in lenet.canvas.drawing.nodes.items() if item.face.severity)
    lenet.canvas.select((name,))
    lenet.key(Key.Key_Period, CTRL)
    popup = lenet.popup
    assert popup.objectName() == "fix_popover"
    QTest.keyClick(popup, Key.Key_Escape)
    assert lenet.popup is None
    assert not document.report().ok
    with undoable(lenet):
        lenet.key(Key.Key_Period, CTRL)
        QTest.keyClick(lenet.popup, Key.Key_Return)
    assert document.report().ok


def test_menus_for_node_wire_frame_and_void(lenet: Any, qt_guard: Any) -> None:
    qt_guard.allow("does not support grabbing the keyboard")

    def titles(place: QPoint) -> list[str]:
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, place, lenet.canvas.viewport().mapToGlobal(place)
        )
        QApplication.sendEvent(lenet.canvas.viewport(), event)
        menu = QApplication.activePopupWidget()
        found = [a.text().split("\t")[0] for a in menu.actions() if not a.isSeparator()]
        menu.close()
        QApplication.processEvents()
        return found

    node = titles(lenet.at("fc1"))
    assert node[0] == "Rename"
    assert "Dissolve" in node
    assert "Take out of frame" in node
    assert lenet.selected == ("fc1",), "the menu speaks of what is under the mouse"
    wire = titles(lenet.canvas.wire_position(lenet.wire("conv2")))
    assert wire == [
        "Insert layer…",
        "Go to pool1",
        "Go to conv2",
        "Add point",
        "Remove all points",
        "Style",
        "Show as named link…",
        "Delete wire",
    ]
    assert titles(lenet.canvas.frame_position("features")) == [
        "Rename",
        "Select its nodes",
        "Colour",
        "Remove frame, keep nodes",
    ]
    assert titles(lenet.void())[0] == "Add layer…"


def test_screen_readers_hear_the_selection(lenet: Any) -> None:
    canvas = lenet.canvas
    assert canvas.accessibleName() == "Network main, 14 nodes. Nothing selected."
    lenet.click(lenet.at("fc1"))
    assert canvas.accessibleName() == (
        "Network main, 14 nodes. Selected: fc1, Linear, output N×120, "
        "48\u2009120 parameters, from flatten, to relu3."
    )
    lenet.key(Key.Key_A, CTRL)
    assert canvas.accessibleName().startswith("Network main, 14 nodes. Selected: 14 nodes: image,")
