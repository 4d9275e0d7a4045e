"""The whole drawing in a corner, with a frame around what is seen; a click or drag moves the view.

Drawn from the far picture once for each change, so that panning paints one small image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from nnstudio import theme
from nnstudio.canvas.look import look

if TYPE_CHECKING:
    from nnstudio.canvas.surface import Surface

WIDE, HIGH, ASIDE, INSET = 200, 132, 12, 8
EDGE = 16.0
"""How far the picture reaches beyond the drawing, so that no outline is cut."""
FEWEST = 12
"""Nodes of a drawing that is worth a small picture, unless it is asked for."""
ROOM_NEEDED = (520, 320)
"""A view smaller than this has no room to spare for it."""
SOON = 60
"""Milliseconds after a change until the picture is drawn anew."""


class Minimap(QWidget):
    """The small picture of one canvas; `wanted` is None where the size of the drawing decides."""

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self.setObjectName("canvas_minimap")
        self.setAccessibleName("Small picture of the whole drawing")
        self.setToolTip("Click or drag to see another part")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._canvas = canvas
        self.wanted: bool | None = None
        self._picture: QPixmap | None = None
        self._area = QRectF()
        self._whole = QRectF()
        self._held = False
        self._soon = QTimer(self)
        self._soon.setObjectName("canvas_minimap_soon")
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON)
        self._soon.timeout.connect(self._renew)
        canvas.camera.moved.connect(self._view_moved)
        canvas.drawing.mirrored.connect(self.refresh)
        canvas.drawing.selection.changed.connect(self.refresh)
        canvas.installEventFilter(self)
        theme.notifier.theme_changed.connect(self._renew)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.resize(WIDE, HIGH)
        self.hide()

    def want(self, wanted: bool | None) -> None:
        """Show it, hide it, or with None let the drawing decide."""
        self.wanted = wanted
        self.refresh()

    def refresh(self) -> None:
        """The drawing has changed: show or hide, and draw it anew soon."""
        self._whole = self._canvas.drawing.bounds()
        self._place()
        if self.isVisibleTo(self._canvas):
            self._soon.start()
        else:
            self._soon.stop()
            self._picture = None

    def dispose(self) -> None:
        """Stop listening."""
        self._soon.stop()
        self._canvas.camera.moved.disconnect(self._view_moved)
        self._canvas.drawing.mirrored.disconnect(self.refresh)
        self._canvas.drawing.selection.changed.disconnect(self.refresh)
        theme.notifier.theme_changed.disconnect(self._renew)
        self._canvas.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.refresh()
        return False

    def seen_box(self) -> QRectF:
        """What the view sees, in pixels of the small picture."""
        seen = self._canvas.camera.visible()
        scale, shift = self._scale()
        return QRectF(
            shift.x() + seen.left() * scale,
            shift.y() + seen.top() * scale,
            seen.width() * scale,
            seen.height() * scale,
        )

    def place_of(self, x: float, y: float) -> QPointF:
        """A point of the drawing, in pixels of the small picture."""
        scale, shift = self._scale()
        return QPointF(shift.x() + x * scale, shift.y() + y * scale)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self._look_at(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._look_at(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = False
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        factor = 1.0015 ** event.angleDelta().y()
        self._canvas.steered = True
        self._canvas.camera.zoom_at(self._canvas.viewport().rect().center(), factor)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def _look_at(self, place: QPointF) -> None:
        scale, shift = self._scale()
        self._canvas.steered = True
        self._canvas.camera.centre_on((place - shift) / scale)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        shades = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(shades.control, 1))
        painter.setBrush(shades.ground)
        painter.drawRoundedRect(box, 8, 8)
        if self._picture is None or self._picture.devicePixelRatio() != self.devicePixelRatioF():
            self._draw_picture()
        if self._picture is not None:
            painter.drawPixmap(INSET, INSET, self._picture)
        self._draw_seen(painter, box)
        painter.end()

    def _draw_seen(self, painter: QPainter, box: QRectF) -> None:
        shades = look()
        inner = box.adjusted(2, 2, -2, -2)
        seen = self.seen_box().intersected(inner)
        if seen.isEmpty():
            return
        film = QColor(shades.accent)
        film.setAlphaF(0.10)
        painter.setBrush(film)
        painter.setPen(QPen(shades.accent, 1.5))
        painter.drawRoundedRect(seen, 3, 3)

    def _draw_picture(self) -> None:
        ratio = self.devicePixelRatioF()
        inner = QSizeF(WIDE - 2 * INSET, HIGH - 2 * INSET)
        self._area = self._canvas.drawing.bounds()
        if self._area.isEmpty():
            self._picture = None
            return
        self._area.adjust(-EDGE, -EDGE, EDGE, EDGE)
        made = QPixmap((inner * ratio).toSize())
        made.setDevicePixelRatio(ratio)
        made.fill(look().ground)
        painter = QPainter(made)
        scale, shift = self._scale()
        painter.translate(shift.x() - INSET, shift.y() - INSET)
        painter.scale(scale, scale)
        self._canvas.drawing.far.paint_all(painter, self._area.adjusted(-400, -400, 400, 400))
        painter.end()
        self._picture = made

    def _renew(self, _theme: object = None) -> None:
        self._picture = None
        self.update()

    def _all_seen(self) -> bool:
        """Whether the view shows all there is anyway."""
        return bool(self._canvas.camera.visible().contains(self._whole))

    def _view_moved(self) -> None:
        shown = self.isVisibleTo(self._canvas)
        if self.wanted is None and not self._held:
            self._place()
        if self.isVisibleTo(self._canvas):
            self.update()
            if not shown:
                self._soon.start()

    def _scale(self) -> tuple[float, QPointF]:
        """Pixels for one unit, and where the drawing's origin is."""
        area = self._area if not self._area.isEmpty() else self._canvas.drawing.bounds()
        wide, high = max(area.width(), 1.0), max(area.height(), 1.0)
        scale = min((WIDE - 2 * INSET) / wide, (HIGH - 2 * INSET) / high, 0.25)
        x = WIDE / 2 - area.center().x() * scale
        y = HIGH / 2 - area.center().y() * scale
        return scale, QPointF(x, y)

    def _place(self) -> None:
        room = self._canvas.rect()
        roomy = room.width() >= ROOM_NEEDED[0] and room.height() >= ROOM_NEEDED[1]
        drawing = self._canvas.drawing
        count = len(drawing.nodes)
        by_itself = count >= FEWEST and roomy and not self._all_seen()
        shown = bool(count) and (by_itself if self.wanted is None else self.wanted)
        self.move(room.right() - WIDE - ASIDE, room.bottom() - HIGH - ASIDE)
        self.setVisible(shown)
        if shown:
            self.raise_()
