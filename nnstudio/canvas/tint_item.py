"""A mark on many nodes at once: heat, or what was added, removed or changed between two drawings.

One item draws them all, around the nodes so that their text stays as legible as it was; far away,
where a node is a few pixels, it fills the box. Owns no meaning: it is given colour, text and sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from graph_compiler.model import Wire
from nnstudio.canvas.level_of_detail import Detail, detail_at
from nnstudio.canvas.look import font, look, metrics
from nnstudio.theme.tokens import RADIUS_NODE

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

Z_TINT = 16.0
ROOM = 60.0
RING = 7.0
"""Width of the ring around a node."""
TAG_HIGH, TAG_SIDE = 18.0, 7.0


@dataclass(frozen=True, slots=True)
class Tint:
    """The mark of one node or wire; colours as `#rrggbb`."""

    colour: str
    text: str = ""
    """What stands in the tag below the node; empty for none."""
    dashed: bool = False


class TintItem(QGraphicsItem):
    """Paints the marks of a scene; invisible while there are none."""

    def __init__(self, scene: NetworkScene) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_TINT)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setVisible(False)
        self._scene = scene
        self._bounds = QRectF()
        self.nodes: Mapping[str, Tint] = {}
        self.wires: Mapping[Wire, Tint] = {}
        """Wires are drawn from edge to edge; those that the drawing lacks as well."""

    def show_tints(self, nodes: Mapping[str, Tint], wires: Mapping[Wire, Tint]) -> None:
        """Mark these nodes and wires and no others."""
        if nodes == self.nodes and wires == self.wires:
            return
        for wire in self.wires.keys() | wires.keys():
            if wire in self._scene.wires:
                self._scene.wires[wire].tinted = wire in wires
                self._scene.wires[wire].update()
        self.nodes, self.wires = dict(nodes), dict(wires)
        self.setVisible(bool(nodes or wires))
        self.follow()

    def follow(self) -> None:
        """Nodes stand elsewhere, or are others."""
        if self.isVisible():
            bounds = self._scene.reach().adjusted(-ROOM, -ROOM, ROOM, ROOM)
            if bounds != self._bounds:
                self.prepareGeometryChange()
                self._bounds = bounds
            self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        detail = self._scene.detail
        if widget is None:
            detail = detail_at(option.levelOfDetailFromTransform(painter.worldTransform()))
        seen = option.exposedRect.adjusted(-ROOM, -ROOM, ROOM, ROOM)
        box = (seen.left(), seen.top(), seen.right(), seen.bottom())
        self._paint_wires(painter, detail)
        names = (name for name in self._scene.node_places.within(box) if name in self.nodes)
        if detail is Detail.FAR:
            self._fill(painter, names)
        else:
            for name in names:
                self._ring(painter, name, self.nodes[name], detail)

    def _box(self, name: str) -> QRectF:
        left, top, right, bottom = self._scene.nodes[name].box()
        return QRectF(left, top, right - left, bottom - top)

    def _fill(self, painter: QPainter, names: Iterable[str]) -> None:
        boxes: dict[str, list[QRectF]] = {}
        for name in names:
            boxes.setdefault(self.nodes[name].colour, []).append(self._box(name))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(look().ground, 0))
        for colour, group in boxes.items():
            painter.setBrush(QColor(colour))
            painter.drawRects(group)

    def _ring(self, painter: QPainter, name: str, tint: Tint, detail: Detail) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, half = self._box(name), RING / 2
        pen = QPen(QColor(tint.colour), RING)
        if tint.dashed:
            pen.setDashPattern([2.0, 1.2])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = RADIUS_NODE + half
        painter.drawRoundedRect(box.adjusted(-half, -half, half, half), radius, radius)
        if tint.text and detail is Detail.NEAR:
            self._tag(painter, box, tint)

    def _tag(self, painter: QPainter, box: QRectF, tint: Tint) -> None:
        ground = QColor(tint.colour)
        wide = metrics("value").horizontalAdvance(tint.text) + 2 * TAG_SIDE
        # Below the node: above it stand frames' titles and badges.
        tag = QRectF(box.left() - RING, box.bottom() + 2, wide, TAG_HIGH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(tag, 4, 4)
        painter.setPen(_readable_on(ground))
        painter.setFont(font("value"))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, tint.text)

    def _paint_wires(self, painter: QPainter, detail: Detail) -> None:
        nodes = self._scene.nodes
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, detail is not Detail.FAR)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for wire, tint in self.wires.items():
            if wire.source not in nodes or wire.target not in nodes:
                continue
            pen = QPen(QColor(tint.colour), 4.0)
            if tint.dashed:
                pen.setDashPattern([2.5, 1.5])
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if detail is Detail.FAR:
                pen.setWidthF(2.0)
                pen.setCosmetic(True)
            painter.setPen(pen)
            shown = self._scene.wires.get(wire)
            if shown is not None and detail is not Detail.FAR:
                painter.drawPath(shown.line)
            else:
                start = QPointF(*self._scene.port(wire.source, "out", wire.source_port))
                end = QPointF(*self._scene.port(wire.target, "in", wire.target_port))
                painter.drawLine(start, end)


def _readable_on(ground: QColor) -> QColor:
    """Black or white, whichever contrasts more."""
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (ground.redF(), ground.greenF(), ground.blueF())
    ]
    light = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return QColor("#000000") if light > 0.179 else QColor("#ffffff")
