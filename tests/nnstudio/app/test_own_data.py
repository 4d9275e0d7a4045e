"""From a table of one's own to a network that fits it, in one click on the start page."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QLabel, QWidget

from graph_compiler.model import Project
from nnstudio.app import from_folder
from nnstudio.app.from_table import project_for
from nnstudio.app.proposal_page import ProposalPage
from nnstudio.document.document import Document
from nnstudio.document.proposal import Decision, Proposal
from nnstudio.engine.preview import preview
from nnstudio.runs import readiness

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


def test_a_folder_dropped_on_the_start_page_has_a_network_that_fits(
    opened: Any, tmp_path: Path
) -> None:
    pets = folder_of_pictures(tmp_path / "my_pets", 40, "cat", "dog", "fox")
    hand = opened()
    hand.window.files.opening.open_dropped(pets)
    hand.open_editor()
    editor = hand.window.editor
    assert editor.docks["data"].isVisible()
    assert editor.document.project.name == "my pets"
    assert editor.document.project.data.options["names"] == ("cat", "dog", "fox")
    assert editor.document.report("main").problems == ()
    assert hand.find("saved_state").text() == "not saved"


def test_a_folder_of_nothing_that_can_be_read_leaves_the_start_page(
    opened: Any, tmp_path: Path
) -> None:
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    (tmp_path / "pets" / "cat" / "broken.png").write_bytes(b"no picture")
    hand = opened()
    hand.window.files.opening.open_dropped(tmp_path / "pets")
    hand.until(lambda: hand.there("not_opened"))
    assert hand.window.editor is None
    hand.find("not_opened").close()


def folder_of_pictures(folder: Path, side: int, *names: str) -> Path:
    """A folder with a few pictures for each class; without names they lie side by side."""
    for name in names or (".",):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(4):
            Image.new("RGB", (side, side), (60 * number, 90, 20)).save(
                folder / name / f"{number}.png"
            )
    return folder


def folder_of_sounds(folder: Path, *names: str) -> Path:
    """A folder with a few tones for each class."""
    for pitch, name in enumerate(names, 3):
        (folder / name).mkdir(parents=True)
        for number in range(4):
            with wave.open(str(folder / name / f"{number}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                tone = np.sin(np.arange(4000) * pitch / 10 + number) * 8000
                file.writeframes(tone.astype("<i2").tobytes())
    return folder


def project_of(folder: Path, **options: Any) -> Project:
    """The project that a look at a folder leads to."""
    asked = from_folder.payload(folder)
    asked["data"]["options"].update(options)
    return from_folder.project_for(folder, preview(**asked))


@pytest.mark.parametrize("size", [6, 15, 16, 64])
def test_pictures_in_classes_make_a_classifier(tmp_path: Path, size: int) -> None:
    project = project_of(folder_of_pictures(tmp_path / "pets", 20, "cat", "dog"), size=size)
    nodes = project.networks["main"].nodes
    assert nodes["image"].params["shape"] == (3, size, size)
    assert nodes["fc3"].params["out_features"] == 2
    assert project.plan.stages[0].recipe == "supervised"
    assert_ready(project)


def test_sounds_in_classes_make_a_classifier(tmp_path: Path) -> None:
    project = project_of(folder_of_sounds(tmp_path / "bells", "low", "high", "higher"))
    nodes = project.networks["main"].nodes
    assert nodes["sound"].params["shape"][0] == 1
    assert nodes["fc3"].params["out_features"] == 3
    assert_ready(project)


def test_pictures_without_classes_make_an_autoencoder(tmp_path: Path) -> None:
    project = project_of(folder_of_pictures(tmp_path / "walls", 20), size=12)
    assert project.plan.stages[0].recipe == "autoencoder"
    assert project.networks["main"].nodes["fc7"].params["out_features"] == 3 * 12 * 12
    assert "size" not in project.variables
    assert_ready(project)


def assert_ready(project: Project) -> None:
    """Nothing is to be said of the drawing, and it trains."""
    reports = readiness.reports(project)
    assert reports["main"].problems == ()
    assert readiness.other_faults(project) == ()
    assert readiness.learning_faults(project, reports) == ()


def test_a_table_that_cannot_be_read_leaves_the_start_page(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("", encoding="utf-8")
    hand = opened()
    hand.click("start_data")
    hand.choose_file("open_data_dialog", path)
    hand.until(lambda: hand.there("not_opened"))
    assert hand.window.editor is None
    hand.find("not_opened").close()
