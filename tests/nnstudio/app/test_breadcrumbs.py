"""The way to the drawing shown in little room: its name stays, the way above is behind “…”."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMenu, QToolButton

from nnstudio.app.breadcrumbs import Breadcrumbs
from nnstudio.app.trail import Place

WAY = (Place("main"), Place("Stage", "stage2"), Place("Level", "deep"), Place("Bottleneck", "b"))


@pytest.fixture
def crumbs(qtbot: Any) -> Breadcrumbs:
    made = Breadcrumbs()
    qtbot.addWidget(made)
    made.show_trail(WAY)
    made.show()
    return made


def seen(crumbs: Breadcrumbs) -> list[str]:
    """The names that can be read, from the left."""
    QApplication.processEvents()
    buttons = [one for one in crumbs.findChildren(QToolButton) if one.isVisible()]
    buttons.sort(key=lambda one: one.x())
    assert all(one.x() + one.width() <= crumbs.width() for one in buttons), "nothing is cut"
    return [one.text() for one in buttons]


def test_the_name_of_the_drawing_shown_stays(crumbs: Breadcrumbs) -> None:
    height = crumbs.height()
    crumbs.resize(crumbs.whole_width, height)
    assert seen(crumbs) == ["main", "Stage", "Level", "Bottleneck"]
    crumbs.resize(crumbs.whole_width - 1, height)
    assert seen(crumbs)[0] == "…"
    for width in range(crumbs.whole_width, crumbs.short_width - 1, -5):
        crumbs.resize(width, height)
        assert seen(crumbs)[-1] == "Bottleneck"
    crumbs.resize(crumbs.short_width, height)
    assert seen(crumbs) == ["…", "Bottleneck"]
    crumbs.resize(crumbs.short_width - 20, height)
    dots, name = seen(crumbs)
    assert (dots, name[:4], name[-1]) == ("…", "Bott", "…")
    crumbs.resize(crumbs.whole_width, height)
    assert seen(crumbs) == ["main", "Stage", "Level", "Bottleneck"]
    crumbs.show_trail(WAY[:1])
    crumbs.resize(crumbs.short_width, height)
    assert seen(crumbs) == ["main"]


def test_what_is_left_out_is_listed_in_words(qtbot: Any, crumbs: Breadcrumbs) -> None:
    crumbs.resize(crumbs.short_width, crumbs.height())
    above = crumbs.findChild(QToolButton, "crumbs_above")
    qtbot.waitUntil(above.isVisible, timeout=60_000)
    assert above.accessibleName() == "The way above: main › Stage › Level"
    menu = crumbs.findChild(QMenu, "crumbs_menu")
    menu.aboutToShow.emit()
    assert [one.text() for one in menu.actions()] == ["main", "Stage", "Level"]
    assert menu.actions()[1].toolTip() == "Up to Stage, entered by stage2"


def test_in_a_small_window_the_block_shown_is_named(opened: Any) -> None:
    hand = opened("template:resnet@50", size=(683, 384))
    editor = hand.window.editor
    editor.open_drawing("Bottleneck")
    name = hand.find("crumb_2")
    hand.until(lambda: name.text() == "Bottleneck" and name.width() >= name.sizeHint().width())
    assert editor.drawings_button.accessibleName() == "Drawings"
    hand.window.resize(1440, 900)
    hand.until(lambda: editor.tabs.tabText(1) == "Computational graph")
    hand.until(lambda: hand.find("crumb_0").isVisible())
    style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    hand.until(lambda: editor.drawings_button.toolButtonStyle() is style)
    hand.click("crumb_1")
    hand.until(lambda: editor.drawings.shown == "Stage")


def test_space_opens_the_way_above(opened: Any, qt_guard: Any) -> None:
    qt_guard.allow("does not support grabbing the keyboard")
    hand = opened("template:resnet@50", size=(683, 384))
    editor = hand.window.editor
    editor.open_drawing("Bottleneck")
    crumbs = editor.crumbs
    hand.until(lambda: len(crumbs.texts) == 3)
    crumbs.resize(crumbs.short_width, crumbs.height())
    above = hand.find("crumbs_above")
    menu = above.menu()
    chosen: list[str] = []

    def choose() -> None:
        """The open menu has an event loop of its own, in which this is called until it is shut."""
        if menu.isVisible():
            chosen[:] = [one.text() for one in menu.actions()]
            menu.setActiveAction(menu.actions()[0])
            hand.qtbot.keyClick(menu, Qt.Key.Key_Return)

    timer = QTimer(interval=10)
    timer.timeout.connect(choose)
    timer.start()
    above.setFocus()
    hand.qtbot.keyClick(above, Qt.Key.Key_Space)
    timer.stop()
    hand.until(lambda: editor.drawings.shown == "main")
    assert chosen == ["main", "Stage"]
