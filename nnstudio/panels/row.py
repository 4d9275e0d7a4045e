"""One row of a form: the parameter's name, its field, what is wrong, and a menu.

The menu resets, makes a variable of the number, and leads to the variables that are read. The row
does not know where values come from or go to.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QMenu, QToolButton, QWidget

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.document.steps.naming import variable_for
from nnstudio.document.values import is_expression
from nnstudio.fields.kinds import Field, field_for
from nnstudio.fields.number import NumberField
from nnstudio.fields.scope import Scope
from nnstudio.fields.stepping import MIXED, is_number, steppable
from nnstudio.panels.labels import ScrubLabel
from nnstudio.theme import icons, style

_STAYS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
"""Why the keyboard may leave the field for a name without giving it up."""


class Row(QWidget):
    """One parameter."""

    edited = Signal(str, object, str)
    nudged = Signal(str, float, str)
    """Where values differ: steps from where the gesture began, and the gesture."""
    variable_requested = Signal(str, str)
    """The parameter, and what the variable is to be called."""
    variable_activated = Signal(str)
    """The variable that a person wants to see."""

    def __init__(self, param: Param, with_variables: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self._with_variables = with_variables
        self._value: Value = param.default
        self._scope = Scope()
        self.label = ScrubLabel(param.title, self)
        self.field: Field = field_for(param, self)
        self.more = QToolButton(self)
        self.error = QLabel(self)
        self.naming: QLineEdit | None = None
        """The field for a new variable's name, while it is asked for."""
        self._naming_title = self.error
        self._build()

    def _build(self) -> None:
        param = self.param
        self.label.setToolTip(help_of(param))
        self.label.setBuddy(self.field)
        style.role(self.label, "muted")
        self.field.setToolTip(help_of(param))
        self.field.setObjectName(f"field_{param.name}")
        self.field.setAccessibleDescription(param.doc)
        self.more.setIcon(icons.icon("more", "muted"))
        self.more.setFixedSize(20, 28)
        self.more.setToolTip("Reset, make a variable" if self._with_variables else "Reset")
        self.more.setAccessibleName(f"More for {param.title}")
        self.more.setObjectName(f"more_{param.name}")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.setWordWrap(True)
        self.error.setObjectName(f"error_{param.name}")
        style.role(self.error, "bad")
        self.error.hide()
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addWidget(self.more, 0, 2)
        grid.addWidget(self.error, 2, 0, 1, 3)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 6)
        self.field.edited.connect(self._edited)
        if isinstance(self.field, NumberField):
            self.field.reverted.connect(lambda: self.show_error(""))
            self.field.nudged.connect(self._nudged)
            self.label.scrub.moved.connect(self.field.move_by)
        self.more.clicked.connect(self._open_menu)

    def set_scope(self, scope: Scope) -> None:
        """What an expression in the field may name."""
        self._scope = scope
        self.field.set_scope(scope)

    def show_value(self, value: Value, resolved: Value, error: str) -> None:
        """Value, what it gives if it is an expression, and what is wrong with it."""
        if value != self._value:
            self._end_naming()
        self._value = value
        self.field.show_value(value, resolved)
        number = isinstance(self.field, NumberField) and self.field.scrubbable
        self.label.set_scrubbable(number)
        style.role(self.label, "muted" if self.is_default else "")
        self.show_error(error)

    def show_error(self, text: str) -> None:
        """What is wrong, in words; "" if nothing is."""
        if text != self.error.text():
            self.error.setText(text)
        self.error.setVisible(bool(text))
        wrong = bool(text)
        if bool(self.field.property("invalid")) != wrong:
            self.field.setProperty("invalid", wrong)
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)

    def refuse(self, text: str, reason: str) -> None:
        """An edit was not accepted: what was typed stays, with the reason under it."""
        self.field.reject(text)
        self.show_error(reason)

    @property
    def is_default(self) -> bool:
        """Whether there is nothing to reset."""
        same = type(self._value) is type(self.param.default)
        return same and self._value == self.param.default

    # Menu

    def menu(self) -> QMenu:
        """What can be done with the parameter, as a menu; made anew each time."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        reset = menu.addAction("Reset to default")
        reset.setObjectName("reset")
        reset.setEnabled(not self.is_default)
        reset.setToolTip("It is at its default." if self.is_default else "Back to its default")
        reset.triggered.connect(lambda: self.edited.emit(self.param.name, None, ""))
        if self._with_variables and is_number(self.param):
            make = menu.addAction("Make a variable…")
            make.setObjectName("make_variable")
            why = self._why_no_variable()
            make.setEnabled(not why)
            make.setToolTip(why or "Give the number a name that other fields may use as well")
            make.triggered.connect(self.ask_name)
            for name in self._reads():
                go = menu.addAction(f"Go to {name}")
                go.setObjectName(f"go_{name}")
                go.triggered.connect(lambda _=False, one=name: self.variable_activated.emit(one))
        return menu

    def _why_no_variable(self) -> str:
        if self._value is MIXED:
            return "The nodes have different values here. Give them one value first."
        if is_expression(self.param, self._value):
            return "It is an expression already."
        if not steppable(self.param, self._value):
            return "It holds no single number. Give it one number first."
        return ""

    def _reads(self) -> list[str]:
        """The variables that the value reads, where they can be shown."""
        if self._value is MIXED or not is_expression(self.param, self._value):
            return []
        return sorted(variables_in(self._value) & self._scope.variables.keys())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._popup(event.globalPos())
        event.accept()

    def _open_menu(self) -> None:
        self._popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _popup(self, at: QPoint) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    # A name for a variable

    def ask_name(self) -> None:
        """A line under the field for the name of a new variable, with one that is free."""
        self._end_naming()
        name = QLineEdit(variable_for(self.param.name, self._scope.variables), self)
        name.setObjectName(f"variable_of_{self.param.name}")
        name.setAccessibleName(f"Name of the variable for {self.param.title}")
        name.setToolTip("Enter makes the variable, Esc does not")
        style.wear(name, style.mono)
        name.returnPressed.connect(
            lambda: self.variable_requested.emit(self.param.name, name.text())
        )
        name.installEventFilter(self)
        title = QLabel("name", self)
        style.role(title, "muted")
        self._grid.addWidget(title, 1, 0)
        self._grid.addWidget(name, 1, 1, 1, 2)
        self.naming, self._naming_title = name, title
        name.selectAll()
        name.show()
        name.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape, or the keyboard going elsewhere, gives the name up."""
        if watched is self.naming:
            if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
                event.accept()
                if event.type() == QEvent.Type.KeyPress:
                    self._end_naming()
                    self.show_error("")
                    self.field.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
            left = isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut
            if left and event.reason() not in _STAYS:
                self._end_naming()
        return False

    def _end_naming(self) -> None:
        if self.naming is not None:
            gone, self.naming = self.naming, None
            gone.removeEventFilter(self)
            for part in (gone, self._naming_title):
                self._grid.removeWidget(part)
                part.hide()
                part.deleteLater()

    # Edits

    def _edited(self, value: Value, gesture: str) -> None:
        self.edited.emit(self.param.name, value, gesture)

    def _nudged(self, ways: float, gesture: str) -> None:
        self.nudged.emit(self.param.name, ways, gesture)


def help_of(param: Param) -> str:
    """Tooltip: explanation, bounds, unit, default, and the name in code, in plain text."""
    lines = [param.doc] if param.doc else []
    unit = f" {param.unit}" if param.unit else ""
    if param.low is not None and param.high is not None:
        lines.append(f"from {param.low:g} to {param.high:g}{unit}")
    elif param.low is not None:
        lines.append(f"at least {param.low:g}{unit}")
    elif param.high is not None:
        lines.append(f"at most {param.high:g}{unit}")
    elif unit:
        lines.append(f"in{unit}")
    lines.append(f"in code: {param.name}")
    return "\n".join(lines)
