"""The field for numbers and expressions: typed, scrubbed, stepped, completed.

Shows a value and at its right what it comes to, or the unit; tells when a person has given another
(`edited`), keeps what was typed until it is accepted. Knows neither the document nor what a layer
is.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.document.values import is_expression, shown, typed
from nnstudio.fields.scope import Scope, completed
from nnstudio.fields.scrubbing import Scrub
from nnstudio.fields.stepping import (
    COARSER,
    MIXED,
    is_number,
    next_gesture,
    pace,
    steppable,
    stepped,
)
from nnstudio.fields.suggestions import Suggestions
from nnstudio.theme import current, style
from nnstudio.theme.tokens import TYPE_SMALL

FOLLOWS, NO_LIMIT, ANY = "from input", "no limit", "any"
"""What stands in an empty field: its number comes from the input, or nothing bounds what is."""
SEVERAL = "several values"
_STEPS = {
    Qt.Key.Key_Up: 1.0,
    Qt.Key.Key_Down: -1.0,
    Qt.Key.Key_PageUp: COARSER,
    Qt.Key.Key_PageDown: -COARSER,
}


def empty_words(param: Param) -> str:
    """What stands in the field of a parameter that has no number."""
    if param.name == "seed":
        return ANY
    return NO_LIMIT if param.name in ("low", "high") else FOLLOWS


class NumberField(QLineEdit):
    """Numbers and expressions; shows what an expression gives, or the unit, at its right."""

    edited = Signal(object, str)
    """Value and gesture; given by Enter, by leaving the field, by arrow keys, wheel or a drag."""
    nudged = Signal(float, str)
    """Where values differ: steps from where the gesture began, and the gesture."""
    reverted = Signal()
    """What was typed has been given up."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self._aside = ""
        self._shown_aside = ""
        """What stands at the right while nothing is typed."""
        self._value: Value = param.default
        self._scope = Scope()
        self._keys = ""
        self._nudges = 0.0
        self._start: Value = None
        self._suggestions: Suggestions | None = None
        self._scrub = Scrub(self)
        self._scrub.moved.connect(self.move_by)
        self.setMinimumWidth(48)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        style.wear(self, style.mono)
        self.setAccessibleName(param.title)
        if param.default is None:
            self.setPlaceholderText(empty_words(self.param))
        self.editingFinished.connect(self.commit)
        self.textEdited.connect(self._typing)
        self._show_cursor()

    def sizeHint(self) -> QSize:
        return QSize(96, super().sizeHint().height())

    # What it shows

    def set_scope(self, scope: Scope) -> None:
        """What an expression in the field may name."""
        self._scope = scope

    def show_value(self, value: Value, resolved: Value) -> None:
        """The value, unless a person is typing another; `resolved` is what an expression gives."""
        self._value = value
        if value is MIXED:
            self.setPlaceholderText(SEVERAL)
        elif self.param.default is None:
            self.setPlaceholderText(empty_words(self.param))
        computed = value is not MIXED and is_expression(self.param, value)
        if computed and resolved is not None:
            self._shown_aside = f"= {shown(resolved)}"
        elif value is None and resolved is not None:
            self._shown_aside = shown(resolved)
        else:
            self._shown_aside = "" if value is MIXED else self.param.unit
        if not (self.hasFocus() and self.isModified()):
            self._write(value)
        self._show_cursor()

    @property
    def aside(self) -> str:
        """What stands at the right: what the text comes to, or the unit."""
        return self._aside

    @property
    def scrubbable(self) -> bool:
        """Whether a drag would change a number."""
        mixed = self._value is MIXED and is_number(self.param)
        return (mixed or steppable(self.param, self._value)) and not self.isReadOnly()

    def commit(self) -> None:
        """Tell what was typed, if anything was."""
        if not self.isModified():
            return
        self.setModified(False)
        value = typed(self.param, self.text())
        if value != self._value or type(value) is not type(self._value):
            self.edited.emit(value, "")
        else:
            self._write(self._value)

    def reject(self, text: str) -> None:
        """What was typed was not accepted: it stays, for its author to mend."""
        if not self.isModified():
            self.setText(text)
        self.setModified(False)

    # Steps and drags

    def move_by(self, ways: float, gesture: str) -> None:
        """Go some steps on from where the gesture began."""
        if self._value is MIXED:
            self.nudged.emit(ways, gesture)
            return
        if gesture != self._keys:
            self._keys, self._start = gesture, self._value
        if not steppable(self.param, self._start):
            return
        after = stepped(self.param, self._start, ways)
        if after != self._value:
            self.edited.emit(after, gesture)

    def _step(self, ways: float, kind: str) -> None:
        """One step by a key or the wheel; those in a row are one gesture."""
        if not self._keys.startswith(kind):
            self._keys, self._nudges = next_gesture(kind), 0.0
        if self._value is MIXED:
            self._nudges += ways
            self.nudged.emit(self._nudges, self._keys)
        else:
            self.edited.emit(stepped(self.param, self._value, ways), self._keys)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.hasFocus():
            if self.scrubbable:
                self._keys = ""
                self._scrub.press(event)
            else:
                self._enter()
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._scrub.pressed:
            self._scrub.move(event)
            event.accept()
        elif not event.buttons() or self.hasFocus():
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._scrub.pressed:
            if not self._scrub.release():
                self._enter()
            self._keys = ""
            event.accept()
            return
        super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # While nothing is being typed the menu is that of the whole row.
        if self.hasFocus():
            super().contextMenuEvent(event)
        else:
            event.ignore()

    def _enter(self) -> None:
        """A click: all of it is marked, so that typing replaces it."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.selectAll()

    # Keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo, redo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
            # Undo is the field's own only while it holds something that is not done yet.
            if not self.isModified() and (event.matches(undo) or event.matches(redo)):
                event.ignore()
                return False
            if _asks_for_names(event) or (event.key() in _STEPS and self.scrubbable):
                event.accept()
                return True
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and self.suggesting
            and self._key_for_names(event)
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._text_of(self._value):
            self._write(self._value)
            self.reverted.emit()
            return
        if _asks_for_names(event) and is_number(self.param):
            self._offer(everything=True)
            return
        if event.key() in _STEPS and self.scrubbable:
            self.commit()
            if self.scrubbable:
                self._step(_STEPS[Qt.Key(event.key())] * pace(event.modifiers()), "keys")
                self.selectAll()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or not self.scrubbable:
            event.ignore()
            return
        way = 1 if event.angleDelta().y() > 0 else -1
        self._step(way * pace(event.modifiers()), "wheel")
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._keys = ""
        self._offer_none()
        super().focusOutEvent(event)
        if not self.isModified():
            self.setCursorPosition(0)
        self._show_cursor()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_cursor()

    def hideEvent(self, event: QHideEvent) -> None:
        self._scrub.cancel()
        self._offer_none()
        super().hideEvent(event)

    # Names

    def _typing(self, _text: str) -> None:
        """A letter was typed: say what it comes to, and offer names."""
        if self.param.kind == "text":
            return
        self._show_aside(self._scope.comes_to(self.param, self.text()))
        if is_number(self.param):
            self._offer()

    def _offer(self, *, everything: bool = False) -> None:
        before = self.text()[: self.cursorPosition()]
        names = self._scope.offers(before)
        if everything and not names:
            names = self._scope.names()
        if not names and self._suggestions is None:
            return
        if self._suggestions is None:
            self._suggestions = Suggestions(self)
            self._suggestions.taken.connect(self._take)
        self._suggestions.offer(names, self)

    def _offer_none(self) -> None:
        if self._suggestions is not None:
            self._suggestions.hide()

    @property
    def suggesting(self) -> bool:
        """Whether names are offered, which then use arrows, Enter, Tab and Escape."""
        return self._suggestions is not None and self._suggestions.isVisible()

    def _key_for_names(self, event: QKeyEvent) -> bool:
        """Whether the list of names has used a key."""
        assert self._suggestions is not None
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._suggestions.step(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            self._suggestions.take()
        elif event.key() == Qt.Key.Key_Escape:
            self._offer_none()
        else:
            return False
        return True

    def _take(self, name: str) -> None:
        text, cursor = completed(self.text(), self.cursorPosition(), name)
        if self.hasSelectedText():
            text, cursor = completed("", 0, name)
        self.setText(text)
        self.setModified(True)
        self.setCursorPosition(cursor)
        self._offer_none()
        self._show_aside(self._scope.comes_to(self.param, text))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._aside:
            return
        painter = QPainter(self)
        painter.setFont(style.mono(TYPE_SMALL))
        painter.setPen(current().muted)
        right = QRect(QPoint(0, 0), self.size()).adjusted(8, 0, -9, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        text = QFontMetrics(painter.font()).elidedText(
            self._aside, Qt.TextElideMode.ElideRight, right.width()
        )
        painter.drawText(right, flags, text)

    def _show_aside(self, text: str) -> None:
        self._aside = text
        width = QFontMetrics(style.mono(TYPE_SMALL)).horizontalAdvance(text)
        width = min(width + 8, self.width() // 2) if text else 0
        self.setTextMargins(0, 0, width, 0)
        self.update()

    def _show_cursor(self) -> None:
        """Arrows to both sides where a drag would change the number."""
        dragged = self.scrubbable and not self.hasFocus()
        wanted = Qt.CursorShape.SizeHorCursor if dragged else Qt.CursorShape.IBeamCursor
        if self.cursor().shape() != wanted:
            self.setCursor(wanted)

    @staticmethod
    def _text_of(value: Value) -> str:
        return "" if value is MIXED else shown(value)

    def _write(self, value: Value) -> None:
        text = self._text_of(value)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setModified(False)
        self._offer_none()
        self._show_aside(self._shown_aside)


class TextField(NumberField):
    """A text; numbers in it stay text."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        style.wear(self, style.sans)


def _asks_for_names(event: QKeyEvent) -> bool:
    control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return control and event.key() == Qt.Key.Key_Space
