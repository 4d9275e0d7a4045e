"""One wire on the canvas, also one that is still being drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.canvas.look import Look, look
from nnstudio.canvas.spatial import Box
from nnstudio.canvas.wire_path import WirePath

Z_WIRE, Z_LIFTED = 10.0, 12.0
THICK = 2.0


class WireItem(QGraphicsItem):
    """The picture of one wire, also of one that is still being drawn."""

    def __init__(self, path: WirePath) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_WIRE)
        self.path = path
        self.label = ""
        self.dtype = "float"
        self.fault = ""
        """The severity of a problem at the input where the wire arrives."""
        self.selected = False
        self.hovered = False
        self.highlighted = False
        """Whether it belongs to a selected node, or is what a layer would be dropped on."""
        self.draft = ""
        """For a wire being drawn: `open`, `fits` or `refused`."""
        self.hidden_for_drag = False
        self._qt_path = QPainterPath()
        self._bounds = QRectF()
        self._build()

    def set_path(self, path: WirePath) -> None:
        """Take another way."""
        if path != self.path:
            self.prepareGeometryChange()
            self.path = path
            self._build()
            self.update()

    def describe(self, label: str, dtype: str, fault: str) -> None:
        """What flows along, and whether it is wrong where it arrives."""
        if (label, dtype, fault) != (self.label, self.dtype, self.fault):
            self.label, self.dtype, self.fault = label, dtype, fault
            self.update()

    def mark(
        self,
        *,
        selected: bool | None = None,
        hovered: bool | None = None,
        highlighted: bool | None = None,
    ) -> None:
        """How much it stands out; what is None stays."""
        before = (self.selected, self.hovered, self.highlighted)
        after = tuple(
            old if new is None else new
            for old, new in zip(before, (selected, hovered, highlighted), strict=True)
        )
        if after != before:
            self.selected, self.hovered, self.highlighted = after
            self.setZValue(Z_LIFTED if any(after) else Z_WIRE)
            self.update()

    def set_draft(self, state: str) -> None:
        """For a wire being drawn: whether it could end here."""
        if state != self.draft:
            self.draft = state
            self.update()

    def box(self) -> Box:
        """A box around the path."""
        return self.path.bounds()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def _build(self) -> None:
        made = QPainterPath(QPointF(*self.path.start))
        for one, two, end in self.path.segments:
            made.cubicTo(*one, *two, *end)
        self._qt_path = made
        left, top, right, bottom = self.path.bounds()
        self._bounds = QRectF(left, top, right - left, bottom - top).adjusted(-4, -4, 4, 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.hidden_for_drag:
            return
        shades = look()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._pen(shades))
        painter.drawPath(self._qt_path)

    def _pen(self, shades: Look) -> QPen:
        if self.draft:
            pen = QPen(shades.bad if self.draft == "refused" else shades.accent, 2.25)
            if self.draft != "fits":
                pen.setStyle(Qt.PenStyle.DashLine)
            return pen
        if self.selected or self.highlighted:
            return QPen(shades.accent, 2.5 if self.selected else 2.25)
        if self.fault == "error":
            pen = QPen(shades.bad, THICK)
            pen.setDashPattern([4, 2.5])
            return pen
        if self.hovered:
            return QPen(shades.wire_hover, 2.25)
        if self.dtype in ("int", "bool"):
            return QPen(shades.kind(self.dtype), THICK)
        return QPen(shades.wire, THICK)
