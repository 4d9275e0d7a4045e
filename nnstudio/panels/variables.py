"""The project's variables: a table to add, rename, change and delete, and where each is used.

Mirrors the document; changes it by steps alone.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import (
    Signal,
)
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.expressions import variables_in
from graph_compiler.model import Value, Variable
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.events import (
    DataChanged,
    Event,
    HistoryChanged,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    NodeRenamed,
    PlanChanged,
    VariablesChanged,
)
from nnstudio.document.steps.naming import fresh
from nnstudio.document.steps.variables import Use, all_uses
from nnstudio.document.values import literal, shown
from nnstudio.panels.form import ParamForm
from nnstudio.panels.tables import tool_button
from nnstudio.panels.text import count, label
from nnstudio.panels.variable_table import RANGE, VariablesModel, VariablesTable, in_range
from nnstudio.theme import icons, style

WIDE, DETAILS = 640, 360
"""Pixels from which on the details stand beside the table, and how wide they are there."""


class VariablesPanel(QWidget):
    """Variables, their ranges, and where they are used."""

    use_activated = Signal(object)
    """The `Use` that was clicked: `network` and `owner` name the node."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variables_panel")
        self.setAccessibleName("Variables")
        self._document = document
        self._stale = True
        self._chosen = ""
        self.model = VariablesModel(self)
        self._build()
        self.model.rename_requested.connect(self._rename)
        self.model.value_requested.connect(self._set_value)
        self._unsubscribe = document.subscribe(self._heard)
        self._refresh()

    def _build(self) -> None:
        self.table = VariablesTable("variables_table", "Variables", self.model, self)
        self.table.setMinimumHeight(96)
        self.table.chosen.connect(self._row_chosen)
        self.table.remove_wanted.connect(self._remove)
        self.add_button = QPushButton("Add variable", self)
        self.add_button.setObjectName("variable_add")
        self.add_button.setIcon(icons.icon("plus", "text"))
        self.add_button.clicked.connect(self._add)
        self.remove_button = tool_button(
            self, "variable_remove", "delete", "Delete the variable", "Del"
        )
        self.remove_button.clicked.connect(self._remove)
        self._refused = label("", "bad", "variables_refused")
        self._empty = label(
            "No variables yet. A variable is a named number that any field may use, "
            "such as hidden or 4 * hidden.",
            "muted",
            "variables_empty",
        )
        self._form = ParamForm(RANGE, with_variables=False)
        self._form.value_edited.connect(self._set_range)
        self._used_title = label("Used by", "section")
        self._used = QVBoxLayout()
        self._used.setSpacing(0)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addStretch(1)
        buttons.addWidget(self.remove_button)
        self._details = QWidget()
        details = QVBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(8)
        details.addWidget(self._form)
        details.addWidget(self._used_title)
        details.addLayout(self._used)
        details.addStretch(1)
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._sides.setSpacing(16)
        self._sides.addWidget(self.table, 1)
        self._sides.addWidget(self._details)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(buttons)
        column.addWidget(self._refused)
        column.addWidget(self._empty)
        column.addLayout(self._sides, 1)
        column.addStretch(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        way = QBoxLayout.Direction
        self._sides.setDirection(way.LeftToRight if wide else way.TopToBottom)
        self._details.setMinimumWidth(DETAILS if wide else 0)
        self._details.setMaximumWidth(DETAILS if wide else 16777215)

    def dispose(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    def show_variable(self, name: str) -> None:
        """Choose a variable and put the cursor on it."""
        if self._stale:
            self._refresh()
        self.table.choose(name)
        self.table.setFocus()

    def commit(self) -> None:
        """Do what stands typed in a field."""
        self._form.commit()

    # Changing

    def _do(self, step: Step, gesture: str = "") -> None:
        self._document.do(step, gesture)

    def _add(self) -> None:
        name = fresh("value", self._document.project.variables)
        self._chosen = name
        self._do(steps.set_variable(self._document, Variable(name, 1)))
        self.table.edit_name(name)

    def _remove(self) -> None:
        if not self._chosen:
            return
        try:
            self._do(steps.remove_variable(self._document, self._chosen))
        except Refused as refused:
            self._refuse(refused)

    def _rename(self, old: str, new: str) -> None:
        try:
            step = steps.rename_variable(self._document, old, new)
            if self._chosen == old:
                self._chosen = step.text.rpartition(" ")[2]
            self._do(step)
        except Refused as refused:
            self._refuse(refused)

    def _set_value(self, name: str, text: str) -> None:
        try:
            variable = replace(self._document.project.variables[name], value=literal(text))
            self._do(steps.set_variable(self._document, variable))
        except Refused as refused:
            self._refuse(refused)

    def _set_range(self, field: str, value: Value, gesture: str) -> None:
        variable = self._document.project.variables.get(self._chosen)
        if variable is None:
            return
        try:
            changed = in_range(variable, field, value)
            self._do(steps.set_variable(self._document, changed), gesture)
        except Refused as refused:
            self._form.refuse(field, value, refused.reason)

    def _refuse(self, refused: Refused) -> None:
        self._refused.setText(refused.reason)
        self._refused.show()

    # Following

    def _heard(self, event: Event) -> None:
        match event:
            case HistoryChanged():
                if self._stale and self.isVisible():
                    self._refresh()
            case (
                VariablesChanged()
                | NodeAdded()
                | NodeChanged()
                | NodeRemoved()
                | NodeRenamed()
                | DataChanged()
                | PlanChanged()
            ):
                self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        self._refused.hide()
        variables = list(self._document.project.variables.values())
        uses: dict[str, list[Use]] = {one.name: [] for one in variables}
        for use in all_uses(self._document.project):
            for name in variables_in(use.value):
                uses.setdefault(name, []).append(use)
        self.model.show(variables, uses)
        names = [one.name for one in variables]
        if self._chosen not in names:
            self._chosen = names[0] if names else ""
        self.table.choose(self._chosen)
        self.table.setVisible(bool(names))
        self._empty.setVisible(not names)
        self.remove_button.setEnabled(bool(names))
        self._show_chosen()

    def _row_chosen(self, name: str) -> None:
        self._chosen = name
        self._show_chosen()

    def _show_chosen(self) -> None:
        variable = self._document.project.variables.get(self._chosen)
        self._details.setVisible(variable is not None)
        while (item := self._used.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if variable is None:
            return
        self._form.set_values({"doc": variable.doc, "low": variable.low, "high": variable.high})
        uses = self.model.uses.get(variable.name, [])
        self._used_title.setText(f"Used by {count(len(uses), 'field')}" if uses else "Not used yet")
        for use in uses[:12]:
            button = QPushButton(f"{use.place} = {shown(use.value)}", self)
            button.setObjectName("variable_use")
            style.role(button, "link")
            button.clicked.connect(lambda _=False, one=use: self.use_activated.emit(one))
            self._used.addWidget(button)
