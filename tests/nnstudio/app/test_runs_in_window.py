"""The panel “Runs”: what a run has kept, forks from it, and runs that wait for their turn."""

from __future__ import annotations

from typing import Any

from nnstudio.app.run_control import Phase
from nnstudio.document import steps
from nnstudio.runs import queue
from nnstudio.runs.kept import Budget, budget_of, kept_of

COLD = 120_000
"""Milliseconds that a worker may take to begin which was not waiting warm."""


def short(hand: Any, epochs: int = 2) -> Any:
    document = hand.window.editor.document
    document.do(steps.set_stage(document, "epochs", epochs))
    return hand.window.editor


def finished(hand: Any, editor: Any) -> None:
    hand.qtbot.waitUntil(lambda: editor.run.phase is Phase.FINISHED, timeout=COLD)


def test_kept_states_are_listed_marked_and_forked_from(opened: Any) -> None:
    hand = opened("template:mlp")
    editor = short(hand)
    hand.click("run_button")
    finished(hand, editor)
    first = editor.run.path
    editor.show_panel("runs")
    panel = editor.runs
    hand.until(lambda: panel.kept.rowCount() == len(kept_of(first)))
    cells = [panel.kept.item(0, column).text() for column in range(3)]
    assert cells[0] == str(kept_of(first)[0].step)
    assert float(cells[1]) > 0
    marks = editor.training.panels()[0].kept.steps
    assert list(marks) == [one.step for one in kept_of(first) if not one.best]
    assert not panel.on.isEnabled()
    panel.kept.selectRow(0)
    assert panel.on.isEnabled()
    panel.keep.setValue(7)
    hand.until(lambda: budget_of(first) == Budget(7))
    editor.document.do(steps.set_stage(editor.document, "epochs", 1))
    hand.click("fork_changed")
    hand.until(lambda: editor.run.path not in (None, first))
    finished(hand, editor)
    assert "weights" in (editor.run.path / "events.jsonl").read_text()


def test_a_run_that_waits_begins_when_the_one_before_is_done(opened: Any) -> None:
    hand = opened("template:mlp")
    editor = short(hand, 100_000)
    hand.click("run_button")
    hand.until(lambda: editor.run.phase is Phase.RUNNING)
    first = editor.run.path
    short(hand, 1)
    editor.runs_page.queue_project()
    hand.until(lambda: len(queue.entries()) == 1)
    (entry,) = queue.entries()
    panel = editor.runs
    hand.until(lambda: panel.queue.rowCount() == 1)
    assert panel.queue.item(0, 2).text() == "waits"
    assert not panel.start.isEnabled()
    assert queue.state_of(entry.run).status == "new"
    editor.run._ask("epochs", epochs=editor.run.state.epoch + 30)
    hand.qtbot.waitUntil(lambda: editor.run.path == entry.run, timeout=COLD)
    assert queue.state_of(first).status == "done"
    finished(hand, editor)
    hand.until(lambda: queue.entries() == [])


def test_what_a_person_stops_starts_no_other(opened: Any) -> None:
    hand = opened("template:mlp")
    editor = short(hand, 100_000)
    hand.click("run_button")
    hand.until(lambda: editor.run.phase is Phase.RUNNING)
    short(hand, 1)
    editor.show_panel("runs")
    hand.click("queue_project")
    hand.until(lambda: len(queue.entries()) == 1)
    editor.run.stop()
    hand.until(lambda: editor.run.phase is Phase.STOPPED)
    panel = editor.runs
    hand.until(panel.start.isEnabled)
    assert not queue.entries()[0].turn
    panel.queue.selectRow(0)
    hand.click("queue_remove")
    hand.until(lambda: queue.entries() == [])
    hand.until(lambda: panel.queue.rowCount() == 0)
