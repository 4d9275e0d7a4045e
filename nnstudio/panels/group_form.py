"""Rates of their own: a section of the plan's card, a row for each group of weights.

Shown where a recipe goes down gradients; tells edits, changes nothing.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph_compiler.model import Project, Stage
from nnstudio.document.groups import rows_of, suggested, takes_groups, value_faults
from nnstudio.document.recipes import recipes
from nnstudio.panels.row_table import Column, RowTable
from nnstudio.panels.text import label

FIELD = "groups"
NEW_RATE = "0.1"
COLUMNS = (
    Column(
        "Nodes",
        "Nodes, blocks or patterns such as features/*; *.bias is all biases. Of several that fit a "
        "weight the first counts",
        mono=True,
        open=True,
    ),
    Column(
        "Rate ×",
        "Factor on the learning rate: 0.1 is a tenth of it, 0 leaves weights as they are; a number "
        "or an expression over variables, empty for 1",
        mono=True,
    ),
    Column(
        "Decay",
        "Weight decay: the pull of these weights towards zero, biases as well; a number or an "
        "expression over variables, empty for that of the stage",
        mono=True,
    ),
)


class GroupForm(QWidget):
    """Nodes of a stage with a learning rate or a weight decay of their own."""

    value_edited = Signal(str, object, str)
    """The field of the stage, all rows as they would be, and no gesture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("group_form")
        self.setAccessibleName("Rates of their own")
        self.table = RowTable(
            "stage_groups",
            "Rates of their own",
            COLUMNS,
            ("Add a rate", ("*", NEW_RATE, "")),
            "None: all weights learn at the stage's rate.",
            orderable=True,
        )
        self.table.edited.connect(self._edited)
        self._fault = label("", "bad", "stage_groups_fault")
        self._fault.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.table)
        column.addWidget(self._fault)

    def show_groups(self, project: Project, stage: Stage) -> None:
        """The groups of a stage; nothing where its recipe takes none."""
        spec = recipes().get(stage.recipe)
        self.setVisible(bool(stage.groups) or (spec is not None and takes_groups(spec)))
        names = suggested(project, stage)
        taken = {one.nodes for one in stage.groups}
        self.table.offer(names, next((n for n in names if n not in taken), ""), NEW_RATE, "")
        self.table.show_rows(rows_of(stage.groups))
        faults = [
            f"{pattern}: expected {fault.expected}, got {fault.got}. {fault.remedy}"
            for pattern, fault in value_faults(stage, project.variables)
        ]
        self._tell(" ".join(faults))

    def refuse(self, project: Project, stage: Stage, reason: str) -> None:
        """The last edit was not accepted: the rows stand as they were."""
        self.show_groups(project, stage)
        self._tell(reason)

    def _edited(self, rows: object) -> None:
        self.value_edited.emit(FIELD, rows, "")

    def _tell(self, text: str) -> None:
        self._fault.setText(text)
        self._fault.setVisible(bool(text))
