"""The picture of an activation: the function and its slope from −4 to 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.theme import current, notifier, style

REACH = 4.0
POINTS = 321
MOST_SLOPE = 200.0
"""A steeper slope than this is a jump."""
_JUMP = 0.3
"""A step between neighbouring points higher than this is a jump, and no line is drawn across it."""


def function_and_slope(function: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """The values of a function at the points `x` of an array, and its slopes there."""
    import numpy as np

    y = np.asarray(function(x), dtype=float)
    h = 1e-4
    before, after = np.asarray(function(x - h), float), np.asarray(function(x + h), float)
    slope = (after - before) / (2 * h)
    # At a jump the quotient tells the height of the jump over h and not a slope.
    return y, np.where(np.abs(slope) > MOST_SLOPE, 0.0, slope)


class ActivationPicture(QWidget):
    """A function of one variable, solid, and its derivative, dashed, each with its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activation_picture")
        self.setMinimumHeight(132)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._curves: list[tuple[str, Any, Any]] = []
        self._low, self._high = -1.0, 1.0
        notifier.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(228, 132)

    def show_function(self, name: str, function: Callable[[Any], Any]) -> None:
        """Draw `function`, which takes and gives a numpy array."""
        import numpy as np

        x = np.linspace(-REACH, REACH, POINTS)
        y, slope = function_and_slope(function, x)
        self._curves = [("f(x)", x, y), ("f′(x)", x, slope)]
        low, high = min(y.min(), slope.min()), max(y.max(), slope.max())
        self._low = max(min(-0.5, float(np.floor(low * 2) / 2)), -2 * REACH)
        self._high = min(max(1.0, float(np.ceil(high * 2) / 2)), 2 * REACH)
        self.setAccessibleName(f"{name} and its derivative from −4 to 4")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.mono(10))
        area = QRectF(self.rect()).adjusted(24, 8, -40, -18)
        self._axes(painter, area)
        solid, dashed = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
        looks = ((QColor(theme.accent), solid), (QColor(theme.muted), dashed))
        taken: list[float] = []
        for (name, x, y), (colour, line) in zip(self._curves, looks, strict=False):
            painter.setPen(QPen(colour, 2 if line == solid else 1.5, line))
            painter.setClipRect(area.adjusted(-1, -1, 1, 1))
            for piece in self._pieces(area, x, y):
                painter.drawPolyline(piece)
            painter.setClipping(False)
            at = min(max(self._point(area, x[-1], y[-1]).y(), area.top()), area.bottom())
            while any(abs(at - other) < 12 for other in taken):
                at += 12 if at < area.center().y() else -12
            taken.append(at)
            painter.setPen(colour)
            painter.drawText(QPointF(area.right() + 5, at + 4), name)

    def _axes(self, painter: QPainter, area: QRectF) -> None:
        theme = current()
        painter.setPen(QPen(QColor(theme.line), 1))
        zero = self._point(area, 0, 0)
        painter.drawLine(QPointF(area.left(), zero.y()), QPointF(area.right(), zero.y()))
        painter.drawLine(QPointF(zero.x(), area.top()), QPointF(zero.x(), area.bottom()))
        painter.setPen(QColor(theme.muted))
        bottom = area.bottom() + 14
        for value in (-4, 0, 4):
            at = self._point(area, value, 0).x()
            text = str(value).replace("-", "−")
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(QPointF(at - width / 2, bottom), text)
        for y in {0.0, self._high}:
            text = f"{y:g}"
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(
                QPointF(area.left() - width - 5, self._point(area, 0, y).y() + 4), text
            )

    def _pieces(self, area: QRectF, x: Any, y: Any) -> list[QPolygonF]:
        """The curve, broken where it jumps."""
        pieces = [QPolygonF()]
        steps = (y[1:] - y[:-1]).tolist()
        for index, (at, value) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
            if index and abs(steps[index - 1]) > _JUMP:
                pieces.append(QPolygonF())
            pieces[-1].append(self._point(area, at, value))
        return pieces

    def _point(self, area: QRectF, x: float, y: float) -> QPointF:
        along = (x + REACH) / (2 * REACH)
        up = (y - self._low) / (self._high - self._low)
        return QPointF(area.left() + along * area.width(), area.bottom() - up * area.height())
