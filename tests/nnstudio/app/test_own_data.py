"""From a table of one's own to a network that fits it, in one click on the start page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnstudio.app.from_table import project_for
from nnstudio.document.document import Document

FLOWERS = [
    ["length", "feature", "number", []],
    ["colour", "feature", "category", ["red", "white"]],
    ["species", "target", "category", ["a", "b", "c"]],
]
PRICES = [["size", "feature", "number", []], ["price", "target", "number", []]]


def found(path: Path, columns: list[list[Any]]) -> dict[str, Any]:
    """What the worker says of a table."""
    return {"options": {"path": str(path), "columns": columns, "rows": 90}}


def test_categories_make_a_classifier(tmp_path: Path) -> None:
    project = project_for(tmp_path / "my_flowers.csv", found(tmp_path / "my_flowers.csv", FLOWERS))
    nodes = project.networks["main"].nodes
    assert project.name == "my flowers"
    assert nodes["features"].params["shape"] == (3,)
    assert nodes["fc3"].params["out_features"] == 3
    assert project.plan.stages[0].settings["loss"] == "cross_entropy"
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


def test_an_answer_without_sense_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^The file could not be understood"):
        project_for(tmp_path / "x.csv", {})


def test_the_start_page_leads_from_a_table_to_a_run(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    rows = [f"{k % 7},{k % 5},{'yes' if k % 7 > 3 else 'no'}" for k in range(60)]
    path.write_text("a,b,answer\n" + "\n".join(rows), encoding="utf-8")
    hand = opened()
    hand.click("start_data")
    hand.choose_file("open_data_dialog", path)
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
