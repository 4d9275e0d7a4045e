"""Selections that take more than a click, and the small picture in the corner."""

from __future__ import annotations

from typing import Any

import networkx as nx
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Wire
from nnstudio.canvas.look import look

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def graph(hand: Any) -> Any:
    made = nx.DiGraph()
    made.add_edges_from((wire.source, wire.target) for wire in hand.network.wires)
    return made


def test_everything_before_and_after_by_key(lenet: Any) -> None:
    lenet.click(lenet.at("pool2"))
    lenet.key(Key.Key_BracketLeft)
    assert set(lenet.selected) == nx.ancestors(graph(lenet), "pool2") | {"pool2"}
    assert lenet.selected[-1] == "pool2", "keys go on from where they were"
    lenet.click(lenet.at("pool2"))
    lenet.key(Key.Key_BracketRight)
    assert set(lenet.selected) == nx.descendants(graph(lenet), "pool2") | {"pool2"}
    lenet.click(lenet.at("fc1"))
    lenet.key(Key.Key_Left, CTRL | SHIFT)
    lenet.key(Key.Key_Right, CTRL | SHIFT)
    assert set(lenet.selected) == set(lenet.network.nodes)
    lenet.key(Key.Key_Escape)
    lenet.key(Key.Key_BracketLeft)
    assert lenet.messages[-1] == "Select a node first."


def test_the_same_type_and_the_inverse(lenet: Any) -> None:
    lenet.click(lenet.at("conv1"))
    lenet.key(Key.Key_S)
    nodes = lenet.network.nodes
    assert set(lenet.selected) == {n for n, one in nodes.items() if one.type == "Conv2d"}
    chosen = set(lenet.selected)
    lenet.key(Key.Key_I, CTRL | SHIFT)
    assert set(lenet.selected) == set(nodes) - chosen


def test_shift_and_a_rubber_band_extend_the_selection(lenet: Any) -> None:
    lenet.click(lenet.at("image"))
    box = lenet.canvas.node_rect("fc3")
    lenet.drag(box.bottomRight() + QPoint(14, 14), box.center(), keys=SHIFT)
    assert set(lenet.selected) == {"image", "fc3"}


def test_wires_of_a_node_in_turn(lenet: Any) -> None:
    lenet.click(lenet.at("conv2"))
    seen = []
    for _ in range(3):
        lenet.key(Key.Key_E)
        seen.append(lenet.canvas.drawing.selection.wire)
    into = Wire("pool1", "output", "conv2", "input")
    out = Wire("conv2", "output", "relu2", "input")
    assert seen == [into, out, into]
    lenet.key(Key.Key_E, SHIFT)
    assert lenet.canvas.drawing.selection.wire == out
    assert lenet.canvas.accessibleName().endswith("Selected: wire from conv2 to relu2.")


def test_a_menu_for_a_wire_by_keyboard(lenet: Any, qt_guard: Any) -> None:
    qt_guard.allow("does not support grabbing the keyboard")
    lenet.click(lenet.at("conv2"))
    lenet.key(Key.Key_E)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    QApplication.sendEvent(lenet.canvas.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert menu.actions()[1].text() == "Go to pool1"
    menu.close()


def test_the_minimap_moves_the_view_by_click_and_drag(lenet: Any) -> None:
    canvas = lenet.canvas
    minimap = canvas.minimap
    assert not minimap.isVisible(), "everything is seen anyway"
    canvas.zoom_reset()
    canvas.go_to("image")
    assert minimap.isVisible()
    x, y = canvas.drawing.bounds(("logits",)).center().toTuple()
    place = minimap.place_of(x, y).toPoint()
    QTest.mouseClick(minimap, LEFT, pos=place)
    middle = canvas.mapToScene(canvas.viewport().rect().center())
    scale = minimap.place_of(1, 0).x() - minimap.place_of(0, 0).x()
    assert abs(middle.x() - x) <= 2 / scale
    QTest.mousePress(minimap, LEFT, pos=place)
    QTest.mouseMove(minimap, place - QPoint(40, 0))
    QApplication.processEvents()
    QTest.mouseRelease(minimap, LEFT, pos=place - QPoint(40, 0))
    now = canvas.mapToScene(canvas.viewport().rect().center())
    assert abs(middle.x() - now.x() - 40 / scale) <= 2 / scale
    assert minimap.seen_box().contains(QPointF(place - QPoint(40, 0)))


def test_the_minimap_shows_all_and_follows_the_document(lenet: Any, qtbot: Any) -> None:
    canvas, minimap = lenet.canvas, lenet.canvas.minimap
    minimap.want(True)
    colour = canvas.grab().toImage().pixelColor
    x, y = canvas.drawing.bounds(("conv1",)).center().toTuple()
    place = (minimap.pos() + minimap.place_of(x, y).toPoint()).toTuple()
    assert colour(*place) == look().family("convolution")
    lenet.click(lenet.at("conv1"))
    lenet.key(Key.Key_Delete)
    qtbot.waitUntil(
        lambda: canvas.grab().toImage().pixelColor(*place) != look().family("convolution")
    )


def test_the_minimap_hides_on_small_drawings_unless_it_is_asked_for(
    make_hand: Any, make_chain: Any
) -> None:
    hand = make_hand(make_chain(("image", "Input", {"shape": (8,)}), ("relu1", "ReLU", {})))
    minimap = hand.canvas.minimap
    assert not minimap.isVisible()
    minimap.want(True)
    assert minimap.isVisible()
    minimap.want(False)
    assert not minimap.isVisible()
    minimap.want(None)
    assert not minimap.isVisible()
