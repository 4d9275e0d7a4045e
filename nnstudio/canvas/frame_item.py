"""One frame on the canvas: a titled rounded box around its nodes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.canvas import tints
from nnstudio.canvas.level_of_detail import Detail, detail_at
from nnstudio.canvas.look import font, look, metrics
from nnstudio.canvas.spatial import Box
from nnstudio.theme.tokens import RADIUS_CARD

Z_FRAME = 0.0
SIDE, TITLE = 18.0, 26.0
"""Room around the nodes, and above it for the title."""


def around(nodes: Box) -> Box:
    """The frame's box for the box of its nodes."""
    return (nodes[0] - SIDE, nodes[1] - SIDE - TITLE + 4, nodes[2] + SIDE, nodes[3] + SIDE)


class FrameItem(QGraphicsItem):
    """The picture of one frame."""

    def __init__(self, name: str, colour: str, box: Box) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_FRAME)
        self.name, self.colour, self.frame_box = name, colour, box
        self._bounds = _bounds(box)
        self.selected = False
        self.hovered = False
        self.target = False
        """Whether what is dragged would join it."""

    def set_box(self, box: Box, colour: str) -> None:
        """Stand around nodes that are elsewhere now."""
        if box != self.frame_box or colour != self.colour:
            self.prepareGeometryChange()
            self.frame_box, self.colour, self._bounds = box, colour, _bounds(box)
            self.update()

    def mark(
        self,
        *,
        selected: bool | None = None,
        hovered: bool | None = None,
        target: bool | None = None,
    ) -> None:
        """How much it stands out; what is None stays."""
        before = (self.selected, self.hovered, self.target)
        self.selected = self.selected if selected is None else selected
        self.hovered = self.hovered if hovered is None else hovered
        self.target = self.target if target is None else target
        if before != (self.selected, self.hovered, self.target):
            self.update()

    def title_box(self) -> Box:
        """The strip with the title, by which the frame is taken."""
        left, top, right, _ = self.frame_box
        wide = metrics("frame").horizontalAdvance(self.name) + 32
        return (left, top, min(right, left + max(96.0, wide)), top + TITLE)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        shades = look()
        left, top, right, bottom = self.frame_box
        box = QRectF(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1)
        colour = tints.strong(self.colour, shades) if self.colour else shades.muted
        fill = QColor(shades.accent if self.target else colour)
        fill.setAlphaF(0.14 if self.target or self.colour else 0.06)
        edge = QColor(colour)
        edge.setAlphaF(0.75 if self.hovered or self.colour else 0.35)
        painter.setBrush(fill)
        pen = QPen(shades.accent, 2) if self.selected or self.target else QPen(edge, 1)
        if self.target:
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawRoundedRect(box, RADIUS_CARD, RADIUS_CARD)
        detail = detail_at(painter.worldTransform().m11())
        if detail is Detail.FAR:
            return
        painter.setPen(shades.text if self.selected or self.hovered else shades.muted)
        if detail is Detail.NEAR:
            painter.setFont(font("frame"))
            room = right - left - 28
            name = metrics("frame").elidedText(self.name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(left + 14, top + 18), name)
        else:
            painter.setFont(font("big"))
            name = metrics("big").elidedText(
                self.name, Qt.TextElideMode.ElideRight, right - left - 28
            )
            painter.drawText(QPointF(left + 14, top + 21), name)


def _bounds(box: Box) -> QRectF:
    left, top, right, bottom = box
    return QRectF(left, top, right - left, bottom - top).adjusted(-3, -3, 3, 3)
