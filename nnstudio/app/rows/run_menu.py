"""The menu Run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnstudio.app.final_evaluation import evaluate, refused
from nnstudio.app.rows.conditions import project, whole
from nnstudio.app.rows.row import Row

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def _run_name(window: Window) -> str:
    return window.editor.run.toggle_text if window.editor else "Run"


def _run(question: str) -> Callable[[Window], str]:
    def why_not(window: Window) -> str:
        return project(window) or window.editor.run.refused(question)

    return why_not


def _evaluation(window: Window) -> str:
    return project(window) or refused(window.editor)


ROWS: tuple[Row, ...] = (
    Row(
        "run.toggle", "Run", "Run", lambda w: w.editor.run.toggle(), ("F5", "Ctrl+Return"), "run",
        _run("toggle"), _run_name, words="train start pause continue",
    ),
    Row(
        "run.step", "Run", "Step", lambda w: w.editor.run.step(), ("F8",), "step", _run("step"),
        words="one single",
    ),
    Row(
        "run.stop", "Run", "Stop", lambda w: w.editor.run.stop(), ("Shift+F5",), "stop",
        _run("stop"), words="end checkpoint",
    ),
    Row(
        "run.queue", "Run", "Queue this project", lambda w: w.editor.runs_page.queue_project(), (),
        "recent", project, words="wait later turn after this run",
    ),
    Row(
        "run.plan", "Run", "Plan", lambda w: w.editor.show_panel("plan"), ("Ctrl+3",), "plan",
        project, words="loss optimizer learning rate batch epochs seed stopping settings",
    ),
    Row(
        "run.reset_new", "Run", "Reset with new weights", lambda w: w.editor.run.reset(True), (),
        "reset", _run("reset"), separated=True, words="seed again restart",
    ),
    Row(
        "run.reset_same", "Run", "Reset with the same weights",
        lambda w: w.editor.run.reset(False), (), "reset", _run("reset"),
        words="seed again restart",
    ),
    Row(
        "run.resume", "Run", "Resume from the last checkpoint", lambda w: w.editor.run.resume(), (),
        "refresh", _run("resume"), separated=True, words="continue lost failed stopped",
    ),
    Row(
        "run.evaluate", "Run", "Final evaluation", lambda w: evaluate(w.editor), (), "check",
        _evaluation, separated=True, words="test part score measure count",
    ),
    Row(
        "run.evaluate_at_end", "Run", "Read the test part when a run ends",
        lambda w: w.settings.choose("evaluates", not w.settings.flag("evaluates")), (), "",
        checked=lambda w: w.settings.flag("evaluates"),
        words="final evaluation closed once",
    ),
    Row(
        "run.look", "Run", "Look inside", lambda w: w.editor.look_inside(), ("Ctrl+I",), "eye",
        whole, words="computational graph autograd probe gradients values",
    ),
)  # fmt: skip
