"""The colours that a person gives to nodes, frames and notes: names in the file, shades here."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from nnstudio.canvas.look import Look, look
from nnstudio.theme.style import mix
from nnstudio.theme.tokens import TINTS

NAMES: tuple[tuple[str, str], ...] = tuple((name, name.capitalize()) for name in TINTS)
"""What a file keeps, and what a person reads."""
SIDE = 14


def strong(tint: str, shades: Look) -> QColor:
    """A tint as a line or a mark; muted where there is none."""
    return QColor(shades.theme.tint(tint))


def ground(tint: str, shades: Look, share: float = 0.0) -> QColor:
    """A tint as a ground on which text can be read; the plain body where there is none."""
    if not tint:
        return shades.body
    wanted = share or (0.2 if shades.theme.dark else 0.16)
    return QColor(mix(shades.body.name(), shades.theme.tint(tint), wanted))


def swatch(tint: str) -> QIcon:
    """A square of a tint for a menu; a crossed one for none."""
    shades = look()
    icon = QIcon()
    for ratio in (1, 2, 3):
        picture = QPixmap(SIDE * ratio, SIDE * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(shades.control, 1))
        painter.setBrush(strong(tint, shades) if tint else shades.body)
        painter.drawRoundedRect(QRectF(1, 1, SIDE - 2, SIDE - 2), 3, 3)
        if not tint:
            painter.drawLine(QPointF(3, SIDE - 3), QPointF(SIDE - 3, 3))
        painter.end()
        icon.addPixmap(picture)
    return icon
