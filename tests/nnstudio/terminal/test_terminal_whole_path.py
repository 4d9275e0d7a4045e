"""The terminal with the real engine: the demo, and a worker killed in the middle of an epoch."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from graph_compiler.files import save_project
from graph_compiler.model import DataSource
from nnstudio import places
from nnstudio.document.templates import load_target
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


def test_table_beside_the_project_is_found_and_learned(terminal, tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    rows = [f"{k % 7},{k % 11},{'ab'[k % 7 > k % 11]}" for k in range(300)]
    (folder / "points.csv").write_text("\n".join(["x,y,kind", *rows]) + "\n")
    columns = (
        ("x", "feature", "number", ()),
        ("y", "feature", "number", ()),
        ("kind", "target", "category", ("a", "b")),
    )
    options = {"path": "points.csv", "columns": columns}
    project = replace(load_target("template:mlp"), data=DataSource("csv", options))
    save_project(project, folder / "points.nns")
    monkeypatch.chdir(tmp_path)
    said = terminal("train", "project/points.nns", "--epochs", 12, "--json")
    assert said.status == 0, said.err
    metrics = json.loads(said.out.splitlines()[-1])["metrics"]
    assert metrics["val_accuracy"] > 0.9
    assert set(metrics) >= {"train_loss", "val_loss", "val_accuracy", "test_accuracy"}
