"""Problems and their fixes, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from graph_compiler.problems import Fix, Problem, SetParam
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target
from nnstudio.panels.problems import MOST_ROWS, ProblemRow, ProblemsPanel, all_problems

Show = Callable[..., Any]


@pytest.fixture
def panel(document: Document, shown: Show) -> ProblemsPanel:
    """The problems of the small network, which has no error."""
    made: ProblemsPanel = shown(ProblemsPanel(document), 700, 300)
    return made


def break_it(document: Document) -> None:
    """Twelve units where the data has ten classes."""
    document.do(steps.set_param(document, "main", "fc2", "out_features", 12))


def errors(panel: ProblemsPanel) -> list[ProblemRow]:
    """The rows of errors."""
    return [row for row in panel._rows if row.problem.severity == "error"]


def test_no_problems(panel: ProblemsPanel, document: Document) -> None:
    found = document.report().problems
    assert panel.findChild(QLabel, "problems_empty").isVisible() == (not found)
    assert panel.counts["error"] == 0


def test_a_problem_says_place_expectation_finding_and_remedy(
    panel: ProblemsPanel, document: Document
) -> None:
    counts: list[dict[str, int]] = []
    panel.counts_changed.connect(counts.append)
    break_it(document)
    (row,) = errors(panel)
    problem = next(one for one in document.report().problems if one.severity == "error")
    assert row.accessibleName() == f"error: {problem.text}"
    texts = [label.text() for label in row.findChildren(QLabel)]
    expected = f"{problem.place}: expected {problem.expected}, got {problem.got}."
    assert texts[1:] == [expected, problem.remedy]
    assert counts[-1]["error"] == 1
    document.undo()
    assert counts[-1]["error"] == 0
    assert errors(panel) == []


def test_a_click_on_a_fix_is_one_step(
    panel: ProblemsPanel, document: Document, qtbot: QtBot
) -> None:
    break_it(document)
    button = errors(panel)[0].buttons[0]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert document.undo_text == button.fix.label
    assert errors(panel) == []
    document.undo()
    assert len(errors(panel)) == 1


def test_enter_applies_the_first_fix(
    panel: ProblemsPanel, document: Document, qtbot: QtBot
) -> None:
    break_it(document)
    panel.setFocus()
    activated: list[Problem] = []
    panel.problem_activated.connect(activated.append)
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    row = errors(panel)[0]
    assert row.hasFocus()
    assert activated == [row.problem]
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert document.undo_text == row.problem.fixes[0].label


def test_a_click_on_a_row_leads_to_the_node(
    panel: ProblemsPanel, document: Document, qtbot: QtBot
) -> None:
    break_it(document)
    activated: list[Problem] = []
    panel.problem_activated.connect(activated.append)
    row = errors(panel)[0]
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert activated == [row.problem]


def test_errors_come_first(panel: ProblemsPanel, document: Document) -> None:
    document.do(steps.delete(document, "main", ["relu1"]))
    ranks = [("error", "warning", "hint").index(row.problem.severity) for row in panel._rows]
    assert ranks == sorted(ranks)
    assert 0 in ranks


def test_a_fix_that_came_too_late_is_explained(panel: ProblemsPanel, document: Document) -> None:
    break_it(document)
    problem = errors(panel)[0].problem
    panel.apply(problem, Fix("Set", (SetParam("nobody", "out_features", 1),)))
    refused = panel.findChild(QLabel, "problems_refused")
    assert refused.text() == "There is no node “nobody”."
    assert refused.isVisible()
    document.undo()
    assert not refused.isVisible()


def test_rows_that_stay_are_kept(panel: ProblemsPanel, document: Document) -> None:
    break_it(document)
    (row,) = errors(panel)
    document.do(steps.add_layer(document, "main", "ReLU", (0, 300)))
    assert row in panel._rows


def test_of_very_many_problems_the_first_are_shown(
    panel: ProblemsPanel, document: Document, qapp: QApplication
) -> None:
    nodes = ", ".join(f'"a{index}": {{"type": "ReLU"}}' for index in range(MOST_ROWS + 20))
    document.do(steps.paste(document, "main", f'{{"nodes": {{{nodes}}}}}', (0, 400)))
    assert len(panel._rows) == MOST_ROWS
    head = panel.findChild(QLabel, "problems_head").text()
    assert head.endswith(f"the first {MOST_ROWS} are shown")


def test_narrow_it_wraps_and_cuts_nothing(
    document: Document, shown: Show, qapp: QApplication
) -> None:
    break_it(document)
    panel = shown(ProblemsPanel(document), 260, 400)
    qapp.processEvents()
    for row in panel._rows:
        assert row.width() <= 260
        for button in row.buttons:
            assert button.geometry().right() <= row.width()
            assert button.fix.label.startswith(button.text().rstrip("…")[:10])


def test_a_problem_in_a_block_is_told_once_by_its_path_and_mended_in_the_block() -> None:
    document = Document(load_target("template:resnet"))
    before = all_problems(document)
    document.do(steps.set_param(document, "BasicBlock", "conv2", "kernel_size", 20))
    ((problem, cure),) = [row for row in all_problems(document) if row not in before]
    assert problem.text == (
        "stage1/basics[0]/conv2.input: expected a height of at least 18 for this kernel, got 8. "
        "Make the kernel smaller, or add padding."
    )
    assert (problem.network, problem.fixes) == ("main", ())
    assert (cure.network, cure.node) == ("BasicBlock", "conv2")
    document.do(steps.apply_fix(document, cure.network, cure.fixes[0]))
    assert problem not in [told for told, _ in all_problems(document)]


def test_a_hint_in_a_block_is_told_once_and_mended_there(shown: Any) -> None:
    document = Document(load_target("template:resnet"))
    document.do(steps.set_param(document, "BasicBlock", "conv2", "bias", True))
    ((problem, cure),) = [row for row in all_problems(document) if row[0].code == "needless_bias"]
    assert (problem.severity, cure.network, cure.node) == ("hint", "BasicBlock", "norm2")
    panel = shown(ProblemsPanel(document), 700)
    (row,) = [row for row in panel._rows if row.problem == problem]
    QTest.mouseClick(row.buttons[0], Qt.MouseButton.LeftButton)
    assert document.network("BasicBlock").nodes["conv2"].params["bias"] is False
    assert all(told.code != "needless_bias" for told, _ in all_problems(document))


def test_what_is_said_of_an_unused_block_names_the_block() -> None:
    document = Document(load_target("template:resnet"))
    document.do(steps.add_block(document, "Spare"))
    document.do(steps.add_layer(document, "Spare", "Linear", (100.0, 0.0), name="alone"))
    row = ProblemRow(next(told for told, _ in all_problems(document) if told.node == "alone"))
    assert row.accessibleName() == (
        "warning: Spare › alone: expected wires to other layers, got none. "
        "Connect it, or remove it."
    )
    row.deleteLater()
