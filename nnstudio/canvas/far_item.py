"""Everything at once, from far away: coloured boxes and straight wires drawn in bulk.

One item in place of thousands: far away a node is a few pixels, and asking each one to paint itself
would cost more than the whole picture. The lists are kept until the drawing changes.
"""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.canvas.look import Look, look
from nnstudio.canvas.node_item import NodeItem
from nnstudio.canvas.wire_item import WireItem

Z_FAR = 15.0
ROOM = 40.0


class FarItem(QGraphicsItem):
    """The picture of all nodes and wires together; shown only while they themselves are not."""

    def __init__(self, nodes: dict[str, NodeItem], wires: dict[object, WireItem]) -> None:
        super().__init__()
        self.setZValue(Z_FAR)
        self.setVisible(False)
        self._nodes, self._wires = nodes, wires
        self._bounds = QRectF()
        self._stale = True
        self._fills: dict[str, list[QRectF]] = {}
        self._lines: list[QLineF] = []
        self._chosen: list[QRectF] = []
        self._chosen_lines: list[QLineF] = []
        self._faults: dict[str, list[QRectF]] = {}

    def invalidate(self, bounds: QRectF) -> None:
        """The drawing has changed; it lies within `bounds`."""
        self._stale = True
        bounds = bounds.adjusted(-ROOM, -ROOM, ROOM, ROOM)
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        if self.isVisible():
            self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._stale:
            self._collect()
        shades = look()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(shades.wire, 0)
        painter.setPen(pen)
        painter.drawLines(self._lines)
        self._fill(painter, shades)
        accent = QPen(shades.accent, 2)
        accent.setCosmetic(True)
        painter.setPen(accent)
        painter.drawLines(self._chosen_lines)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRects(self._chosen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _fill(self, painter: QPainter, shades: Look) -> None:
        for family, boxes in self._fills.items():
            colour = shades.family(family)
            painter.setPen(colour)
            painter.setBrush(colour)
            painter.drawRects(boxes)
        for severity, boxes in self._faults.items():
            colour = shades.severities[severity]
            painter.setPen(colour)
            painter.setBrush(colour)
            painter.drawRects(boxes)

    def _collect(self) -> None:
        self._stale = False
        self._fills, self._faults, self._chosen = {}, {}, []
        for item in self._nodes.values():
            face = item.face
            box = QRectF(item.x(), item.y(), face.width, face.height)
            self._fills.setdefault(face.family, []).append(box)
            if face.severity in ("error", "warning"):
                corner = QRectF(box.right() - 30, box.top() - 14, 44, 44)
                self._faults.setdefault(face.severity, []).append(corner)
            if item.selected:
                self._chosen.append(box.adjusted(-8, -8, 8, 8))
        self._lines, self._chosen_lines = [], []
        for wire in self._wires.values():
            (x1, y1), (x2, y2) = wire.path.start, wire.path.end
            bold = wire.selected or wire.highlighted
            (self._chosen_lines if bold else self._lines).append(QLineF(x1, y1, x2, y2))
