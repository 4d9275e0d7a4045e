"""Where things are: the window on the screen, and where the focus goes among its regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QWidget

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def place(window: QMainWindow, stored: QByteArray) -> None:
    """Put a window where it was last, or make it as large as is good for a first look."""
    if not stored.isEmpty() and window.restoreGeometry(stored):
        return
    screen = QGuiApplication.primaryScreen()
    room = screen.availableSize() if screen is not None else QSize(1366, 768)
    window.resize(min(1440, room.width()), min(900, room.height()))


def walk(window: Window, step: int) -> None:
    """Move the focus to the next or the previous region of a window."""
    if window.editor is None:
        window.focusNextChild() if step > 0 else window.focusPreviousChild()
        return
    regions = window.editor.regions()
    focus = window.focusWidget()
    at = next((i for i, r in enumerate(regions) if focus and r.isAncestorOf(focus)), None)
    if at is None:
        at = next((i for i, r in enumerate(regions) if r is focus), -1 if step > 0 else 0)
    stop = first_stop(regions[(at + step) % len(regions)])
    if stop is not None:
        stop.setFocus(Qt.FocusReason.TabFocusReason)


def first_stop(region: QWidget) -> QWidget | None:
    """The first widget of a region that takes the focus by Tab; None where there is none."""
    for widget in (region, *region.findChildren(QWidget)):
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes and widget.isVisible() and widget.isEnabled():
            return widget
    return None
