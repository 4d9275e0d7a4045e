"""Points painted while a run goes: it goes on with them, with the weights learned so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from safetensors.numpy import load_file

from graph_compiler.model import DataSource
from nnstudio.app.run_control import Phase
from nnstudio.document import steps

COLD = 120_000
"""Milliseconds that a worker may take to begin which was not waiting warm."""
POINTS = tuple((x / 20, (x % 5) / 10, x % 2) for x in range(-20, 20))


def test_a_run_goes_on_with_the_points_painted_meanwhile(opened: Any) -> None:
    hand = opened("template:mlp")
    document, run = hand.window.editor.document, hand.window.editor.run
    options = {"points": POINTS, "names": ("A", "B")}
    document.do(steps.set_data(document, DataSource("painted", options)))
    document.do(steps.set_stage(document, "epochs", 100_000))
    hand.click("run_button")
    hand.until(lambda: run.phase is Phase.RUNNING and run.state.step > 20)
    first = run.path
    document.do(steps.paint_points(document, [*POINTS, (0.9, 0.9, 1)], ("A", "B")))

    def goes_on() -> bool:
        return run.path not in (None, first) and run.phase is Phase.RUNNING

    hand.qtbot.waitUntil(goes_on, timeout=COLD)
    assert run.data == document.project.data
    assert "(0.9, 0.9, 1)" in (run.path / "train.py").read_text()
    last = sorted((first / "checkpoints").glob("step-*.safetensors"))[-1]
    begun = load_file(run.path / "checkpoints" / last.name)
    learned = load_file(last)
    assert any(name.startswith("optimizers/") for name in begun)
    assert begun.keys() == learned.keys()
    assert all(np.array_equal(begun[name], learned[name]) for name in begun)
    hand.until(lambda: run.state.step > int(last.stem.removeprefix("step-")))
    run.stop()
    hand.until(lambda: not run.live)


def test_a_run_keeps_its_points_where_those_painted_cannot_be_learned(opened: Any) -> None:
    hand = opened("template:mlp")
    document, run = hand.window.editor.document, hand.window.editor.run
    options = {"points": POINTS, "names": ("A", "B")}
    document.do(steps.set_data(document, DataSource("painted", options)))
    document.do(steps.set_stage(document, "epochs", 100_000))
    hand.click("run_button")
    hand.until(lambda: run.phase is Phase.RUNNING)
    first, told = run.path, []
    run.message.connect(told.append)
    document.do(steps.paint_points(document, POINTS[:1], ("A", "B")))
    hand.until(lambda: told)
    assert told[0].startswith("The run keeps the points it began with. ")
    assert run.path == first
    assert run.live
    run.stop()
    hand.until(lambda: not run.live)
