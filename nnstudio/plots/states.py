"""What a plot says in words: an empty state in its middle, and a notice line above it.

Owns these two widgets. Must not know runs or curves.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.theme import icons, style


class Glyph(QWidget):
    """An icon of the theme, sharp at every scale."""

    def __init__(self, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.colour = "chart", "muted"
        self.setFixedSize(size, size)

    def show_icon(self, name: str, colour: str) -> None:
        """Show an icon in a token's colour."""
        self.name, self.colour = name, colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        icons.paint(painter, self.name, self.colour, self.rect().toRectF())
        painter.end()


class Elided(QLabel):
    """At most two lines of plain text that end in … if there is no room; the tooltip has it all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def whole(self) -> str:
        """The text as given."""
        return self._whole

    def set_whole(self, text: str) -> None:
        """Show a text."""
        self._whole = " ".join(text.split())
        self.setToolTip(self._whole)
        self.setAccessibleName(self._whole)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut again for the new width."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = int(max(self.width(), 120) * 1.85)
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room))


class EmptyState(QWidget):
    """An icon, a sentence and what to do next, in the middle."""

    def __init__(self, icon: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty_state")
        self._glyph = Glyph(36)
        self._title = QLabel()
        self._text = QLabel()
        for label, role in ((self._title, "title"), (self._text, "muted")):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            style.role(label, role)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 12, 24, 12)
        column.setSpacing(6)
        column.addStretch(1)
        column.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addStretch(1)
        self.show_text(title, text, icon)

    def show_text(self, title: str, text: str, icon: str, colour: str = "muted") -> None:
        """Say something else."""
        self._glyph.show_icon(icon, colour)
        self._title.setText(title)
        self._text.setText(text)
        self.setAccessibleName(f"{title} {text}".strip())

    def title(self) -> str:
        """The sentence shown."""
        return self._title.text()

    def text(self) -> str:
        """What is said below it."""
        return self._text.text()


class Notice(QWidget):
    """One line with an icon whose shape tells the severity; without a text it is hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot_notice")
        self._glyph = Glyph(16)
        self._label = Elided()
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 2)
        row.setSpacing(6)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self.clear()

    def show_text(self, text: str, icon: str, colour: str) -> None:
        """Say something."""
        self._glyph.show_icon(icon, colour)
        self._label.set_whole(text)
        self.show()

    def clear(self) -> None:
        """Say nothing."""
        self.hide()
        self._label.set_whole("")

    def text(self) -> str:
        """What is said, in whole."""
        return self._label.whole()
