"""Everything at once, from far away: coloured boxes and straight wires drawn in bulk.

One item in place of thousands: far away a node is a few pixels, and asking each one to paint itself
would cost more than the whole picture. The lists are kept until the drawing changes; what moves is
moved within them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from graph_compiler.model import Wire
from nnstudio.canvas.face import PORT_Y
from nnstudio.canvas.look import Look, look

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

Z_FAR = 15.0
ROOM = 40.0
CORNER = 44.0
SHEETS = (24.0, 12.0)
INNER = 6.0


class FarItem(QGraphicsItem):
    """The picture of all nodes and wires together; shown only while they themselves are not."""

    def __init__(self, scene: NetworkScene) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_FAR)
        self.setVisible(False)
        self._scene = scene
        self._bounds = QRectF()
        self._stale = True
        self._boxes: dict[str, list[QRectF]] = {}
        """What has to follow a node: its box, its halo, its fault."""
        self._ends: dict[Wire, QLineF] = {}
        self._fills: dict[str, list[QRectF]] = {}
        self._faults: dict[str, list[QRectF]] = {}
        self._stacks: dict[str, list[QRectF]] = {}
        self._blocks: list[QRectF] = []
        """The second outlines of nodes that hold a drawing."""
        self._chosen: list[QRectF] = []
        self._lines: list[QLineF] = []
        self._chosen_lines: list[QLineF] = []

    def invalidate(self) -> None:
        """The drawing has changed."""
        self._stale = True
        if self.isVisible():
            self._measure()
            self.update()

    def set_shown(self, shown: bool) -> None:
        """Show or hide the picture."""
        if shown:
            self._measure()
        self.setVisible(shown)

    def follow(self, moved: Iterable[str]) -> None:
        """Nodes stand elsewhere and nothing else has changed."""
        if self._stale or not self.isVisible():
            self.invalidate()
            return
        nodes = self._scene.nodes
        for name in moved:
            item = nodes[name]
            boxes = self._boxes[name]
            by = QPointF(item.x(), item.y()) - boxes[0].topLeft()
            for box in boxes:
                box.translate(by)
            start = QPointF(item.x() + item.face.width, item.y() + PORT_Y)
            for wire in self._scene.wires_out_of(name):
                self._ends[wire].setP1(start)
            end = QPointF(item.x(), item.y() + PORT_Y)
            for wire in self._scene.wires_into(name):
                self._ends[wire].setP2(end)
        self._measure()
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
        painter.setPen(QPen(shades.wire, 0))
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
        painter.setPen(QPen(shades.ground, 0))
        for family, boxes in self._stacks.items():
            painter.setBrush(shades.family(family))
            painter.drawRects(boxes)
        painter.setPen(Qt.PenStyle.NoPen)
        for family, boxes in self._fills.items():
            painter.setBrush(shades.family(family))
            painter.drawRects(boxes)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(shades.ground, INNER))
        painter.drawRects(self._blocks)
        painter.setPen(Qt.PenStyle.NoPen)
        for severity, boxes in self._faults.items():
            painter.setBrush(shades.severities[severity])
            painter.drawRects(boxes)

    def _measure(self) -> None:
        bounds = self._scene.reach().adjusted(-ROOM, -ROOM, ROOM, ROOM)
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds

    def _collect(self) -> None:
        self._stale = False
        self._boxes, self._ends = {}, {}
        self._fills, self._faults, self._chosen = {}, {}, []
        self._stacks, self._blocks = {}, []
        for name, item in self._scene.nodes.items():
            face = item.face
            box = QRectF(item.x(), item.y(), face.width, face.height)
            held = self._boxes[name] = [box]
            self._fills.setdefault(face.family, []).append(box)
            if face.marks.turns:
                behind = [box.translated(by, by) for by in SHEETS]
                self._stacks.setdefault(face.family, []).extend(behind)
                held += behind
            if face.marks.block:
                inner = box.adjusted(INNER * 2, INNER * 2, -INNER * 2, -INNER * 2)
                self._blocks.append(inner)
                held.append(inner)
            if face.severity in ("error", "warning"):
                corner = QRectF(box.right() - 30, box.top() - 14, CORNER, CORNER)
                self._faults.setdefault(face.severity, []).append(corner)
                held.append(corner)
            if item.selected:
                halo = box.adjusted(-8, -8, 8, 8)
                self._chosen.append(halo)
                held.append(halo)
        self._lines, self._chosen_lines = [], []
        nodes = self._scene.nodes
        for wire, line in self._scene.wires.items():
            source, target = nodes[wire.source], nodes[wire.target]
            drawn = self._ends[wire] = QLineF(
                source.x() + source.face.width,
                source.y() + PORT_Y,
                target.x(),
                target.y() + PORT_Y,
            )
            bold = line.selected or line.highlighted
            (self._chosen_lines if bold else self._lines).append(drawn)
