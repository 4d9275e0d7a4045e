"""The key to what is marked on the nodes: title, scale or signs, a note, and a way to put it away.

Stands in the lower left corner of the canvas. Owns no figures: it is told what to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.canvas.look import look
from nnstudio.theme import icons

WIDE = 248
FAR_FROM_EDGE = 12
BAR_HIGH = 12


@dataclass(frozen=True, slots=True)
class Key:
    """What a legend says."""

    title: str
    low: str = ""
    high: str = ""
    note: str = ""
    button: str = ""
    """What can be done about it, such as to measure again; empty for nothing."""
    signs: Sequence[tuple[str, str]] = ()
    """For marks without a scale: colour as `#rrggbb`, and what it means."""
    closes: bool = True
    """Whether the marks can be put away."""


class Legend(QFrame):
    """The legend of one canvas; hidden while nothing is marked."""

    closed = Signal()
    """The marks shall go."""
    button_pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_legend")
        self.setAccessibleName("Legend")
        self._title, self._note = QLabel(), QLabel()
        self._title.setProperty("role", "strong")
        self._low, self._high = QLabel(), QLabel()
        self._bar = _Bar()
        self._signs = QVBoxLayout()
        self._signs.setSpacing(4)
        self._button = QPushButton()
        self._button.clicked.connect(self.button_pressed)
        self._close = QToolButton()
        self._close.setIcon(icons.icon("close"))
        self._close.setToolTip("Show no marks")
        self._close.setAccessibleName("Show no marks")
        self._close.setAutoRaise(True)
        self._close.clicked.connect(self.closed)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        self.setFixedWidth(WIDE)
        for label in (self._low, self._high, self._note):
            label.setProperty("role", "small")
        self._note.setWordWrap(True)
        for label in (self._title, self._note, self._low, self._high):
            label.setTextFormat(Qt.TextFormat.PlainText)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._close)
        column.addLayout(head)
        column.addWidget(self._bar)
        ends = QHBoxLayout()
        ends.addWidget(self._low)
        ends.addStretch(1)
        ends.addWidget(self._high)
        column.addLayout(ends)
        column.addLayout(self._signs)
        column.addWidget(self._note)
        column.addWidget(self._button)

    @property
    def text(self) -> str:
        """Everything it says, in lines."""
        signs = [
            label.text()
            for row in range(self._signs.count())
            if (widget := self._signs.itemAt(row).widget()) is not None
            for label in widget.findChildren(QLabel)
        ]
        ends = [self._low.text(), self._high.text()]
        said = [self._title.text(), *ends, *signs, self._note.text(), self._button.text()]
        return "\n".join(line for line in said if line)

    def say(self, key: Key) -> None:
        """Show this key."""
        self._title.setText(key.title)
        self._low.setText(key.low)
        self._high.setText(key.high)
        self._note.setText(key.note)
        self._button.setText(key.button)
        scale = bool(key.low or key.high)
        for part, shown in (
            (self._bar, scale), (self._low, scale), (self._high, scale),
            (self._note, bool(key.note)), (self._button, bool(key.button)),
            (self._close, key.closes),
        ):  # fmt: skip
            part.setVisible(shown)
        while self._signs.count():
            gone = self._signs.takeAt(0).widget()
            if gone is not None:
                gone.deleteLater()
        for colour, words in key.signs:
            self._signs.addWidget(_sign(colour, words))
        self.setAccessibleDescription(self.text)
        self.show()
        self.place()

    def room(self) -> int:
        """How many pixels it takes from the lower edge; none while nothing is marked."""
        return 0 if self.isHidden() else self.height()

    def place(self) -> None:
        """Stand in the corner, whatever the size of the canvas is now."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            wraps = layout.hasHeightForWidth()
            high = layout.totalHeightForWidth(WIDE) if wraps else layout.totalSizeHint().height()
            self.resize(WIDE, high)
        around = self.parentWidget()
        self.move(FAR_FROM_EDGE, max(0, around.height() - self.height() - FAR_FROM_EDGE))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        shades = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(shades.border, 1))
        painter.setBrush(QColor(shades.theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()


class _Bar(QWidget):
    """The scale of heat from least to most."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(BAR_HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = look().theme.heat
        painter = QPainter(self)
        step = self.width() / len(colours)
        for place, colour in enumerate(colours):
            painter.fillRect(QRectF(place * step, 0, step + 1, BAR_HIGH), QColor(colour))
        painter.end()


def _sign(colour: str, words: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    mark, label = QFrame(), QLabel(words)
    mark.setFixedSize(12, 12)
    mark.setStyleSheet(f"background: {colour}; border-radius: 3px;")
    label.setTextFormat(Qt.TextFormat.PlainText)
    row.addWidget(mark)
    row.addWidget(label, 1)
    return line
