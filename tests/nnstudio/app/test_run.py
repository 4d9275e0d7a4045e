"""Runs driven from the window, with the real engine in its own process."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QMessageBox, QPlainTextEdit

from graph_compiler.model import Variable, Wire
from nnstudio.app.run_control import Phase
from nnstudio.document import steps
from nnstudio.runs.heartbeat import read as heartbeat
from nnstudio.runs.listing import list_runs


def settings(hand: Any, **values: Any) -> None:
    """Change settings of the plan."""
    document = hand.window.editor.document
    for field, value in values.items():
        document.do(steps.set_stage(document, field, value))


def phase(hand: Any) -> Phase:
    """Where the run stands, as the toolbar shows it."""
    return hand.window.editor.run.phase


def step(hand: Any) -> int:
    """Steps done."""
    state = hand.window.editor.run.state
    return state.step if state else 0


def ended(hand: Any) -> None:
    """Wait for the run's process to be gone, so that the test leaves none behind."""
    run = hand.window.editor.run
    if run.live:
        run.stop()
        hand.until(lambda: not run.live)


def test_run_to_the_end(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=5)
    button = hand.find("run_button")
    assert button.text() == "Run"
    hand.click("run_button")
    assert phase(hand) is Phase.STARTING
    assert button.text() == "Pause"
    hand.until(lambda: phase(hand) is Phase.FINISHED)
    editor = hand.window.editor
    assert editor.run.state.epoch == 5
    steps_seen, losses = editor.run.reader.series("train_loss")
    assert len(steps_seen) == len(losses) == editor.run.state.step > 0
    assert button.text() == "Run"
    words = editor.notices.text("ended")
    accuracy = editor.run.state.metrics["test_accuracy"]
    assert words == (
        f"Finished after 5 epochs: test accuracy {100 * accuracy:.1f} %, "
        "measured once, on examples that training never saw."
    )
    assert hand.find("progress_rate").text() == f"test accuracy {100 * accuracy:.1f} %"
    assert hand.find("device_button").text().startswith("CPU")
    model = (editor.run.path / "model.py").read_text()
    assert model == editor.document.source("main").text


def test_pause_step_continue_stop(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=5000)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.RUNNING and step(hand) > 5)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.PAUSED)
    assert hand.find("run_button").text() == "Continue"
    assert hand.find("progress_rate").text() == "paused"
    rested = step(hand)
    for more in (1, 2):
        hand.click("step_button")
        hand.until(lambda more=more: step(hand) == rested + more)
    assert phase(hand) is Phase.PAUSED
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.RUNNING and step(hand) > rested + 10)
    hand.click("stop_button")
    hand.until(lambda: phase(hand) is Phase.STOPPED)
    run = hand.window.editor.run
    assert run.state.checkpoint
    assert (run.path / run.state.checkpoint).is_file()
    assert hand.find("run_button").text() == "Run"


def test_step_starts_a_run_that_waits_after_one_step(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=5000)
    hand.click("step_button")
    hand.until(lambda: phase(hand) is Phase.PAUSED and step(hand) >= 1)
    assert step(hand) == 1
    ended(hand)


def test_the_slider_slows_a_run_down(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=5000)
    slider = hand.find("speed_slider")
    slider.setValue(0)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.RUNNING and step(hand) >= 1)
    begun, first = time.monotonic(), step(hand)
    hand.until(lambda: step(hand) >= first + 2)
    assert step(hand) - first <= 2 + (time.monotonic() - begun) * 1.5
    slow = step(hand)
    slider.setValue(slider.maximum())
    hand.until(lambda: step(hand) > slow + 100)
    ended(hand)


def test_reset_gives_new_or_the_same_weights(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=1)

    def first_loss() -> float:
        hand.click("run_button")
        hand.until(lambda: phase(hand) is Phase.FINISHED)
        return float(hand.window.editor.run.reader.series("train_loss")[1][0])

    one = first_loss()
    hand.do("run.reset_same")
    assert phase(hand) is Phase.IDLE
    assert hand.window.editor.run.reader is None
    assert first_loss() == one
    hand.do("run.reset_new")
    assert first_loss() != one


def test_a_killed_worker_is_noticed_and_the_run_resumes(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=400)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.RUNNING and hand.window.editor.run.state.checkpoint)
    run = hand.window.editor.run
    hand.find("speed_slider").setValue(20)
    os.kill(heartbeat(run.path).pid, signal.SIGKILL)
    hand.until(lambda: phase(hand) is Phase.LOST)
    before = step(hand)
    assert hand.window.editor.notices.text("lost").startswith("The worker is gone: ")
    hand.find("speed_slider").setValue(100)
    hand.click("resume_run")
    hand.until(lambda: phase(hand) is Phase.RUNNING)
    assert not hand.there("notice_lost")
    hand.until(lambda: step(hand) > before + 20)
    ended(hand)


def test_a_run_whose_script_was_changed_resumes_after_a_question(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=400)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.RUNNING and hand.window.editor.run.state.checkpoint)
    run = hand.window.editor.run
    hand.find("speed_slider").setValue(20)
    os.kill(heartbeat(run.path).pid, signal.SIGKILL)
    hand.until(lambda: phase(hand) is Phase.LOST)
    script = run.path / "train.py"
    script.write_text(f"{script.read_text()}\nFOREIGN = True\n")
    hand.click("resume_run")
    assert "FOREIGN = True" in hand.find("trust_code_train.py").toPlainText()
    hand.click("trust_no")
    hand.until(lambda: not hand.there("trust_question"))
    assert phase(hand) is Phase.LOST
    hand.click("resume_run")
    hand.click("trust_yes")
    hand.find("speed_slider").setValue(100)
    hand.until(lambda: phase(hand) is Phase.RUNNING)
    ended(hand)


def test_a_failed_run_says_why_and_lights_up_its_node(opened: Any) -> None:
    hand = opened("template:mlp")
    document = hand.window.editor.document
    document.do(steps.dissolve(document, "main", ("relu1", "relu2")))
    settings(hand, epochs=50, optimizer="sgd", learning_rate=1000.0)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.FAILED)
    words = hand.window.editor.notices.text("failed")
    assert words.startswith("The run failed: ")
    assert "Traceback" not in words
    node = hand.window.editor.run.last_failure.get("node", "")
    if node:
        assert hand.window.editor.canvas.selected() == (node.rpartition("/")[2],)


def test_errors_in_the_project_block_the_run(opened: Any) -> None:
    hand = opened("template:mlp")
    document = hand.window.editor.document
    document.do(steps.set_param(document, "main", ("fc3",), "out_features", 5))
    hand.click("run_button")
    assert phase(hand) is Phase.IDLE
    assert hand.window.editor.notices.text("refused").startswith(
        "This cannot run yet. logits.input: expected N×2 "
    )
    assert hand.window.editor.docks["problems"].in_front


def test_a_run_without_data_says_how_to_choose_some(opened: Any) -> None:
    hand = opened("template:mlp")
    document = hand.window.editor.document
    document.do(steps.set_data(document, replace(document.project.data, source="none", options={})))
    hand.click("run_button")
    assert phase(hand) is Phase.IDLE
    assert hand.window.editor.notices.text("refused") == (
        "No data are chosen yet. Choose a source in the Data panel, such as Digits or your file."
    )
    assert hand.window.editor.docks["data"].in_front


def test_a_block_that_nothing_uses_yet_is_in_nobodys_way(opened: Any) -> None:
    hand = opened("template:mlp")
    document = hand.window.editor.document
    document.do(steps.add_block(document, "Half"))
    document.do(steps.add_layer(document, "Half", "Linear", (0, 300)))
    document.do(steps.connect(document, "Half", Wire("x", "output", "y", "input")))
    document.do(steps.delete(document, "Half", ("y",)))
    assert hand.window.editor.run.hindrance() == ""


def test_a_strip_says_when_the_drawing_is_another(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=2)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.FINISHED)
    document = hand.window.editor.document
    document.do(steps.set_variable(document, Variable("hidden", 48)))
    hand.until(lambda: hand.there("notice_differs"))
    hand.click("show_difference")
    shown = hand.find("difference_text", QPlainTextEdit).toPlainText()
    assert "+    def __init__(self, hidden: int = 48) -> None:" in shown
    hand.click("difference_close")
    hand.do("edit.undo")
    hand.until(lambda: not hand.there("notice_differs"))


def test_a_strip_says_when_the_data_are_others(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=2)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.FINISHED)
    document = hand.window.editor.document
    document.do(steps.set_option(document, "noise", 0.3))
    hand.until(lambda: hand.there("notice_differs"))
    assert hand.window.editor.notices.text("differs") == (
        "The data have changed since this run. Run trains on them."
    )
    hand.do("edit.undo")
    hand.until(lambda: not hand.there("notice_differs"))


def test_a_perceptron_that_failed_on_xor_is_offered_a_hidden_layer(opened: Any) -> None:
    hand = opened("template:perceptron")
    editor = hand.window.editor
    editor.apply_variant("xor")
    settings(hand, epochs=3)
    editor.show_panel("problems")
    hand.click("run_button")
    assert editor.docks["training"].in_front
    hand.until(lambda: phase(hand) is Phase.FINISHED)
    assert editor.notices.text("advice").endswith(" Add a hidden layer.")
    hand.click("apply_advice")
    assert not hand.there("notice_advice")
    assert [n.type for n in editor.document.project.networks["main"].nodes.values()].count(
        "Linear"
    ) == 2
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.FINISHED)
    assert editor.run.state.metrics["test_accuracy"] > 0.95
    assert not hand.there("notice_advice")
    hand.do("edit.undo")
    assert editor.document.project.plan.stages[0].recipe == "perceptron"


def test_the_computational_graph_and_the_canvas_select_each_other(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.do("run.look")
    editor = hand.window.editor
    graph = editor.view.graph.page()
    hand.until(lambda: editor.view.graph._of is not None and graph.isVisible())
    hand.until(lambda: editor.view.graph.shown)
    graph.node_activated.emit("fc2")
    assert editor.canvas.selected() == ("fc2",)
    editor.tabs.setCurrentIndex(0)
    assert editor.canvas.isVisible()


def test_closing_during_a_run_asks_once_and_training_goes_on(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=100_000)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.RUNNING)
    path = hand.window.editor.run.path
    hand.window.close()
    assert hand.find("run_question", QMessageBox).text() == "The run is still going."
    hand.click("run_question_cancel")
    assert hand.window.isVisible()
    hand.window.close()
    hand.click("run_question_keep")
    hand.click("save_question_discard")
    hand.until(lambda: not hand.window.isVisible())
    assert [run.path for run in list_runs() if run.state.live] == [path]
    again = opened()
    again.click("watch_0")
    again.open_editor()
    again.until(lambda: phase(again) is Phase.RUNNING)
    seen = step(again)
    again.until(lambda: step(again) > seen)
    again.window.close()
    again.click("run_question_stop")
    again.until(lambda: not again.window.isVisible())
    again.until(lambda: not [run for run in list_runs() if run.state.live])


def test_a_run_is_stopped_from_the_start_page(opened: Any) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=100_000)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.RUNNING)
    hand.window.close_at_once()
    again = opened()
    again.click("stop_0")
    again.until(lambda: not [run for run in list_runs() if run.state.live])
    again.until(lambda: not again.there("stop_0"))


def test_nothing_of_the_run_is_in_the_project_folder(opened: Any, tmp_path: Path) -> None:
    hand = opened("template:mlp")
    settings(hand, epochs=1)
    hand.click("run_button")
    hand.until(lambda: phase(hand) is Phase.FINISHED)
    assert hand.window.editor.run.path.is_relative_to(os.environ["NNSTUDIO_HOME"])
