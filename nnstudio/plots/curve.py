"""A curve on the screen: computes what to draw only when it is painted, and draws it in bulk.

Owns pens' use, dots and the raw values behind a smoothed curve. Must not read runs.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from nnstudio.plotdata.curves import Curve
from nnstudio.plotdata.series import Polyline, Series, SmoothedSeries
from nnstudio.plots import look

_DOTS_BELOW = 40
"""Sparse curves of fewer points in view show each as a dot."""


class CurveItem(pg.GraphicsObject):
    """One series in a view, in pixels of the view; `smooth` draws over the raw values."""

    def __init__(self, view: pg.ViewBox, curve: Curve, series: Series) -> None:
        super().__init__()
        self.curve = curve
        self.series = series
        self.smooth: SmoothedSeries | None = None
        self.log = False
        self._view = view
        self._stale = True
        self._drawn = 0
        """How many values were drawn; those that came since have no name yet."""
        self._raw = _Strokes()
        self._line = _Strokes()
        self.setParentItem(view)
        self.setZValue(2 if curve.part == "training" else 3)

    def refresh(self) -> None:
        """The data, the range or the size has changed: compute again at the next paint."""
        self._stale = True
        self.update()

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._view.rect()

    def shown(self) -> Series:
        """The series that carries the name: the smoothed one if there is one."""
        smooth = self.smooth
        return smooth.series if smooth is not None and len(smooth.series) else self.series

    def pixels(self, step: float, value: float) -> QPointF | None:
        """Where a value stands in the view; None if it cannot be shown."""
        x, y = self.to_pixels(np.array([float(step)]), np.array([float(value)]))
        return QPointF(float(x[0]), float(y[0])) if np.isfinite(y[0]) else None

    def end(self) -> tuple[QPointF, float] | None:
        """Place and value of the last finite point, of those that are or will be drawn."""
        series = self.shown()
        count = len(series) if self._stale else min(self._drawn, len(series))
        values = series.values[max(count - 64, 0) : count]
        finite = np.flatnonzero(np.isfinite(values))
        if not len(finite):
            return None
        index = count - len(values) + int(finite[-1])
        place = self.pixels(series.step(index), float(series.values[index]))
        return None if place is None else (place, float(series.values[index]))

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Raw values thin and pale if smoothed, then the curve."""
        if self._stale:
            self._rebuild()
            self._stale = False
        if self.smooth is not None:
            p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._raw.draw(p, look.raw_pen(self.curve.part), dotted=False)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._line.draw(p, look.curve_pen(self.curve.part), dotted=self.curve.part != "training")

    def _rebuild(self) -> None:
        if self.smooth is not None:
            self._raw = self._strokes(self.series)
        self._line = self._strokes(self.shown())
        self._drawn = len(self.shown())

    def _strokes(self, series: Series) -> _Strokes:
        rect = self._view.rect()
        left, right = self._view.viewRange()[0]
        line = series.polyline(left, right, int(rect.width()))
        x, y = self.to_pixels(line.x, line.y)
        reach = 4 * max(rect.height(), 1.0)
        return _Strokes(Polyline(x, np.clip(y, -reach, reach), line.joined & _both_finite(y)))

    def to_pixels(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values as places in the view; NaN where a value cannot be shown."""
        rect = self._view.rect()
        (left, right), (low, high) = self._view.viewRange()
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                y = np.where(y > 0, np.log10(np.maximum(y, 1e-300)), np.nan)
        return (
            (x - left) * (rect.width() / max(right - left, 1e-12)),
            (high - y) * (rect.height() / max(high - low, 1e-300)),
        )


class _Strokes:
    """A polyline ready for the painter, made once and drawn until the data changes."""

    def __init__(self, line: Polyline | None = None) -> None:
        self._line = line
        self._segments: PrimitiveArray | None = None
        self._path: QPainterPath | None = None
        self._dots: QPolygonF | None = None

    def draw(self, p: QPainter, pen: QPen, dotted: bool) -> None:
        line = self._line
        if line is None or not len(line.x):
            return
        p.setPen(pen)
        if pen.style() == Qt.PenStyle.SolidLine:
            if self._segments is None:
                self._segments = _segments(line)
            p.drawLines(*self._segments.drawargs())
        else:
            if self._path is None:
                self._path = pg.arrayToQPath(line.x, line.y, connect=line.joined.astype(np.int32))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawPath(self._path)
        if self._dots is None:
            few = dotted and len(line.x) < _DOTS_BELOW
            chosen = np.isfinite(line.y) if few else line.alone
            self._dots = QPolygonF([QPointF(line.x[k], line.y[k]) for k in np.flatnonzero(chosen)])
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(QBrush(pen.color()))
        for dot in self._dots:
            p.drawEllipse(dot, 2.25, 2.25)


def _segments(line: Polyline) -> PrimitiveArray:
    chosen = np.flatnonzero(line.joined)
    segments = PrimitiveArray(QLineF, 4)
    segments.resize(len(chosen))
    memory = segments.ndarray()
    memory[:, 0], memory[:, 1] = line.x[chosen], line.y[chosen]
    memory[:, 2], memory[:, 3] = line.x[chosen + 1], line.y[chosen + 1]
    return segments


def _both_finite(y: np.ndarray) -> np.ndarray:
    finite = np.isfinite(y)
    after = np.concatenate((finite[1:], [False])) if len(finite) else finite
    return finite & after
