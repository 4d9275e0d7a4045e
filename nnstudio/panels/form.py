"""A form from parameters: a row each, side by side where there is room.

It does not know where values come from or go to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.fields.scope import Scope
from nnstudio.panels.row import Row
from nnstudio.panels.tab_order import visit_in_place

COLUMN = 300
"""Pixels from which on a form has room for one more column."""
MOST_COLUMNS = 3


class ParamForm(QWidget):
    """A row for each parameter; values go in by `set_values`, edits come out as `value_edited`.

    `by_owner` lets a line begin where the part of the names before the dot is another.
    """

    value_edited = Signal(str, object, str)
    """Parameter's name, value (None for the default) and gesture."""
    value_nudged = Signal(str, float, str)
    """Where values differ: parameter, steps from where the gesture began, and the gesture."""
    variable_requested = Signal(str, str)
    """The parameter that a person wants to make a variable of, and its name."""
    variable_activated = Signal(str)
    """The variable that a person wants to see."""

    def __init__(
        self,
        params: tuple[Param, ...] = (),
        parent: QWidget | None = None,
        *,
        with_variables: bool = True,
        by_owner: bool = False,
    ) -> None:
        super().__init__(parent)
        self._with_variables, self._by_owner = with_variables, by_owner
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
        for name, row in self._rows.items():
            self._layout.removeWidget(row)
            row.setVisible(name in shown)
        visit_in_place(self, (one for row in self._rows.values() for one in (row.field, row.more)))
        line, column, owner = 0, 0, ""
        for name in shown:
            before, owner = owner, name.partition(".")[0] if self._by_owner else ""
            if column == self._columns or (column and owner != before):
                line, column = line + 1, 0
            top = Qt.AlignmentFlag.AlignTop
            self._layout.addWidget(self._rows[name], line, column, top)
            column += 1
        for column in range(MOST_COLUMNS):
            self._layout.setColumnStretch(column, 1 if column < self._columns else 0)

    def set_values(
        self,
        values: Mapping[str, Value],
        resolved: Mapping[str, Value] | None = None,
        errors: Mapping[str, str] | None = None,
        scope: Scope | None = None,
    ) -> None:
        """Show values; what is missing is at its default. `resolved` is what expressions give,
        `scope` what they may name."""
        for name, row in self._rows.items():
            if scope is not None:
                row.set_scope(scope)
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
        row.nudged.connect(self.value_nudged)
        row.variable_requested.connect(self.variable_requested)
        row.variable_activated.connect(self.variable_activated)
        return row
