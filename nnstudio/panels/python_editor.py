"""The Python of a layer, to be typed: colours, line numbers, and what is wrong with its line.

Mirrors the document. What is typed becomes a step after a short rest; a fault in it is a problem of
the layer and no refusal. Nothing here runs or imports it.
"""

from __future__ import annotations

from itertools import count

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.events import Event, HistoryChanged, NetworkRenamed
from nnstudio.panels.code_view import CodeView
from nnstudio.panels.text import label
from nnstudio.theme import notifier

REST = 350
"""Milliseconds after the last key until what is typed becomes a step."""
INDENT = "    "

_GESTURES = count(1)


class _Field(CodeView):
    """The text itself; undo is the document's."""

    def __init__(self, editor: PythonEditor) -> None:
        super().__init__("python_text", editor)
        self._editor = editor
        self.setReadOnly(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextEditorInteraction)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName("Python of the layer")

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undoes = event.matches(QKeySequence.StandardKey.Undo)
            if undoes or event.matches(QKeySequence.StandardKey.Redo):
                self._editor.commit()
                event.ignore()  # the window's own undo takes it
                return False
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_Tab and plain:
            self.textCursor().insertText(INDENT)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            self._new_line()
        elif event.key() == Qt.Key.Key_Backspace and plain and self._outdent():
            return
        else:
            super().keyPressEvent(event)

    def _new_line(self) -> None:
        """The next line begins where this one does, one step further behind a colon."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        depth = before[: len(before) - len(before.lstrip(" "))]
        cursor.insertText("\n" + depth + (INDENT if before.rstrip().endswith(":") else ""))
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def _outdent(self) -> bool:
        """In the blank beginning of a line a whole step goes at once."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        if cursor.hasSelection() or not before or before.strip(" "):
            return False
        many = (len(before) - 1) % len(INDENT) + 1
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, many)
        cursor.removeSelectedText()
        return True

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._editor.commit()
        self._editor.end_gesture()


class PythonEditor(QWidget):
    """One layer's Python with what is wrong with it below."""

    def __init__(self, document: Document, layer: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("python_editor")
        self._document, self._layer = document, layer
        self._gesture = next(_GESTURES)
        self._fault_line = 0
        self.field = _Field(self)
        self.setFocusProxy(self.field)
        self.fault = label("", "bad", "python_fault")
        self._hint = label(
            "torch, nn and F need no import. Nothing runs while you type.", "muted", "python_hint"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(self.field, 1)
        column.addWidget(self.fault)
        column.addWidget(self._hint)
        self._rest = QTimer(self)
        self._rest.setObjectName("rest from typing")
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.commit)
        self._unsubscribe = document.subscribe(self._heard)
        notifier.theme_changed.connect(self._repaint)
        self._show()
        self.field.textChanged.connect(self._typed)

    def dispose(self) -> None:
        """Stop listening."""
        self._rest.stop()
        self._unsubscribe()
        notifier.theme_changed.disconnect(self._repaint)

    def commit(self) -> None:
        """Make a step of what is typed and is none yet."""
        self._rest.stop()
        text = self.field.toPlainText()
        if text == self._text():
            return
        try:
            step = steps.set_code_text(self._document, self._layer, text)
            self._document.do(step, f"python {self._gesture}")
        except Refused as refused:
            self._say(refused.reason, 0)

    def end_gesture(self) -> None:
        """What is typed from now on is another step of undo."""
        self._gesture = next(_GESTURES)

    def set_read_only(self, on: bool) -> None:
        """Whether the text is only to be read."""
        self.field.setReadOnly(on)

    def _text(self) -> str:
        network = self._document.project.networks.get(self._layer)
        return network.code.text if network is not None and network.code is not None else ""

    def _typed(self) -> None:
        if self.field.toPlainText() != self._text():
            self._rest.start()

    def _heard(self, event: Event) -> None:
        match event:
            case NetworkRenamed(self._layer, new):
                self._layer = new
            case HistoryChanged():
                self._show()

    def _show(self) -> None:
        """The document's text, unless something else is being typed; its fault."""
        if self._layer not in self._document.project.networks:
            return
        text = self._text()
        if not self._rest.isActive() and text != self.field.toPlainText():
            place = self.field.textCursor().position()
            self.field.show_code(text)
            cursor = self.field.textCursor()
            cursor.setPosition(min(place, len(text)))
            self.field.setTextCursor(cursor)
        self.field.highlighter.show_text(self.field.toPlainText())
        self.field.highlighter.rehighlight()
        problems = self._document.report(self._layer).problems
        found = next((one for one in problems if one.code == "bad_code"), None)
        if found is None:
            self._say("", 0)
        else:
            line = _line_in(found.got)
            self._say(f"Expected {found.expected}, got {found.got}. {found.remedy}", line)

    def _say(self, text: str, line: int) -> None:
        self.fault.setText(text)
        self.fault.setVisible(bool(text))
        self._hint.setVisible(not text)
        self.field.mark((line,) if line else (), reveal=False)

    def _repaint(self, _theme: object) -> None:
        self.field.repaint_code()


def _line_in(text: str) -> int:
    """The number in `… in line 3`; 0 where there is none."""
    _, found, rest = text.rpartition("in line ")
    return int(rest) if found and rest.isdecimal() else 0
