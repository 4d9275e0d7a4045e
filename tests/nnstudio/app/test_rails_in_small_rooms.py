"""Folded panels can be used where there is little room, by mouse and by keyboard, and come back."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QRegularExpression, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

ROOMS = {"1366x768": (1366, 768), "200 %": (683, 384), "300 %": (640, 360)}
"""1366×768 at 100 % and at 200 %, 1920×1080 at 300 %, in the pixels that the window counts in."""
SIDES = {"left": ["palette"], "right": ["inspector", "code"], "bottom": ["data", "problems"]}


def part_seen(window: QWidget, widget: QWidget) -> QRect:
    """What of a widget lies inside its window."""
    return QRect(widget.mapTo(window, QPoint()), widget.size()) & window.rect()


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_a_folded_panel_opens_in_its_room_and_folds_again(
    opened: Any, room: tuple[int, int]
) -> None:
    hand = opened("template:lenet5", size=room)
    window, editor = hand.window, hand.window.editor
    rails = editor.docking.rails
    for side in SIDES:
        rails.fold(side)
    hand.until(lambda: all(rails.is_folded(side) for side in SIDES))
    alone = editor.canvas.width() * editor.canvas.height()
    assert part_seen(window, editor.canvas).height() > 60
    for side in SIDES:
        for button in rails.rails[side].findChildren(QToolButton, QRegularExpression("rail_.+")):
            whole = QRect(button.mapTo(window, QPoint()), button.size())
            assert button.isVisible(), button.objectName()
            assert window.rect().contains(whole), button.objectName()
    for side, names in SIDES.items():
        for name in names:
            if not rails.is_folded(side):
                rails.fold(side)
                hand.qtbot.wait(30)
            button = hand.find(f"rail_{name}", QToolButton)
            assert window.rect().contains(button.mapTo(window, button.rect().center())), name
            button.setFocus(Qt.FocusReason.TabFocusReason)
            QTest.keyClick(button, Qt.Key.Key_Space)
            dock = editor.docks[name]
            hand.until(lambda dock=dock: dock.in_front)
            hand.until(lambda dock=dock: dock.isAncestorOf(QApplication.focusWidget()))
            here = QApplication.focusWidget()
            assert not part_seen(window, here).isEmpty(), (name, here.objectName())
            assert part_seen(window, dock).height() >= 60, name
            assert (window.width(), window.height()) == room
        rails.fold(side)
        hand.until(lambda side=side: rails.is_folded(side))
    hand.until(lambda: editor.canvas.width() * editor.canvas.height() >= alone)


@pytest.mark.parametrize("room", list(ROOMS.values())[1:], ids=list(ROOMS)[1:])
def test_sides_that_gave_way_come_back_with_the_room(opened: Any, room: tuple[int, int]) -> None:
    hand = opened("template:lenet5", size=(1440, 900))
    editor = hand.window.editor
    rails = editor.docking.rails
    before = {name for name, dock in editor.docks.items() if dock.in_front}
    hand.window.resize(*room)
    hand.until(lambda: rails.is_folded("left") and rails.is_folded("bottom"))
    hand.window.resize(1440, 900)
    hand.until(lambda: not any(rails.is_folded(side) for side in SIDES))
    assert {name for name, dock in editor.docks.items() if dock.in_front} == before


def test_a_value_is_changed_in_a_panel_that_was_folded(opened: Any) -> None:
    hand = opened("template:lenet5", size=ROOMS["300 %"])
    editor = hand.window.editor
    rails = editor.docking.rails
    editor.canvas.select(("fc2",))
    if not rails.is_folded("right"):
        rails.fold("right")
    hand.until(lambda: rails.is_folded("right"))
    hand.click("rail_inspector")
    hand.until(lambda: editor.docks["inspector"].in_front)
    field = hand.find("field_out_features")
    field.setFocus(Qt.FocusReason.TabFocusReason)
    field.selectAll()
    QTest.keyClicks(field, "77")
    QTest.keyClick(field, Qt.Key.Key_Return)
    hand.until(lambda: editor.document.network().nodes["fc2"].params["out_features"] == 77)
