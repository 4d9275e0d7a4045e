"""The field in which a note is written, over the note itself.

Ctrl+Enter, Escape and a click elsewhere end the typing and keep the text, so that nothing typed is
ever thrown away. Undo takes it back as one step.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from nnstudio.canvas.look import font

LONGEST = 4000


class NoteField(QPlainTextEdit):
    """`written` carries the text once, `closed` comes after every end."""

    written = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget, text: str, place: QRect, zoom: float, ground: str) -> None:
        super().__init__(text, parent)
        self.setObjectName("canvas_note_field")
        self.setAccessibleName("Text of the note")
        self.setPlaceholderText("Write a note. Esc when done.")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTabChangesFocus(True)
        self._over = False
        shown = QFont(font("note"))
        shown.setPixelSize(max(11, round(shown.pixelSize() * zoom)))
        self.setFont(shown)
        look = f"padding: 0px; border: none; background: {ground};"
        self.setStyleSheet(f"QPlainTextEdit#canvas_note_field {{ {look} }}")
        room = parent.rect().adjusted(4, 4, -4, -4)
        wide = min(max(place.width(), 200), room.width())
        tall = min(max(place.height(), 80), room.height())
        left = max(room.left(), min(place.left(), room.right() - wide))
        top = max(room.top(), min(place.top(), room.bottom() - tall))
        self.setGeometry(left, top, wide, tall)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def finish(self) -> None:
        """Keep the text and close; a second call does nothing."""
        if not self._over:
            self._over = True
            text = self.toPlainText().strip()[:LONGEST]
            self.closed.emit()  # before hiding, which would give the keyboard away
            self.hide()
            self.written.emit(text)
            self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        done = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        )
        if event.key() == Qt.Key.Key_Escape or done:
            self.finish()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (
            Qt.FocusReason.PopupFocusReason,
            Qt.FocusReason.ActiveWindowFocusReason,
            Qt.FocusReason.MenuBarFocusReason,
        ):
            self.finish()
