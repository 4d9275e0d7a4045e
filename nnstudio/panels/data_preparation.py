"""The settings of the preparation, only those that fit the data at hand.

Shows what it is given; a change leaves as a signal.
"""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from graph_compiler.model import DataFacts, DataSource, Project
from nnstudio.document.augmentation import ANYTHING, augmentation
from nnstudio.document.preparation import preparation, preparation_and_faults
from nnstudio.document.tabular import DataError, columns_of
from nnstudio.fields.scope import scope_of
from nnstudio.panels.form import ParamForm


class PreparationForm(ParamForm):
    """Folds, order, balance, products, categories, augmentation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(preparation(), with_variables=False, parent=parent)
        self.setObjectName("data_preparation")

    def show_settings(self, data: DataSource, facts: DataFacts | None, project: Project) -> None:
        """The settings of a project; a fault stands at its row, which is never hidden."""
        values, faults = preparation_and_faults(data, project.variables)
        errors = {
            fault.port: f"Expected {fault.expected}, got {fault.got}. {fault.remedy}"
            for fault in faults
        }
        given = {p.name: data.preparation.get(p.name, p.default) for p in preparation()}
        hidden = unfit(data, facts) - set(errors) - set(data.preparation)
        self.hide_rows(tuple(hidden))
        self.set_values(given, values, errors, scope_of(project))


def unfit(data: DataSource, facts: DataFacts | None) -> set[str]:
    """The settings that mean nothing for these data."""
    if facts is None or facts.form != "examples":
        return {param.name for param in preparation()}
    hidden = set()
    if facts.target != "class":
        hidden.add("balanced")
    if len(facts.shape) != 1:
        hidden.add("degree")
    if not _has_categories(data):
        hidden |= {"categories_as", "rare"}
    if not data.preparation.get("folds"):
        hidden.add("fold")
    if facts.dtype != "float":
        hidden |= {param.name for param in augmentation()}
    elif len(facts.shape) != 3:
        hidden |= {param.name for param in augmentation() if param.name not in ANYTHING}
    return hidden


def _has_categories(data: DataSource) -> bool:
    try:
        columns = columns_of(data)
    except DataError:
        return False
    return any(column.role == "feature" and column.type == "category" for column in columns)
