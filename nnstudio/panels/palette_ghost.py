"""The picture of a layer that is being dragged, until the canvas shows its own."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnstudio.theme import current, icons, scale, style
from nnstudio.theme.tokens import GLYPHS, RADIUS_NODE, TYPE_BODY

TALL, BESIDE = 32, QPoint(10, 8)


class Ghost(QWidget):
    """A small node with glyph and name beside the mouse; takes no events."""

    def __init__(self, window: QWidget, title: str, family: str) -> None:
        super().__init__(window)
        self.setObjectName("palette_ghost")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title, self._family = title, family
        font = style.sans(TYPE_BODY)
        self.setFont(font)
        wide = self.fontMetrics().horizontalAdvance(title) + 48
        self.resize(QSize(wide, scale.px(TALL)))

    def follow(self, at: QPoint, home: QWidget) -> None:
        """The mouse is there, in global coordinates; away from `home` there is no ghost."""
        inside = home.rect().contains(home.mapFromGlobal(at))
        self.setVisible(inside)
        self.move(self.parentWidget().mapFromGlobal(at) + BESIDE)
        if inside:
            self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(0.92)
        painter.setPen(QPen(QColor(look.accent), 1))
        painter.setBrush(QColor(look.panel))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS_NODE, RADIUS_NODE)
        colour = look.family(self._family)
        place = QRectF(12, (self.height() - 16) / 2, 16, 16)
        icons.paint(painter, GLYPHS.get(self._family, "layers"), colour, place)
        painter.setPen(QColor(look.text))
        room = self.rect().adjusted(36, 0, -8, 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), self._title)
