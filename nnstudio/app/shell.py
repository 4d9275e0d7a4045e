"""What stands in the editor's place while a project is being opened: its outline, painted in one go.

Qt and the standard library only.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnstudio.theme import current, style
from nnstudio.theme.tokens import TYPE_TITLE


class Shell(QWidget):
    """Bar, panels and canvas as plain grounds, and a word in the middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shell")
        self.setAccessibleName("Opening")
        self._words = ""

    def show_opening(self, words: str) -> None:
        """Say what is being opened."""
        self._words = words
        self.setAccessibleDescription(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = current()
        painter = QPainter(self)
        wide, high = self.width(), self.height()
        small = wide < 1440
        left, right = (176, 272) if small else (212, 324)
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
        painter.drawText(QRectF(middle), Qt.AlignmentFlag.AlignCenter, self._words)
        painter.end()
