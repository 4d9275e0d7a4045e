"""A wire drawn as a named link: a stub with a tag at each end in place of a line.

A tag that leads on stands below its node, one that comes in above: where no other node of the row
is in the way, nor a neighbour's tag. Pure geometry and painting; the document says what is a link.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from nnstudio.canvas.look import Look, font, metrics, width
from nnstudio.canvas.spatial import Box, union
from nnstudio.canvas.wire_path import Point

OUT, AWAY, HIGH, ARROW, SIDE = 10.0, 6.0, 18.0, 7.0, 6.0
WIDEST = 150.0
PITCH = HIGH + 3.0


@dataclass(frozen=True, slots=True)
class Stub:
    """One end of a link: from the port out and past the node to its tag."""

    port: Point
    corner: Point
    tag: Box
    side: str
    """`out` where the wire begins, `in` where it ends."""

    def holds(self, point: Point, reach: float) -> bool:
        """Whether a point lies on the tag or near the line to it."""
        left, top, right, bottom = self.tag
        x, y = point
        if left <= x <= right and top <= y <= bottom:
            return True
        (px, py), (cx, cy) = self.port, self.corner
        across = abs(y - py) <= reach and min(px, cx) <= x <= max(px, cx)
        up = abs(x - cx) <= reach and min(py, cy) <= y <= max(py, cy)
        return across or up

    def box(self) -> Box:
        """All that is drawn."""
        xs, ys = (self.port[0], self.corner[0]), (self.port[1], self.corner[1])
        return union([self.tag, (min(xs), min(ys), max(xs), max(ys))])


def shown_name(name: str) -> str:
    """The name as far as the tag has room."""
    return metrics("label").elidedText(name, Qt.TextElideMode.ElideRight, WIDEST)


def stub(name: str, port: Point, node: Box, side: str, further: int = 0) -> Stub:
    """The stub at a port; `further` counts the tags of other links that stand nearer."""
    wide = width("label", shown_name(name)) + 2 * SIDE + ARROW
    way = 1.0 if side == "out" else -1.0
    corner_x = port[0] + way * OUT
    away = AWAY + further * PITCH
    if side == "out":
        top, start = node[3] + away, corner_x - 4.0
        return Stub(port, (corner_x, top), (start, top, start + wide, top + HIGH), side)
    bottom, start = node[1] - away, corner_x + 4.0 - wide
    return Stub(port, (corner_x, bottom), (start, bottom - HIGH, start + wide, bottom), side)


def draw(painter: QPainter, one: Stub, name: str, pen: QPen, shades: Look) -> None:
    """Paint the line and the tag; the tag points the way the data goes."""
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(
        [
            QPointF(*one.port),
            QPointF(one.corner[0], one.port[1]),
            QPointF(*one.corner),
        ]
    )
    left, top, right, bottom = one.tag
    middle = (top + bottom) / 2
    path = QPainterPath(QPointF(left, top))
    path.lineTo(right - ARROW, top)
    path.lineTo(right, middle)
    path.lineTo(right - ARROW, bottom)
    path.lineTo(left, bottom)
    path.closeSubpath()
    line = QPen(pen)
    line.setWidthF(min(1.5, pen.widthF()))
    painter.setPen(line)
    painter.setBrush(shades.body)
    painter.drawPath(path)
    painter.setPen(shades.text)
    painter.setFont(font("label"))
    room = QRectF(left + SIDE, top, right - left - 2 * SIDE - ARROW + 2, bottom - top)
    place = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
    painter.drawText(room, place, shown_name(name))
