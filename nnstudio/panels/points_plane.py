"""A plane to paint points on, by mouse and by keyboard.

Owns the gestures. What it shows comes from outside, and what a gesture made goes out as one edit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.panels.data_pictures import class_colours, mark
from nnstudio.theme import current, notifier

Point = tuple[float, float, int]
TOOLS = ("paint", "move", "delete")
MARGIN, REACH, APART = 10, 12, 9
"""Pixels: room around the plane, how near a point is hit, how far painted points lie apart."""
KEY_STEP = 0.05
_WAYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class PointsPlane(QWidget):
    """Points in the plane from -1 to 1 both ways, y upwards."""

    edited = Signal(object, str)
    """All points after a gesture, and what it did, as the text of a step."""
    class_asked = Signal(int)
    """A digit was pressed: the class with this number is wanted."""
    tool_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("points_plane")
        self.setAccessibleName("Plane to paint points on")
        self.setToolTip(
            "Click or drag to paint; right button deletes. By keyboard: arrows move the cross, "
            "Space does what the tool does there, Delete deletes, digits choose the class."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 240)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
        self.tool = "paint"
        self.kind = 0
        self.noise = 0.0
        self.cross = (0.0, 0.0)
        """Where the keyboard is."""
        self._points: list[Point] = []
        self._before: list[Point] | None = None
        """The points before the gesture under way."""
        self._held: int | None = None
        """The point that the mouse or the keyboard moves."""
        self._hovered: int | None = None
        notifier.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(360, 360)

    @property
    def points(self) -> tuple[Point, ...]:
        """What is shown."""
        return tuple(self._points)

    def show_points(self, points: Sequence[Point], noise: float) -> None:
        """Show other points; a gesture under way is given up."""
        self._points, self.noise = list(points), noise
        self._before = self._held = self._hovered = None
        self.setAccessibleDescription(f"{len(self._points)} points")
        self.update()

    # Places

    def area(self) -> QRectF:
        """The square that shows the plane."""
        side = max(min(self.width(), self.height()) - 2 * MARGIN, 1)
        middle = QRectF(self.rect()).center()
        return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)

    def pixel(self, x: float, y: float) -> QPointF:
        """Where a place of the plane is shown."""
        area = self.area()
        return QPointF(
            area.left() + (x + 1) / 2 * area.width(), area.bottom() - (y + 1) / 2 * area.height()
        )

    def place(self, at: QPointF) -> tuple[float, float]:
        """The place of the plane that is shown at a pixel, at the border at most."""
        area = self.area()
        x = 2 * (at.x() - area.left()) / area.width() - 1
        y = 1 - 2 * (at.y() - area.top()) / area.height()
        return min(max(x, -1.0), 1.0), min(max(y, -1.0), 1.0)

    def _nearest(self, at: QPointF, reach: float = REACH) -> int | None:
        """The number of the point at a pixel."""
        best, found = reach, None
        for number, (x, y, _) in enumerate(self._points):
            by = self.pixel(x, y) - at
            distance = math.hypot(by.x(), by.y())
            if distance <= best:
                best, found = distance, number
        return found

    # Gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        right = event.button() == Qt.MouseButton.RightButton
        if event.button() != Qt.MouseButton.LeftButton and not right:
            return
        self._before = list(self._points)
        self._doing = "delete" if right else self.tool
        if self._doing == "move":
            self._held = self._nearest(event.position())
        self._go_on(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._before is not None:
            self._go_on(event.position())
            return
        hovered = self._nearest(event.position()) if self.tool != "paint" else None
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._before is None:
            return
        before, self._before, self._held = self._before, None, None
        self._finish(before, self._doing)

    def _go_on(self, at: QPointF) -> None:
        """The gesture under way reaches a pixel."""
        self.cross = self.place(at)
        near = self._nearest(at, APART if self._doing == "paint" else REACH)
        if self._doing == "paint" and near is None:
            self._points.append((*self.cross, self.kind))
        elif self._doing == "delete" and near is not None:
            del self._points[near]
        elif self._doing == "move" and self._held is not None:
            self._points[self._held] = (*self.cross, self._points[self._held][2])
        self._hovered = None
        self.update()

    def _finish(self, before: list[Point], doing: str) -> None:
        count = abs(len(self._points) - len(before)) or 1
        what = "point" if count == 1 else f"{count} points"
        if self._points != before:
            self.edited.emit(list(self._points), f"{doing.capitalize()} {what}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _WAYS:
            step = KEY_STEP * (4 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            self._move_cross(*(step * way for way in _WAYS[key]))
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._act(self.tool)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._act("delete")
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self.class_asked.emit(key - Qt.Key.Key_1)
        elif key == Qt.Key.Key_Escape and self._before is not None:
            self.show_points(self._before, self.noise)
        elif event.text() in ("p", "m", "d"):
            self.tool_asked.emit(next(tool for tool in TOOLS if tool[0] == event.text()))
        else:
            super().keyPressEvent(event)

    def _move_cross(self, right: float, up: float) -> None:
        x, y = self.cross
        self.cross = (
            min(max(round(x + right, 4), -1.0), 1.0),
            min(max(round(y + up, 4), -1.0), 1.0),
        )
        if self._held is not None:
            self._points[self._held] = (*self.cross, self._points[self._held][2])
        self.update()

    def _act(self, tool: str) -> None:
        """What the tool does, at the cross; moving takes up a point and lays it down."""
        at = self.pixel(*self.cross)
        if tool == "move":
            if self._held is None:
                self._before, self._held = list(self._points), self._nearest(at)
                self._doing = "move"
                if self._held is None:
                    self._before = None
            elif self._before is not None:
                before, self._before, self._held = self._before, None, None
                self._finish(before, "move")
            self.update()
            return
        before = list(self._points)
        if tool == "paint":
            self._points.append((*self.cross, self.kind))
        elif (near := self._nearest(at)) is not None:
            del self._points[near]
        self._held = self._before = None
        self._finish(before, tool)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._before is not None:
            self.show_points(self._before, self.noise)
        self.update()

    # Looks

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, area = current(), self.area()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.control if self.hasFocus() else theme.line), 1))
        painter.setBrush(QColor(theme.ground))
        painter.drawRect(area)
        painter.setPen(QPen(QColor(theme.line), 1))
        middle = self.pixel(0, 0)
        painter.drawLine(QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), area.top()), QPointF(middle.x(), area.bottom()))
        painter.setClipRect(area)
        self._paint_noise(painter)
        for number, (x, y, kind) in enumerate(self._points):
            large = number in (self._held, self._hovered)
            mark(painter, self.pixel(x, y), kind, 6.0 if large else 4.0, theme)
        if self.hasFocus():
            self._paint_cross(painter)

    def _paint_noise(self, painter: QPainter) -> None:
        """How far the copies of a point spread: two thirds of them fall into the disc."""
        radius = self.noise * self.area().width() / 2
        if radius < 1:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        colours = class_colours(current())
        for x, y, kind in self._points:
            colour = colours[kind % len(colours)]
            colour.setAlpha(28)
            painter.setBrush(colour)
            painter.drawEllipse(self.pixel(x, y), radius, radius)

    def _paint_cross(self, painter: QPainter) -> None:
        at = self.pixel(*self.cross)
        painter.setPen(QPen(QColor(current().accent), 1.5))
        painter.drawLine(at - QPointF(8, 0), at + QPointF(8, 0))
        painter.drawLine(at - QPointF(0, 8), at + QPointF(0, 8))
