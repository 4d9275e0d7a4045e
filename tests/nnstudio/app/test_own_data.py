"""From a table of one's own to a network that fits it, in one click on the start page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from nnstudio.app.from_table import project_for
from nnstudio.app.proposal_page import ProposalPage
from nnstudio.document.document import Document
from nnstudio.document.proposal import Decision, Proposal

FLOWERS = [
    ["length", "feature", "number", []],
    ["colour", "feature", "category", ["red", "white"]],
    ["species", "target", "category", ["a", "b", "c"]],
]
PRICES = [["size", "feature", "number", []], ["price", "target", "number", []]]


def found(path: Path, columns: list[list[Any]]) -> Proposal:
    """What the worker proposes for a table."""
    target = columns[-1]
    task = "class" if target[2] == "category" else "value"
    return Proposal(
        name=path.name,
        rows=90,
        columns=len(columns),
        target=(target[0],),
        task=task,
        classes=len(target[3]),
        features=tuple(column[0] for column in columns[:-1]),
        template="mlp",
        plan={"loss": "mse" if task == "value" else "cross_entropy", "epochs": 40},
        options={"path": str(path), "columns": columns, "rows": 90},
        decisions=(Decision("constant", "country", "“DE” in all 90 rows", "ignored"),),
    )


def test_categories_make_a_classifier(tmp_path: Path) -> None:
    project = project_for(tmp_path / "my_flowers.csv", found(tmp_path / "my_flowers.csv", FLOWERS))
    nodes = project.networks["main"].nodes
    assert project.name == "my flowers"
    assert nodes["features"].params["shape"] == (3,)
    assert nodes["fc3"].params["out_features"] == 3
    assert project.plan.stages[0].settings["loss"] == "cross_entropy"
    assert project.plan.stages[0].settings["epochs"] == 40
    assert Document(project).report("main").problems == ()


def test_numbers_make_a_regression(tmp_path: Path) -> None:
    project = project_for(tmp_path / "prices.csv", found(tmp_path / "prices.csv", PRICES))
    nodes = project.networks["main"].nodes
    assert nodes["features"].params["shape"] == (1,)
    assert nodes["fc3"].params["out_features"] == 1
    assert "prediction" in nodes
    assert project.plan.stages[0].settings["loss"] == "mse"
    assert not project.data.stratified
    assert Document(project).report("main").problems == ()


def test_a_page_says_what_is_proposed_and_found(window_parent: QWidget, tmp_path: Path) -> None:
    page = ProposalPage(window_parent, found(tmp_path / "flowers.csv", FLOWERS))
    texts = [one.text() for one in page.findChildren(QLabel)]
    assert "flowers.csv: 90 rows, 3 columns" in texts
    assert "tell 3 classes apart" in texts
    assert "“DE” in all 90 rows → ignored" in texts
    assert page.accept_button.isEnabled()


def test_what_nothing_can_be_learned_from_is_not_accepted(
    window_parent: QWidget, tmp_path: Path
) -> None:
    proposal = replace(found(tmp_path / "x.csv", PRICES), problem="x.csv: only one row.")
    page = ProposalPage(window_parent, proposal)
    assert not page.accept_button.isEnabled()
    assert page.findChild(QLabel, "proposal_problem").text() == "x.csv: only one row."


@pytest.fixture
def window_parent(qtbot: Any) -> QWidget:
    """A window large enough for the page."""
    parent = QWidget()
    parent.resize(1000, 700)
    qtbot.addWidget(parent)
    return parent


def test_the_start_page_leads_from_a_table_to_a_run(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    rows = [f"{k % 7},{k % 5},{'yes' if k % 7 > 3 else 'no'}" for k in range(60)]
    path.write_text("a,b,answer\n" + "\n".join(rows), encoding="utf-8")
    hand = opened()
    hand.click("start_data")
    hand.choose_file("open_data_dialog", path)
    hand.click("proposal_accept")
    hand.open_editor()
    editor = hand.window.editor
    assert editor.docks["data"].isVisible()
    assert editor.document.report("main").problems == ()
    assert hand.find("saved_state").text() == "not saved"
    hand.click("run_button")
    hand.until(lambda: editor.run.state is not None and editor.run.state.epoch >= 1)
    assert editor.docks["training"].in_front
    editor.run.stop()
    hand.until(lambda: not editor.run.live)


def test_a_table_that_cannot_be_read_leaves_the_start_page(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("", encoding="utf-8")
    hand = opened()
    hand.click("start_data")
    hand.choose_file("open_data_dialog", path)
    hand.until(lambda: hand.there("not_opened"))
    assert hand.window.editor is None
    hand.find("not_opened").close()
