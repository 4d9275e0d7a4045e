"""How many processes the next run is of: chosen in the bar and in the settings, and done."""

from __future__ import annotations

from typing import Any

import pytest

from nnstudio.app.device_choice import process_counts
from nnstudio.app.run_control import Phase
from nnstudio.runs.info import read_info


def choose(hand: Any, count: str) -> None:
    """Choose a line of the menu below the devices."""
    bar = hand.window.editor.bar
    hand.until(lambda: bar.processes_menu.actions())
    assert bar.processes_menu.menuAction() in bar.device_button.menu().actions()
    next(one for one in bar.processes_menu.actions() if one.text() == count).trigger()


def test_as_many_are_offered_as_can_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert process_counts(["auto", "cpu"], 1) == [1, 2, 4, 6]
    eight = [f"cuda:{number}" for number in range(8)]
    assert process_counts(["auto", *eight], 1) == [1, 2, 4, 8]
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert process_counts(["cpu"], 3) == [1, 3]


def test_a_rule_that_cannot_be_shared_is_refused_in_words(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    hand = opened("template:perceptron")
    choose(hand, "2 processes")
    run, told = hand.window.editor.run, []
    run.refused_to_start.connect(told.append)
    hand.click("run_button")
    hand.until(lambda: told)
    assert told == [
        "processes: expected 1, since the perceptron rule learns from one sample after the other, "
        "got 2. Choose 1."
    ]
    assert run.phase is Phase.IDLE


@pytest.mark.slow
def test_a_run_on_two_processes(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    hand = opened("template:mlp")
    choose(hand, "2 processes")
    run, bar = hand.window.editor.run, hand.window.editor.bar
    run.threads = 1
    hand.click("step_button")
    hand.qtbot.waitUntil(lambda: run.phase is Phase.PAUSED and run.state.step == 1, timeout=120_000)
    assert bar.device_button.accessibleName() == "Device: 2 × CPU, 1 thread"
    hand.click("stop_button")
    hand.until(lambda: run.phase is Phase.STOPPED)
    assert read_info(run.path).processes == 2
    choose(hand, "1 process")
    assert run.processes == 1
