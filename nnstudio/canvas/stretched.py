"""What is seen while a zoom is under way: the picture of its start, stretched, by one blit a step.

Painting a hundred nodes anew at every step would cost more than a frame has. When the zoom rests,
the nodes' pictures are made at their new size in small slices, and then everything is painted once.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRectF, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QRegion
from PySide6.QtWidgets import QWidget

from nnstudio.canvas.level_of_detail import Detail
from nnstudio.canvas.look import look

if TYPE_CHECKING:
    from nnstudio.canvas.surface import Surface

SLICE = 0.006
"""Seconds of the window's thread that one slice takes."""
LARGEST, LEAST = 1.8, 0.5
"""How far a picture is stretched, and how much of the view it covers, before a new one is taken."""


class Stretched(QObject):
    """The picture of one view that stands in while it is zoomed; none at any other time."""

    def __init__(self, view: Surface) -> None:
        super().__init__(view)
        self._view = view
        self._picture: QPixmap | None = None
        self._area = QRectF()
        """The part of the scene that the picture shows."""
        self._zoom = 1.0
        self._taking = False
        self._waiting: list[str] = []
        """The nodes whose pictures are still of the size before the zoom."""
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._slice)

    @property
    def shown(self) -> bool:
        """Whether the picture stands in for the drawing."""
        return self._picture is not None

    def begin(self) -> None:
        """The zoom is about to change: keep what is seen now, where there is no picture yet."""
        self._slices.stop()
        view = self._view
        if view.drawing.detail is Detail.FAR or not view.isVisible():
            self.forget()  # from far away everything is painted in bulk
        elif self._picture is None:
            self._take()
        else:
            covered = view.camera.visible().intersected(self._area)
            seen = view.camera.visible()
            share = covered.width() * covered.height() / max(1e-9, seen.width() * seen.height())
            if share < LEAST or view.camera.zoom > LARGEST * self._zoom:
                self._picture = None
                self._take()

    def rest(self) -> None:
        """The zoom has come to its end: make what is seen crisp again."""
        drawing = self._view.drawing
        drawing.hurried = False
        if self._picture is None:
            self._view.viewport().update()
            return
        seen = self._view.camera.visible()
        box = (seen.left(), seen.top(), seen.right(), seen.bottom())
        self._waiting = drawing.node_places.within(box)
        self._slices.start()

    def forget(self) -> None:
        """Something else has changed than the zoom: paint what is there."""
        self._slices.stop()
        self._waiting.clear()
        if self._picture is not None:
            self._picture = None
            self._view.drawing.hurried = False
            self._view.viewport().update()

    def paint(self, event: QPaintEvent, paint: Callable[[QPaintEvent], None]) -> bool:
        """Paint the view from the picture; False where there is none. `paint` paints the rest."""
        if self._picture is None or self._taking:
            return False
        whole = self._view.viewport().rect()
        if not event.region().contains(whole):
            self.forget()
            return False
        target = self._view.viewportTransform().mapRect(self._area)
        inner = target.adjusted(1, 1, -1, -1).toRect()
        beside = QRegion(whole) - QRegion(inner)
        if not beside.isEmpty():
            paint(QPaintEvent(beside))
        painter = QPainter(self._view.viewport())
        painter.setClipRect(inner)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, self._picture, QRectF(self._picture.rect()))
        painter.end()
        return True

    def _take(self) -> None:
        viewport, camera = self._view.viewport(), self._view.camera
        ratio = viewport.devicePixelRatioF()
        made = QPixmap(viewport.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(look().ground)
        self._taking = True
        viewport.render(made, QPoint(), QRegion(), QWidget.RenderFlag(0))
        self._taking = False
        self._picture, self._area, self._zoom = made, camera.visible(), camera.zoom

    def _slice(self) -> None:
        drawing, ratio = self._view.drawing, self._view.viewport().devicePixelRatioF()
        end = perf_counter() + SLICE
        while self._waiting and perf_counter() < end:
            name = self._waiting.pop()
            item = drawing.nodes.get(name)  # it may have gone since
            if item is not None and name in drawing.presence.nodes:
                item.prepare(self._view.camera.zoom * ratio, ratio)
        if not self._waiting:
            self.forget()
