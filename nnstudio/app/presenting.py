"""Showing the window to a room: type at 150 %, panels away, larger ports; back with Esc.

Owns that mode of one window and nothing that outlives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from nnstudio.theme import scale

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor

HINT = "Esc or Shift+F11 ends the presentation."


class Presenting(QObject):
    """The mode of one editor; it ends with the editor."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor)
        self._editor = editor
        self.on = False

    def toggle(self) -> None:
        """Begin, or end."""
        self.end() if self.on else self.begin()

    def begin(self) -> None:
        """Put away what is not the drawing, and enlarge what is left."""
        if self.on:
            return
        self.on = True
        self._editor.docking.rails.present(True)
        scale.present(True)
        self._editor.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        for watched in self._watched():
            watched.installEventFilter(self)
        self._editor.say(HINT)

    def end(self) -> None:
        """Everything as it was."""
        if not self.on:
            return
        self.on = False
        for watched in self._watched():
            watched.removeEventFilter(self)
        scale.present(False)
        self._editor.docking.rails.present(False)

    def _watched(self) -> tuple[QObject, ...]:
        """Where Esc may arrive; the application, since drawings come and go meanwhile."""
        app = QApplication.instance()
        return () if app is None else (app,)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            self.on
            and watched is QApplication.focusWidget()
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
            and self._nothing_else_to_end()
        ):
            self.end()
            return True
        return False

    def _nothing_else_to_end(self) -> bool:
        """Whether Esc has nothing nearer to do on the canvas."""
        canvas, drawings = self._editor.canvas, self._editor.drawings
        if canvas.mouse.tool is not None or canvas.popups.open is not None:
            return False
        return not canvas.drawing.selection and drawings.shown == drawings.root
