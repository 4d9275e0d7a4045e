"""A button that waits for a key: the next one pressed goes out by `pressed_key`, Escape ends it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton

MODIFIERS = (
    Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr,
)  # fmt: skip
WAITING = "Press a key, Esc to give up"


class KeyCapture(QPushButton):
    """Says what it is for until it is pressed, then waits."""

    pressed_key = Signal(str)
    """The key, as files keep it."""

    def __init__(self, words: str, name: str) -> None:
        super().__init__(words)
        self.setObjectName(name)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self._words = words
        self.toggled.connect(self._toggled)

    @property
    def waiting(self) -> bool:
        """Whether the next key is taken."""
        return self.isChecked()

    def _toggled(self, on: bool) -> None:
        self.setText(WAITING if on else self._words)
        if on:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        if self.waiting and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._take(event)
                return True
            if event.type() == QEvent.Type.KeyRelease:
                return True
        return bool(super().event(event))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.setChecked(False)
        super().focusOutEvent(event)

    def _take(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in MODIFIERS or key == Qt.Key.Key_unknown:
            return
        self.setChecked(False)
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_Escape and held == Qt.KeyboardModifier.NoModifier:
            return
        if key == Qt.Key.Key_Backtab:
            key = Qt.Key.Key_Tab
        keys = QKeySequence(QKeyCombination(held, key))
        self.pressed_key.emit(keys.toString(QKeySequence.SequenceFormat.PortableText))
