"""Focus: everything that takes it looks different with it; F6 and Tab lead everywhere; folding,
presenting and their keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from nnstudio.app.regions import first_stop
from nnstudio.theme import scale

KEY, HELD = Qt.Key, Qt.KeyboardModifier


def takers(root: QWidget) -> list[QWidget]:
    """What can be reached by Tab and is seen."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and widget.isEnabled()
        and widget.focusProxy() is None
        and not widget.visibleRegion().isEmpty()
    ]


def picture(window: QWidget, place: QRect) -> Any:
    """That part of the window as it looks now."""
    return window.grab(place).toImage()


def unseen(hand: Any) -> list[str]:
    """What looks the same with the focus as without."""
    window, found = hand.window, []
    for widget in takers(window):
        place = QRect(widget.mapTo(window, QPoint()), widget.size()).adjusted(-3, -3, 3, 3)
        other = window.findChild(QWidget, "menu_button")
        if other is None or other is widget:
            other = next(one for one in takers(window) if one is not widget)
        other.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        before = picture(window, place)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if widget.hasFocus() and picture(window, place) == before:
            found.append(f"{widget.objectName() or type(widget).__name__} {place.getRect()}")
    return found


@pytest.mark.slow
def test_focus_is_seen_everywhere_in_the_editor(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.canvas.select(("conv1",))
    assert unseen(hand) == []
    for name in ("problems", "plan", "data", "variables", "code"):
        editor.docking.go_to(name)
        hand.qtbot.wait(40)
        assert unseen(hand) == [], name


def test_focus_is_seen_everywhere_on_the_start_page(opened: Any) -> None:
    assert unseen(opened()) == []


def test_a_click_draws_no_ring(opened: Any) -> None:
    hand = opened("template:lenet5")
    ring = hand.window.focus_ring
    hand.window.editor.bar.name.setFocus(Qt.FocusReason.TabFocusReason)
    assert ring.isVisible()
    assert ring.around is hand.window.editor.bar.name
    hand.window.editor.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert not ring.isVisible()  # the canvas has a line of its own
    assert hand.window.editor.canvas.ring.isVisible()


def test_f6_walks_all_regions_and_back(opened: Any) -> None:
    hand = opened("template:lenet5", size=(1366, 768))
    window, editor = hand.window, hand.window.editor
    editor.docking.rails.fold("left")
    hand.qtbot.wait(30)
    expected = [first_stop(region) for region in editor.regions()]
    names = [stop.objectName() for stop in expected]
    assert "canvas" in names
    assert "rail_palette" in names
    editor.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    for key in ([KEY.Key_F6], [KEY.Key_F6, HELD.ShiftModifier]):
        visited = []
        for _ in expected:
            QTest.keyClick(QApplication.focusWidget(), *key)
            visited.append(QApplication.focusWidget())
        assert sorted(map(id, visited)) == sorted(map(id, expected))
        assert visited[-1] is editor.canvas
    assert window.isActiveWindow()


def test_every_panel_has_a_key_that_leads_into_it(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    for key, name in ((KEY.Key_4, "inspector"), (KEY.Key_5, "palette"), (KEY.Key_6, "code"),
                      (KEY.Key_8, "data"), (KEY.Key_9, "problems")):  # fmt: skip
        QTest.keyClick(editor.canvas, key, HELD.ControlModifier)
        hand.qtbot.wait(20)
        assert editor.docks[name].in_front, name


@pytest.mark.parametrize(
    ("key", "held", "side"),
    [
        (KEY.Key_B, HELD.ControlModifier, "left"),
        (KEY.Key_J, HELD.ControlModifier, "bottom"),
        (KEY.Key_B, HELD.ControlModifier | HELD.AltModifier, "right"),
    ],
)
def test_a_side_folds_and_comes_back_by_key(
    opened: Any, key: Qt.Key, held: Qt.KeyboardModifier, side: str
) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    rails = editor.docking.rails
    hand.until(lambda: editor.docks["training"].titleBarWidget().sizeHint().isEmpty())
    hand.qtbot.wait(100)
    before = {name: dock.size() for name, dock in editor.docks.items() if dock.in_front}
    room = editor.canvas.width() * editor.canvas.height()
    QTest.keyClick(editor.canvas, key, held)
    hand.qtbot.wait(40)
    assert rails.is_folded(side)
    assert [rail.objectName() for rail in rails.shown()] == [f"rail_{side}"]
    assert editor.canvas.width() * editor.canvas.height() > room
    QTest.keyClick(editor.canvas, key, held)
    hand.qtbot.wait(40)
    assert not rails.is_folded(side)
    assert rails.shown() == []

    def shifted() -> list[str]:
        sizes = {name: dock.size() for name, dock in editor.docks.items() if dock.in_front}
        assert sizes.keys() == before.keys()
        return [
            name
            for name, size in before.items()
            if abs(sizes[name].width() - size.width()) > 4
            or abs(sizes[name].height() - size.height()) > 20
        ]

    hand.until(lambda: not shifted())


def test_a_rail_opens_the_panel_that_was_chosen(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.docking.rails.fold("bottom")
    button = hand.find("rail_data")
    assert button.accessibleName() == "Open Data"
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, KEY.Key_Space)
    hand.qtbot.wait(30)
    assert editor.docks["data"].in_front
    assert editor.docks["data"].isAncestorOf(QApplication.focusWidget())


def test_sides_fold_for_lack_of_room_and_come_back(opened: Any) -> None:
    hand = opened("template:lenet5", size=(1440, 900))
    rails = hand.window.editor.docking.rails
    assert not any(rails.is_folded(side) for side in ("left", "right", "bottom"))
    hand.window.resize(683, 384)
    hand.until(lambda: rails.is_folded("left") and rails.is_folded("bottom"))
    hand.window.resize(1440, 900)
    hand.until(lambda: not any(rails.is_folded(side) for side in ("left", "right", "bottom")))


def test_what_a_person_folded_stays_folded(opened: Any) -> None:
    hand = opened("template:lenet5", size=(1440, 900))
    hand.window.editor.docking.rails.fold("left")
    hand.window.close_at_once()
    again = opened("template:lenet5", size=(1440, 900))
    rails = again.window.editor.docking.rails
    assert rails.is_folded("left")
    assert not rails.is_folded("bottom")
    assert again.find("rail_palette").isVisible()
    again.do("view.reset_panels")
    again.until(lambda: not rails.is_folded("left"))


def test_a_spoilt_memory_folds_nothing(opened: Any) -> None:
    hand = opened("template:lenet5")
    rails = hand.window.editor.docking.rails
    for stored in ("[", "7", '{"left": 3}', '{"left": [["none"], "none", "person", 10]}'):
        rails.restore(stored)
        assert not rails.is_folded("left")


@pytest.mark.parametrize("ending", [(KEY.Key_Escape,), (KEY.Key_F11, HELD.ShiftModifier)])
def test_a_presentation_begins_and_ends_by_key(opened: Any, ending: tuple[Any, ...]) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    before = [name for name, dock in editor.docks.items() if not dock.isHidden()]
    QTest.keyClick(editor.canvas, KEY.Key_F11, HELD.ShiftModifier)
    hand.qtbot.wait(40)
    assert editor.presenting.on
    assert scale.factor() == 1.5
    assert all(dock.isHidden() for dock in editor.docks.values())
    assert editor.docking.rails.shown() == []
    QTest.keyClick(editor.canvas, *ending)
    hand.qtbot.wait(40)
    assert not editor.presenting.on
    assert scale.factor() == 1.0
    assert [name for name, dock in editor.docks.items() if not dock.isHidden()] == before


def test_escape_ends_what_is_nearer_first(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.presenting.begin()
    editor.canvas.select(("conv1",))
    QTest.keyClick(editor.canvas, KEY.Key_Escape)
    assert editor.presenting.on
    assert editor.canvas.selected() == ()
    QTest.keyClick(editor.canvas, KEY.Key_Escape)
    assert not editor.presenting.on


def test_a_panel_comes_before_the_buttons_of_its_title(opened: Any) -> None:
    editor = opened("template:lenet5").window.editor
    for name, dock in editor.docks.items():
        chain: list[QWidget] = []
        following = dock.nextInFocusChain()
        while following is not dock:
            chain.append(following)
            following = following.nextInFocusChain()
        stops = [one for one in chain if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
        stops = [one for one in stops if dock.isAncestorOf(one)]
        inside = [dock.widget().isAncestorOf(one) for one in stops]
        assert not all(inside), "the title has buttons"
        assert inside[0] or not any(inside), name
