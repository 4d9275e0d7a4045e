"""The mark of a problem: an octagon, a triangle or a circle, told apart by shape and not by hue."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPen, QPolygonF

from nnstudio.canvas.look import Look
from nnstudio.theme.style import sans

RADIUS = 9.0


def outline(severity: str, centre: QPointF, radius: float = RADIUS) -> QPainterPath:
    """The shape of a severity around a point."""
    path = QPainterPath()
    if severity == "error":
        corners = [math.radians(22.5 + 45 * k) for k in range(8)]
        path.addPolygon(
            QPolygonF(
                [
                    QPointF(centre.x() + radius * math.cos(a), centre.y() + radius * math.sin(a))
                    for a in corners
                ]
            )
        )
        path.closeSubpath()
    elif severity == "warning":
        big = radius * 1.15
        corners = [math.radians(-90 + 120 * k) for k in range(3)]
        path.addPolygon(
            QPolygonF(
                [
                    QPointF(centre.x() + big * math.cos(a), centre.y() + 1 + big * math.sin(a))
                    for a in corners
                ]
            )
        )
        path.closeSubpath()
    else:
        path.addEllipse(centre, radius - 2, radius - 2)
    return path


def draw(painter: QPainter, severity: str, centre: QPointF, look: Look) -> None:
    """Paint the badge of a severity."""
    colour = look.severities[severity]
    join = QPen(look.ground, 3)
    join.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(join)
    painter.setBrush(colour)
    path = outline(severity, centre)
    painter.drawPath(path)
    edge = QPen(colour, 1)
    edge.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(edge)
    painter.drawPath(path)
    painter.setPen(look.ground if look.theme.dark or severity == "warning" else look.on_accent)
    if severity == "warning":
        painter.setPen(look.on_accent if look.theme.dark else look.text)
    painter.setFont(_mark_font())
    drop = 1.5 if severity == "warning" else 0.0
    place = QRectF(centre.x() - 8, centre.y() - 8 + drop, 16, 16)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "i" if severity == "hint" else "!")


_font: QFont | None = None


def _mark_font() -> QFont:
    global _font
    if _font is None:
        _font = sans(12, QFont.Weight.Bold)
    return _font
