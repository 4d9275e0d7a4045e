"""The plan's card: one line, fields from the recipe's table, steps on the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from graph_compiler.model import Plan, Stage
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.recipes import recipes
from nnstudio.document.sources import facts
from nnstudio.panels.plan import PlanPanel

Show = Callable[..., Any]


@pytest.fixture
def panel(document: Document, shown: Show) -> PlanPanel:
    """The plan of the small network."""
    document.do(steps.set_stage(document, "learning_rate", 0.002))
    made: PlanPanel = shown(PlanPanel(document), 260, 600)
    return made


def choose(qtbot: QtBot, panel: PlanPanel, name: str, value: str) -> None:
    """Pick a word from a list by the keyboard."""
    field = panel.form.row(name).field
    field.setFocus()
    index = field.findData(value)
    qtbot.keyClick(field, Qt.Key.Key_Home)
    for _ in range(index):
        qtbot.keyClick(field, Qt.Key.Key_Down)


def retype(qtbot: QtBot, panel: PlanPanel, name: str, text: str) -> None:
    """Replace what stands in a field and press Enter."""
    field = panel.form.row(name).field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_one_line_says_it_all(panel: PlanPanel, document: Document, qtbot: QtBot) -> None:
    assert panel.summary == "Adam 0.002 · batch 32 · 20 epochs · cross-entropy"
    retype(qtbot, panel, "patience", "5")
    retype(qtbot, panel, "epochs", "1")
    assert panel.summary == (
        "Adam 0.002 · batch 32 · 1 epoch · cross-entropy · stops after 5 epochs without progress"
    )
    retype(qtbot, panel, "batch_size", "4 * hidden")
    assert "batch 64" in panel.summary
    assert document.project.plan.stages[0].settings["batch_size"] == "4 * hidden"


def test_settings_that_the_optimizer_does_not_read_are_left_out(
    panel: PlanPanel, qtbot: QtBot
) -> None:
    assert not panel.form.row("momentum").isVisible()
    choose(qtbot, panel, "optimizer", "sgd")
    assert panel.form.row("momentum").isVisible()
    assert panel.summary.startswith("SGD 0.002")


def test_another_recipe_has_other_fields(
    panel: PlanPanel, document: Document, qtbot: QtBot
) -> None:
    choose(qtbot, panel, "recipe", "perceptron")
    assert document.project.plan.stages[0].recipe == "perceptron"
    shown = {param.name for param in panel.form.params}
    assert shown == {"recipe", *(param.name for param in recipes()["perceptron"].settings)}
    while document.project.plan.stages[0].recipe != "supervised":  # a step for each one passed
        document.undo()
    assert panel.summary == "Adam 0.002 · batch 32 · 20 epochs · cross-entropy"


def test_a_refused_setting(panel: PlanPanel, document: Document, qtbot: QtBot) -> None:
    retype(qtbot, panel, "epochs", "0")
    error = panel.form.row("epochs").error
    assert error.isVisible()
    assert error.text().startswith("epochs: expected a whole number")
    retype(qtbot, panel, "epochs", "3")
    assert not error.isVisible()
    assert document.project.plan.stages[0].settings["epochs"] == 3


def test_a_setting_becomes_a_variable(panel: PlanPanel, document: Document, qtbot: QtBot) -> None:
    actions = panel.form.row("batch_size").menu().actions()
    next(action for action in actions if action.objectName() == "make_variable").trigger()
    qtbot.keyClick(panel.form.row("batch_size").naming, Qt.Key.Key_Return)
    assert document.project.variables["batch_size"].value == 32
    assert panel.form.row("batch_size").field.text() == "batch_size"
    assert "batch 32" in panel.summary


def test_what_a_file_brought_is_told_not_hidden(panel: PlanPanel, document: Document) -> None:
    document.do(steps.set_plan(document, Plan((Stage(settings={"epochs": "gone"}),))))
    assert "unknown variable gone" in panel.form.row("epochs").error.text()
    document.do(steps.set_plan(document, Plan((Stage(recipe="magic"),))))
    assert panel.summary == "magic"
    assert [param.name for param in panel.form.params] == ["recipe"]


def test_hidden_it_catches_up_and_commits(
    panel: PlanPanel, document: Document, qtbot: QtBot, qapp: QApplication
) -> None:
    field = panel.form.row("epochs").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "9")
    panel.hide()
    assert document.project.plan.stages[0].settings["epochs"] == 9
    document.do(steps.set_stage(document, "epochs", 11))
    panel.show()
    qapp.processEvents()
    assert "11 epochs" in panel.summary


@pytest.mark.parametrize("width", [260, 420, 900])
def test_nothing_is_cut_off(
    document: Document, shown: Show, qapp: QApplication, width: int
) -> None:
    panel = shown(PlanPanel(document), width, 500)
    qapp.processEvents()
    card = panel.findChild(QWidget, "plan_card")
    for row in panel.form.findChildren(QWidget):
        if row.isVisible():
            right = row.mapTo(panel, row.rect().bottomRight()).x()
            assert right < card.mapTo(panel, card.rect().bottomRight()).x()


def test_groups_rare_settings_and_the_curve_of_a_schedule(
    panel: PlanPanel, document: Document, qtbot: QtBot
) -> None:
    form = panel.form
    assert not form.curve.isVisible()
    assert not form.row("clip_norm").isVisible()
    assert not form.row("exact_zeros").isVisible(), "without a penalty it has no effect"
    form.more.click()
    assert form.row("clip_norm").isVisible()
    assert not form.row("exact_zeros").isVisible()
    form.more.click()
    assert not form.row("clip_norm").isVisible()
    document.do(steps.set_stage(document, "clip_norm", 2.0))
    assert form.row("clip_norm").isVisible(), "it is set"
    document.do(steps.set_stage(document, "l1", 0.1))
    assert form.row("exact_zeros").isVisible()
    choose(qtbot, panel, "schedule", "cosine")
    assert form.curve.isVisible()
    assert form.curve.rates[0] == 0.002
    assert min(form.curve.rates) == form.curve.rates[-1] < 0.0001
    assert form.row("last_share").isVisible()
    assert not form.row("milestones").isVisible()
    document.do(steps.set_stage(document, "schedule", None))
    assert not form.curve.isVisible()


def test_small_batches_for_lbfgs_are_hinted_at(
    document: Document, shown: Callable[..., Any]
) -> None:
    panel: PlanPanel = shown(PlanPanel(document), 420, 700)
    (hint,) = panel.findChildren(QLabel, "plan_hint")
    assert not hint.isVisibleTo(panel)
    document.do(steps.set_stage(document, "optimizer", "lbfgs"))
    rows = round(facts(document.project.data, {}).rows * document.project.data.split[0])
    assert hint.isVisibleTo(panel)
    assert f"set the batch size to {rows}, all training rows" in hint.text()
    document.do(steps.set_stage(document, "batch_size", rows))
    assert not hint.isVisibleTo(panel)
