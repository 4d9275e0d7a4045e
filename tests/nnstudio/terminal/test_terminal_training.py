"""`train`, `watch`, `runs`, `pause`, `step`, `stop`, `extend` with a stand-in for the engine."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nnstudio import places
from nnstudio.runs.reader import RunReader
from nnstudio.runs.worker import start_training

STORY = ["started", "epoch", "checkpoint", "checkpoint", "done"]


@pytest.fixture(autouse=True)
def _engine(stand_in: Callable[[str], None]) -> Iterator[None]:
    yield
    for child in psutil.Process().children():  # a test that fails must not leave one behind
        if child.is_running() and "stand_in_worker" in " ".join(_words(child)):
            child.kill()


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def only_run() -> Path:
    (run,) = [path for path in places.runs().iterdir() if not path.name.startswith(".")]
    return run


def state_of(run: Path):
    reader = RunReader(run)
    reader.poll()
    return reader.state()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def begin(run: Path, mood: Callable[[str], None], epochs: int = 1000):
    """A slow worker on a run."""
    mood("slow")
    process = start_training(run)
    wait_for(lambda: state_of(run).step > 1)
    return process


def test_training_in_the_foreground(terminal):
    said = terminal("train", "template:lenet5", "--epochs", 2, "--seed", 5, "--threads", 1)
    run = only_run()
    assert said.status == 0
    assert said.err == ""
    assert said.out.splitlines()[1:4] == [
        "training on cpu, 1 threads",
        "epoch 1/2  train_loss 0.2  val_loss 0.3",
        "epoch 2/2  train_loss 0.1111  val_loss 0.2111",
    ]
    assert said.out.endswith(
        f"run: {run}\n"
        f"next: nnstudio plot {run.name} loss -o loss.png · nnstudio extend {run.name} --epochs N\n"
    )
    info = RunReader(run).info
    assert (info.epochs, info.seed, info.threads, info.project_name) == (2, 5, 1, "LeNet-5")
    assert sorted(path.name for path in run.iterdir()) == [
        "checkpoints",
        "columns",
        "events.jsonl",
        "heartbeat.json",
        "map.json",
        "model.py",
        "project.nns",
        "requests",
        "run.json",
        "train.py",
        "worker.log",
    ]


def test_training_as_json(terminal, tmp_path):
    said = terminal("train", "template:mlp", "--epochs", 1, "--runs", tmp_path / "here", "--json")
    events = [json.loads(line) for line in said.out.splitlines()]
    (run,) = (tmp_path / "here").iterdir()
    assert said.status == 0
    assert [event["event"] for event in events] == STORY
    assert events[-1] == {
        "event": "done",
        "run": str(run),
        "id": run.name,
        "metrics": {"train_loss": 0.2, "val_loss": pytest.approx(0.3), "test_loss": 0.5},
    }


def test_settings_reach_the_frozen_project(terminal):
    from graph_compiler.files import load_project

    said = terminal(
        *("train", "template:lenet5", "--epochs", 1),
        *(
            "--set",
            "hidden=32",
            "--set",
            "plan.learning_rate=0.01",
            "--set",
            "data.stratified=false",
        ),
    )
    assert said.status == 0
    project = load_project(only_run() / "project.nns")
    assert project.variables["hidden"].value == 32
    assert project.plan.stages[0].settings["learning_rate"] == 0.01
    assert project.data.stratified is False


def test_project_with_errors_makes_no_run(terminal):
    said = terminal("train", "template:lenet5", "--set", "main/fc2.in_features=99")
    assert said == (
        1,
        "",
        "error: fc2.input: expected 99 features, got 120. Set in_features to follow the input.\n",
    )
    assert not places.runs().exists()


def test_failed_run(terminal, stand_in):
    stand_in("fail")
    said = terminal("train", "template:mlp")
    run = only_run()
    assert said.status == 3
    assert said.err == (
        f"{run.name}: failed: fc1: the loss is NaN. Resume: nnstudio train --resume {run.name}\n"
    )
    assert said.out.endswith(f"What the worker printed: {run / 'worker.log'}\n")


def test_killed_worker_and_resume(terminal, stand_in):
    stand_in("crash")
    said = terminal("train", "template:mlp", "--epochs", 3)
    run = only_run()
    assert said.status == 3
    assert said.err == (
        f"{run.name}: lost: killed by signal 9. Resume: nnstudio train --resume {run.name}\n"
    )
    stand_in("")
    said = terminal("train", "--resume", run.name)
    assert (said.status, said.err) == (0, "")
    reader = RunReader(run)
    reader.poll()
    assert reader.series("train_loss")[0].tolist() == list(range(12))
    assert reader.series("val_loss")[0].tolist() == [4, 8, 12]
    assert reader.state().status == "done"


def test_run_that_is_done_is_not_resumed_but_extended(terminal):
    terminal("train", "template:mlp", "--epochs", 1)
    run = only_run()
    assert terminal("train", "--resume", run.name) == (
        2,
        "",
        f"{run.name}: expected a run that was cut short, got one that is done. "
        f"Train on: nnstudio extend {run.name} --epochs N\n",
    )
    assert terminal("extend", run.name, "--epochs", 1).err == (
        f"{run.name}: expected more epochs than the 1 it has, got 1. "
        "Say how many it shall have in all.\n"
    )
    said = terminal("extend", run.name, "--epochs", 3)
    assert (said.status, said.err) == (0, "")
    assert state_of(run).epoch == 3


def test_what_stands_beside_resume_is_refused(terminal, make_run):
    run = make_run()
    assert terminal("train", "--resume", run, "--epochs", 5).err == (
        "--epochs: expected nothing beside --resume, which keeps them all. "
        "Use extend for more epochs.\n"
    )
    assert terminal("train", "template:mlp", "--resume", run).err == (
        "FILE: expected nothing beside --resume, which keeps them all. Leave it away.\n"
    )


def test_detached_run_goes_on_by_itself(terminal, stand_in):
    stand_in("slow")
    said = terminal("train", "template:mlp", "--epochs", 3, "--detach")
    run = only_run()
    assert said == (
        0,
        f"{run.name}\nIt goes on by itself. Watch it: nnstudio watch {run.name}\n",
        "",
    )
    pid = json.loads((run / "heartbeat.json").read_text())["pid"]
    assert os.getsid(pid) == pid  # a session of its own: no hang-up reaches it
    said = terminal("watch", run.name)
    assert said.status == 0
    assert "epoch 3/3  train_loss 0.07692  val_loss 0.1769" in said.out


def test_pause_step_continue_stop(terminal, make_run, stand_in):
    run = make_run(epochs=1000)
    process = begin(run, stand_in)
    assert terminal("pause", run).out.startswith("run-1: paused, epoch ")
    before = state_of(run).step
    assert terminal("step", run).status == 0
    wait_for(lambda: state_of(run).step == before + 1)
    time.sleep(0.2)
    assert state_of(run).step == before + 1
    said = terminal("train", "--resume", run, "--detach")
    assert said.out == f"run-1 continues. Watch it: nnstudio watch {run}\n"
    wait_for(lambda: state_of(run).step > before + 1)
    assert terminal("train", "--resume", run).err == (
        "run-1: expected a run that rests, got one that is running. "
        f"Watch it: nnstudio watch {run}\n"
    )
    assert terminal("extend", run, "--epochs", 2000).status == 0
    assert state_of(run).epochs == 2000
    assert terminal("stop", run).out.startswith("run-1: stopped, epoch ")
    assert process.wait(20) == 0
    step = state_of(run).step
    for command in ("pause", "step", "stop"):
        assert terminal(command, run) == (
            2,
            "",
            "run-1: expected a run that goes on, got one that is stopped. "
            f"Resume it: nnstudio train --resume {run}\n",
        )
    reader = RunReader(run)
    reader.poll()
    assert reader.series("train_loss")[0].tolist() == list(range(step))


def test_refused_request_tells_why(terminal, make_run, stand_in):
    run = make_run(epochs=1000)
    stand_in("slow,refuse")
    process = start_training(run)
    wait_for(lambda: state_of(run).step > 1)
    assert terminal("step", run) == (2, "", "run-1: not now.\n")
    process.kill()
    process.wait()


def test_worker_killed_before_it_answers(terminal, make_run, stand_in):
    run = make_run(epochs=1000)
    process = begin(run, stand_in)
    process.send_signal(signal.SIGSTOP)
    threading.Timer(0.3, process.kill).start()
    assert terminal("pause", run) == (3, "", "run-1: it ended before it answered (lost).\n")


def test_watching_a_run_that_is_over(terminal, make_run, stand_in):
    run = make_run(epochs=2)
    start_training(run).wait(20)
    said = terminal("watch", run)
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[-1] == "epoch 2/2  train_loss 0.1111  val_loss 0.2111"
    events = [json.loads(line) for line in terminal("watch", run, "--json").out.splitlines()]
    assert events[-1]["event"] == "done"
    assert events[-1]["run"] == str(run)


def test_watching_a_lost_run(terminal, make_run, stand_in):
    run = make_run()
    stand_in("crash")
    start_training(run).wait(20)
    said = terminal("watch", run)
    assert said.status == 3
    assert said.err.startswith("run-1: lost: killed by signal 9. Resume: nnstudio train --resume ")


def test_stopped_run_of_another_terminal(terminal, make_run, stand_in):
    run = make_run(epochs=1000)
    process = begin(run, stand_in)
    terminal("stop", run)
    process.wait(20)
    said = terminal("watch", run)
    assert said.status == 0
    assert "run-1: stopped at step " in said.err


def test_runs_are_listed_newest_first(terminal):
    assert terminal("runs").out == (
        f"No runs in {places.runs()}. Make one: nnstudio train template:lenet5\n"
    )
    terminal("train", "template:mlp", "--epochs", 1)
    terminal("train", "template:lenet5", "--epochs", 2)
    listed = json.loads(terminal("runs", "--json").out)
    assert listed["folder"] == str(places.runs())
    assert [run["name"] for run in listed["runs"]] == ["LeNet-5", "Multilayer perceptron"]
    assert [run["status"] for run in listed["runs"]] == ["done", "done"]
    assert listed["runs"][0]["epoch"] == 2
    said = terminal("runs")
    assert said.out.splitlines()[0].split() == [
        "RUN",
        "STATUS",
        "EPOCH",
        "VALIDATION",
        "DEVICE",
        "MADE",
    ]
    assert said.out.splitlines()[1].startswith("lenet-5-")
    assert "done    2/2    loss 0.2111  cpu     just now" in said.out.splitlines()[1]


def test_run_is_found_by_the_beginning_of_its_id(terminal):
    terminal("train", "template:mlp", "--epochs", 1)
    terminal("train", "template:lenet5", "--epochs", 1)
    assert terminal("watch", "lenet").status == 0
    terminal("train", "template:lenet5", "--epochs", 1)
    said = terminal("watch", "lenet")
    assert said.status == 2
    assert said.err.startswith("lenet: expected one run, got 2, such as lenet-5-")
    assert said.err.endswith(". Write more of its id.\n")
