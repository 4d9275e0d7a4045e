"""Dragging a number sideways: counts the steps of one drag, with Shift finer and with Ctrl coarser.

Serves a label or a field that passes its mouse events on. Escape takes the drag back, wherever the
keyboard is.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from nnstudio.fields.stepping import next_gesture, pace

PIXELS = 4
"""Movement of the mouse for one step."""


class Scrub(QObject):
    """One drag after another."""

    moved = Signal(float, str)
    """Steps from where the drag began, fractions included, and the name of the gesture."""
    ended = Signal()
    """The drag is over; after Escape `moved` has told 0 before."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pressed = self._dragging = False
        self._from = self._last = 0.0
        self._ways = 0.0
        self._gesture = ""

    @property
    def dragging(self) -> bool:
        """Whether the mouse has moved far enough to mean it."""
        return self._dragging

    @property
    def pressed(self) -> bool:
        """Whether the button is down on the number."""
        return self._pressed

    def press(self, event: QMouseEvent) -> None:
        """The button goes down."""
        self._pressed, self._dragging = True, False
        self._from = self._last = event.globalPosition().x()
        self._ways = 0.0

    def move(self, event: QMouseEvent) -> None:
        """The mouse has moved with the button down."""
        if not self._pressed:
            return
        x = event.globalPosition().x()
        if not self._dragging:
            if abs(x - self._from) < PIXELS:
                return
            self._dragging = True
            self._gesture = next_gesture("scrub")
            QApplication.instance().installEventFilter(self)
        self._ways += (x - self._last) / PIXELS * pace(event.modifiers())
        self._last = x
        self.moved.emit(self._ways, self._gesture)

    def release(self) -> bool:
        """The button is up; whether that ended a drag."""
        was = self._dragging
        self._end()
        return was

    def cancel(self) -> None:
        """Take the drag back."""
        if self._dragging:
            self.moved.emit(0.0, self._gesture)
        self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape takes the drag back, wherever the keyboard is."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        key = isinstance(event, QKeyEvent) and event.type() in kinds
        if key and event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.cancel()
            return True
        return False

    def _end(self) -> None:
        dragged, self._pressed, self._dragging = self._dragging, False, False
        if dragged:
            QApplication.instance().removeEventFilter(self)
            self.ended.emit()
