"""Bit-equal losses: script and worker, pause, stop and resume, kill and resume."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from graph_compiler.model import Project
from nnstudio.engine import training
from nnstudio.engine.parts import program
from nnstudio.runs import requests
from nnstudio.runs.create import default_threads


def test_worker_and_exported_script_have_the_same_losses(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    done = runs.train(project(batch_size=16, epochs=6, seed=3))
    steps, losses = done.series("train_loss")
    assert done.state().status == "done"
    assert steps.tolist() == list(range(6 * 5))
    assert runs.script_losses(done.path, tmp_path / "alone") == [float(x) for x in losses]
    state = load_file(done.path / "checkpoints" / "best.safetensors")
    assert "networks/main/fc1.weight" in state


def test_flags_of_the_script_change_epochs_and_seed(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    short = runs.train(project(batch_size=32, epochs=2, seed=1))
    other = runs.train(project(batch_size=32, epochs=3, seed=2))
    flags = ("--epochs", "3", "--seed", "2", "--threads", "1", "--device", "cpu")
    losses = runs.script_losses(short.path, tmp_path / "alone", *flags)
    assert losses == [float(x) for x in other.series("train_loss")[1]]


def test_pause_step_continue_and_stop_with_resume_leave_the_losses_alone(
    project: Callable[..., Project], runs: Any
) -> None:
    plan = project(batch_size=4, epochs=8, seed=5, patience=50)
    undisturbed = runs.train(plan)
    run = runs.create(plan)
    requests.send(run, "speed", steps_per_second=300.0)
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().step >= 13)
    requests.send(run, "pause")
    paused = runs.wait_for(run, lambda r: r.state().status == "paused")
    at = paused.state().step
    for _ in range(3):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == at + 3)
    requests.send(run, "continue")
    runs.wait_for(run, lambda r: r.state().step >= at + 10)
    requests.send(run, "stop")
    worker.join(60)
    stopped = runs.read(run)
    assert stopped.state().status == "stopped"
    assert stopped.state().step < 144
    resumed = runs.work(run, resume=True)
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)
    assert told(run, "epoch") == told(undisturbed.path, "epoch")


def test_a_run_resumed_at_its_end_tells_what_it_had_told(
    project: Callable[..., Project], runs: Any
) -> None:
    done = runs.train(project(batch_size=16, epochs=2))
    runs.work(done.path, resume=True)
    first, second = told(done.path, "done")
    assert first == second
    assert "val_loss" in first


def told(run: Path, what: str) -> list[dict[str, float]]:
    """The metrics of each event of a kind."""
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    return [event["metrics"] for event in events if event["event"] == what]


def test_the_first_epoch_is_kept_as_soon_as_it_ends(
    project: Callable[..., Project], runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where no look at the clock falls on the end of an epoch."""
    monkeypatch.setattr(training, "TICK", 1000.0)
    done = runs.train(project(batch_size=4, epochs=3))
    events = [json.loads(line) for line in (done.path / "events.jsonl").read_text().splitlines()]
    assert next(event["step"] for event in events if event["event"] == "checkpoint") == 18


@pytest.mark.slow
def test_killed_in_the_middle_of_an_epoch_twice_and_resumed(
    project: Callable[..., Project], runs: Any
) -> None:
    plan = project(batch_size=4, epochs=7, seed=7)
    undisturbed = runs.train(plan)
    run = runs.create(plan)
    requests.send(run, "speed", steps_per_second=40.0)
    worker = runs.start(run)
    checkpoint = ""
    for floor in (24, 40):

        def late_enough(reader: Any, floor: int = floor, before: str = checkpoint) -> bool:
            state = reader.state()
            return state.checkpoint != before and state.step >= floor and state.step % 18 > 4

        runs.wait_for(run, late_enough)
        worker.kill()
        worker.wait()
        lost = runs.wait_for(run, lambda r: r.state().status == "lost")
        assert lost.state().reason == "killed by signal 9"
        assert lost.state().step % 18 != 0, "killed in the middle of an epoch"
        checkpoint = lost.state().checkpoint
        after = requests.latest(run)
        if floor == 24:
            requests.send(run, "speed", steps_per_second=30.0)
        worker = runs.start(run, resume=True, after=after)
    assert worker.wait(60) == 0
    resumed = runs.read(run)
    assert resumed.state().status == "done"
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    begun = [event["first_step"] for event in events if event["event"] == "started"]
    assert begun[0] == 0
    assert 0 < begun[1] < begun[2], "each went on from a checkpoint"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)


def test_extending_a_finished_run_equals_the_longer_run(
    project: Callable[..., Project], runs: Any
) -> None:
    longer = runs.train(project(batch_size=16, epochs=5))
    done = runs.train(project(batch_size=16, epochs=2))
    after = requests.latest(done.path)
    requests.send(done.path, "epochs", epochs=5)
    extended = runs.work(done.path, resume=True, after=after)
    assert extended.state().epochs == 5
    assert np.array_equal(longer.series("train_loss")[1], extended.series("train_loss")[1])
    runs.assert_same_ends(longer.path, done.path)


def test_a_truncated_checkpoint_is_passed_over(project: Callable[..., Project], runs: Any) -> None:
    done = runs.train(project(batch_size=16, epochs=2))
    whole = sorted((done.path / "checkpoints").glob("step-*"))[-1]
    torn = done.path / "checkpoints" / "step-000000999.safetensors"
    torn.write_bytes(whole.read_bytes()[:-100])
    again = runs.work(done.path, resume=True)
    assert again.state().status == "done"
    assert again.state().step == done.state().step


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "rmsprop"])
def test_every_optimizer_resumes_exactly(
    project: Callable[..., Project], runs: Any, optimizer: str
) -> None:
    plan = project(batch_size=16, epochs=4, optimizer=optimizer, weight_decay=0.01)
    undisturbed = runs.train(plan)
    half = runs.train(project(batch_size=16, epochs=2, optimizer=optimizer, weight_decay=0.01))
    after = requests.latest(half.path)
    requests.send(half.path, "epochs", epochs=4)
    whole = runs.work(half.path, resume=True, after=after)
    assert np.array_equal(undisturbed.series("train_loss")[1], whole.series("train_loss")[1])


def test_the_script_takes_as_many_threads_as_a_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a container or `taskset` gives fewer cores than there are."""
    for cores in (1, 2, 7):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid, n=cores: set(range(n)))
        assert program.spare_cores() == default_threads() == max(1, cores - 1)
    monkeypatch.delattr(os, "sched_getaffinity")
    for count in (None, 1, 8):
        monkeypatch.setattr(os, "cpu_count", lambda n=count: n)
        assert program.spare_cores() == default_threads()
