"""What each output of a network learns: a section of the plan's card, three rows for an output.

Shown where a recipe learns at several outputs; tells edits, changes nothing.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph_compiler.model import Project, Stage
from nnstudio.document.goals import goal_params, goal_values
from nnstudio.panels.form import ParamForm
from nnstudio.panels.text import label


class GoalForm(QWidget):
    """Targets, loss and weight of every output."""

    value_edited = Signal(str, object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("goal_form")
        self.setAccessibleName("What each output learns")
        self.rows = ParamForm(with_variables=False, by_owner=True)
        self.rows.value_edited.connect(self.value_edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(label("What each output learns", "section"))
        column.addWidget(self.rows)

    def show_goals(self, project: Project, stage: Stage) -> None:
        """The rows of a stage; nothing where its recipe does not ask for them."""
        params = goal_params(project, stage)
        self.setVisible(bool(params))
        self.rows.set_params(params)
        if params:
            values, faults = goal_values(project, stage)
            self.rows.set_values(values, errors=faults)

    def has(self, name: str) -> bool:
        """Whether a row has this name."""
        return any(param.name == name for param in self.rows.params)
