"""What the drawing lies on: a plain ground with faint dots, which fade out as one zooms away."""

from __future__ import annotations

from math import floor

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from nnstudio.canvas.look import Look

PITCH = 24.0
GONE_BELOW = 0.45


def draw(painter: QPainter, rect: QRectF, look: Look, zoom: float) -> None:
    """Paint the part `rect` of the scene's ground."""
    painter.fillRect(rect, look.ground)
    if zoom < GONE_BELOW:
        return
    pen = QPen(look.dot, 1.6)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    left, top = floor(rect.left() / PITCH), floor(rect.top() / PITCH)
    right, bottom = floor(rect.right() / PITCH) + 1, floor(rect.bottom() / PITCH) + 1
    columns = [x * PITCH for x in range(left, right + 1)]
    painter.drawPoints([QPointF(x, y * PITCH) for y in range(top, bottom + 1) for x in columns])
