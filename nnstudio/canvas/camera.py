"""What part of the canvas is seen: zoom, pan, framing. Owns the view's transform and scroll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

from nnstudio.canvas.level_of_detail import limited

if TYPE_CHECKING:
    from nnstudio.canvas.surface import Surface

MARGIN = 32.0
STEP = 1.25
REST = 60
"""Milliseconds after which the last step of a zoom was the last."""
LEAST = 1e-9
"""Zooms that differ by less are the same."""
CLOSEST_FRAME = 1.0
"""Framing never magnifies beyond this."""


class Camera(QObject):
    """The eye on the scene."""

    moved = Signal()
    """Zoom or place has changed."""
    about_to_zoom = Signal()
    """One step of a zoom in many comes next."""
    rested = Signal()
    """A zoom in many small steps has come to its end."""

    def __init__(self, view: Surface) -> None:
        super().__init__(view)
        self._view = view
        self.zooming = False
        """Whether the zoom is on its way, one small step after the other."""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._come_to_rest)

    @property
    def zoom(self) -> float:
        """Pixels for one unit of the canvas."""
        return float(self._view.transform().m11())

    def visible(self) -> QRectF:
        """The part of the scene that is seen."""
        view = self._view
        return QRectF(
            view.mapToScene(QPoint(0, 0)),
            view.mapToScene(QPoint(view.viewport().width(), view.viewport().height())),
        )

    def pan(self, dx: int, dy: int) -> None:
        """Push the picture by pixels."""
        if dx or dy:
            self._view.push(dx, dy)
            self.moved.emit()

    def zoom_at(self, place: QPoint, factor: float) -> None:
        """Zoom so that what is under a point of the view stays there."""
        zoom = limited(self.zoom * factor)
        if abs(zoom - self.zoom) >= LEAST:
            self.about_to_zoom.emit()
            self.zooming = True
            self._rest.start()
            self._set_zoom(zoom, place)

    def zoom_in(self) -> None:
        """One step nearer, at the middle."""
        self.zoom_at(self._view.viewport().rect().center(), STEP)

    def zoom_out(self) -> None:
        """One step away, at the middle."""
        self.zoom_at(self._view.viewport().rect().center(), 1 / STEP)

    def zoom_to(self, zoom: float) -> None:
        """A zoom of its own, at the middle."""
        self._set_zoom(limited(zoom), self._view.viewport().rect().center())

    def frame(self, box: QRectF, foot: int = 0) -> None:
        """See a part of the scene as large as it fits above a foot of so many pixels."""
        if box.isNull():
            return
        view = self._view.viewport().rect()
        wide = max(1.0, view.width() - 2 * MARGIN)
        tall = max(1.0, view.height() - foot - 2 * MARGIN)
        fits = min(wide / max(box.width(), 1.0), tall / max(box.height(), 1.0))
        zoom = limited(min(fits, CLOSEST_FRAME))
        if zoom > 0.97:
            zoom = 1.0
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self.centre_on(box.center() + QPointF(0.0, foot / 2 / zoom))

    def centre_on(self, place: QPointF) -> None:
        """Put a point of the scene into the middle."""
        middle = self._view.viewport().rect().center()
        there = self._view.mapFromScene(place)
        self.pan(middle.x() - there.x(), middle.y() - there.y())
        self.moved.emit()

    def reveal(self, box: QRectF) -> None:
        """Pan no further than needed to see a part of the scene."""
        if box.isNull():
            return
        seen = self.visible()
        room = MARGIN / self.zoom / 2
        seen = seen.adjusted(room, room, -room, -room)
        if box.width() > seen.width() or box.height() > seen.height():
            if not seen.intersects(box):
                self.centre_on(box.center())
            return
        dx = min(0.0, seen.right() - box.right()) + max(0.0, seen.left() - box.left())
        dy = min(0.0, seen.bottom() - box.bottom()) + max(0.0, seen.top() - box.top())
        self.pan(round(dx * self.zoom), round(dy * self.zoom))

    def _come_to_rest(self) -> None:
        if self.zooming:
            self.zooming = False
            self.rested.emit()

    def _set_zoom(self, zoom: float, fixed: QPoint) -> None:
        view = self._view
        if abs(zoom - self.zoom) < LEAST:
            return
        before = view.viewportTransform().inverted()[0].map(QPointF(fixed))
        # Everything is painted anew: pushing what was there would be for nothing.
        usual = view.viewportUpdateMode()
        view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        view.setTransform(QTransform.fromScale(zoom, zoom))
        after = view.viewportTransform().map(before)
        across, down = view.horizontalScrollBar(), view.verticalScrollBar()
        across.setValue(across.value() + round(after.x() - fixed.x()))
        down.setValue(down.value() + round(after.y() - fixed.y()))
        view.setViewportUpdateMode(usual)
        self.moved.emit()
