"""What the drawing lies on: a plain ground with faint dots, which are gone when zoomed away."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QTransform

from nnstudio.canvas.look import Look

PITCH = 24.0
GONE_BELOW = 0.45
DOT = 0.8
"""Radius of a dot in pixels."""


def draw(painter: QPainter, rect: QRectF, look: Look, zoom: float) -> None:
    """Paint the part `rect` of the scene's ground."""
    if zoom < GONE_BELOW:
        painter.fillRect(rect, look.ground)
        return
    transform = painter.worldTransform()
    ratio = painter.device().devicePixelRatioF()
    # A tile of whole pixels is filled as one rectangle; a thousand points would cost milliseconds.
    side = max(4, round(PITCH * zoom * ratio))
    brush = QBrush(_tile(side, ratio, look.ground.rgb(), look.dot.rgb()))
    origin = transform.map(QPointF(0, 0))
    brush.setTransform(QTransform.fromTranslate(origin.x(), origin.y()).scale(1 / ratio, 1 / ratio))
    covered = transform.mapRect(rect).toAlignedRect()
    painter.setWorldMatrixEnabled(False)
    painter.fillRect(covered, brush)
    painter.setWorldMatrixEnabled(True)


@lru_cache(maxsize=64)
def _tile(side: int, ratio: float, ground: int, dot: int) -> QImage:
    tile = QImage(side, side, QImage.Format.Format_RGB32)
    tile.fill(QColor(ground))
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(dot))
    middle = side / 2
    painter.drawEllipse(QPointF(middle, middle), DOT * ratio, DOT * ratio)
    painter.end()
    return tile
