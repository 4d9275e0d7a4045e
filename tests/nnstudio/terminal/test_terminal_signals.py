"""Ctrl-C, SIGTERM and a hang-up while a run is followed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnstudio import places
from nnstudio.runs.reader import RunReader
from nnstudio.runs.worker import start_training

ROOT = Path(__file__).parents[3]
STAND_IN = ROOT / "tests" / "nnstudio" / "runs" / "stand_in_worker.py"
NNSTUDIO = f"""
import sys
from nnstudio.runs import launch, service, worker
def command(*arguments):
    return [sys.executable, {str(STAND_IN)!r}, *arguments]
launch.command = service.command = worker.command = command
from nnstudio.cli import main
sys.exit(main(sys.argv[1:]))
"""


def nnstudio(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", NNSTUDIO, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "STAND_IN": "slow"},
    )


PATIENCE = 120
"""Seconds that a busy machine may take to come so far."""


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return value


def state_of(run: Path):
    reader = RunReader(run)
    reader.poll()
    return reader.state()


def running(folder: Path) -> Path | None:
    runs = list(folder.glob("[!.]*")) if folder.exists() else []
    return runs[0] if runs and state_of(runs[0]).step > 1 else None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_stops_with_a_checkpoint(number):
    process = nnstudio("train", "template:mlp", "--epochs", 1000)
    run = wait_for(lambda: running(places.runs()))
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    state = state_of(run)
    assert (state.status, state.live) == ("stopped", False)
    assert err == (
        f"{run.name}: stopped with a checkpoint at step {state.step}. "
        f"Resume: nnstudio train --resume {run.name}\n"
    )
    assert state.checkpoint == "checkpoints/last.json"


def test_run_interrupted_twice_ends_at_once(make_run):
    process = nnstudio("train", "template:mlp", "--epochs", 1000)
    run = wait_for(lambda: running(places.runs()))
    worker = int((run / "heartbeat.json").read_text().partition('"pid":')[2].partition(",")[0])
    os.kill(worker, signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.startswith("Ending the worker at once.\n")
    assert state_of(run).status == "lost"


def test_leaving_a_watched_run_lets_it_go_on(make_run, stand_in):
    stand_in("slow")
    run = make_run(epochs=1000)
    worker = start_training(run)
    wait_for(lambda: state_of(run).step > 1)
    process = nnstudio("watch", run)
    wait_for(lambda: process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == f"run-1 goes on. Stop it: nnstudio stop {run}\n"
    assert worker.poll() is None
    worker.kill()
    worker.wait()


STORM = """
import os, subprocess, sys
from nnstudio.terminal.follow import interrupts

SEND = "import os, signal\\nfor _ in range(100_000): os.kill(os.getppid(), signal.SIGTERM)"
with interrupts() as interruption:
    sender = subprocess.Popen([sys.executable, "-c", SEND])
    while sender.poll() is None:
        interruption.wait(0)
print("came through", interruption.came)
"""
"""Without a pause a signal may come at any moment, also while a lock of waiting is held."""


def test_a_signal_at_any_moment_lets_the_follower_go_on():
    done = subprocess.run(
        [sys.executable, "-c", STORM],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "came through True\n"


def test_detached_run_survives_the_end_of_its_session():
    """The terminal's whole session is hung up and its processes are killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", NNSTUDIO, "train", "template:mlp", "--epochs", "1000", "--detach"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "STAND_IN": "slow"},
    )
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    try:
        os.killpg(process.pid, signal.SIGHUP)
    except ProcessLookupError:
        assert out  # nothing of the session is left: what we want
    run = places.runs() / out.splitlines()[0]
    step = wait_for(lambda: state_of(run).step)
    wait_for(lambda: state_of(run).step > step)
    assert state_of(run).live
    assert nnstudio("stop", run.name).wait(30) == 0
    wait_for(lambda: not state_of(run).live)


def test_run_whose_output_nobody_reads_is_stopped():
    process = nnstudio("train", "template:mlp", "--epochs", 1000)
    assert process.stdout.readline().startswith("Multilayer perceptron needs about ")
    assert process.stdout.readline() == "training on cpu, 1 threads\n"
    process.stdout.close()
    process.stdout = None
    process.communicate(timeout=120)
    (run,) = places.runs().glob("[!.]*")
    assert state_of(run).status == "stopped"


def test_reader_of_the_output_that_has_had_enough():
    process = nnstudio("templates")
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(30) in (0, 1)
