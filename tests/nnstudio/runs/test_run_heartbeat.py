"""A worker that is gone is noticed, with its reason, and nobody else is taken for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnstudio.runs import heartbeat
from nnstudio.runs.layout import RunError
from nnstudio.runs.reader import RunReader
from nnstudio.runs.worker import start_training
from nnstudio.runs.writer import RunWriter


def wait_for(condition, seconds: float = 20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("nothing happened")


def status_of(reader: RunReader) -> str:
    reader.poll()
    return reader.state().status


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def begin(run: Path, pid: int) -> None:
    heartbeat.write(run, pid)
    writer = RunWriter(run)
    writer.event("started", device="cpu", epochs=3, first_step=0)
    writer.close()


def test_own_process_lives(make_run):
    run = make_run()
    pulse = heartbeat.Pulse(run)
    beat = heartbeat.read(run)
    assert beat is not None
    assert beat.pid == os.getpid()
    assert heartbeat.gone(run, beat) is None
    assert heartbeat.alive(run)
    pulse.stop()


def test_run_without_a_beat_has_no_worker(make_run):
    run = make_run()
    assert heartbeat.read(run) is None
    assert not heartbeat.alive(run)
    assert RunReader(run).poll() == []


def test_kill_of_our_child_is_told_with_its_signal(make_run, stand_in):
    stand_in("slow")
    run = make_run(epochs=1000)
    process = start_training(run)
    reader = RunReader(run)
    wait_for(lambda: status_of(reader) == "running" and reader.state().step > 2)
    assert reader.state().live
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: status_of(reader) == "lost")
    state = reader.state()
    assert (state.status, state.reason, state.live) == ("lost", "killed by signal 9", False)
    assert len(reader.series("train_loss")[1]) > 2
    log = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    assert log[-1]["reason"] == "killed by signal 9"


def test_kill_of_a_strangers_child_is_told_once(make_run):
    run = make_run()
    script = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    begin(run, pid)
    readers = [RunReader(run), RunReader(run)]
    assert [status_of(reader) for reader in readers] == ["running", "running"]
    os.kill(pid, signal.SIGKILL)
    parent.communicate()
    wait_for(lambda: all(status_of(reader) == "lost" for reader in readers))
    assert [reader.state().reason for reader in readers] == ["the process is gone"] * 2
    assert (run / "events.jsonl").read_text().count('"lost"') == 1


def test_zombie_counts_as_gone(make_run):
    run = make_run()
    child = sleeper()
    begin(run, child.pid)
    child.kill()
    reader = RunReader(run)
    wait_for(lambda: status_of(reader) == "lost")
    assert reader.state().reason == "the process is gone"
    child.wait()


def test_another_process_with_the_same_number_is_not_the_worker(make_run):
    run = make_run()
    begin(run, os.getpid())
    beat = json.loads((run / "heartbeat.json").read_text())
    beat["since_boot"] -= 500
    beat["created"] -= 500
    (run / "heartbeat.json").write_text(json.dumps(beat))
    assert status_of(RunReader(run)) == "lost"


def test_clock_set_anew_does_not_lose_a_worker(make_run):
    run = make_run()
    begin(run, os.getpid())
    beat = json.loads((run / "heartbeat.json").read_text())
    if sys.platform == "linux":
        beat["created"] += 3600
    (run / "heartbeat.json").write_text(json.dumps(beat))
    assert status_of(RunReader(run)) == "running"


def test_restart_of_the_machine(make_run):
    run = make_run()
    begin(run, os.getpid())
    beat = json.loads((run / "heartbeat.json").read_text())
    beat["boot"] = "another boot"
    (run / "heartbeat.json").write_text(json.dumps(beat))
    reader = RunReader(run)
    assert status_of(reader) == "lost"
    assert reader.state().reason == "the machine was restarted"


def test_on_another_host_the_age_of_the_beat_decides(make_run):
    run = make_run()
    begin(run, os.getpid())
    beat = json.loads((run / "heartbeat.json").read_text())
    beat["host"] = "elsewhere"
    beat["pid"] = 1
    (run / "heartbeat.json").write_text(json.dumps(beat))
    assert status_of(RunReader(run)) == "running"
    long_ago = time.time() - 200
    os.utime(run / "heartbeat.json", (long_ago, long_ago))
    reader = RunReader(run)
    assert status_of(reader) == "lost"
    assert reader.state().reason == "no sign of life for 120 seconds"
    writer = RunWriter(run, 5)  # it was only the network
    writer.event("epoch", epoch=2, step=5, metrics={})
    writer.close()
    assert status_of(reader) == "running"


def test_worker_that_ended_well_is_not_lost(make_run, stand_in):
    run = make_run(epochs=2)
    process = start_training(run)
    assert process.wait(20) == 0
    reader = RunReader(run)
    assert status_of(reader) == "done"
    assert "lost" not in (run / "events.jsonl").read_text()


def test_worker_that_never_started_is_lost_with_its_status(make_run, stand_in):
    stand_in("no-start")
    run = make_run()
    start_training(run)
    reader = RunReader(run)
    wait_for(lambda: status_of(reader) == "lost")
    assert reader.state().reason == "the process ended with status 1"
    assert (run / "worker.log").read_text() == "torch is broken\n"


def test_resumed_worker_that_never_started_is_lost_again(make_run, stand_in):
    run = make_run(epochs=1)
    start_training(run).wait(20)
    stand_in("no-start")
    start_training(run, resume=True)
    reader = RunReader(run)
    wait_for(lambda: status_of(reader) == "lost")
    assert reader.state().reason == "the process ended with status 1"


def test_in_a_folder_that_may_only_be_read_the_reader_alone_knows(make_run, monkeypatch):
    run = make_run()
    child = sleeper()
    begin(run, child.pid)
    child.kill()
    child.wait()

    def read_only(*arguments: object, **fields: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("nnstudio.runs.reader.append_event", read_only)
    reader = RunReader(run)
    assert [event["event"] for event in reader.poll()] == ["started", "lost"]
    assert status_of(reader) == "lost"


def test_second_worker_is_refused(make_run):
    run = make_run()
    child = sleeper()
    begin(run, child.pid)
    for second in (lambda: start_training(run), lambda: heartbeat.Pulse(run)):
        with pytest.raises(RunError, match=r"^run-1: expected "):
            second()
    child.kill()
    child.wait()


def test_requests_older_than_the_worker_are_not_for_it(make_run, stand_in):
    from nnstudio.runs import requests

    run = make_run(epochs=2)
    requests.send(run, "pause")
    requests.send(run, "continue")
    start_training(run).wait(20)  # a first worker takes what was laid down for it
    assert heartbeat.read(run).after == 0
    assert (run / "events.jsonl").read_text().count('"answered"') == 2
    requests.send(run, "stop")  # too late for the first, not meant for the second
    start_training(run, resume=True).wait(20)
    assert heartbeat.read(run).after == 3
    assert status_of(RunReader(run)) == "done"
    number = requests.send(run, "epochs", epochs=3)
    start_training(run, resume=True, after=number - 1).wait(20)
    reader = RunReader(run)
    assert status_of(reader) == "done"
    assert reader.state().epochs == 3
    assert reader.series("train_loss")[0].tolist() == list(range(12))
