"""Strips below the bar: what a person should know now, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.labels import label
from nnstudio.theme import icons, notifier, style

ICONS = {"error": "bad", "warning": "warning", "hint": "accent", "good": "good"}
Button = tuple[str, str, Callable[[], None]]
"""Text, object name, what it does."""


class Strip(QFrame):
    """One notice: a sign, a sentence, buttons, a cross."""

    def __init__(
        self, key: str, kind: str, text: str, buttons: tuple[Button, ...], close: Callable[[], None]
    ) -> None:
        super().__init__()
        self.setObjectName(f"notice_{key}")
        self.setAccessibleName(text)
        self.setProperty("role", "strip")
        self.setProperty("kind", kind)
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 5, 8, 5)
        line.setSpacing(8)
        self._kind, self._sign = kind, label()
        self._paint_sign()
        notifier.theme_changed.connect(self._paint_sign)
        line.addWidget(self._sign)
        self.words = _Words(text.replace(" %", "\u00a0%"))
        self.words.setObjectName(f"notice_{key}_text")
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line.addWidget(self.words, 1)
        for words, name, does in buttons:
            button = QPushButton(words)
            button.setObjectName(name)
            button.clicked.connect(lambda *_, does=does: does())
            line.addWidget(button)
        cross = QToolButton()
        cross.setObjectName(f"notice_{key}_close")
        cross.setAccessibleName("Dismiss")
        cross.setIcon(icons.icon("close", "muted"))
        cross.setIconSize(QSize(14, 14))
        cross.clicked.connect(lambda *_: close())
        line.addWidget(cross)

    def _paint_sign(self, _theme: object = None) -> None:
        sign = icons.icon(self._kind, ICONS[self._kind])
        self._sign.setPixmap(sign.pixmap(QSize(17, 17), 2.0))


class _Words(QLabel):
    """A sentence in as many lines as it needs, all of which are asked for."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))


class Notices(QWidget):
    """The strips, at most one of each key, the newest at the bottom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Notices")
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self._strips: dict[str, Strip] = {}

    def show_notice(self, key: str, kind: str, text: str, *buttons: Button) -> None:
        """Show a strip in place of the one with the same key."""
        old = self._strips.get(key)
        if old is not None and old.accessibleName() == text:
            return
        self.clear(key)
        strip = Strip(key, kind, text, buttons, lambda: self.clear(key))
        self._strips[key] = strip
        self._lines.addWidget(strip)
        style.role(strip, "strip")

    def clear(self, key: str) -> None:
        """Take a strip away, if it is there."""
        strip = self._strips.pop(key, None)
        if strip is not None:
            strip.hide()
            self._lines.removeWidget(strip)
            strip.deleteLater()

    def text(self, key: str) -> str:
        """What a strip says; "" where there is none."""
        strip = self._strips.get(key)
        return strip.accessibleName() if strip else ""
