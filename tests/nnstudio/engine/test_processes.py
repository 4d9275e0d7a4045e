"""Several processes that learn as one: same parameters, one process's losses, one fate."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from torch import nn

from graph_compiler.files import ProjectError
from graph_compiler.model import Node, Project, Stage
from nnstudio.document.templates import load_target
from nnstudio.engine.parts import processes
from nnstudio.runs import requests
from nnstudio.runs.create import with_plan

HANGING = 150
"""Seconds after which a process that still works tells where it stands."""
SAID = "said.txt"
AGENT = f"""
import faulthandler
faulthandler.dump_traceback_later({HANGING})
from torch.distributed.run import main
main()
"""
TOGETHER = f"""
import faulthandler
faulthandler.dump_traceback_later({HANGING}, exit=True)
import os, sys
sys.modules["nnstudio"] = sys.modules["graph_compiler"] = None
import torch
import train

made = train.build(train.arguments())
train.run(made)
train.leave()
weights = {{name: network.state_dict() for name, network in made.networks.items()}}
torch.save(weights, "left-by-" + os.environ["RANK"] + ".pt")
"""


def without_dropout(project: Project) -> Project:
    """The project with no dropout, so that one process and several do the same."""

    def kept(node: Node) -> Node:
        return replace(node, type="Identity", params={}) if node.type == "Dropout" else node

    networks = {
        name: replace(one, nodes={key: kept(node) for key, node in one.nodes.items()})
        for name, one in project.networks.items()
    }
    return replace(project, networks=networks)


class Ranks:
    """Stands in for `torch.distributed`: one of several ranks, with no one to talk to."""

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.count = rank, count

    def is_initialized(self) -> bool:
        """There is a group."""
        return True

    def get_rank(self) -> int:
        """The number of this one."""
        return self.rank

    def get_world_size(self) -> int:
        """How many there are."""
        return self.count

    def all_reduce(self, message: torch.Tensor) -> None:
        """What the others would add is none here."""


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("rows", [1, 2, 7, 12])
def test_parts_of_a_batch_add_up_to_its_mean(
    rows: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = torch.Generator().manual_seed(rows)
    inputs = torch.randn(rows, 4, generator=generator)
    counted = torch.randint(0, 5, (rows,), generator=generator)
    counted[0] = 2
    for weights in (None, counted):
        share = (torch.ones(rows) if weights is None else counted).double()
        network = nn.Linear(4, 1).double()
        each = network(inputs.double()).square()[:, 0]
        whole = (each * share).sum() / share.sum()
        whole.backward()
        expected = network.weight.grad.clone()
        losses, gradients = torch.zeros(()), torch.zeros(1, 4)
        for rank in range(count):
            monkeypatch.setattr(processes, "dist", Ranks(rank, count))
            network.zero_grad()
            each = network(processes.own(inputs).double()).square()[:, 0]
            mine = processes.own(share)
            mean = (each * mine).sum() / mine.sum().clamp_min(1e-9)
            part = (
                processes.as_part(mean, torch.arange(rows))
                if weights is None
                else processes.as_weighted_part(mean, weights)
            )
            part.backward()
            losses = losses + processes.add_up(network, part)
            gradients = gradients + network.weight.grad
        torch.testing.assert_close(losses, whole.detach())
        torch.testing.assert_close(gradients, expected)


def test_what_cannot_be_shared_is_refused(project: Callable[..., Project], runs: Any) -> None:
    alone = replace(project(), plan=replace(project().plan, stages=(Stage("a", "perceptron"),)))
    with pytest.raises(ProjectError) as refused:
        runs.create(alone, processes=2)
    assert str(refused.value) == (
        "processes: expected 1, since the perceptron rule learns from one sample after the other, "
        "got 2. Choose 1."
    )


@pytest.mark.slow
def test_two_processes_give_the_losses_of_one(project: Callable[..., Project], runs: Any) -> None:
    # 73 rows in batches of 24: the last batch is one row, which both processes do.
    plan = without_dropout(project(batch_size=24, epochs=4, seed=3, options={"samples": 122}))
    alone = runs.train(plan)
    together = runs.work(runs.create(plan, processes=2))
    assert together.state().status == "done"
    assert len(alone.series("train_loss")[1]) == 16
    for name in alone.names():
        ours, theirs = alone.series(name)[1], together.series(name)[1]
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6, err_msg=name)


@pytest.mark.slow
def test_pause_step_continue_stop_and_resume_reach_all_processes(
    project: Callable[..., Project], runs: Any
) -> None:
    others = set(psutil.Process().children(recursive=True))
    plan = project(batch_size=5, epochs=12, seed=5)  # with dropout, which differs by process
    undisturbed = runs.work(runs.create(plan, processes=2))
    run = runs.create(plan, processes=2)
    requests.send(run, "speed", steps_per_second=300.0)
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().step >= 13)
    requests.send(run, "pause")
    at = runs.wait_for(run, lambda r: r.state().status == "paused").state().step
    for _ in range(3):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == at + 3)
    time.sleep(1.5)  # longer than a beat
    requests.send(run, "continue")
    runs.wait_for(run, lambda r: r.state().step >= at + 10)
    requests.send(run, "stop")
    worker.join(60)
    assert runs.read(run).state().status == "stopped"
    assert set(psutil.Process().children(recursive=True)) <= others
    resumed = runs.work(run, resume=True)
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("template", "settings"),
    [("char-rnn", {"memory": "carried", "epochs": 1}), ("rbm", {"persistent": True, "epochs": 1})],
)
def test_what_each_process_alone_knows_is_kept_for_a_resume(
    template: str, settings: dict[str, Any], runs: Any
) -> None:
    plan = load_target(f"template:{template}")
    stage = replace(plan.plan.stages[0], settings={**plan.plan.stages[0].settings, **settings})
    plan = replace(plan, plan=replace(plan.plan, stages=(stage,)))
    undisturbed = runs.work(runs.create(plan, processes=2))
    run = runs.create(plan, processes=2)
    requests.send(run, "speed", steps_per_second=10.0)
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().step >= 3)
    requests.send(run, "stop")
    worker.join(60)
    assert 3 <= runs.read(run).state().step < 15
    resumed = runs.work(run, resume=True)
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name


@pytest.mark.slow
def test_a_killed_process_ends_the_run_and_leaves_no_other(
    project: Callable[..., Project], runs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    run = runs.create(project(batch_size=4, epochs=100000), processes=2)
    requests.send(run, "speed", steps_per_second=200.0)
    worker = runs.start(run)
    runs.wait_for(run, lambda r: r.state().step >= 30 and r.state().checkpoint)
    (other,) = psutil.Process(worker.pid).children()
    other.kill()
    failed = runs.wait_for(run, lambda r: r.state().status == "failed").state()
    assert failed.reason == (
        "process 2 of 2: expected it to work until the end, got it killed by SIGKILL. "
        "Resume the run from its last checkpoint."
    )
    assert worker.wait(20) == 3
    worker = runs.start(run, resume=True, after=requests.latest(run))
    runs.wait_for(run, lambda r: r.state().step >= failed.step + 10)
    (other,) = psutil.Process(worker.pid).children()
    worker.kill()
    worker.wait()
    other.wait(20)
    assert not list(tmp_path.glob("nnstudio-*")), "where they met is cleared away"
    assert runs.wait_for(run, lambda r: r.state().status == "lost")


@pytest.mark.slow
def test_sigterm_ends_all_with_a_checkpoint(project: Callable[..., Project], runs: Any) -> None:
    run = runs.create(project(batch_size=4, epochs=100000), processes=2)
    worker = runs.start(run)
    runs.wait_for(run, lambda r: r.state().step >= 30)
    (other,) = psutil.Process(worker.pid).children()
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(30) == 0
    assert not other.is_running()
    stopped = runs.read(run).state()
    assert (stopped.status, stopped.reason) == ("stopped", "ended by SIGTERM")
    assert stopped.checkpoint == f"checkpoints/step-{stopped.step:09d}.safetensors"


def torchrun(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """`torchrun` in a folder with an exported script, where the product cannot be imported."""
    (folder / "together.py").write_text(TOGETHER, encoding="utf-8")
    with open(folder / SAID, "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-c", AGENT, *options, "together.py", "--threads", "1"],
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={"PATH": "", "HOME": str(folder), "OMP_NUM_THREADS": "1", "LOGLEVEL": "INFO"},
        )


def said_by(machines: Mapping[Path, subprocess.Popen[bytes]]) -> list[str]:
    """What each machine has said, once all have done their work; tells where one hangs."""
    latest = time.monotonic() + 2 * HANGING
    while any(process.poll() is None for process in machines.values()):
        failed = any(process.poll() for process in machines.values())
        if failed or time.monotonic() > latest:
            break
        time.sleep(0.05)
    for process in machines.values():
        if process.poll() is None:
            for other in [*psutil.Process(process.pid).children(recursive=True), process]:
                other.kill()
            process.wait()
    said = [(folder / SAID).read_text(encoding="utf-8") for folder in machines]
    ends = [process.returncode for process in machines.values()]
    assert ends == [0] * len(ends), "\n\n".join(said)
    return said


def exported(run: Path, folder: Path) -> Path:
    """A folder with the files that an export has."""
    folder.mkdir()
    for name in ("model.py", "train.py"):
        shutil.copy(run / name, folder)
    if (run / "corpora").is_dir():
        shutil.copytree(run / "corpora", folder / "corpora")
    return folder


def losses_in(folder: Path) -> list[float]:
    """What the first process wrote."""
    with open(folder / "losses.csv", newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def assert_same_weights(folder: Path, ranks: int) -> None:
    """Every process was left with the first one's weights, to the last bit."""
    first, *others = (torch.load(folder / f"left-by-{rank}.pt") for rank in range(ranks))
    for other in others:
        for name, weights in first.items():
            assert all(torch.equal(one, other[name][path]) for path, one in weights.items())


def planned(kind: str, project: Callable[..., Project]) -> Project:
    """A short training of some kind."""
    settings: dict[str, Any] = {"batch_size": 7, "epochs": 3, "seed": 1}
    if kind == "dropped":
        return project(**settings)
    if kind == "accumulated":
        settings |= {"accumulation": 3, "clip_norm": 0.5, "ema_decay": 0.9, "l2": 0.01}
        settings |= {"class_weights": "balanced", "schedule": "plateau", "patience": 2}
    plan = project(**settings)
    if kind == "stages":
        stages = tuple(Stage(name, "supervised", "main", settings) for name in ("head", "all"))
        first = replace(stages[0], frozen=("fc1",))
        plan = replace(plan, plan=replace(plan.plan, stages=(first, stages[1])))
    if kind in ("gan", "char-rnn"):
        plan = with_plan(load_target(f"template:{kind}"), epochs=1, seed=1)
    return without_dropout(plan)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dropped", "stages", "accumulated", "gan", "char-rnn"])
def test_the_exported_script_under_torchrun(
    kind: str, project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    run = runs.create(planned(kind, project))
    alone = runs.script_losses(run, tmp_path / "alone")
    folder = exported(run, tmp_path / "together")
    (said,) = said_by({folder: torchrun(folder, "--standalone", "--nproc-per-node", "2")})
    assert_same_weights(folder, 2)
    if kind != "dropped":
        np.testing.assert_allclose(losses_in(folder), alone, rtol=2e-5)
    assert said.count("epoch 1/") == 1, "one process tells"


@pytest.mark.slow
def test_two_machines_that_meet_at_an_address(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    plan = without_dropout(project(batch_size=7, epochs=3, seed=1))
    run = runs.create(plan)
    alone = runs.script_losses(run, tmp_path / "alone")
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = str(place.getsockname()[1])
    meeting = ("--nnodes", "2", "--nproc-per-node", "1", "--master-addr", "127.0.0.1")
    folders = [exported(run, tmp_path / f"machine{number}") for number in range(2)]
    said_by(
        {
            folder: torchrun(folder, *meeting, "--master-port", port, "--node-rank", str(number))
            for number, folder in enumerate(folders)
        }
    )
    np.testing.assert_allclose(losses_in(folders[0]), alone, rtol=2e-5)
    assert not (folders[1] / "losses.csv").exists(), "the first process of all writes"
    shutil.copy(folders[1] / "left-by-1.pt", folders[0])
    assert_same_weights(folders[0], 2)
