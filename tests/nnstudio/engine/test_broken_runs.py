"""Runs whose folder has suffered: missing and broken files, lost checkpoints, a full disk."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.model import Project
from nnstudio.engine import checkpoints, worker
from nnstudio.engine.job import Job
from nnstudio.runs import requests


def events(run: Path, name: str) -> list[dict[str, Any]]:
    """All events of one kind."""
    lines = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    return [event for event in lines if event["event"] == name]


def text_of_failure(reader: Any) -> str:
    """What the run says about its end, which is a failure."""
    assert reader.state().status == "failed"
    return str(events(reader.path, "failed")[-1]["text"])


@pytest.mark.parametrize("name", ["map.json", "model.py", "train.py", "project.nns"])
def test_a_missing_file_is_named(project: Callable[..., Project], runs: Any, name: str) -> None:
    run = runs.create(project())
    (run / name).unlink()
    assert text_of_failure(runs.work(run)) == (
        f"{name}: expected a file of the run, got nothing under this name. Copy the run anew."
    )


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("map.json", "{}", "expected the places of the nodes, got something else"),
        ("map.json", "[1]", "expected the places of the nodes, got something else"),
        ("map.json", "{", "expected the places of the nodes, got something else"),
        ("map.json", '{"modules": 3, "spans": {}}', "expected the places of the nodes, got"),
        ("train.py", "\n(", "expected the Python that the run began with, got broken in line 2"),
        ("model.py", "class", "expected the Python that the run began with, got broken in line 1"),
        ("project.nns", "{}", 'line 1: format: expected "nnstudio", got none'),
    ],
)
def test_a_broken_file_is_named(
    project: Callable[..., Project], runs: Any, name: str, text: str, told: str
) -> None:
    run = runs.create(project())
    (run / name).write_text(text)
    assert text_of_failure(runs.work(run)).startswith(f"{name}: {told}")


def test_a_script_that_cannot_start_did_not_fail_in_a_step(
    project: Callable[..., Project], runs: Any
) -> None:
    run = runs.create(project())
    script = run / "train.py"
    script.write_text(script.read_text().replace("def build(", "1 / 0\n\n\ndef build("))
    assert text_of_failure(runs.work(run)) == (
        "run: expected a start without an error, got ZeroDivisionError: division by zero. "
        "See the details."
    )


def test_resuming_without_a_readable_checkpoint_begins_anew_and_says_so(
    project: Callable[..., Project], runs: Any
) -> None:
    done = runs.train(project(batch_size=16, epochs=2))
    for path in (done.path / "checkpoints").iterdir():
        path.write_bytes(b"nothing")
    again = runs.work(done.path, resume=True)
    assert again.state().status == "done"
    (note,) = events(done.path, "problem")
    assert note["text"] == (
        "checkpoints/step-000000010.safetensors: expected a checkpoint, got a file that cannot be "
        "read. Copy the run anew. The run begins anew."
    )
    for path in (done.path / "checkpoints").iterdir():
        path.unlink()
    (done.path / "checkpoints").rmdir()
    runs.work(done.path, resume=True)
    assert events(done.path, "problem")[1]["text"] == (
        "There is no checkpoint. The run begins anew."
    )


def test_resuming_from_the_checkpoint_before_a_torn_one_says_so(
    project: Callable[..., Project], runs: Any
) -> None:
    done = runs.train(project(batch_size=16, epochs=2))
    (done.path / "checkpoints" / "step-000000999.safetensors").write_bytes(b"torn")
    runs.work(done.path, resume=True)
    assert events(done.path, "problem")[0]["text"] == (
        "checkpoints/step-000000999.safetensors: expected a checkpoint, got a file that cannot be "
        "read. Copy the run anew. The run goes on from step 10."
    )


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_as_such_and_the_run_resumes_once_there_is_room(
    project: Callable[..., Project], runs: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    plan = project(batch_size=16, epochs=2)
    undisturbed = runs.train(plan)
    run = runs.create(plan)

    def full(*given: Any) -> Path:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "save", full)
        reader = runs.work(run)
    assert text_of_failure(reader) == (
        "run: expected room on its disk, got none left. Free some space, then resume the run."
    )
    assert events(run, "failed")[0]["reason"] == "disk"
    again = runs.work(run, resume=True, after=requests.latest(run))
    assert again.state().status == "done"
    assert again.series("train_loss")[1].tolist() == undisturbed.series("train_loss")[1].tolist()


def test_an_end_that_cannot_be_written_is_told_by_the_exit_status(
    project: Callable[..., Project], runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.create(project())
    (run / "map.json").unlink()

    def full(job: Job, failure: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Job, "_tell", full)
    monkeypatch.setattr(worker.signal, "signal", lambda number, handler: None)
    assert worker.train(run, resume=False) == worker.UNWRITABLE
