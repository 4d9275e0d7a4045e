"""Family glyphs as small pictures, rendered once for each size and colour."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from nnstudio.theme import icons
from nnstudio.theme.tokens import GLYPHS


def draw(painter: QPainter, family: str, colour: str, place: QRectF, scale: float) -> None:
    """Paint the glyph of a layer family; `scale` is device pixels for one unit of the canvas."""
    draw_icon(painter, GLYPHS.get(family, "layers"), colour, place, scale)


def draw_icon(painter: QPainter, icon: str, colour: str, place: QRectF, scale: float) -> None:
    """Paint an icon by its name."""
    size = max(8, math.ceil(place.width() * scale / 4) * 4)
    picture = _picture(icon, colour, size)
    painter.drawImage(place, picture, QRectF(0, 0, size, size))


@lru_cache(maxsize=256)
def _picture(name: str, colour: str, size: int) -> QImage:
    picture = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(0)
    painter = QPainter(picture)
    icons.paint(painter, name, colour, QRectF(0, 0, size, size))
    painter.end()
    return picture
