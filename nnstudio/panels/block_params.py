"""The parameters of a block as a table: names, defaults, uses; explanation and bounds of one.

Mirrors the document; each change is one step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
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
from nnstudio.panels.tables import ROW, tool_button
from nnstudio.panels.text import label
from nnstudio.panels.variable_table import RANGE, VariablesModel, VariablesTable, in_range
from nnstudio.theme import icons

MOST_ROWS = 8


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
        self.table = VariablesTable(
            "block_params_table", "Parameters of the block", self.model, self
        )
        self.table.chosen.connect(self._row_chosen)
        self.table.remove_wanted.connect(self._remove)
        self.add_button = QPushButton("Add parameter", self)
        self.add_button.setObjectName("block_param_add")
        self.add_button.setIcon(icons.icon("plus", "text"))
        self.add_button.clicked.connect(self._add)
        self.remove_button = tool_button(
            self, "block_param_remove", "delete", "Remove the parameter", "Del"
        )
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
        self.table.choose(self._chosen)
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + ROW * min(len(names), MOST_ROWS) + 4)
        self.table.setVisible(bool(names))
        self._none.setVisible(not names)
        self.remove_button.setEnabled(bool(names))
        self._show_chosen()

    def choose(self, name: str) -> None:
        """Put the cursor on a parameter."""
        self.table.choose(name)
        self.table.setFocus()

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
            self.table.edit_name(name)

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

    def _row_chosen(self, name: str) -> None:
        self._chosen = name
        self._show_chosen()

    def _show_chosen(self) -> None:
        param = self._param(self._chosen)
        self._form.setVisible(param is not None)
        if param is not None:
            self._form.set_values({"doc": param.doc, "low": param.low, "high": param.high})
            numeric = isinstance(param.value, int | float) and not isinstance(param.value, bool)
            self._form.hide_rows(() if numeric else ("low", "high"))
