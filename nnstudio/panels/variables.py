"""The project's variables: a table to add, rename, change and delete, and where each is used.

Mirrors the document; changes it by steps alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Float, Param
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
from nnstudio.panels.text import count, label
from nnstudio.theme import icons, style

WIDE, DETAILS = 640, 290
"""Pixels from which on the details stand beside the table, and how wide they are there."""

NAME, VALUE, USED = range(3)
_TITLES = ("Name", "Value", "Used")
_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()

RANGE = (
    Param("doc", "text", "", "what the variable is for; stands in the exported code", "meaning"),
    replace(
        Float("low", 0.0, doc="smallest value that a search may try", label="from"), default=None
    ),
    replace(
        Float("high", 0.0, doc="largest value that a search may try", label="to"), default=None
    ),
)


class VariablesModel(QAbstractTableModel):
    """The variables as a table; edits go out as `rename_requested` and `value_requested`."""

    rename_requested = Signal(str, str)
    value_requested = Signal(str, str)

    def __init__(
        self, parent: QObject | None = None, titles: tuple[str, str, str] = _TITLES
    ) -> None:
        super().__init__(parent)
        self._titles = titles
        self.variables: list[Variable] = []
        self.uses: dict[str, list[Use]] = {}

    def show(self, variables: list[Variable], uses: dict[str, list[Use]]) -> None:
        """Other variables."""
        same = [one.name for one in variables] == [one.name for one in self.variables]
        if not same:
            self.beginResetModel()
        self.variables, self.uses = variables, uses
        if not same:
            self.endResetModel()
        elif variables:
            self.dataChanged.emit(self.index(0, 0), self.index(len(variables) - 1, USED))

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.variables)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags if index.column() == USED else flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        variable = self.variables[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            match index.column():
                case 0:
                    return variable.name
                case 1:
                    return shown(variable.value)
                case _:
                    return f"{len(self.uses.get(variable.name, ()))}×"
        if role == Qt.ItemDataRole.FontRole and index.column() == VALUE:
            return style.mono()
        if role == Qt.ItemDataRole.ToolTipRole:
            return variable.doc or None
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        variable = self.variables[index.row()]
        if str(value) == self.data(index):
            return False
        if index.column() == NAME:
            self.rename_requested.emit(variable.name, str(value))
        else:
            self.value_requested.emit(variable.name, str(value))
        return True


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
        self.table = QTableView(self)
        self.table.setObjectName("variables_table")
        self.table.setAccessibleName("Variables")
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(28)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(96)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(USED, QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        self.table.installEventFilter(self)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.add_button = QPushButton("Add variable", self)
        self.add_button.setObjectName("variable_add")
        self.add_button.setIcon(icons.icon("plus", "text"))
        self.add_button.clicked.connect(self._add)
        self.remove_button = QToolButton(self)
        self.remove_button.setObjectName("variable_remove")
        self.remove_button.setIcon(icons.icon("delete", "text"))
        self.remove_button.setAccessibleName("Delete the variable")
        self.remove_button.setToolTip("Delete the variable (Del)")
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

    def commit(self) -> None:
        """Do what stands typed in a field."""
        self._form.commit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.table and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            editing = self.table.state() == QAbstractItemView.State.EditingState
            if event.key() == Qt.Key.Key_Delete and not editing:
                self._remove()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
                self.table.edit(self.table.currentIndex())
                return True
        return super().eventFilter(watched, event)

    # Changing

    def _do(self, step: Step, gesture: str = "") -> None:
        self._document.do(step, gesture)

    def _add(self) -> None:
        name = fresh("value", self._document.project.variables)
        self._chosen = name
        self._do(steps.set_variable(self._document, Variable(name, 1)))
        row = [one.name for one in self.model.variables].index(name)
        self.table.setCurrentIndex(self.model.index(row, NAME))
        self.table.setFocus()
        self.table.edit(self.model.index(row, NAME))

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
        if names and self.table.currentIndex().row() != names.index(self._chosen):
            index = self.model.index(names.index(self._chosen), VALUE)
            flag = QItemSelectionModel.SelectionFlag
            self.table.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
        self.table.setVisible(bool(names))
        self._empty.setVisible(not names)
        self.remove_button.setEnabled(bool(names))
        self._show_chosen()

    def _row_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and index.row() < len(self.model.variables):
            self._chosen = self.model.variables[index.row()].name
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


def in_range(variable: Variable, field: str, value: Value) -> Variable:
    """The variable with another explanation or another end of its range; refuses words for ends."""
    if field == "doc":
        return replace(variable, doc=str(value or ""))
    if isinstance(value, str):
        raise Refused("The ends of the range are numbers.")
    if field == "low":
        return replace(variable, low=_number(value))
    return replace(variable, high=_number(value))


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) else None
