"""The picture of a schedule: the learning rate of every step, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.panels.text import count, number
from nnstudio.theme import current, notifier, style

HEIGHT = 96


class RateCurve(QWidget):
    """The learning rate over the steps, its largest value at the left, the last step at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rate_curve")
        self.setMinimumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._steps: tuple[int, ...] = ()
        self._rates: tuple[float, ...] = ()
        notifier.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(228, HEIGHT)

    @property
    def rates(self) -> tuple[float, ...]:
        """What is drawn."""
        return self._rates

    def show_rates(self, steps: Sequence[int], rates: Sequence[float], epochs: int) -> None:
        """Draw the rate of each of these steps, which fill so many epochs."""
        self._steps, self._rates = tuple(steps), tuple(rates)
        told = f"Learning rate from {rates[0]:.3g} to {rates[-1]:.3g}, at most {max(rates):.3g}"
        self.setAccessibleName(f"{told}, over {count(epochs, 'epoch')}")
        self.setToolTip(self.accessibleName())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._rates:
            return
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.mono(10))
        top, last = max(self._rates) or 1.0, self._steps[-1] + 1
        metrics = painter.fontMetrics()
        left = metrics.horizontalAdvance(f"{top:.3g}") + 8
        area = QRectF(self.rect()).adjusted(left, 8, -8, -18)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.bottomLeft(), area.topLeft())
        painter.setPen(QColor(theme.muted))
        for text, at in ((f"{top:.3g}", area.top()), ("0", area.bottom())):
            place = area.left() - metrics.horizontalAdvance(text) - 4
            painter.drawText(QPointF(place, at + 4), text)
        painter.drawText(QPointF(area.left(), area.bottom() + 14), "1")
        end = f"step {number(last)}"
        width = metrics.horizontalAdvance(end)
        painter.drawText(QPointF(area.right() - width, area.bottom() + 14), end)
        painter.setPen(QPen(QColor(theme.accent), 2))
        points = (
            QPointF(
                area.left() + step / max(last - 1, 1) * area.width(),
                area.bottom() - rate / top * area.height(),
            )
            for step, rate in zip(self._steps, self._rates, strict=True)
        )
        painter.drawPolyline(QPolygonF(list(points)))
