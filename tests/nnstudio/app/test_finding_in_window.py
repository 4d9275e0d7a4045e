"""Find in all drawings, minimap and styles of wires, with real keys on a real window."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.app.settings import Settings
from nnstudio.document import steps

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def resnet(opened: Any) -> Any:
    hand = opened("template:resnet")
    hand.window.activateWindow()
    hand.window.editor.canvas.setFocus()
    QApplication.processEvents()
    return hand


def find(hand: Any, text: str) -> Any:
    """The box, with this typed into it."""
    hand.do("select.find")
    box = hand.window.editor.finder.box
    QTest.keyClicks(box.field, text)
    return box


def test_find_leads_into_blocks_and_f3_goes_on(resnet: Any) -> None:
    editor = resnet.window.editor
    QTest.keyClick(resnet.window, Key.Key_F, CTRL)
    box = editor.finder.box
    assert box is not None
    assert box.isVisible()
    assert QApplication.focusWidget() is box.field
    QTest.keyClicks(box.field, "conv1")
    titles = box.titles()
    assert set(titles) == {"conv1"}
    assert box.count.text() == f"1 of {len(titles)}"
    QTest.keyClick(box.field, Key.Key_Return)
    assert not box.isVisible()
    first = (editor.drawings.shown, editor.canvas.selected())
    assert first == (editor.finder.found[0].drawing, ("conv1",))
    QTest.keyClick(resnet.window, Key.Key_F3)
    second = (editor.drawings.shown, editor.canvas.selected())
    assert second != first
    assert second[1] == ("conv1",)
    QTest.keyClick(resnet.window, Key.Key_F3, SHIFT)
    assert (editor.drawings.shown, editor.canvas.selected()) == first


def test_the_list_shows_the_way_and_arrows_walk_in_it(resnet: Any) -> None:
    box = find(resnet, "convolution")
    lines = [box.rows.item(i).data(Qt.ItemDataRole.UserRole) for i in range(box.rows.count())]
    assert any(line.path == "main › stage1 › basics (BasicBlock)" for line in lines)
    QTest.keyClick(box.field, Key.Key_Down)
    assert box.rows.currentRow() == 1
    assert box.count.text().startswith("2 of ")
    QTest.keyClick(box.field, Key.Key_Return)
    editor = resnet.window.editor
    assert editor.drawings.shown == editor.finder.found[1].drawing


def test_find_reaches_frames_and_notes_and_says_where_nothing_is(resnet: Any) -> None:
    editor = resnet.window.editor
    editor.document.do(steps.add_note(editor.document, "main", (0.0, 900.0), "check the stem"))
    box = find(resnet, "check stem")
    assert box.titles() == ["check the stem"]
    QTest.keyClick(box.field, Key.Key_Return)
    assert editor.canvas.drawing.selection.note == "note1"
    middle = editor.canvas.camera.visible().center()
    assert abs(middle.y() - editor.canvas.drawing.notes["note1"].boundingRect().center().y()) < 4
    box = find(resnet, "stages")
    QTest.keyClick(box.field, Key.Key_Return)
    assert editor.canvas.drawing.selection.frame == "stages"
    box = find(resnet, "no such thing")
    assert box.titles() == []
    assert not box.rows.isVisible()
    QTest.keyClick(box.field, Key.Key_Escape)
    assert not box.isVisible()
    assert editor.canvas.hasFocus()


def test_what_was_found_may_be_gone_by_the_next_time(resnet: Any) -> None:
    editor = resnet.window.editor
    box = find(resnet, "fc")
    QTest.keyClick(box.field, Key.Key_Return)
    assert editor.canvas.selected() == ("fc",)
    editor.canvas.delete_selection()
    QTest.keyClick(resnet.window, Key.Key_F3)
    assert "fc" not in editor.canvas.selected()


def test_styles_of_wires_are_remembered_and_reach_every_canvas(resnet: Any) -> None:
    editor = resnet.window.editor
    editor.canvas_look.set_style("orthogonal")
    editor.canvas_look.toggle_by_size()
    assert editor.canvas.drawing.routing.look.style == "orthogonal"
    assert Settings().text("wires", "") == "orthogonal"
    assert Settings().flag("wires_by_size", False)
    editor.open_drawing("Stage")
    assert editor.canvas.drawing.routing.look.style == "orthogonal"
    assert editor.canvas.drawing.routing.look.by_size
    resnet.do("view.wire_shapes")
    assert not editor.canvas.drawing.routing.look.shapes


def test_the_minimap_is_a_choice_of_the_window(resnet: Any) -> None:
    editor = resnet.window.editor
    before = editor.canvas_look.minimap
    resnet.do("view.minimap")
    assert editor.canvas_look.minimap is not before
    resnet.do("view.minimap")
    assert editor.canvas_look.minimap is before


def test_rows_say_why_not(resnet: Any) -> None:
    resnet.window.editor.canvas.drawing.selection.clear()
    resnet.window.actions_made.refresh()
    by_id = resnet.window.actions_made.by_id
    assert "Select a wire first" in by_id["wire.point"].toolTip()
    assert "Select a layer on the canvas first." in by_id["select.before"].toolTip()
    assert not by_id["edit.bypass"].isEnabled()
