"""Nothing is cut or unreachable: all widgets of the window, the start page and the dialogs, on a
small screen, at twice the scale, with larger type. Asserted by geometry, widget by widget."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPushButton,
    QScrollArea,
    QTabBar,
    QWidget,
)
from pytestqt.exceptions import TimeoutError

from nnstudio.theme import scale

SMALL_SCREEN = (1366, 768)
DOUBLED = (683, 384)
"""The same screen at 200 %, in the pixels that the window counts in."""


def lasting(qtbot: Any, shown: QWidget) -> list[str]:
    """What is still cut once the layout has come to rest."""
    with suppress(TimeoutError):
        qtbot.waitUntil(lambda: not complaints(shown), timeout=10_000)
    return complaints(shown)


def complaints(root: QWidget) -> list[str]:
    """All that is cut, outside, or in the way of another within a window."""
    found: list[str] = []
    for widget in _seen(root, root):
        found += _text_cut(widget)
        found += _outside(widget, root)
        found += _overlaps(widget)
    return found


def _seen(widget: QWidget, root: QWidget) -> Iterator[QWidget]:
    """A widget and what is in it, without what is hidden, behind a tab, or drawn by its parent."""
    yield widget
    for child in widget.children():
        if isinstance(child, QWidget) and child.isVisibleTo(root) and not _put_away(child):
            yield from _seen(child, root)


def _put_away(widget: QWidget) -> bool:
    if isinstance(widget, QDockWidget):
        return not widget.in_front  # type: ignore[attr-defined]
    parked = isinstance(widget.parentWidget(), QMainWindow) and widget.x() < 0 and widget.y() < 0
    return parked or _drawn_by_itself(widget)


def _drawn_by_itself(widget: QWidget) -> bool:
    """Marks over a canvas, parts that Qt keeps inside of others."""
    inner = widget.objectName().startswith("qt_")
    return inner or widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def _name(widget: QWidget) -> str:
    path, here = [], widget
    while here is not None and len(path) < 5:
        path.append(here.objectName() or type(here).__name__)
        here = here.parentWidget()
    return " < ".join(path)


def _text_cut(widget: QWidget) -> list[str]:
    words, needed, given = "", 0, widget.width()
    if isinstance(widget, QLabel) and widget.text() and not widget.pixmap():
        words = widget.text()
        if hasattr(widget, "full_text"):
            return _elided(widget)
        if widget.wordWrap():
            needed, given = widget.heightForWidth(widget.width()), widget.height()
        else:
            needed = widget.sizeHint().width()
    elif isinstance(widget, QAbstractButton) and widget.text():
        words = widget.text()
        needed = widget.sizeHint().width()
    elif isinstance(widget, QComboBox):
        words = widget.currentText()
        needed = widget.fontMetrics().horizontalAdvance(words) + 30
    elif isinstance(widget, QLineEdit):
        words, needed, given = widget.text(), widget.minimumSizeHint().height(), widget.height()
    elif isinstance(widget, QTabBar):
        fits = widget.width() >= widget.minimumSizeHint().width()
        return [] if fits else [f"tabs cut: {_name(widget)}"]
    if not words or given + 1 >= needed or words in widget.toolTip():
        return []
    return [f"cut ({given} of {needed}): {words!r} {_name(widget)}"]


def _elided(widget: Any) -> list[str]:
    full = widget.full_text()
    shortened = widget.text() != full or widget.sizeHint().width() > widget.width() + 2
    if shortened and not widget.toolTip():
        return [f"elided without a hint: {full!r} {_name(widget)}"]
    return []


def _outside(widget: QWidget, root: QWidget) -> list[str]:
    """What sticks out of something that does not scroll."""
    here, place = widget, widget.rect()
    while here is not root:
        parent = here.parentWidget()
        if parent is None or here.isWindow():
            return []
        place = QRect(here.mapTo(parent, place.topLeft()), place.size())
        if not parent.rect().contains(place):
            if isinstance(parent.parentWidget(), QAbstractScrollArea) and _scrolls(parent, place):
                return []
            if place.isEmpty():
                return [f"no room at all: {_name(widget)}"] if _speaks(widget) else []
            if parent.rect().adjusted(-2, -2, 2, 2).contains(place):
                return []
            return [
                f"outside {_name(parent)} {parent.rect().getRect()}: {_name(widget)} "
                f"{place.getRect()}"
            ]
        here = parent
    return []


def _speaks(widget: QWidget) -> bool:
    return isinstance(widget, QAbstractButton | QLineEdit | QComboBox)


def _scrolls(viewport: QWidget, place: QRect) -> bool:
    """Whether a view can be scrolled to a place in each direction in which that sticks out."""
    area = viewport.parentWidget()
    assert isinstance(area, QAbstractScrollArea)
    off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    across = place.left() < -2 or place.right() > viewport.width() + 2
    if across and isinstance(area, QScrollArea) and area.horizontalScrollBarPolicy() == off:
        return False
    down = place.top() < -2 or place.bottom() > viewport.height() + 2
    held = down and isinstance(area, QScrollArea) and area.verticalScrollBarPolicy() == off
    return not held


def _overlaps(parent: QWidget) -> list[str]:
    if isinstance(parent, QTabBar | QAbstractScrollArea | QComboBox | QLineEdit):
        return []
    if isinstance(parent.parentWidget(), QAbstractScrollArea) and parent.layout() is None:
        return []
    children = [
        child
        for child in parent.children()
        if isinstance(child, QWidget)
        and child.isVisible()
        and not child.isWindow()
        and not _put_away(child)
        and not child.geometry().isEmpty()
        and not isinstance(child, QMenu)
    ]
    found = []
    for one, two in combinations(children, 2):
        common = one.geometry().intersected(two.geometry())
        docked = isinstance(parent, QMainWindow) and not parent.dockWidgetArea
        if common.width() > 2 and common.height() > 2 and not docked:
            if isinstance(one, QDockWidget) and isinstance(two, QDockWidget):
                continue  # tabs of one place
            found.append(f"overlap: {_name(one)} and {_name(two)} {common.getRect()}")
    return found


def states(hand: Any) -> Iterator[tuple[str, QWidget]]:
    """The editor with each panel in front, then each of its dialogs."""
    window = hand.window
    editor = window.editor
    hand.until(lambda: editor.isVisible())
    hand.qtbot.wait(60)
    yield "as opened", window
    editor.canvas.select(("conv1",))
    for name in editor.docks:
        editor.docking.rails.open_panel(name)
        editor.show_panel(name)
        hand.qtbot.wait(40)
        yield f"panel {name}", window
    for side in ("left", "right", "bottom"):
        editor.docking.rails.fold(side)
    hand.qtbot.wait(20)
    yield "all folded", window


def dialogs(hand: Any) -> Iterator[tuple[str, QWidget]]:
    """What opens over the editor."""
    window = hand.window
    ids = ("view.palette", "help.layers", "help.about", "file.settings", "help.shortcuts",
           "file.compare", "file.kept", "select.find")  # fmt: skip
    made = window.actions_made.by_id
    for name, opens in ((id, made[id].trigger) for id in ids if id in made):
        before = set(shown(window))
        opens()
        hand.qtbot.wait(60)
        for widget in [widget for widget in shown(window) if widget not in before]:
            widget.resize(widget.size().boundedTo(window.size()))  # what a screen would do
            assert widget.width() <= window.width() + 2, name
            assert widget.height() <= window.height() + 2, name
            yield name, widget
            widget.close() if widget.isWindow() else widget.hide()


def shown(window: QWidget) -> list[QWidget]:
    """What the window shows of its own: its direct children, dialogs among them."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return [w for w in window.findChildren(QWidget, options=direct) if w.isVisible()]


def audit(hand: Any, parts: Callable[[Any], Iterator[tuple[str, QWidget]]]) -> list[str]:
    """Every complaint once, with the state it is first seen in."""
    seen: dict[str, str] = {}
    for state, root in parts(hand):
        for words in complaints(root):
            seen.setdefault(words, state)
    return [f"{state}: {words}" for words, state in seen.items()]


@pytest.fixture
def type_size() -> Iterator[Callable[[int], None]]:
    """Sets the size of type; back to 100 % at the end."""
    yield scale.use
    scale.use(100)


@pytest.mark.parametrize("size", [SMALL_SCREEN, DOUBLED], ids=["1366x768", "200 %"])
def test_the_start_page_fits(opened: Any, size: tuple[int, int]) -> None:
    hand = opened(size=size)
    hand.qtbot.wait(60)
    assert (hand.window.width(), hand.window.height()) == size
    assert "\n".join(lasting(hand.qtbot, hand.window)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL_SCREEN, DOUBLED], ids=["1366x768", "200 %"])
def test_the_editor_fits(opened: Any, size: tuple[int, int]) -> None:
    hand = opened("template:lenet5", size=size)
    assert "\n".join(audit(hand, states)) == ""
    assert "\n".join(audit(hand, dialogs)) == ""
    assert (hand.window.width(), hand.window.height()) == size


@pytest.mark.slow
def test_the_editor_fits_with_large_type(opened: Any, type_size: Callable[[int], None]) -> None:
    hand = opened("template:lenet5", size=SMALL_SCREEN)
    type_size(150)
    assert "\n".join(audit(hand, states)) == ""
    assert (hand.window.width(), hand.window.height()) == SMALL_SCREEN


IN_A_PROCESS = """
import sys
import pytest
sys.exit(pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "-m", "slow or not slow",
    *(f"{sys.argv[1]}::test_the_{part}[200 %]" for part in ("editor_fits", "start_page_fits"))]))
"""


@pytest.mark.slow
def test_twice_the_pixels() -> None:
    """The same at a scale factor that Qt applies itself."""
    surroundings = dict(os.environ, QT_SCALE_FACTOR="2", QT_QPA_PLATFORM="offscreen")
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS, str(Path(__file__))],
        env=surroundings, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]


def test_the_measure_finds_what_is_wrong(qtbot: Any) -> None:
    """Planted faults: words cut, a button outside, two in one place; a sound one says nothing."""
    root = QWidget()
    qtbot.addWidget(root)
    root.resize(300, 200)
    sound = QLabel("sound", root)
    sound.setGeometry(10, 10, 100, 20)
    root.show()
    assert complaints(root) == []
    cut = QLabel("far too many words for so little room", root)
    cut.setGeometry(10, 40, 40, 20)
    outside = QPushButton("out", root)
    outside.setGeometry(280, 80, 80, 30)
    over = QPushButton("over", root)
    over.setGeometry(20, 120, 80, 30)
    under = QPushButton("under", root)
    under.setGeometry(60, 130, 80, 30)
    for widget in (cut, outside, over, under):
        widget.show()
    kinds = sorted(words.partition(" ")[0].rstrip(":") for words in complaints(root))
    assert kinds == ["cut", "outside", "overlap"]
    cut.setToolTip(cut.text())
    assert sorted(words.partition(" ")[0] for words in complaints(root)) == ["outside", "overlap:"]
