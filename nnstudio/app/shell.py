"""The outline of start page or editor, painted in one go while the real one is being made.

Qt and the standard library only.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnstudio.theme import current, style
from nnstudio.theme.tokens import TYPE_HEAD, TYPE_TITLE

SIDE = 296
"""Width of the start page's left column."""


class Shell(QWidget):
    """The editor's outline and a word in it, or the start page's while nothing is opened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shell")
        self.opening = ""
        """What is being opened, in words; "" while it is the start page that comes."""

    def show_opening(self, words: str) -> None:
        """Say what is being opened."""
        self.opening = words
        self.setAccessibleName(words or "Start")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.opening:
            self._paint_editor(painter)
        else:
            self._paint_start(painter)
        painter.end()

    def _paint_start(self, painter: QPainter) -> None:
        look = current()
        painter.fillRect(self.rect(), QColor(look.ground))
        painter.fillRect(0, 0, SIDE, self.height(), QColor(look.panel))
        painter.setPen(QColor(look.line))
        painter.drawLine(SIDE - 1, 0, SIDE - 1, self.height())
        painter.setPen(QColor(look.text))
        painter.setFont(style.sans(TYPE_HEAD, QFont.Weight.DemiBold))
        painter.drawText(60, 45, "NN Studio")

    def _paint_editor(self, painter: QPainter) -> None:
        look = current()
        wide, high = self.width(), self.height()
        left, right = (176, 272) if wide < 1440 else (212, 324)
        bar, bottom = 48, round(high * 0.36)
        painter.fillRect(self.rect(), QColor(look.panel))
        middle = QRect(left, bar, wide - left - right, high - bar - bottom)
        painter.fillRect(middle, QColor(look.ground))
        painter.setPen(QColor(look.line))
        painter.drawLine(0, bar, wide, bar)
        painter.drawLine(left, bar, left, high)
        painter.drawLine(wide - right, bar, wide - right, high - bottom)
        painter.drawLine(left, high - bottom, wide, high - bottom)
        painter.setPen(QColor(look.muted))
        painter.setFont(style.sans(TYPE_TITLE))
        painter.drawText(QRectF(middle), Qt.AlignmentFlag.AlignCenter, self.opening)
