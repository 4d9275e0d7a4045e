"""While something is dragged to the edge of the view, the view moves along."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QRect, QTimer

EDGE, MOST, PERIOD = 24, 18, 16


class EdgePan(QObject):
    """Pans while the mouse stays near the edge; `pan` takes pixels."""

    def __init__(self, parent: QObject, pan: Callable[[int, int], None]) -> None:
        super().__init__(parent)
        self._pan = pan
        self._by = QPoint()
        self._timer = QTimer(self)
        self._timer.setObjectName("canvas_edge_pan")
        self._timer.setInterval(PERIOD)
        self._timer.timeout.connect(self._tick)

    def follow(self, place: QPoint, room: QRect) -> None:
        """The mouse is at a point of the view."""
        self._by = QPoint(
            self._speed(place.x(), room.left(), room.right()),
            self._speed(place.y(), room.top(), room.bottom()),
        )
        if self._by.isNull():
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Nothing is dragged any more."""
        self._timer.stop()

    def _tick(self) -> None:
        self._pan(self._by.x(), self._by.y())

    @staticmethod
    def _speed(at: int, low: int, high: int) -> int:
        if at < low + EDGE:
            return min(MOST, (low + EDGE - at) // 2 + 1)
        if at > high - EDGE:
            return -min(MOST, (at - high + EDGE) // 2 + 1)
        return 0
