"""Named values as a table, with the range of the one that is chosen: variables, block parameters.

Knows nothing of steps: what is wanted goes out as signals.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from graph_compiler.layer import Float, Param
from graph_compiler.model import Value, Variable
from nnstudio.document.edits import Refused
from nnstudio.document.steps.variables import Use
from nnstudio.document.values import shown
from nnstudio.panels.tables import TableKeys, dress
from nnstudio.theme import style

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


class VariablesTable(QTableView):
    """The table of named values; one row is chosen at a time."""

    chosen = Signal(str)
    """Another value was chosen by the person."""
    remove_wanted = Signal()

    def __init__(self, name: str, heading: str, model: VariablesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        dress(self, name, heading)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        header = self.horizontalHeader()
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(USED, QHeaderView.ResizeMode.ResizeToContents)
        self.keys = TableKeys(self)
        self.keys.remove.connect(self.remove_wanted)
        self.selectionModel().currentRowChanged.connect(self._row_chosen)

    def choose(self, name: str) -> None:
        """Let a value be the chosen one."""
        names = [one.name for one in self._model.variables]
        if name in names and self.currentIndex().row() != names.index(name):
            flag = QItemSelectionModel.SelectionFlag
            index = self._model.index(names.index(name), VALUE)
            self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)

    def edit_name(self, name: str) -> None:
        """Put the cursor into a value's name."""
        row = [one.name for one in self._model.variables].index(name)
        self.setCurrentIndex(self._model.index(row, NAME))
        self.setFocus()
        self.edit(self._model.index(row, NAME))

    def _row_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and index.row() < len(self._model.variables):
            self.chosen.emit(self._model.variables[index.row()].name)


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
