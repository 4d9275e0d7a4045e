"""The real window, killed without warning while editing and while training, and opened again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from graph_compiler import load_project, save_project
from nnstudio.document.templates import load_target
from nnstudio.runs.create import create_run
from nnstudio.runs.listing import find, list_runs
from nnstudio.runs.reader import RunReader
from nnstudio.runs.worker import start_training

WINDOW = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from nnstudio.app.launch import open_window

app = QApplication(sys.argv)
window = open_window(app, sys.argv[1])

def edit():
    from nnstudio.document import steps
    document = window.editor.document
    document.do(steps.set_name(document, "Edited and not saved"))
    print("edited", flush=True)

def train():
    window.editor.run.start()

window.editor_ready.connect(lambda: QTimer.singleShot(0, edit))
if "train" in sys.argv:
    window.editor_ready.connect(lambda: QTimer.singleShot(100, train))
window.show()
app.exec()
"""


def events(run: Path) -> list[dict[str, Any]]:
    """What the worker has told so far."""
    path = run / "events.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise TimeoutError


def open_in_a_process(path: Path, *words: str) -> subprocess.Popen[str]:
    """The window in a process of its own; returns once its document was edited."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(path), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "edited\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    """No chance to tidy up."""
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A project as a person has saved it."""
    path = tmp_path / "mine.nns"
    project = load_target("template:mlp")
    project.name = "Saved"
    save_project(project, path)
    return path


@pytest.mark.slow
def test_killed_while_editing_and_opened_again(saved: Path, opened: Any) -> None:
    before = saved.read_bytes()
    process = open_in_a_process(saved)
    autosave = saved.with_name(".mine.nns.autosave")
    wait_for(autosave.exists)
    kill(process)
    assert saved.read_bytes() == before
    assert load_project(autosave).name == "Edited and not saved"

    hand = opened()
    hand.click("restore_0")
    hand.open_editor()
    assert hand.window.editor.document.project.name == "Edited and not saved"
    assert hand.window.editor.document.dirty
    assert saved.read_bytes() == before
    assert autosave.exists(), "kept until a save succeeds"
    hand.do("file.save")
    hand.until(lambda: not hand.window.editor.document.dirty)
    assert load_project(saved).name == "Edited and not saved"
    hand.until(lambda: not autosave.exists())


@pytest.mark.slow
def test_killed_while_training_the_run_goes_on(saved: Path, tmp_path: Path) -> None:
    project = load_project(saved)
    undisturbed = create_run(project, tmp_path / "runs", device="cpu", threads=1)
    start_training(undisturbed, detach=False).wait(120)

    process = open_in_a_process(saved, "train")
    run = Path(wait_for(lambda: [summary.path for summary in list_runs()])[0])
    wait_for(lambda: events(run)[-1:] and events(run)[-1]["event"] == "epoch")
    kill(process)
    wait_for(lambda: events(run)[-1]["event"] == "done")
    assert load_project(saved).name == "Saved"
    assert find(run.name) == run

    reader, other = RunReader(run), RunReader(undisturbed)
    reader.poll()
    other.poll()
    assert reader.state().status == "done"
    assert list(reader.series("train_loss")[1]) == list(other.series("train_loss")[1])
    reader.close()
    other.close()
    started = next(event for event in events(run) if event["event"] == "started")
    wait_for(lambda: gone(started["pid"]))
