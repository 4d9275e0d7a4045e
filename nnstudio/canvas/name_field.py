"""The field that renames a node or a frame where it stands."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class NameField(QLineEdit):
    """Asks for a name: `named` with the text on Enter, `closed` after every end.

    Whoever listens closes it by `finish`, or leaves it open because the name cannot be given.
    """

    named = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget, name: str, place: QRect, what: str) -> None:
        super().__init__(name, parent)
        self.setObjectName("canvas_name_field")
        self.setAccessibleName(f"Name of {what} {name}")
        self._over = False
        wide = max(place.width(), 140)
        self.setGeometry(place.left() - 6, place.center().y() - 15, wide, 30)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def finish(self) -> None:
        """Close; a second call does nothing."""
        if not self._over:
            self._over = True
            self.closed.emit()  # before hiding, which would give the keyboard away
            self.hide()
            self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.finish()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.named.emit(self.text())
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.TabFocusReason):
            self.finish()
