"""The axes of a plot and the grid behind its curves, drawn from round numbers.

Owns where tick texts stand. Must not know curves or runs: they set ranges, and the epochs to mark.
"""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from nnstudio.plotdata import curves
from nnstudio.plots import look

_VALUE_WIDTH = 46
_ROW = 15


class ValueAxis(pg.AxisItem):
    """Values on the left; in logarithmic form the view holds decimal logarithms."""

    def __init__(self) -> None:
        super().__init__("left")
        self.log = False
        self.setWidth(_VALUE_WIDTH)

    def places(self) -> list[tuple[float, str]]:
        """Ticks as (place in the view, text)."""
        low, high = self.range
        count = max(2, int(self.size().height() / 38))
        if self.log:
            values = curves.log_ticks(low, high, count)
            return [(math.log10(v), _power(v)) for v in values]
        values = curves.ticks(low, high, count)
        return list(zip(values, curves.tick_texts(values), strict=True))

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Texts, right-aligned against the plot."""
        low, high = self.range
        height = self.size().height()
        if high <= low:
            return
        p.setFont(look.number_font())
        p.setPen(look.colour("muted"))
        half = QFontMetricsF(p.font()).height() / 2
        for place, text in self.places():
            y = min(max(height * (high - place) / (high - low), half - 2), height - half + 2)
            p.drawText(
                QRectF(0, y - half, self.size().width() - 6, 2 * half),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                text,
            )


class StepAxis(pg.AxisItem):
    """Steps below the plot and, on a second row, the epochs that they belong to."""

    def __init__(self, caption: str = "step") -> None:
        super().__init__("bottom")
        self.epochs = curves.Epochs()
        self.caption = caption
        self.end: float | None = None
        """Nothing is marked beyond this step; the view goes on where names need room."""
        self.setHeight(_ROW + 4)

    def set_epochs(self, epochs: curves.Epochs) -> None:
        """Mark these epochs; the second row appears with the first of them."""
        if epochs == self.epochs:
            return
        self.epochs = epochs
        self.setHeight((2 if epochs.length > 0 else 1) * _ROW + 4)
        self.update()

    def steps(self) -> list[tuple[float, str]]:
        """Round steps in view as (step, text)."""
        low, high = self.range
        count = max(2, int(self.size().width() / 64))
        values = [
            v for v in curves.ticks(low, high, count, whole=True) if 0 <= v <= self.last(high)
        ]
        return [(v, curves.step_text(v)) for v in values]

    def epoch_ends(self) -> list[tuple[float, str]]:
        """Round epochs whose ends are in view as (step, text)."""
        low, high = self.range
        first, last = self.epochs.at(max(low, 1)), self.epochs.at(high)
        if first is None or last is None:
            return []
        count = max(2, int(self.size().width() / 52))
        numbers = [int(n) for n in curves.ticks(first, max(last, first + 1), count, whole=True)]
        found = [(self.epochs.end(n), str(n)) for n in numbers if n >= 1]
        return [(step, text) for step, text in found if low <= step <= self.last(high)]

    def last(self, high: float) -> float:
        """Where the axis ends in a view that reaches to `high`."""
        return high if self.end is None else min(high, self.end * 1.0001)

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """One or two rows of numbers with their captions in the gutter on the left."""
        rows = [(self.caption, self.steps())]
        if self.epochs.length > 0:
            rows.append(("epoch", self.epoch_ends()))
        for row, (caption, places) in enumerate(rows):
            self._paint_row(p, 3 + row * _ROW, caption, places)

    def _paint_row(
        self, p: QPainter, top: float, caption: str, places: list[tuple[float, str]]
    ) -> None:
        low, high = self.range
        if high <= low:
            return
        size = self.size().width()
        p.setPen(look.colour("muted"))
        p.setFont(look.small_font())
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        p.drawText(QRectF(-_VALUE_WIDTH, top, _VALUE_WIDTH - 6, _ROW), right, caption)
        p.setFont(look.number_font())
        free = -6.0
        for place, text in places:
            x = size * (place - low) / (high - low)
            half = look.width(text, p.font()) / 2
            x = min(max(x, half), size - half)
            if x - half < free:
                continue
            free = x + half + 8
            p.drawText(
                QRectF(x - half - 2, top, 2 * half + 4, _ROW), Qt.AlignmentFlag.AlignCenter, text
            )

    def boundingRect(self) -> QRectF:
        """The axis and the gutter on its left, where the captions stand."""
        rect = QRectF(QPointF(0, 0), self.size())
        return rect.adjusted(-_VALUE_WIDTH, -2, 4, 2)


class Grid(pg.GraphicsObject):
    """Lines at the values' ticks and short marks at the epochs' ends, behind the curves."""

    def __init__(self, view: pg.ViewBox, values: ValueAxis, steps: StepAxis) -> None:
        super().__init__()
        self.setParentItem(view)
        self.setZValue(-10)
        self._view, self._values, self._steps = view, values, steps

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._view.rect()

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Draw in pixels of the view."""
        rect = self._view.rect()
        (left, right), (low, high) = self._view.viewRange()
        if right <= left or high <= low:
            return
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.setPen(look.grid_pen())
        end = rect.width() * (self._steps.last(right) - left) / (right - left)
        for place, _ in self._values.places():
            y = rect.height() * (high - place) / (high - low)
            p.drawLine(QPointF(0, y), QPointF(end, y))
        for step, _ in self._steps.epoch_ends():
            x = rect.width() * (step - left) / (right - left)
            p.drawLine(QPointF(x, rect.height() - 5), QPointF(x, rect.height()))


def _power(value: float) -> str:
    """A tick of a logarithmic axis: plain where it is short."""
    if 1e-3 <= value < 1e5:
        return f"{value:g}"
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
