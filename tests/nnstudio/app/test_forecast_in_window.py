"""The forecast under the plan: memory after each edit, time when asked for, given up at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnstudio.document import steps
from nnstudio.runs import room


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_ACCELERATORS", ())


def test_memory_is_told_after_each_edit_and_what_cannot_fit_in_red(
    opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.show_panel("plan")
    line = editor.plan.forecast
    hand.until(lambda: "Needs about 510 MB of memory" in line.text)
    assert "any batch fits into" in line.text
    editor.document.do(steps.set_stage(editor.document, "ema_decay", 0.9))
    hand.until(lambda: "states to go back to 1.1 MB" in line.text)
    limit = tmp_path / "memory.max"
    limit.write_text("300000000\n")
    monkeypatch.setattr(room, "_CGROUPS", (str(limit),))
    editor.document.do(steps.set_stage(editor.document, "ema_decay", 0.0))
    hand.until(lambda: "expected a run that fits into 300.0 MB of memory" in line.text)
    assert not line.button.isEnabled()


def test_an_epoch_is_timed_and_given_up_at_once(opened: Any) -> None:
    hand = opened("template:mlp")
    editor = hand.window.editor
    editor.show_panel("plan")
    line = editor.plan.forecast
    hand.until(lambda: "Needs about" in line.text)
    hand.click("forecast_button")
    hand.until(lambda: line.button.text() == "Cancel")
    hand.click("forecast_button")
    assert line.button.text() == "Time an epoch"
    assert "Timing" not in line.text
    hand.click("forecast_button")
    hand.qtbot.waitUntil(lambda: "an epoch on" in line.text, timeout=120_000)
    assert "Timing" not in line.text
    editor.document.do(steps.set_stage(editor.document, "epochs", 7))
    hand.until(lambda: "an epoch on" not in line.text)


def test_every_stage_is_told(opened: Any) -> None:
    hand = opened("template:deep-belief-net")
    editor = hand.window.editor
    editor.show_panel("plan")
    line = editor.plan.forecast
    hand.until(lambda: "of memory in stage all layers" in line.text)
    hand.click("forecast_button")
    hand.qtbot.waitUntil(lambda: "in all on" in line.text, timeout=120_000)
    for stage in editor.document.project.plan.stages:
        assert f"{stage.name}: " in line.text
