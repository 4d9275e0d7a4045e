"""A small pad to draw a picture on, by mouse and by keyboard, light on dark.

Owns the strokes. What was drawn goes out as a picture of grey points; what becomes of it is no
concern of the pad.
"""

from __future__ import annotations

import math
from base64 import b64encode
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.theme import current, notifier

POINTS = 28
"""Points along a side, where the data ask for no more."""
MOST_POINTS = 64
BRUSH = 1.75
"""Radius of the brush on a pad of 28 points."""
_WAYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_KEYS = (*_WAYS, Qt.Key.Key_Space, Qt.Key.Key_E, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
NONE = Qt.KeyboardModifier.NoModifier


class Pad(QWidget):
    """A picture of grey points that a person draws."""

    drawn = Signal()
    """Something was drawn or wiped out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_pad")
        self.setAccessibleName("Pad to draw on")
        self.setToolTip(
            "Draw with the mouse; the right button wipes out. By keyboard: arrows move the brush, "
            "Space draws or wipes out there, Shift with arrows draws a line, E takes the other "
            "tool, Delete clears."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(168, 168)
        fixed = QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy(fixed, fixed))
        self.erases = False
        self._ink = [[0.0]]
        self._at = (0, 0)
        """Where the keyboard is: column and line."""
        self._last: QPointF | None = None
        self.set_points(POINTS, POINTS)
        notifier.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(196, 196)

    def set_points(self, height: int, width: int) -> None:
        """A pad of so many points, clear; nothing happens where it is of that size already."""
        if (len(self._ink), len(self._ink[0])) == (height, width):
            return
        self._ink = [[0.0] * width for _ in range(height)]
        self._at = (width // 2, height // 2)
        self._told()

    @property
    def is_clear(self) -> bool:
        """Whether nothing is drawn."""
        return not any(any(line) for line in self._ink)

    def clear(self) -> None:
        """Wipe everything out."""
        self._ink = [[0.0] * len(line) for line in self._ink]
        self._told()
        self.drawn.emit()

    def picture(self) -> dict[str, Any]:
        """What is drawn, as it goes to the worker."""
        data = bytes(round(255 * value) for line in self._ink for value in line)
        size = [len(self._ink), len(self._ink[0]), 1]
        return {"size": size, "bytes": b64encode(data).decode("ascii")}

    # Drawing

    def dab(self, x: float, y: float, erase: bool = False) -> None:
        """Put the brush down at a place, counted in points."""
        self._line(QPointF(x, y), QPointF(x, y), erase)

    def _line(self, start: QPointF, end: QPointF, erase: bool) -> None:
        radius = BRUSH * max(len(self._ink), len(self._ink[0])) / POINTS
        if erase:
            radius *= 1.6
        low_x, high_x = sorted((start.x(), end.x()))
        low_y, high_y = sorted((start.y(), end.y()))
        lines = range(
            max(0, math.floor(low_y - radius - 1)),
            min(len(self._ink), math.ceil(high_y + radius + 1)),
        )
        columns = range(
            max(0, math.floor(low_x - radius - 1)),
            min(len(self._ink[0]), math.ceil(high_x + radius + 1)),
        )
        for line in lines:
            for column in columns:
                far = _distance(QPointF(column + 0.5, line + 0.5), start, end)
                cover = min(1.0, max(0.0, radius + 0.5 - far))
                old = self._ink[line][column]
                self._ink[line][column] = min(old, 1 - cover) if erase else max(old, cover)
        self._told()
        self.drawn.emit()

    def _told(self) -> None:
        inked = sum(value > 0.5 for line in self._ink for value in line)
        tool = "wiping out" if self.erases else "drawing"
        x, y = self._at
        self.setAccessibleDescription(
            f"{inked} points are drawn; {tool}; the brush is at column {x + 1}, line {y + 1}"
        )
        self.update()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return
        self._last = self._place(event.position())
        erase = self.erases or event.button() == Qt.MouseButton.RightButton
        self._line(self._last, self._last, erase)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is None:
            return
        at = self._place(event.position())
        erase = self.erases or bool(event.buttons() & Qt.MouseButton.RightButton)
        self._line(self._last, at, erase)
        self._last = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    # Keyboard

    def event(self, event: QEvent) -> bool:
        """The pad's keys are its own, whatever they mean elsewhere in the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            held = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            if key in _KEYS and held in (NONE, Qt.KeyboardModifier.KeypadModifier):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        middle = QPointF(self._at[0] + 0.5, self._at[1] + 0.5)
        if key in _WAYS:
            x, y = (old + step for old, step in zip(self._at, _WAYS[key], strict=True))
            self._at = (
                min(max(x, 0), len(self._ink[0]) - 1),
                min(max(y, 0), len(self._ink) - 1),
            )
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._line(middle, QPointF(self._at[0] + 0.5, self._at[1] + 0.5), self.erases)
            self._told()
        elif key == Qt.Key.Key_Space:
            self._line(middle, middle, self.erases)
        elif key == Qt.Key.Key_E:
            self.erases = not self.erases
            self._told()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # Painting

    def area(self) -> QRectF:
        """Where the points are shown."""
        high, wide = len(self._ink), len(self._ink[0])
        side = min((self.width() - 4) / wide, (self.height() - 4) / high)
        area = QRectF(0, 0, side * wide, side * high)
        area.moveCenter(QRectF(self.rect()).center())
        return area

    def _place(self, at: QPointF) -> QPointF:
        area = self.area()
        return QPointF(
            (at.x() - area.left()) / area.width() * len(self._ink[0]),
            (at.y() - area.top()) / area.height() * len(self._ink),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, area = current(), self.area()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawImage(area, self._image())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.control), 1.5))
        painter.drawRect(area)
        if self.hasFocus():
            step = area.width() / len(self._ink[0])
            x, y = self._at
            cell = QRectF(area.left() + x * step, area.top() + y * step, step, step)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(cell.adjusted(-1, -1, 1, 1))

    def _image(self) -> QImage:
        high, wide = len(self._ink), len(self._ink[0])
        data = bytes(round(255 * value) for line in self._ink for value in line)
        return QImage(data, wide, high, wide, QImage.Format.Format_Grayscale8).copy()


def _distance(point: QPointF, start: QPointF, end: QPointF) -> float:
    """How far a point is from a stretch."""
    way = end - start
    length = way.x() ** 2 + way.y() ** 2
    share = 0.0
    if length:
        by = point - start
        share = min(1.0, max(0.0, (by.x() * way.x() + by.y() * way.y()) / length))
    near = start + way * share
    return math.hypot(point.x() - near.x(), point.y() - near.y())
