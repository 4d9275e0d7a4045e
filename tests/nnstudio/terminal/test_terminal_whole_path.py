"""The terminal with the real engine: the demo, and a worker killed in the middle of an epoch."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from nnstudio import places
from nnstudio.runs.heartbeat import read as read_beat
from nnstudio.runs.reader import RunReader

pytestmark = pytest.mark.slow


def losses(run: Path) -> list[float]:
    reader = RunReader(run)
    reader.poll()
    steps, values = reader.series("train_loss")
    assert steps.tolist() == list(range(len(steps)))
    return values.tolist()


def train(terminal, *arguments: object) -> Path:
    said = terminal("train", "template:lenet5", "--json", "--threads", 1, *arguments)
    assert said.status == 0, said.err
    return Path(json.loads(said.out.splitlines()[-1])["run"])


def test_demo_does_the_whole_job(terminal, tmp_path):
    said = terminal("demo", "--out", tmp_path / "demo")
    assert said.status == 0, said.err
    (run,) = (tmp_path / "demo" / "runs").iterdir()
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {
        *("loss.png", "loss.svg", "accuracy.png", "accuracy.svg", "gap.png", "gap.svg"),
        *("model.py", "train.py", "runs"),
    }
    reader = RunReader(run)
    reader.poll()
    assert reader.state().metrics["test_accuracy"] >= 0.96
    assert "LeNet-5: 14 nodes, 19,754 parameters, compiled to class LeNet5." in said.out
    assert "\ntest accuracy: 0.9" in said.out
    assert str(run) in said.out


def test_killed_worker_resumes_with_the_losses_of_an_undisturbed_run(terminal):
    whole = train(terminal, "--epochs", 4, "--seed", 3)
    begun = terminal(
        *("train", "template:lenet5", "--epochs", 4, "--seed", 3, "--threads", 1, "--detach")
    )
    run = places.runs() / begun.out.splitlines()[0]
    reader = RunReader(run)
    end = time.monotonic() + 60
    while reader.state().step < 50 and not reader.state().over:
        assert time.monotonic() < end
        reader.poll()
        time.sleep(0.002)
    os.kill(read_beat(run).pid, signal.SIGKILL)
    while not reader.state().over:
        assert time.monotonic() < end
        reader.poll()
        time.sleep(0.01)
    if reader.state().status == "lost":  # else it was faster than the kill
        assert reader.state().reason == "killed by signal 9"
        assert terminal("train", "--resume", run.name).status == 0
    assert losses(run) == losses(whole)


def test_extended_run_equals_the_longer_one(terminal):
    short = train(terminal, "--epochs", 2, "--seed", 3)
    assert terminal("extend", short.name, "--epochs", 4).status == 0
    assert losses(short) == losses(train(terminal, "--epochs", 4, "--seed", 3))


def test_interrupted_run_resumes_where_it_stopped(terminal):
    whole = train(terminal, "--epochs", 3, "--seed", 4)
    begun = terminal(
        *("train", "template:lenet5", "--epochs", 3, "--seed", 4, "--threads", 1, "--detach")
    )
    run = begun.out.splitlines()[0]
    terminal("pause", run)
    terminal("stop", run)
    reader = RunReader(places.runs() / run)
    reader.poll()
    if reader.state().status == "stopped":
        assert terminal("train", "--resume", run).status == 0
    assert losses(places.runs() / run) == losses(whole)
