"""The parameters of a block as a table: names, defaults, uses; explanation and bounds of one.

Mirrors the document; each change is one step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.model import Network, Value, Variable
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps.naming import fresh
from nnstudio.document.steps.variables import Use
from nnstudio.document.values import literal
from nnstudio.document.visible import readings
from nnstudio.panels.form import ParamForm
from nnstudio.panels.text import label
from nnstudio.panels.variables import NAME, RANGE, USED, VALUE, VariablesModel, in_range
from nnstudio.theme import icons

ROW, MOST_ROWS = 28, 8


class BlockParams(QWidget):
    """The parameters of one block, to be changed."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("block_params")
        self._document = document
        self._block = ""
        self._chosen = ""
        self.model = VariablesModel(self, titles=("Name", "Default", "Used"))
        self.model.rename_requested.connect(self._rename)
        self.model.value_requested.connect(self._set_value)
        self._build()

    def _build(self) -> None:
        self.table = QTableView(self)
        self.table.setObjectName("block_params_table")
        self.table.setAccessibleName("Parameters of the block")
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(USED, QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        self.table.installEventFilter(self)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.add_button = QPushButton("Add parameter", self)
        self.add_button.setObjectName("block_param_add")
        self.add_button.setIcon(icons.icon("plus", "text"))
        self.add_button.clicked.connect(self._add)
        self.remove_button = QToolButton(self)
        self.remove_button.setObjectName("block_param_remove")
        self.remove_button.setFixedSize(28, 28)
        self.remove_button.setIcon(icons.icon("delete", "text"))
        self.remove_button.setAccessibleName("Remove the parameter")
        self.remove_button.setToolTip("Remove the parameter (Del)")
        self.remove_button.clicked.connect(self._remove)
        self._refused = label("", "bad", "block_params_refused")
        self._refused.hide()
        self._none = label(
            "None yet. A parameter is a value that each use of the block may give anew; any field "
            "in here may read it.",
            "muted",
            "block_params_none",
        )
        self._form = ParamForm(RANGE, with_variables=False)
        self._form.value_edited.connect(self._set_range)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addStretch(1)
        buttons.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(6)
        column.addWidget(label("Parameters", "section"))
        column.addWidget(self._none)
        column.addWidget(self._refused)
        column.addWidget(self.table)
        column.addLayout(buttons)
        column.addWidget(self._form)

    def show_block(self, block: Network) -> None:
        """The parameters of a block."""
        if block.name != self._block:
            self._block, self._chosen = block.name, ""
            self._refuse("")
        params = list((block.params or {}).values())
        names = [one.name for one in params]
        self.model.show(params, self._uses(block))
        if self._chosen not in names:
            self._chosen = names[0] if names else ""
        if names and self.table.currentIndex().row() != names.index(self._chosen):
            self.table.setCurrentIndex(self.model.index(names.index(self._chosen), VALUE))
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + ROW * min(len(names), MOST_ROWS) + 4)
        self.table.setVisible(bool(names))
        self._none.setVisible(not names)
        self.remove_button.setEnabled(bool(names))
        self._show_chosen()

    def commit(self) -> None:
        """Do what stands typed in a field."""
        self._form.commit()

    def _uses(self, block: Network) -> dict[str, list[Use]]:
        if block.code is not None:  # every one of them goes to the constructor
            given = (block.params or {}).values()
            return {one.name: [Use(block.name, "__init__", one.name, None)] for one in given}
        found: dict[str, list[Use]] = {}
        for node in block.nodes.values():
            for field, names in readings(node, self._document.types.get(node.type)):
                for name in names:
                    value = node.repeat if field == "repeat" else node.params.get(field)
                    found.setdefault(name, []).append(Use(block.name, node.name, field, value))
        return found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.table and isinstance(event, QKeyEvent):
            editing = self.table.state() == QAbstractItemView.State.EditingState
            if event.type() == QEvent.Type.KeyPress and not editing:
                if event.key() == Qt.Key.Key_Delete:
                    self._remove()
                    return True
                if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                    self.table.edit(self.table.currentIndex())
                    return True
        return super().eventFilter(watched, event)

    # Changing

    def _do(self, make: Callable[[], Step], gesture: str = "") -> bool:
        try:
            self._document.do(make(), gesture)
        except Refused as refused:
            self._refuse(refused.reason)
            return False
        self._refuse("")
        return True

    def _refuse(self, reason: str) -> None:
        self._refused.setText(reason)
        self._refused.setVisible(bool(reason))

    def _param(self, name: str) -> Variable | None:
        block = self._document.project.networks.get(self._block)
        return (block.params or {}).get(name) if block is not None else None

    def _add(self) -> None:
        block = self._document.project.networks[self._block]
        name = fresh("value", {**(block.params or {}), **self._document.project.variables})
        self._chosen = name
        step = Variable(name, 1)
        if self._do(lambda: steps.add_block_param(self._document, self._block, step)):
            self.show_block(block)
            row = [one.name for one in self.model.variables].index(name)
            self.table.setCurrentIndex(self.model.index(row, NAME))
            self.table.setFocus()
            self.table.edit(self.model.index(row, NAME))

    def _remove(self) -> None:
        if self._chosen:
            self._do(lambda: steps.remove_block_param(self._document, self._block, self._chosen))

    def _rename(self, old: str, new: str) -> None:
        was, self._chosen = self._chosen, new if self._chosen == old else self._chosen
        if not self._do(lambda: steps.rename_block_param(self._document, self._block, old, new)):
            self._chosen = was

    def _set_value(self, name: str, text: str) -> None:
        param = self._param(name)
        if param is not None:
            self._do(
                lambda: steps.set_block_param(
                    self._document, self._block, replace(param, value=literal(text))
                )
            )

    def _set_range(self, field: str, value: Value, gesture: str) -> None:
        param = self._param(self._chosen)
        if param is None:
            return
        try:
            changed = in_range(param, field, value)
            self._document.do(steps.set_block_param(self._document, self._block, changed), gesture)
        except Refused as refused:
            self._form.refuse(field, value, refused.reason)

    def _row_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and index.row() < len(self.model.variables):
            self._chosen = self.model.variables[index.row()].name
            self._show_chosen()

    def _show_chosen(self) -> None:
        param = self._param(self._chosen)
        self._form.setVisible(param is not None)
        if param is not None:
            self._form.set_values({"doc": param.doc, "low": param.low, "high": param.high})
            numeric = isinstance(param.value, int | float) and not isinstance(param.value, bool)
            self._form.hide_rows(() if numeric else ("low", "high"))
