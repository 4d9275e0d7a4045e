"""The fields of forms: one widget for each kind of parameter, all with the same few functions.

A field shows a value, tells when a person has given another (`edited`, with a gesture for
scrubbing), and keeps what was typed until it is accepted. It knows neither the document nor what a
layer is.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.document.values import is_expression, shown, typed
from nnstudio.panels.stepping import MIXED, next_gesture, steppable, stepped
from nnstudio.theme import current, style

FOLLOWS = "from input"
"""What stands in an empty field that takes its number from the input."""


class NumberField(QLineEdit):
    """Numbers and expressions; shows what an expression gives, or the unit, at its right."""

    edited = Signal(object, str)
    """Value and gesture; given by Enter, by leaving the field, or by the arrow keys."""
    reverted = Signal()
    """What was typed has been given up."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self._aside = ""
        self._value: Value = param.default
        self._keys = ""
        self.setMinimumWidth(48)
        self.setFont(style.mono())
        self.setAccessibleName(param.title)
        if param.default is None:
            self.setPlaceholderText(FOLLOWS)
        self.editingFinished.connect(self.commit)

    def sizeHint(self) -> QSize:
        return QSize(96, super().sizeHint().height())

    def show_value(self, value: Value, resolved: Value) -> None:
        """The value, unless a person is typing another; `resolved` is what an expression gives."""
        self._value = value
        if value is MIXED:
            self.setPlaceholderText("several values")
        elif self.param.default is None:
            self.setPlaceholderText(FOLLOWS)
        computed = value is not MIXED and is_expression(self.param, value)
        if computed and resolved is not None:
            self._aside = f"= {shown(resolved)}"
        elif value is None and resolved is not None:
            self._aside = shown(resolved)
        else:
            self._aside = self.param.unit
        width = QFontMetrics(self._aside_font()).horizontalAdvance(self._aside)
        self.setTextMargins(0, 0, width + 8 if self._aside else 0, 0)
        if not (self.hasFocus() and self.isModified()):
            self._write(value)
        self.update()

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

    def event(self, event: QEvent) -> bool:
        # Undo is the field's own only while it holds something that is not done yet.
        if event.type() == QEvent.Type.ShortcutOverride and not self.isModified():
            assert isinstance(event, QKeyEvent)
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(
                QKeySequence.StandardKey.Redo
            ):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._text_of(self._value):
            self._write(self._value)
            self.reverted.emit()
            return
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and steppable(self.param, self._value):
            self.commit()
            way = 1 if event.key() == Qt.Key.Key_Up else -1
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                way *= 10
            self._keys = self._keys or next_gesture("keys")
            self.edited.emit(stepped(self.param, self._value, way), self._keys)
            self.selectAll()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or not steppable(self.param, self._value):
            event.ignore()
            return
        way = 1 if event.angleDelta().y() > 0 else -1
        self._keys = self._keys or next_gesture("wheel")
        self.edited.emit(stepped(self.param, self._value, way), self._keys)
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._keys = ""
        super().focusOutEvent(event)
        if not self.isModified():
            self.setCursorPosition(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._aside:
            return
        painter = QPainter(self)
        painter.setFont(self._aside_font())
        painter.setPen(current().muted)
        right = QRect(QPoint(0, 0), self.size()).adjusted(8, 0, -9, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        text = QFontMetrics(painter.font()).elidedText(
            self._aside, Qt.TextElideMode.ElideRight, right.width()
        )
        painter.drawText(right, flags, text)

    @staticmethod
    def _aside_font() -> QFont:
        return style.mono(11)

    @staticmethod
    def _text_of(value: Value) -> str:
        return "" if value is MIXED else shown(value)

    def _write(self, value: Value) -> None:
        text = self._text_of(value)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setModified(False)


class TextField(NumberField):
    """A text; numbers in it stay text."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.setFont(style.sans())


class SwitchField(QCheckBox):
    """Yes or no."""

    edited = Signal(object, str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self.setAccessibleName(param.title)
        self.setMinimumHeight(28)
        self.clicked.connect(self._clicked)

    def show_value(self, value: Value, resolved: Value) -> None:
        """The state; in between where it differs among nodes."""
        if value is MIXED:
            self.setTristate(True)
            self.setCheckState(Qt.CheckState.PartiallyChecked)
            self.setText("several values")
            return
        self.setTristate(False)
        self.setChecked(bool(resolved if isinstance(value, str) else value))
        self.setText(value if isinstance(value, str) else "yes" if value else "no")

    def commit(self) -> None:
        """Nothing waits in a switch."""

    def reject(self, text: str) -> None:
        """Nothing was typed."""

    def _clicked(self) -> None:
        self.setTristate(False)
        self.edited.emit(self.checkState() != Qt.CheckState.Unchecked, "")


class ChoiceField(QComboBox):
    """One of several words."""

    edited = Signal(object, str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self.setAccessibleName(param.title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        for choice in param.choices:
            self.addItem(words(choice), choice)
        self.activated.connect(self._activated)

    def set_titles(self, titles: Mapping[str, str]) -> None:
        """Other words for choices, where those of this file do not do."""
        for index in range(self.count()):
            self.setItemText(index, titles.get(self.itemData(index), self.itemText(index)))

    def sizeHint(self) -> QSize:
        return QSize(96, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        # As the style draws it, but a word that is too long ends in … instead of being cut.
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(control, option, part, self).width() - 4
        if self.currentIndex() < 0 and self.placeholderText():
            option.palette.setBrush(QPalette.ColorRole.ButtonText, self.palette().placeholderText())
            option.currentText = self.placeholderText()
        option.currentText = option.fontMetrics.elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room
        )
        painter.drawComplexControl(control, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def show_value(self, value: Value, resolved: Value) -> None:
        """The word; none where it differs among nodes."""
        real = resolved if isinstance(value, str) and value not in self.param.choices else value
        self.setPlaceholderText("several values" if value is MIXED else "")
        self.setCurrentIndex(self.findData(real) if value is not MIXED else -1)

    def commit(self) -> None:
        """Nothing waits in a choice."""

    def reject(self, text: str) -> None:
        """Nothing was typed."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _activated(self, index: int) -> None:
        self.edited.emit(self.itemData(index), "")


Field = NumberField | SwitchField | ChoiceField


def field_for(param: Param, parent: QWidget | None = None) -> Field:
    """The field for a parameter of any kind."""
    match param.kind:
        case "bool":
            return SwitchField(param, parent)
        case "choice":
            return ChoiceField(param, parent)
        case "text":
            return TextField(param, parent)
        case _:
            return NumberField(param, parent)


_WORDS = {
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "cross_entropy": "cross-entropy",
    "log_loss": "log loss of shares",
    "bce": "binary cross-entropy",
    "bce_with_logits": "binary cross-entropy on logits",
    "mse": "squared error",
    "l1": "absolute error",
    "huber": "Huber",
}


def words(name: str) -> str:
    """`cross_entropy` as people read it."""
    return _WORDS.get(name, name.replace("_", " "))
