"""Small marks at the foot of a plot: the steps after which a run has kept a state of itself."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from nnstudio.plots import look

_WIDE, _HIGH = 4.0, 6.0


class KeptMarks(pg.GraphicsObject):
    """A triangle for each kept state."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self.setParentItem(view)
        self.setZValue(4)
        self._view = view
        self.steps: tuple[int, ...] = ()

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._view.rect()

    def show_steps(self, steps: Sequence[int]) -> None:
        """Mark the states after so many steps; none removes all marks."""
        if tuple(steps) != self.steps:
            self.steps = tuple(steps)
            self.update()

    def pixels(self) -> list[float]:
        """Where the marks stand that can be seen."""
        (left, right), _ = self._view.viewRange()
        width = self._view.rect().width()
        # Value k of a curve belongs to the step before which k were done.
        found = [width * (step - 1 - left) / max(right - left, 1e-12) for step in self.steps]
        return [x for x in found if 0 <= x <= width]

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Triangles that stand on the axis."""
        foot = self._view.rect().height()
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(look.colour("muted"))
        for x in self.pixels():
            corners = [(x - _WIDE, foot), (x + _WIDE, foot), (x, foot - _HIGH)]
            p.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
