"""Select by a rubber band: what it touches, in place of, added to, or toggled in the selection."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from nnstudio.canvas.hits import nodes_within
from nnstudio.canvas.look import look
from nnstudio.canvas.tools.tool import Pointer, Tool

Z_BAND = 90.0


class BandTool(Tool):
    """Draws the band and selects while it grows."""

    pans_at_edges = True

    def start(self, pointer: Pointer) -> None:
        """Put down the first corner."""
        selection = self.canvas.drawing.selection
        self._from = pointer
        self._before = (selection.names, tuple(selection.wires), selection.frame)
        self._item: QGraphicsRectItem | None = None
        self.begin()

    def move(self, pointer: Pointer) -> None:
        if self._item is None:
            if not pointer.far_from(self._from):
                return
            self._item = self._make()
        band = QRectF(self._from.scene, pointer.scene).normalized()
        self._item.setRect(band)
        names = nodes_within(
            self.canvas.drawing, (band.left(), band.top(), band.right(), band.bottom())
        )
        kept = self._before[0]
        if self._from.ctrl:
            names = [n for n in kept if n not in names] + [n for n in names if n not in kept]
        elif self._from.shift:
            names = [*kept, *names]
        self.canvas.drawing.selection.set(names)

    def release(self, pointer: Pointer) -> None:
        if self._item is None and not (self._from.shift or self._from.ctrl):
            self.canvas.drawing.selection.clear()
        self.finish()

    def cancel(self) -> None:
        if self.running:
            self.canvas.drawing.selection.set(*self._before)
        super().cancel()

    def clean_up(self) -> None:
        if self._item is not None:
            self.canvas.drawing.removeItem(self._item)
            self._item = None

    def _make(self) -> QGraphicsRectItem:
        shades = look()
        item = QGraphicsRectItem(QRectF(self._from.scene, QPointF(self._from.scene)))
        pen = QPen(shades.accent, 1)
        pen.setCosmetic(True)
        item.setPen(pen)
        fill = QColor(shades.accent)
        fill.setAlphaF(0.12)
        item.setBrush(fill)
        item.setZValue(Z_BAND)
        self.canvas.drawing.addItem(item)
        return item
