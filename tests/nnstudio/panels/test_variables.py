"""The table of variables, by keys and mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from graph_compiler.files import project_text
from graph_compiler.model import Variable
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.variable_table import NAME, USED, VALUE
from nnstudio.panels.variables import VariablesPanel

Show = Callable[..., Any]


@pytest.fixture
def panel(document: Document, shown: Show) -> VariablesPanel:
    """The variables of the small network."""
    made: VariablesPanel = shown(VariablesPanel(document), 260, 500)
    return made


def rows(panel: VariablesPanel) -> list[tuple[str, str, str]]:
    """What the table shows."""
    model = panel.model
    return [
        tuple(model.data(model.index(row, column)) for column in (NAME, VALUE, USED))
        for row in range(model.rowCount())
    ]


def editor_of(panel: VariablesPanel) -> QLineEdit:
    """The open editor of a cell."""
    editors = panel.table.viewport().findChildren(QLineEdit)
    (editor,) = [one for one in editors if one.isVisible()]
    return editor


def uses(panel: VariablesPanel) -> list[QPushButton]:
    """The places that are shown as using the variable."""
    found = panel.findChildren(QPushButton, "variable_use")
    return [button for button in found if button.isVisible()]


def edit(qtbot: QtBot, panel: VariablesPanel, row: int, column: int, text: str) -> None:
    """Type into a cell and press Enter."""
    table = panel.table
    table.setFocus()
    table.setCurrentIndex(panel.model.index(row, column))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    editor = editor_of(panel)
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_what_is_shown(panel: VariablesPanel) -> None:
    assert rows(panel) == [("hidden", "16", "1×")]
    assert [button.text() for button in uses(panel)] == ["fc1.out_features = 2 * hidden"]


def test_a_value_is_typed(panel: VariablesPanel, document: Document, qtbot: QtBot) -> None:
    edit(qtbot, panel, 0, VALUE, "24")
    assert document.project.variables["hidden"].value == 24
    edit(qtbot, panel, 0, VALUE, "hidden + 1")
    refused = panel.findChild(QLabel, "variables_refused")
    assert refused.isVisible()
    assert refused.text().startswith("“hidden + 1” is no value")
    assert document.project.variables["hidden"].value == 24


def test_a_name_is_typed_and_followed(
    panel: VariablesPanel, document: Document, qtbot: QtBot
) -> None:
    edit(qtbot, panel, 0, NAME, "units")
    assert document.network().nodes["fc1"].params == {"out_features": "2 * units"}
    assert rows(panel) == [("units", "16", "1×")]


def test_add_and_delete(panel: VariablesPanel, document: Document, qtbot: QtBot) -> None:
    before = project_text(document.project)
    qtbot.mouseClick(panel.add_button, Qt.MouseButton.LeftButton)
    editor = editor_of(panel)
    editor.selectAll()
    qtbot.keyClicks(editor, "width")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert rows(panel) == [("hidden", "16", "1×"), ("width", "1", "0×")]
    panel.table.setCurrentIndex(panel.model.index(1, NAME))
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert rows(panel) == [("hidden", "16", "1×")]
    while document.can_undo:
        document.undo()
    assert project_text(document.project) == before


def test_deleting_what_is_in_use_is_refused_and_names_the_place(
    panel: VariablesPanel, document: Document, qtbot: QtBot
) -> None:
    qtbot.mouseClick(panel.remove_button, Qt.MouseButton.LeftButton)
    refused = panel.findChild(QLabel, "variables_refused")
    assert refused.text() == (
        "hidden is used by fc1.out_features. Give them values of their own first."
    )
    assert "hidden" in document.project.variables


def test_range_and_meaning(panel: VariablesPanel, document: Document, qtbot: QtBot) -> None:
    form = panel._form
    for name, text in (("doc", "units of a layer"), ("low", "4"), ("high", "64")):
        field = form.row(name).field
        field.setFocus()
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert document.project.variables["hidden"] == Variable(
        "hidden", 16, "units of a layer", 4.0, 64.0
    )
    field = form.row("high").field
    field.selectAll()
    qtbot.keyClicks(field, "1")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert form.row("high").error.text() == (
        "The range of hidden ends before it begins. Swap its ends."
    )


def test_a_click_on_a_use_leads_there(panel: VariablesPanel, qtbot: QtBot) -> None:
    told: list[Any] = []
    panel.use_activated.connect(told.append)
    (button,) = uses(panel)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (told[0].network, told[0].owner) == ("main", "fc1")


def test_without_variables_it_says_what_they_are(panel: VariablesPanel, document: Document) -> None:
    document.do(steps.set_param(document, "main", "fc1", "out_features", 3))
    document.do(steps.remove_variable(document, "hidden"))
    empty = panel.findChild(QLabel, "variables_empty")
    assert empty.isVisible()
    assert not panel.table.isVisible()
    document.undo()
    assert panel.table.isVisible()


def test_hidden_it_catches_up(
    panel: VariablesPanel, document: Document, qapp: QApplication
) -> None:
    panel.hide()
    document.do(steps.set_variable(document, Variable("width", 2)))
    assert len(rows(panel)) == 1
    panel.show()
    qapp.processEvents()
    assert len(rows(panel)) == 2
