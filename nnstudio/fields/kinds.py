"""The fields for switches and choices, and which field belongs to which kind of parameter.

Like every field they show a value, tell when a person has given another, and know neither the
document nor what a layer is.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.fields.number import NumberField, TextField
from nnstudio.fields.scope import Scope
from nnstudio.fields.stepping import MIXED


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

    def set_scope(self, scope: Scope) -> None:
        """A switch reads no names."""

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

    def make_searchable(self) -> None:
        """Let a person type a part of a word, for lists of names that may be long."""
        if self.isEditable():
            return
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = self.completer()
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.lineEdit().setAccessibleName(self.param.title)
        self.lineEdit().editingFinished.connect(self._searched)

    def _searched(self) -> None:
        """What is typed names one choice, or a part of a single one; else nothing changes."""
        text = self.lineEdit().text().strip()
        found = self.findText(text, Qt.MatchFlag.MatchFixedString)
        if found < 0 and text:
            parts = [n for n in range(self.count()) if text.lower() in self.itemText(n).lower()]
            found = parts[0] if len(parts) == 1 else -1
        if found >= 0 and found != self.currentIndex():
            self.setCurrentIndex(found)
            self._activated(found)
        elif text != self.itemText(self.currentIndex()):
            self.setEditText(self.itemText(self.currentIndex()))

    def sizeHint(self) -> QSize:
        return QSize(96, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isEditable():
            super().paintEvent(event)
            return
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

    def set_scope(self, scope: Scope) -> None:
        """A choice reads no names."""

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
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adamax": "Adamax",
    "nadam": "NAdam",
    "radam": "RAdam",
    "asgd": "ASGD",
    "rprop": "Rprop",
    "lbfgs": "L-BFGS",
    "adafactor": "Adafactor",
    "muon": "Muon with AdamW",
    "cross_entropy": "cross-entropy",
    "log_loss": "log loss of shares",
    "bce": "binary cross-entropy",
    "bce_with_logits": "binary cross-entropy on logits",
    "mse": "squared error",
    "l1": "absolute error",
    "huber": "Huber",
    "smooth_l1": "smooth absolute error",
    "nll": "negative log-likelihood of log-shares",
    "kl": "Kullback-Leibler divergence of log-shares",
    "multi_margin": "margin between classes",
    "poisson": "Poisson likelihood of counts",
    "gaussian_nll": "Gaussian likelihood with spread",
    "quantile": "quantile (pinball)",
    "multi_step": "at given epochs",
    "cosine_restarts": "cosine with restarts",
    "one_cycle": "one cycle",
    "plateau": "when the loss stalls",
    "inverse_sqrt": "inverse square root",
    "as_built": "as each layer has them",
    "kaiming_uniform": "Kaiming uniform",
    "kaiming_normal": "Kaiming normal",
    "xavier_uniform": "Xavier uniform",
    "xavier_normal": "Xavier normal",
    "trunc_normal": "normal, cut off at twice the spread",
}


def words(name: str) -> str:
    """`cross_entropy` as people read it."""
    return _WORDS.get(name, name.replace("_", " "))
