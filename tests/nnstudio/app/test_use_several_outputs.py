"""“Use it” of a run with several outputs, and its plan and plots, by the keyboard and as seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.files import save_project
from nnstudio.app.run_control import Phase
from tests.nnstudio.app.test_use_it import panel, shot
from tests.nnstudio.engine.recipes.several_plans import seeing
from tests.nnstudio.engine.test_using_outputs import rows


def finished(opened: Any, project: Any, folder: Path) -> Any:
    """A window with a finished run of a project, at the panel."""
    save_project(project, folder / "own.nns")
    hand = opened(str(folder / "own.nns"))
    run = hand.window.editor.run
    hand.click("run_button")
    hand.until(lambda: run.phase in (Phase.FINISHED, Phase.FAILED))
    assert run.phase is Phase.FINISHED, run.last_failure
    training = hand.window.editor.training
    hand.until(lambda: training.panels() and not training.behind)
    hand.window.editor.show_panel("use")
    hand.until(lambda: panel(hand)._described)
    return hand


@pytest.mark.slow
def test_each_output_answers_while_a_row_is_typed(opened: Any, tmp_path: Path) -> None:
    hand = finished(opened, rows(tmp_path), tmp_path)
    outputs = panel(hand).result.outputs
    hand.until(lambda: len(outputs.views) == 3)
    kind, size, wet = outputs.views
    assert [view.name.text() for view in outputs.views] == ["kind", "size", "wet"]
    assert not panel(hand).result.words.isVisibleTo(panel(hand))
    before = size.words.text()
    form = panel(hand).input.form
    form.value_edited.emit("a", 3.0, "")
    hand.until(lambda: outputs.views[1].words.text() != before)
    assert kind.words.text().startswith("right, with ")
    assert [name for name, _ in kind.bars.bars] == ["right", "left"]
    assert not size.bars.isVisibleTo(size)
    assert wet.accessibleName() == "Output wet"
    assert wet.accessibleDescription() == wet.words.text()
    shot(hand, "several-rows")


@pytest.mark.slow
def test_a_scene_gets_a_mask_beside_its_class_and_boxes(opened: Any, tmp_path: Path) -> None:
    options = {"give": "class, boxes and mask", "samples": 200, "noise": 0.02}
    project = seeing(options, {}, epochs=8, learning_rate=0.01)
    hand = finished(opened, replace(project, name="Seeing"), tmp_path)
    hand.click("use_example")
    outputs = panel(hand).result.outputs
    hand.until(lambda: len(outputs.views) == 3)
    boxes, mask, _ = outputs.views
    assert [view.name.text() for view in outputs.views] == ["boxes", "mask", "thing"]
    assert boxes.table.rowCount() == 4
    assert boxes.table.item(0, 0).text() == "middle x"
    assert mask.pictures.count == 1
    assert mask.pictures.image(0).width() == 16
    assert panel(hand)._example_told.isVisibleTo(panel(hand)) is False
    shot(hand, "several-scene")
