"""A form from parameters: a row each with name, field, what is wrong, and a menu.

Owns the look and the feel of rows; it does not know where values come from or go to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QToolButton, QWidget

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.document.values import is_expression
from nnstudio.panels.fields import Field, NumberField, field_for
from nnstudio.panels.labels import ScrubLabel
from nnstudio.panels.stepping import MIXED, steppable
from nnstudio.theme import icons, style

COLUMN = 300
"""Pixels from which on a form has room for one more column."""
MOST_COLUMNS = 3


class Row(QWidget):
    """One parameter."""

    edited = Signal(str, object, str)
    variable_requested = Signal(str)

    def __init__(self, param: Param, with_variables: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = param
        self._with_variables = with_variables
        self._value: Value = param.default
        self.label = ScrubLabel(param, self)
        self.field: Field = field_for(param, self)
        self.more = QToolButton(self)
        self.error = QLabel(self)
        self._build()

    def _build(self) -> None:
        param = self.param
        self.label.setToolTip(_help(param))
        self.label.setBuddy(self.field)
        style.role(self.label, "muted")
        self.field.setToolTip(_help(param))
        self.field.setObjectName(f"field_{param.name}")
        self.field.setAccessibleDescription(param.doc)
        self.more.setIcon(icons.icon("more", "muted"))
        self.more.setFixedSize(20, 28)
        self.more.setToolTip("Reset, make a variable")
        self.more.setAccessibleName(f"More for {param.title}")
        self.more.setObjectName(f"more_{param.name}")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.setWordWrap(True)
        self.error.setObjectName(f"error_{param.name}")
        style.role(self.error, "bad")
        self.error.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addWidget(self.more, 0, 2)
        grid.addWidget(self.error, 1, 0, 1, 3)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 6)
        self.field.edited.connect(self._edited)
        self.label.scrubbed.connect(self._edited)
        if isinstance(self.field, NumberField):
            self.field.reverted.connect(lambda: self.show_error(""))
        self.more.clicked.connect(self._open_menu)

    def show_value(self, value: Value, resolved: Value, error: str) -> None:
        """Value, what it gives if it is an expression, and what is wrong with it."""
        self._value = value
        self.label.show_value(value)
        self.field.show_value(value, resolved)
        style.role(self.label, "muted" if self._is_default else "")
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

    def menu(self) -> QMenu:
        """What can be done with the parameter, as a menu; made anew each time."""
        menu = QMenu(self)
        reset = menu.addAction("Reset to default")
        reset.setObjectName("reset")
        reset.setEnabled(not self._is_default)
        reset.triggered.connect(lambda: self.edited.emit(self.param.name, None, ""))
        if self._with_variables and self.param.kind in ("int", "float", "size"):
            make = menu.addAction("Make a variable")
            make.setObjectName("make_variable")
            make.setEnabled(self._value is not MIXED and steppable(self.param, self._value))
            make.triggered.connect(lambda: self.variable_requested.emit(self.param.name))
            if self._value is not MIXED and is_expression(self.param, self._value):
                make.setText("Make a variable (it is an expression already)")
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._popup(event.globalPos())
        event.accept()

    @property
    def _is_default(self) -> bool:
        same = type(self._value) is type(self.param.default)
        return same and self._value == self.param.default

    def _edited(self, value: Value, gesture: str) -> None:
        self.edited.emit(self.param.name, value, gesture)

    def _open_menu(self) -> None:
        self._popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _popup(self, at: QPoint) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)


class ParamForm(QWidget):
    """A row for each parameter; values go in by `set_values`, edits come out as `value_edited`."""

    value_edited = Signal(str, object, str)
    """Parameter's name, value (None for the default) and gesture."""
    variable_requested = Signal(str)
    """The parameter that a person wants to make a variable of."""

    def __init__(
        self,
        params: tuple[Param, ...] = (),
        parent: QWidget | None = None,
        *,
        with_variables: bool = True,
    ) -> None:
        super().__init__(parent)
        self._with_variables = with_variables
        self._rows: dict[str, Row] = {}
        self._params: tuple[Param, ...] = ()
        self._left_out: set[str] = set()
        self._columns = 1
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(24)
        self._layout.setVerticalSpacing(4)
        self.set_params(params)

    @property
    def params(self) -> tuple[Param, ...]:
        """The parameters shown."""
        return self._params

    def set_params(self, params: tuple[Param, ...]) -> None:
        """Other parameters; rows of those that stay are kept, and with them the focus."""
        if params == self._params:
            return
        kept = {row.param: row for row in self._rows.values() if row.param in params}
        for row in self._rows.values():
            if row.param not in kept:
                self._layout.removeWidget(row)
                row.hide()
                row.deleteLater()
        self._rows = {}
        for param in params:
            self._rows[param.name] = kept.get(param) or self._new_row(param)
        self._params = params
        self._arrange()

    def hide_rows(self, names: Collection[str]) -> None:
        """Leave out parameters that have no effect at present."""
        if self._left_out != set(names):
            self._left_out = set(names)
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = min(max(self.width() // COLUMN, 1), MOST_COLUMNS)
        if columns != self._columns:
            self._columns = columns
            self._arrange()

    def _arrange(self) -> None:
        """Rows side by side where there is room for two, in the order of reading."""
        shown = [name for name in self._rows if name not in self._left_out]
        previous: QWidget | None = None
        for name, row in self._rows.items():
            self._layout.removeWidget(row)
            row.setVisible(name in shown)
            if previous is not None:
                QWidget.setTabOrder(previous, row.field)
            QWidget.setTabOrder(row.field, row.more)
            previous = row.more
        for index, name in enumerate(shown):
            line, column = divmod(index, self._columns)
            top = Qt.AlignmentFlag.AlignTop
            self._layout.addWidget(self._rows[name], line, column, top)
        for column in range(MOST_COLUMNS):
            self._layout.setColumnStretch(column, 1 if column < self._columns else 0)

    def set_values(
        self,
        values: Mapping[str, Value],
        resolved: Mapping[str, Value] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> None:
        """Show values; what is missing is at its default. `resolved` is what expressions give."""
        for name, row in self._rows.items():
            value = values.get(name, row.param.default)
            real = (resolved or {}).get(name)
            row.show_value(value, real, (errors or {}).get(name, ""))

    def refuse(self, name: str, value: Value, reason: str) -> None:
        """The last edit of a parameter was not accepted."""
        row = self._rows.get(name)
        if row is not None:
            row.refuse("" if value is None else str(value), reason)

    def commit(self) -> None:
        """Tell what stands in a field and has not been told yet."""
        for row in tuple(self._rows.values()):
            row.field.commit()

    def row(self, name: str) -> Row:
        """The row of a parameter."""
        return self._rows[name]

    def _new_row(self, param: Param) -> Row:
        row = Row(param, self._with_variables, self)
        row.edited.connect(self.value_edited)
        row.variable_requested.connect(self.variable_requested)
        return row


def _help(param: Param) -> str:
    """Tooltip: explanation, bounds, unit, default, in plain text."""
    lines = [param.doc] if param.doc else []
    if param.low is not None and param.high is not None:
        lines.append(f"from {param.low:g} to {param.high:g}")
    elif param.low is not None:
        lines.append(f"at least {param.low:g}")
    elif param.high is not None:
        lines.append(f"at most {param.high:g}")
    lines.append(f"in code: {param.name}")
    return "\n".join(lines)
