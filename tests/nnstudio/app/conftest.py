"""A real window for the tests: opened as a person's is, closed without questions at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from nnstudio import theme
from nnstudio.app import launch
from nnstudio.app.link import Link
from nnstudio.app.window import Window
from nnstudio.theme import DARK

WAIT = 120_000
"""Milliseconds that a step may take on a busy machine."""


class Hand:
    """A person at the window: clicks, types, and waits for what is to come."""

    def __init__(self, qtbot: Any, window: Window) -> None:
        self.qtbot, self.window = qtbot, window

    def find(self, name: str, kind: type[QWidget] = QWidget) -> Any:
        """The part of that name, in any window."""
        self.until(lambda: self._find(name, kind) is not None)
        return self._find(name, kind)

    def _find(self, name: str, kind: type[QWidget]) -> QWidget | None:
        for top in QApplication.topLevelWidgets():
            found = [top] if top.objectName() == name else []
            for widget in (*found, *top.findChildren(kind, name)):
                if isinstance(widget, kind) and widget.isVisible():
                    return widget
        return None

    def there(self, name: str) -> bool:
        """Whether a visible part has that name."""
        return self._find(name, QWidget) is not None

    def click(self, name: str) -> None:
        """A click with the left button, once the part is there and can be clicked."""
        widget = self.find(name)
        self.until(widget.isEnabled)
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def until(self, what: Callable[[], Any]) -> None:
        """Wait until it is so."""
        self.qtbot.waitUntil(lambda: bool(what()), timeout=WAIT)

    def key(self, key: Qt.Key, *held: str) -> None:
        """A key on whatever has the focus, with `ctrl` and `shift` held or not."""
        keys = Qt.KeyboardModifier.NoModifier
        for one in held:
            keys |= {"ctrl": Qt.KeyboardModifier.ControlModifier,
                     "shift": Qt.KeyboardModifier.ShiftModifier}[one]  # fmt: skip
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, keys)

    def do(self, action: str) -> None:
        """Trigger an action as its menu line does."""
        self.window.actions_made.refresh()
        made = self.window.actions_made.by_id[action]
        assert made.isEnabled(), made.toolTip()
        made.trigger()

    def open_editor(self) -> None:
        """Wait until an editor is there."""
        self.until(lambda: self.window.editor is not None)

    def choose_file(self, dialog: str, path: Path) -> None:
        """Answer a file dialog by typing a path."""
        box = self.find(dialog)
        field = box.findChild(QWidget, "fileNameEdit")
        field.setText(str(path))
        accept = [b for b in box.findChildren(QPushButton) if b.text().replace("&", "") in (
            "Open", "Save", "Choose")]  # fmt: skip
        self.qtbot.mouseClick(accept[0], Qt.MouseButton.LeftButton)

    def move(self, widget: QWidget, at: QPoint) -> None:
        """A mouse move with the left button held, which QTest does not send."""
        left = Qt.MouseButton.LeftButton
        local, outside = QPointF(at), QPointF(widget.mapToGlobal(at))
        kind, keys = QEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(widget, QMouseEvent(kind, local, outside, left, left, keys))

    def drag_layer(self, title: str, at: QPoint) -> None:
        """Search a layer and drag it from the palette to a point of the canvas."""
        panel = self.window.editor.palette_panel
        panel.search.clear()
        self.qtbot.keyClicks(panel.search, title)
        listed = panel.list
        item = next(listed.item(i) for i in range(listed.count()) if listed.item(i).text() == title)
        listed.scrollToItem(item)
        start = listed.visualItemRect(item).center()
        port = listed.viewport()
        end = port.mapFromGlobal(self.window.editor.canvas.viewport().mapToGlobal(at))
        self.qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
        for share in (0.1, 0.5, 1.0):
            self.move(port, start + (end - start) * share)
        self.qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)


def asked_ahead(kind: str, payload: Mapping[str, Any]) -> bool:
    """Whether every window asks it when it shows a project, long before most people look at it."""
    data = payload.get("data", {})
    own = data.get("options", {}).get("path")  # somebody has chosen this file or folder
    return kind == "devices" or (kind == "preview" and not own)


@pytest.fixture(autouse=True)
def worker_when_wanted(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The worker starts when a test wants something of it, but for tests marked `warm`.

    Its imports take seconds of the processor. What the window asks ahead waits until then.
    """
    if "warm" in request.keywords:
        return
    asked, trained = Link.request, Link.train
    waiting: dict[Link, list[tuple[Any, ...]]] = {}
    awake: set[Link] = set()

    def wake(link: Link) -> None:
        awake.add(link)
        for one in waiting.pop(link, ()):
            asked(link, *one)

    def ask(link: Link, kind: str, payload: dict[str, Any], *rest: Any) -> None:
        if asked_ahead(kind, payload) and link not in awake:
            waiting.setdefault(link, []).append((kind, payload, *rest))
        else:
            wake(link)
            asked(link, kind, payload, *rest)

    def train(link: Link, *rest: Any, **options: Any) -> None:
        wake(link)
        trained(link, *rest, **options)

    monkeypatch.setattr(Link, "warm_up", lambda link: None)
    monkeypatch.setattr(Link, "request", ask)
    monkeypatch.setattr(Link, "train", train)


@pytest.fixture
def opened(qtbot: Any, qapp: QApplication) -> Iterator[Callable[..., Hand]]:
    """Opens windows: `opened("template:lenet5")` waits for the editor, `opened()` for the page."""
    windows: list[Window] = []
    starts: list[launch.Launch] = []

    def open_one(target: str | None = None, size: tuple[int, int] = (1440, 900)) -> Hand:
        window = launch.open_window(qapp, target)
        windows.append(window)
        starts.append(window.findChild(launch.Launch))
        window.resize(*size)
        window.show()
        hand = Hand(qtbot, window)
        hand.until(lambda: hasattr(window, "actions_made"))
        if target is not None:
            hand.open_editor()
        window.activateWindow()
        hand.until(window.isActiveWindow)
        return hand

    yield open_one
    for window in windows:
        if window.isVisible():
            window.close_at_once()
        window.deleteLater()
    theme.use(DARK)
