"""The warm worker: answers, deadlines, broken answers, and the hand-over of a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nnstudio.runs.layout import RunError
from nnstudio.runs.reader import RunReader
from nnstudio.runs.service import WorkerError
from nnstudio.runs.worker import WorkerProcess


@pytest.fixture
def worker(stand_in) -> Iterator[WorkerProcess]:
    process = WorkerProcess()
    yield process
    process.close()


OTHERS: set[psutil.Process] = set()
"""Processes that were there before the test: those that tests keep for themselves."""


@pytest.fixture(autouse=True)
def _others() -> None:
    OTHERS.clear()
    OTHERS.update(psutil.Process().children())


def children() -> list[psutil.Process]:
    now = set(psutil.Process().children()) - OTHERS
    return [one for one in now if one.status() != psutil.STATUS_ZOMBIE]


def wait_for_status(run: Path, status: str) -> RunReader:
    reader = RunReader(run)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        reader.poll()
        if reader.state().status == status:
            return reader
        time.sleep(0.02)
    raise AssertionError(f"{reader.state().status} instead of {status}")


def test_requests_are_answered_by_their_number(worker):
    worker.start()
    futures = [worker.request("echo", {"value": n}, 20) for n in range(20)]
    assert [future.result(20)["value"] for future in futures] == list(range(20))
    assert len(children()) == 1


def test_large_payloads_do_not_block_the_asker(worker):
    text = "x" * 2_000_000
    futures = [worker.request("echo", {"text": text}, 20) for _ in range(3)]
    assert all(future.result(20)["text"] == text for future in futures)


def test_too_large_a_request_is_refused(worker):
    future = worker.request("echo", {"text": "x" * (17 << 20)}, 20)
    with pytest.raises(WorkerError, match=r"^echo: the request is larger than 16 MB\.$"):
        future.result(20)


def test_refusal_comes_with_text_and_detail(worker):
    with pytest.raises(WorkerError, match=r"^no such data$") as error:
        worker.request("refuse", {}, 20).result(20)
    assert error.value.detail == "why"
    assert worker.request("echo", {"value": 1}, 20).result(20)["value"] == 1


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("garbage", r"^The worker's answer could not be read: Expecting value"),
        ("huge", r"^The worker's answer was cut off or larger than 16 MB\.$"),
        ("strays", r"^The worker answered what nobody had asked\.$"),
        ("die", r"^The worker ended by itself \(status 7\)\.$"),
    ],
)
def test_worker_that_breaks_the_form_is_replaced(worker, kind, text):
    with pytest.raises(WorkerError, match=text):
        worker.request(kind, {}, 20).result(20)
    assert worker.request("echo", {"value": 1}, 20).result(20)["value"] == 1
    assert len(children()) == 1


def test_what_the_worker_printed_explains_its_death(worker):
    with pytest.raises(WorkerError) as error:
        worker.request("die", {}, 20).result(20)
    assert error.value.detail == "the reason of death\n"


def test_deadline_ends_a_stuck_worker_and_its_other_requests(worker):
    worker.request("echo", {}, 20).result(20)
    stuck = worker.request("silence", {}, 0.2)
    behind = worker.request("silence", {}, 20)
    with pytest.raises(WorkerError, match=r"^The worker gave no answer to 'silence' within 0 "):
        stuck.result(20)
    with pytest.raises(WorkerError):
        behind.result(20)
    assert worker.request("echo", {"value": 1}, 20).result(20)["value"] == 1


def test_run_is_handed_over_and_survives_the_closing(worker, make_run, stand_in):
    stand_in("slow")
    worker.start()
    run = make_run(epochs=4)
    process = worker.train(run)
    worker.close()
    assert process.poll() is None
    reader = wait_for_status(run, "done")
    assert reader.series("train_loss")[0].tolist() == list(range(16))
    process.wait(20)


def test_next_request_warms_a_new_worker(worker, make_run, stand_in):
    stand_in("slow")
    worker.start()
    run = make_run(epochs=4)
    process = worker.train(run)
    assert worker.request("echo", {"value": 1}, 20).result(20)["value"] == 1
    wait_for_status(run, "done")
    process.wait(20)


def test_run_that_has_a_worker_is_refused(worker, make_run, stand_in):
    stand_in("slow")
    run = make_run(epochs=500)
    process = worker.train(run)
    with pytest.raises(RunError) as error:
        worker.train(run)
    assert str(error.value) == (
        "run-1: expected a run that rests, got one that is running. Stop it first."
    )
    process.kill()
    process.wait()
    reader = wait_for_status(run, "lost")
    assert reader.state().reason == "killed by signal 9"


def test_closing_leaves_no_process_and_no_thread(stand_in):
    stand_in("silent")
    worker = WorkerProcess()
    worker.start()
    future = worker.request("echo", {}, 20)
    worker.close()
    with pytest.raises(WorkerError, match=r"^The worker was ended\.$"):
        future.result(20)
    assert children() == []


def test_worker_ends_with_its_window():
    stand_in = Path(__file__).with_name("stand_in_worker.py")
    script = (
        "import os, sys\n"
        "from nnstudio.runs import service\n"
        f"service.command = lambda *a: [sys.executable, {str(stand_in)!r}, *a]\n"
        "from nnstudio.runs.worker import WorkerProcess\n"
        "w = WorkerProcess()\n"
        "w.start()\n"
        "w.request('echo', {}, 20).result(20)\n"
        "print(w._service.process.pid, flush=True)\n"
        "input()\n"
    )
    window = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    pid = int(window.stdout.readline())
    window.send_signal(signal.SIGKILL)
    window.communicate()
    end = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.02)
