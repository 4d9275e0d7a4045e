"""The plan's stages by mouse: chosen, added, moved, removed; each shows its own settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from nnstudio.document.document import Document
from nnstudio.panels.plan import PlanPanel


@pytest.fixture
def panel(document: Document, shown: Callable[..., Any]) -> PlanPanel:
    made: PlanPanel = shown(PlanPanel(document), 420, 700)
    return made


def click(qtbot: QtBot, panel: PlanPanel, name: str) -> None:
    (button,) = [one for one in panel.findChildren(QAbstractButton, name) if one.isVisibleTo(panel)]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def retype(qtbot: QtBot, panel: PlanPanel, name: str, text: str) -> None:
    form = panel.about if name in {one.name for one in panel.about.params} else panel.form
    field = form.row(name).field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def names(document: Document) -> list[str]:
    return [stage.name for stage in document.project.plan.stages]


def test_one_stage_has_no_list(panel: PlanPanel) -> None:
    assert "name" not in {one.name for one in panel.about.params}
    for name in ("stage_delete", "stage_chevron_left", "stage_chevron_right"):
        button = panel.findChild(QAbstractButton, name)
        assert button is not None
        assert not button.isVisible()


def test_stages_come_go_and_change_places(
    panel: PlanPanel, document: Document, qtbot: QtBot
) -> None:
    click(qtbot, panel, "stage_add")
    assert names(document) == ["train", "train 2"]
    assert panel.number == 1
    retype(qtbot, panel, "name", "tune")
    retype(qtbot, panel, "epochs", "3")
    retype(qtbot, panel, "frozen", "fc*, act")
    assert [stage.settings.get("epochs") for stage in document.project.plan.stages] == [None, 3]
    assert document.project.plan.stages[1].frozen == ("fc*", "act")
    click(qtbot, panel, "stage_chevron_left")
    assert names(document) == ["tune", "train"]
    assert panel.number == 0
    click(qtbot, panel, "stage_1")
    assert "20 epochs" in panel.summary
    click(qtbot, panel, "stage_delete")
    assert names(document) == ["tune"]
    for _ in range(6):
        document.undo()
    assert names(document) == ["train"]
    assert panel.number == 0


def test_a_name_that_is_taken_is_refused_with_words(
    panel: PlanPanel, document: Document, qtbot: QtBot
) -> None:
    click(qtbot, panel, "stage_add")
    retype(qtbot, panel, "name", "train")
    assert names(document) == ["train", "train 2"]
    assert "There is a stage train already." in panel.about.row("name").error.text()
