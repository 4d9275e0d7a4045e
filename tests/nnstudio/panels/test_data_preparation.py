"""The settings of the preparation: in the form where they fit, in steps, and from the terminal."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from graph_compiler.model import DataSource
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.sources import facts
from nnstudio.document.templates import assign, load_target
from nnstudio.panels.data_preparation import PreparationForm, unfit

TABLE = DataSource(
    "csv",
    {
        "path": "a.csv",
        "columns": (
            ("town", "feature", "category", ("Bonn", "Ulm")),
            ("y", "target", "number", ()),
        ),
    },
)


def test_only_what_fits_the_data_is_shown() -> None:
    table = unfit(TABLE, facts(TABLE, {}))
    assert {"balanced", "fold", "flips"} <= table
    assert not table & {"rare", "categories_as", "degree", "folds", "in_order"}
    digits = DataSource("digits")
    pictures = unfit(digits, facts(digits, {}))
    assert {"degree", "rare", "categories_as"} <= pictures
    assert not pictures & {"balanced", "flips", "folds"}
    assert "in_order" in unfit(digits, None)


def test_the_form_shows_and_hides(qtbot: object) -> None:
    form = PreparationForm()
    holder = QWidget()
    form.setParent(holder)
    document = Document(load_target("template:mlp"))
    document.do(steps.set_preparation(document, "folds", 5))
    project = document.project
    form.show_settings(project.data, facts(project.data, {}), project)
    assert not form.row("fold").isHidden()
    assert form.row("flips").isHidden()
    holder.deleteLater()


def test_a_setting_is_one_step_and_back_at_its_default_none() -> None:
    document = Document(load_target("template:mlp"))
    document.do(steps.set_preparation(document, "degree", 2))
    assert document.project.data.preparation == {"degree": 2}
    assert document.undo_text == "Set polynomial degree"
    document.do(steps.set_preparation(document, "degree", 1))
    assert document.project.data.preparation == {}
    with pytest.raises(Refused, match="no setting “speed”"):
        steps.set_preparation(document, "speed", 1)


def test_the_terminal_sets_the_same() -> None:
    project = assign(load_target("template:mlp"), "data.in_order", True)
    assert project.data.preparation == {"in_order": True}
