"""Final evaluation from the menu, in a real window with the real worker."""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtCore import Qt

from nnstudio.app.final_evaluation import told
from nnstudio.app.preferences import PAGES
from nnstudio.app.run_control import Phase
from nnstudio.app.settings import Settings
from nnstudio.document import steps
from nnstudio.runs import queue
from nnstudio.runs.final_evaluation import Readings, readings
from nnstudio.runs.info import read_info

SHOTS = os.environ.get("EVALUATION_SHOTS", "")


def said(hand: Any, key: str) -> str:
    """What the strip of this key says."""
    strip = hand.window.editor.notices._strips.get(key)
    return str(strip.accessibleName()) if strip is not None else ""


def test_the_test_part_stays_closed_until_it_is_asked_for(opened: Any) -> None:
    hand = opened("template:linear-regression")
    editor = hand.window.editor
    evaluate = hand.window.actions_made.by_id["run.evaluate"]
    at_end = hand.window.actions_made.by_id["run.evaluate_at_end"]
    assert (evaluate.isEnabled(), at_end.isChecked()) == (False, True)
    assert "There is no run to evaluate." in evaluate.toolTip()
    hand.do("run.evaluate_at_end")
    assert Settings().flag("evaluates") is False
    editor.document.do(steps.set_stage(editor.document, "epochs", 2))
    hand.click("run_button")
    hand.until(lambda: editor.run.phase in (Phase.FINISHED, Phase.FAILED))
    assert editor.run.phase is Phase.FINISHED, editor.run.last_failure
    assert not [name for name in editor.run.state.metrics if name.startswith("test_")]
    assert readings(editor.run.path) == Readings(0, 0)
    hand.until(evaluate.isEnabled)
    hand.do("run.evaluate")
    hand.until(lambda: not said(hand, "evaluated").endswith("…"))
    assert said(hand, "evaluated").startswith("Final evaluation: test R² ")
    assert said(hand, "evaluated").endswith(". The test part of these data has been read once.")
    hand.do("run.evaluate")
    hand.until(lambda: said(hand, "evaluated").endswith("has been read twice."))
    if SHOTS:
        hand.window.grab().save(f"{SHOTS}/evaluated.png")


def test_the_choice_is_kept_and_runs_that_wait_obey_it(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.do("run.evaluate_at_end")
    hand.do("run.queue")
    hand.until(lambda: len(queue.entries()) == 1)
    assert not read_info(queue.entries()[0].run).evaluates
    again = opened("template:mlp")
    again.window.actions_made.refresh()
    assert not again.window.actions_made.by_id["run.evaluate_at_end"].isChecked()
    again.qtbot.keyClick(again.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    again.find("settings_pages").setCurrentRow(PAGES.index("Runs"))
    again.click("setting_control_evaluates")
    again.click("settings_close")
    again.until(lambda: again.window.actions_made.by_id["run.evaluate_at_end"].isChecked())
    again.do("run.queue")
    again.until(lambda: len(queue.entries()) == 2)
    assert read_info(queue.entries()[1].run).evaluates


def test_scores_are_told_with_their_part() -> None:
    text = "The test part of these data has been read once."
    assert told({"metrics": {"test_accuracy": 0.5}, "text": text}) == (
        f"Final evaluation: test accuracy 50.0 %. {text}"
    )
    assert told({"metrics": {}, "text": text}) == f"Final evaluation. {text}"
