"""The kept picture of one node, as large as it is seen: to blit is ten times faster than to paint.

While a zoom is under way the picture of another size is stretched, and drawn anew when it rests.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from nnstudio.canvas.look import Look, look

LARGEST = 600_000
"""Dots; a node that is seen larger is painted each time, for few of them are in view then."""


class NodePicture:
    """Keeps what a node looked like when it was painted last."""

    __slots__ = ("_look", "_picture", "_scale")

    def __init__(self) -> None:
        self._picture: QPixmap | None = None
        self._scale = 0.0
        self._look: Look | None = None

    def forget(self) -> None:
        """The node looks different now, or is out of view."""
        self._picture = None

    def draw(
        self,
        painter: QPainter,
        bounds: QRectF,
        paint: Callable[[QPainter], None],
        *,
        hurried: bool,
    ) -> None:
        """Draw the node: from the picture where it is the right one, or near enough in a hurry."""
        transform = painter.worldTransform()
        ratio = painter.device().devicePixelRatioF()
        scale = transform.m11() * ratio
        if _too_large(bounds, scale):
            self._picture = None
            paint(painter)
            return
        if not (hurried and self._fits(self._scale)):
            self.prepare(bounds, paint, scale, ratio)
        assert self._picture is not None
        if self._scale == scale:
            corner = transform.map(bounds.topLeft())
            place = QPointF(round(corner.x() * ratio) / ratio, round(corner.y() * ratio) / ratio)
            painter.setWorldMatrixEnabled(False)
            painter.drawPixmap(place, self._picture)
            painter.setWorldMatrixEnabled(True)
        else:
            painter.drawPixmap(bounds, self._picture, QRectF(self._picture.rect()))

    def prepare(
        self, bounds: QRectF, paint: Callable[[QPainter], None], scale: float, ratio: float
    ) -> None:
        """Have the picture as it is seen at a scale in dots; nothing where it is that already."""
        if not (self._fits(scale) or _too_large(bounds, scale)):
            self._make(bounds, paint, scale, ratio)
            self._look = look()

    def _fits(self, scale: float) -> bool:
        return self._picture is not None and self._look is look() and self._scale == scale

    def _make(
        self, bounds: QRectF, paint: Callable[[QPainter], None], scale: float, ratio: float
    ) -> None:
        made = QPixmap(ceil(bounds.width() * scale), ceil(bounds.height() * scale))
        made.fill(Qt.GlobalColor.transparent)
        made.setDevicePixelRatio(ratio)
        painter = QPainter(made)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing
        )
        painter.scale(scale / ratio, scale / ratio)
        painter.translate(-bounds.topLeft())
        paint(painter)
        painter.end()
        self._picture, self._scale = made, scale


def _too_large(bounds: QRectF, scale: float) -> bool:
    return bounds.width() * bounds.height() * scale * scale > LARGEST
