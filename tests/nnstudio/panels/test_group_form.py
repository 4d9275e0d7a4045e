"""Rates of their own in the plan's card: rows added, chosen, typed and removed, all undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from graph_compiler.model import Group, Plan, Stage
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.plan import PlanPanel


@pytest.fixture
def panel(document: Document, shown: Callable[..., Any]) -> PlanPanel:
    made: PlanPanel = shown(PlanPanel(document), 420, 900)
    return made


def groups(document: Document) -> tuple[Group, ...]:
    return document.project.plan.stages[0].groups


def put(document: Document, *given: Group) -> None:
    (stage,) = document.project.plan.stages
    document.do(steps.set_plan(document, Plan((replace(stage, groups=given),))))


def nodes_field(panel: PlanPanel, row: int) -> QComboBox:
    field = panel.groups.table.table.cellWidget(row, 0)
    assert isinstance(field, QComboBox)
    return field


def type_cell(qtbot: QtBot, panel: PlanPanel, row: int, column: int, text: str) -> None:
    table = panel.groups.table.table
    table.setCurrentCell(row, column)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    editing = QAbstractItemView.State.EditingState
    qtbot.waitUntil(lambda: table.state() != editing, timeout=60_000)


def fault(panel: PlanPanel) -> str:
    shown = panel.findChild(QLabel, "stage_groups_fault")
    assert shown is not None
    return shown.text() if shown.isVisible() else ""


def test_a_row_is_added_and_changed_by_keys_and_undone(
    panel: PlanPanel, document: Document, qtbot: QtBot
) -> None:
    table = panel.groups.table
    table.add_button.setFocus()
    qtbot.keyClick(table.add_button, Qt.Key.Key_Space)
    assert groups(document) == (Group("fc1", 0.1),)
    field = nodes_field(panel, 0)
    assert [field.itemText(row) for row in range(field.count())] == [
        "fc1",
        "fc2",
        "fc*",
        "*.bias",
        "*",
    ]
    assert field.accessibleName() == "Nodes"
    edit = field.lineEdit()
    assert QApplication.focusWidget() in (field, edit)
    edit.selectAll()
    qtbot.keyClicks(edit, "fc*")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert groups(document) == (Group("fc*", 0.1),)
    type_cell(qtbot, panel, 0, 1, "hidden / 100")
    type_cell(qtbot, panel, 0, 2, "0.5")
    assert groups(document) == (Group("fc*", "hidden / 100", 0.5),)
    for _ in range(4):
        document.undo()
    assert groups(document) == ()
    assert table.rows == ()
    for _ in range(4):
        document.redo()
    assert groups(document) == (Group("fc*", "hidden / 100", 0.5),)
    assert table.rows == (("fc*", "hidden / 100", "0.5"),)


def test_a_chosen_word_is_taken(panel: PlanPanel, document: Document) -> None:
    put(document, Group("fc1", 0.1))
    field = nodes_field(panel, 0)
    field.setCurrentIndex(field.findText("*.bias"))
    field.activated.emit(field.currentIndex())
    assert groups(document) == (Group("*.bias", 0.1),)


def test_the_buttons_mean_the_row_that_has_the_focus(
    panel: PlanPanel, document: Document, qtbot: QtBot
) -> None:
    one, other = Group("fc1", 0.1), Group("fc2", 2.0)
    put(document, one, other)
    nodes_field(panel, 0).setFocus()
    panel.groups.table.down_button.click()
    assert groups(document) == (other, one)
    nodes_field(panel, 0).setFocus()
    qtbot.waitUntil(lambda: panel.groups.table.table.currentRow() == 0, timeout=60_000)
    panel.groups.table.remove_button.click()
    assert groups(document) == (one,)


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        (1, "-1", "rate: expected a number from 0 to 1000, got -1.0. "),
        (1, "", "Give fc1 a rate or a weight decay, or leave the row out."),
        (2, "nothing", "weight decay: expected a number from 0 to 100, got `nothing` with the "),
    ],
)
def test_what_does_not_fit_is_told_and_changes_nothing(
    panel: PlanPanel, document: Document, qtbot: QtBot, column: int, text: str, reason: str
) -> None:
    put(document, Group("fc1", 0.1))
    type_cell(qtbot, panel, 0, column, text or " ")
    assert reason in fault(panel)
    assert groups(document) == (Group("fc1", 0.1),)
    assert panel.groups.table.rows == (("fc1", "0.1", ""),)
    type_cell(qtbot, panel, 0, 1, "0.2")
    assert fault(panel) == ""
    assert groups(document) == (Group("fc1", 0.2),)


def test_a_value_that_cannot_be_worked_out_is_told(panel: PlanPanel, document: Document) -> None:
    put(document, Group("fc1", "gone / 2"))
    assert fault(panel).startswith("fc1: expected a number from 0 to 1000, got ")
    assert "gone" in fault(panel)


def test_the_summary_says_it(panel: PlanPanel, document: Document) -> None:
    put(document, Group("fc1", 0.1), Group("*.bias", None, 0.0))
    assert panel.summary.endswith(" · fc1 at 0.1 × the rate, *.bias with weight decay 0")
    put(document, Group("fc1", 0.1), Group("fc2", 2), Group("*", 3))
    assert panel.summary.endswith(" · 3 rates of their own")


def test_a_recipe_without_an_optimizer_has_no_rates(panel: PlanPanel, document: Document) -> None:
    assert panel.groups.isVisible()
    document.do(steps.set_plan(document, Plan((Stage("train", "perceptron"),))))
    assert not panel.groups.isVisible()
    put(document, Group("fc1", 0.1))
    assert panel.groups.isVisible(), "what stands there can be taken away"


def test_new_nodes_are_offered(panel: PlanPanel, document: Document) -> None:
    put(document, Group("fc1", 0.1))
    document.do(steps.rename(document, "main", "fc2", "head"))
    field = nodes_field(panel, 0)
    assert [field.itemText(row) for row in range(field.count())] == ["fc1", "head", "*.bias", "*"]
    assert field.currentText() == "fc1"
