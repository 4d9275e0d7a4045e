"""Values changed where they stand on their node: typed, dragged, by keys; each one step of undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Variable
from nnstudio.canvas.value_field import ValueField
from nnstudio.canvas.value_places import value_box
from nnstudio.document import steps

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
Make = Callable[..., Any]


@pytest.fixture
def hand(make_hand: Make, make_chain: Make) -> Any:
    """A convolution with two values, a layer behind it, one variable; shown at 100 %."""
    document = make_chain(
        ("image", "Input", {"shape": (1, 28, 28)}),
        ("conv1", "Conv2d", {"out_channels": 6, "kernel_size": 5}),
        ("drop1", "Dropout", {"p": 0.4}),
    )
    document.do(steps.set_variable(document, Variable("width", 12)))
    made = make_hand(document)
    made.canvas.zoom_reset()
    made.canvas.frame_all()
    made.canvas.zoom_reset()
    QApplication.processEvents()
    return made


def value(hand: Any, node: str, param: str) -> QPoint:
    """The middle of a value on the screen."""
    item = hand.canvas.drawing.nodes[node]
    row = [one.param for one in item.face.rows].index(param)
    return hand.canvas.mapFromScene(
        value_box(item.face, row).translated(item.x(), item.y()).center()
    )


def params(hand: Any, node: str) -> dict[str, Any]:
    return dict(hand.network.nodes[node].params)


def test_a_double_click_on_a_value_edits_it_there(hand: Any, undoable: Any) -> None:
    hand.double_click(value(hand, "conv1", "out_channels"))
    field = hand.popup
    assert isinstance(field, ValueField)
    assert field.field.hasFocus()
    assert field.field.selectedText() == "6"
    before = hand.text()
    hand.popup.field.selectAll()
    QTest.keyClicks(field.field, "2 * wi")
    assert field.field.suggesting
    hand.answer(Qt.Key.Key_Return)
    assert field.field.text() == "2 * width"
    assert field.field.aside == "= 24"
    assert hand.text() == before
    hand.answer(Qt.Key.Key_Return)
    assert params(hand, "conv1")["out_channels"] == "2 * width"
    assert hand.popup is None
    assert hand.canvas.hasFocus()
    assert hand.canvas.drawing.face("conv1").rows[0].result == "24"
    hand.check()
    hand.key(Qt.Key.Key_Z, CTRL)
    assert hand.text() == before


def test_a_double_click_beside_a_value_asks_for_the_inspector(hand: Any) -> None:
    asked: list[str] = []
    hand.canvas.inspect_requested.connect(asked.append)
    place = value(hand, "conv1", "out_channels")
    box = hand.canvas.node_rect("conv1")
    hand.double_click(QPoint(box.left() + 14, place.y()))
    assert asked == ["conv1"]
    assert hand.popup is None


def test_the_key_edits_the_first_value_and_tab_the_next(hand: Any, undoable: Any) -> None:
    hand.canvas.select(("conv1",))
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_P)
    assert hand.popup.param.name == "out_channels"
    with undoable(hand, times=2):
        QTest.keyClicks(hand.popup.field, "8")
        hand.answer(Qt.Key.Key_Tab)
        assert params(hand, "conv1")["out_channels"] == 8
        assert hand.popup.param.name == "kernel_size"
        assert hand.popup.field.hasFocus()
        QTest.keyClicks(hand.popup.field, "3")
        hand.answer(Qt.Key.Key_Return)
    assert hand.popup is None
    hand.canvas.select(())
    hand.key(Qt.Key.Key_P)
    assert hand.messages[-1] == "Select a node first; then P edits its values where they stand."


def test_escape_gives_up_and_a_click_elsewhere_keeps(hand: Any) -> None:
    before = hand.text()
    hand.double_click(value(hand, "conv1", "out_channels"))
    QTest.keyClicks(hand.popup.field, "9")
    hand.answer(Qt.Key.Key_Escape)
    assert hand.popup is None
    assert hand.text() == before
    hand.double_click(value(hand, "conv1", "out_channels"))
    QTest.keyClicks(hand.popup.field, "9")
    hand.click(hand.void())
    assert hand.popup is None
    assert params(hand, "conv1")["out_channels"] == 9


def test_what_is_refused_stays_with_its_reason(hand: Any) -> None:
    before = hand.text()
    hand.double_click(value(hand, "conv1", "out_channels"))
    QTest.keyClicks(hand.popup.field, "0")
    hand.answer(Qt.Key.Key_Return)
    assert hand.popup.error.isVisible()
    assert hand.popup.error.text() == (
        "filters: expected a whole number of at least 1, got 0. Set out_channels to such a number."
    )
    assert hand.popup.field.text() == "0"
    assert hand.text() == before
    hand.popup.field.selectAll()
    QTest.keyClicks(hand.popup.field, "7")
    hand.answer(Qt.Key.Key_Return)
    assert params(hand, "conv1")["out_channels"] == 7


def test_arrow_keys_in_the_field_are_one_step_and_it_stays_open(hand: Any, undoable: Any) -> None:
    hand.double_click(value(hand, "conv1", "out_channels"))
    with undoable(hand):
        for _ in range(3):
            hand.answer(Qt.Key.Key_Up)
        assert hand.popup.field.text() == "9"
        hand.answer(Qt.Key.Key_Return)
    assert params(hand, "conv1")["out_channels"] == 9


def test_dragging_a_value_is_one_step(hand: Any, undoable: Any) -> None:
    place = value(hand, "conv1", "out_channels")
    hand.move(place)
    assert hand.canvas.viewport().cursor().shape() == Qt.CursorShape.SizeHorCursor
    at = hand.network.nodes["conv1"].at
    with undoable(hand):
        hand.press(place)
        for x in (8, 20, 48):
            hand.move(place + QPoint(x, 2))
        hand.release(place + QPoint(48, 2))
    assert params(hand, "conv1")["out_channels"] == 18
    assert hand.network.nodes["conv1"].at == at
    assert hand.selected == ("conv1",)


def test_escape_takes_a_drag_back_and_leaves_no_step(hand: Any) -> None:
    before, undo = hand.text(), hand.document.undo_text
    place = value(hand, "drop1", "p")
    hand.press(place)
    hand.move(place + QPoint(40, 0))
    assert params(hand, "drop1") == {}, "0.5 is the default"
    hand.key(Qt.Key.Key_Escape)
    hand.release(place + QPoint(40, 0))
    assert hand.text() == before
    assert hand.document.undo_text == undo
    hand.check()


def test_several_selected_nodes_are_moved_by_a_value(hand: Any) -> None:
    hand.canvas.select(("conv1", "drop1"))
    place = value(hand, "conv1", "out_channels")
    before = {name: hand.network.nodes[name].at for name in ("conv1", "drop1")}
    hand.drag(place, place + QPoint(60, 40))
    after = {name: hand.network.nodes[name].at for name in ("conv1", "drop1")}
    assert after != before
    assert params(hand, "conv1")["out_channels"] == 6


def test_far_away_there_are_no_values(hand: Any) -> None:
    for _ in range(6):
        hand.canvas.zoom_out()
    QApplication.processEvents()
    hand.double_click(value(hand, "conv1", "out_channels"))
    assert not isinstance(hand.popup, ValueField)


def test_read_only_says_so(hand: Any) -> None:
    hand.canvas.setProperty("read_only", True)
    hand.double_click(value(hand, "conv1", "out_channels"))
    assert hand.popup is None
    assert hand.messages


def test_a_field_goes_with_its_node(hand: Any) -> None:
    hand.double_click(value(hand, "drop1", "p"))
    hand.document.do(steps.delete(hand.document, "main", ["drop1"]))
    QApplication.processEvents()
    assert hand.popup is None


@pytest.mark.parametrize("zoom", [0.55, 0.75, 1.0, 1.5])
def test_the_field_leaves_the_title_of_its_node_free(hand: Any, zoom: float) -> None:
    hand.canvas.camera.zoom_to(zoom)
    hand.canvas.camera.centre_on(hand.canvas.drawing.bounds(("conv1",)).center())
    hand.canvas.values.open("conv1", "out_channels")
    item = hand.canvas.drawing.nodes["conv1"]
    title = hand.canvas.mapFromScene(item.name_box()).boundingRect()
    field = hand.popup.geometry()
    letters_end = title.bottom() - round(4 * zoom)
    assert field.top() >= letters_end
    row = hand.canvas.mapFromScene(value_box(item.face, 0).translated(item.x(), item.y()))
    assert field.contains(row.boundingRect().center())
