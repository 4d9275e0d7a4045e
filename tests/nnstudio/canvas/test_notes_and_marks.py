"""Notes, colours, bypass and frames by mouse and by keyboard."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Note
from nnstudio.document import steps

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def note(hand: Any) -> Note:
    (found,) = hand.network.notes.values()
    return found


def write(hand: Any, text: str) -> None:
    """A note in the void, written by keyboard."""
    hand.move(hand.void())
    hand.key(Key.Key_N, CTRL | SHIFT)
    QTest.keyClicks(hand.popup, text)
    QTest.keyClick(hand.popup, Key.Key_Escape)
    QApplication.processEvents()


def body(hand: Any) -> QPoint:
    left, top, right, bottom = hand.canvas.drawing.notes[note(hand).name].box()
    return hand.canvas.mapFromScene(QPointF((left + right) / 2, (top + bottom) / 2))


def corner(hand: Any) -> QPoint:
    _, _, right, bottom = hand.canvas.drawing.notes[note(hand).name].box()
    return hand.canvas.mapFromScene(QPointF(right - 4, bottom - 4))


def menu_of(hand: Any, place: QPoint) -> Any:
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, hand.canvas.viewport().mapToGlobal(place)
    )
    QApplication.sendEvent(hand.canvas.viewport(), event)
    return QApplication.activePopupWidget()


def choose(menu: Any, *path: str) -> None:
    """Take an entry of a menu, or of a menu in it."""
    for title in path[:-1]:
        menu = next(a.menu() for a in menu.actions() if a.text() == title)
    next(a for a in menu.actions() if a.text().split("\t")[0] == path[-1]).trigger()
    top = QApplication.activePopupWidget()
    if top is not None:
        top.close()
    QApplication.processEvents()


def test_a_note_is_written_in_place_over_several_lines(lenet: Any, undoable: Any) -> None:
    lenet.move(lenet.void())
    lenet.key(Key.Key_N, CTRL | SHIFT)
    assert lenet.network.notes
    assert lenet.popup.accessibleName() == "Text of the note"
    with undoable(lenet):
        QTest.keyClicks(lenet.popup, "Mean first,")
        QTest.keyClick(lenet.popup, Key.Key_Return)
        QTest.keyClicks(lenet.popup, "then scale.")
        QTest.keyClick(lenet.popup, Key.Key_Escape)
        QApplication.processEvents()
        assert lenet.popup is None, "Escape ends the typing"
        assert note(lenet).text == "Mean first,\nthen scale."
        assert lenet.canvas.hasFocus()
    assert lenet.document.undo_text == "Write a note"


def test_a_note_stands_where_the_menu_was_asked_for(
    lenet: Any, undoable: Any, qt_guard: Any
) -> None:
    qt_guard.allow("does not support grabbing the keyboard")
    with undoable(lenet):
        choose(menu_of(lenet, lenet.void()), "Add note")
        QTest.keyClick(lenet.popup, Key.Key_Escape)
    place = lenet.canvas.mapToScene(lenet.void())
    assert abs(note(lenet).at[0] - place.x()) <= 4
    assert lenet.document.undo_text == "Add a note"


def test_a_note_is_moved_and_made_larger_by_the_mouse(lenet: Any, undoable: Any) -> None:
    write(lenet, "a")
    before, zoom = note(lenet), lenet.canvas.camera.zoom
    with undoable(lenet):
        lenet.drag(body(lenet), body(lenet) + QPoint(80, 120))
    moved = note(lenet)
    assert abs(moved.at[0] - before.at[0] - 80 / zoom) <= 4
    assert (moved.at[0] % 4, moved.at[1] % 4, moved.size) == (0, 0, before.size)
    with undoable(lenet):
        lenet.drag(corner(lenet), corner(lenet) + QPoint(60, 40))
    grown = note(lenet)
    assert grown.at == moved.at
    assert grown.size[0] > moved.size[0]
    assert grown.size[1] > moved.size[1]
    lenet.drag(corner(lenet), corner(lenet) - QPoint(900, 600))
    assert note(lenet).size == (96, 48), "never too small to be taken hold of"


def test_a_note_is_moved_resized_written_and_deleted_by_keyboard(lenet: Any, undoable: Any) -> None:
    write(lenet, "first")
    lenet.click(lenet.at("fc1"))
    reached = []
    for _ in range(len(lenet.network.frames) + 1):
        lenet.key(Key.Key_N)
        selection = lenet.canvas.drawing.selection
        reached.append(selection.note or selection.frame)
        if selection.note:
            break
    assert reached[-1] == note(lenet).name
    assert lenet.canvas.accessibleName().endswith("Selected: note: first.")
    before = note(lenet)
    with undoable(lenet):
        lenet.key(Key.Key_Right, ALT)
        lenet.key(Key.Key_Right, ALT)
    assert note(lenet).at == (before.at[0] + 8, before.at[1])
    lenet.canvas.drawing.selection.set(note=before.name)
    with undoable(lenet):
        lenet.key(Key.Key_Down, CTRL | ALT)
        lenet.key(Key.Key_Right, CTRL | ALT)
    assert note(lenet).size == (before.size[0] + 8, before.size[1] + 8)
    lenet.canvas.drawing.selection.set(note=before.name)
    lenet.key(Key.Key_Return)
    QTest.keyClicks(lenet.popup, "second")
    QTest.keyClick(lenet.popup, Key.Key_Return, CTRL)
    QApplication.processEvents()
    assert note(lenet).text == "second"
    lenet.canvas.drawing.selection.set(note=before.name)
    with undoable(lenet):
        lenet.key(Key.Key_Delete)
    assert lenet.network.notes == {}
    assert lenet.document.undo_text == "Remove a note"


def test_a_double_click_writes_and_a_click_elsewhere_keeps(lenet: Any, undoable: Any) -> None:
    write(lenet, "one")
    with undoable(lenet):
        lenet.double_click(body(lenet))
        QTest.keyClicks(lenet.popup, "two")
        lenet.click(QPoint(lenet.canvas.width() - 20, lenet.canvas.height() - 20))
    assert note(lenet).text == "two"
    assert lenet.popup is None


def test_nodes_frames_and_notes_take_a_colour_by_its_name(
    lenet: Any, undoable: Any, qt_guard: Any
) -> None:
    qt_guard.allow("does not support grabbing the keyboard")
    lenet.click(lenet.at("fc1"))
    lenet.click(lenet.at("fc2"), keys=SHIFT)
    with undoable(lenet):
        choose(menu_of(lenet, lenet.at("fc1")), "Colour", "Green")
    nodes = lenet.network.nodes
    assert (nodes["fc1"].colour, nodes["fc2"].colour, nodes["fc3"].colour) == ("green", "green", "")
    assert lenet.canvas.drawing.face("fc1").tint == "green"
    with undoable(lenet):
        choose(menu_of(lenet, lenet.canvas.frame_position("features")), "Colour", "Red")
    assert lenet.network.frames["features"].colour == "red"
    assert lenet.canvas.drawing.frames["features"].colour == "red"
    write(lenet, "a")
    with undoable(lenet):
        choose(menu_of(lenet, body(lenet)), "Colour", "Cyan")
    assert note(lenet).colour == "cyan"
    with undoable(lenet):
        choose(menu_of(lenet, lenet.at("fc2")), "Colour", "None")
    assert lenet.network.nodes["fc2"].colour == ""


def test_bypass_by_key_marks_and_says_so(lenet: Any, undoable: Any) -> None:
    lenet.click(lenet.at("relu3"))
    with undoable(lenet):
        lenet.key(Key.Key_M)
    assert lenet.network.nodes["relu3"].bypassed
    assert lenet.canvas.drawing.face("relu3").bypassed
    lenet.click(lenet.at("relu3"))
    assert "bypassed" in lenet.canvas.accessibleName()
    lenet.key(Key.Key_M)
    assert not lenet.network.nodes["relu3"].bypassed


def test_bypass_that_would_not_fit_is_refused_in_words(lenet: Any, qt_guard: Any) -> None:
    qt_guard.allow("does not support grabbing the keyboard")
    before = lenet.text()
    lenet.click(lenet.at("flatten"))
    lenet.key(Key.Key_M)
    assert lenet.text() == before
    reason = lenet.messages[-1]
    assert "flatten" in reason
    menu = menu_of(lenet, lenet.at("flatten"))
    entry = next(a for a in menu.actions() if a.text().startswith("Bypass"))
    assert not entry.isEnabled()
    assert entry.toolTip() == reason
    menu.close()


def test_no_block_is_made_where_none_can_be_and_the_menu_says_why(
    lenet: Any, qt_guard: Any
) -> None:
    qt_guard.allow("does not support grabbing the keyboard")

    def entry() -> tuple[bool, str]:
        menu = menu_of(lenet, lenet.at("fc1"))
        found = next(a for a in menu.actions() if a.text().startswith("Group into"))
        told = found.isEnabled(), found.toolTip()
        menu.close()
        return told

    lenet.canvas.select(("fc1", "fc2"))
    apart = (
        "fc1 feeds fc2 through relu3, which would stay outside. "
        "Select relu3 as well, or leave one of the two out."
    )
    assert entry() == (False, apart)
    before = lenet.text()
    lenet.canvas.group()
    assert lenet.text() == before
    assert lenet.messages[-1] == apart
    # Another selection, and another drawing under the same one, are asked about anew.
    lenet.canvas.select(("fc1", "relu3", "fc2"))
    assert entry()[0]
    lenet.canvas.select(("fc1", "fc2"))
    lenet.document.do(steps.delete(lenet.document, "main", ("relu3",)))
    lenet.canvas.select(("fc1", "fc2"))
    assert entry()[0]


def test_a_node_dropped_into_a_frame_joins_it_with_a_sign_before(lenet: Any, undoable: Any) -> None:
    frames = lenet.canvas.drawing.frames
    held = lenet.network.frames["features"].nodes
    assert "fc3" not in held
    left, _, right, bottom = frames["features"].frame_box
    goal = lenet.canvas.mapFromScene(QPointF((left + right) / 2, bottom - 6))
    with undoable(lenet):
        lenet.press(lenet.at("fc3"))
        lenet.move(lenet.at("fc3") + QPoint(8, 8))
        lenet.move(goal)
        assert frames["features"].target
        assert lenet.canvas.card.text == "Joins frame features"
        lenet.release(goal)
    assert lenet.network.frames["features"].nodes == (*held, "fc3")
    assert not frames["features"].target
    assert all("fc3" not in f.nodes for n, f in lenet.network.frames.items() if n != "features")


def test_with_shift_a_node_leaves_its_frame(lenet: Any, undoable: Any) -> None:
    held = lenet.network.frames["features"].nodes
    name = held[-1]
    start = lenet.at(name)
    with undoable(lenet):
        lenet.press(start)
        lenet.move(start + QPoint(8, 8))
        QTest.mouseMove(lenet.canvas.viewport(), start + QPoint(0, 40))
        lenet.release(start + QPoint(0, 40), keys=SHIFT)
    assert name not in lenet.network.frames["features"].nodes


def test_escape_while_joining_changes_nothing(lenet: Any) -> None:
    before = lenet.text()
    left, _, right, bottom = lenet.canvas.drawing.frames["features"].frame_box
    goal = lenet.canvas.mapFromScene(QPointF((left + right) / 2, bottom - 6))
    lenet.press(lenet.at("fc3"))
    lenet.move(lenet.at("fc3") + QPoint(8, 8))
    lenet.move(goal)
    lenet.key(Key.Key_Escape)
    lenet.release(goal)
    assert lenet.text() == before
    assert not lenet.canvas.drawing.frames["features"].target
    lenet.check()


def test_a_frame_is_moved_by_keyboard_with_its_nodes(lenet: Any, undoable: Any) -> None:
    lenet.canvas.drawing.selection.set(frame="features")
    nodes = lenet.network.frames["features"].nodes
    before = {name: lenet.network.nodes[name].at for name in nodes}
    with undoable(lenet):
        lenet.key(Key.Key_Down, ALT)
    after = {name: (x, y + 4) for name, (x, y) in before.items()}
    assert {name: lenet.network.nodes[name].at for name in nodes} == after


def test_nothing_of_it_changes_a_read_only_project(lenet: Any) -> None:
    write(lenet, "kept")
    lenet.canvas.setProperty("read_only", True)
    before = lenet.text()
    lenet.double_click(body(lenet))
    assert lenet.popup is None
    lenet.key(Key.Key_N, CTRL | SHIFT)
    lenet.click(lenet.at("relu3"))
    lenet.key(Key.Key_M)
    lenet.drag(body(lenet), body(lenet) + QPoint(40, 40))
    assert lenet.text() == before
    lenet.check()
