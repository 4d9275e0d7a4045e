"""Runs over texts, sentences and trees: stopped and resumed, exported, all the same losses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph_compiler.model import Project
from nnstudio.document.templates import assign, load_target
from nnstudio.runs import requests

SMALL = {
    "char-rnn": {"units": 8, "layers": 1},
    "gpt2": {"layers": 1, "d_model": 8, "heads": 2},
    "bert": {"layers": 1, "d_model": 8, "heads": 2, "hidden": 8, "dropout": 0.1},
    "transformer": {"layers": 1, "d_model": 8, "heads": 2, "hidden": 8, "data.samples": 300},
    "recursive-neural-tensor": {"features": 3},
    "capsnet": {"width": 4, "maps": 1, "hidden": 4},
}


def small(identity: str, epochs: int = 2) -> Project:
    """The template's demo with few weights."""
    project = load_target(f"template:{identity}")
    for name, value in {**SMALL[identity], "plan.epochs": epochs}.items():
        project = assign(project, name, value)
    return project


@pytest.mark.parametrize("identity", SMALL)
def test_the_exported_script_has_the_losses_of_the_run(
    identity: str, runs: Any, tmp_path: Path
) -> None:
    done = runs.train(small(identity))
    assert done.state().status == "done", done.state()
    losses = [float(value) for value in done.series("train_loss")[1]]
    assert len(losses) > 1
    assert runs.script_losses(done.path, tmp_path / "alone") == losses
    assert (tmp_path / "alone" / "weights.pt").is_file()


@pytest.mark.parametrize("identity", SMALL)
def test_stopped_and_resumed_the_losses_are_the_same(identity: str, runs: Any) -> None:
    project = small(identity)
    undisturbed = runs.train(project)
    run = runs.create(project)
    requests.send(run, "pause")
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().status == "paused")
    for _ in range(3):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == 3)
    requests.send(run, "stop")
    worker.join(60)
    assert runs.read(run).state().status == "stopped"
    resumed = runs.work(run, resume=True)
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name


@pytest.mark.slow
@pytest.mark.parametrize("identity", SMALL)
def test_killed_and_gone_on_it_is_the_undisturbed_run(identity: str, runs: Any) -> None:
    """For `char-rnn` with what its recurrent layers carry from window to window."""
    project = small(identity)
    undisturbed = runs.train(project)
    steps = len(undisturbed.series("train_loss")[0])
    run = runs.create(project)
    requests.send(run, "speed", steps_per_second=15.0)
    worker = runs.start(run)
    late = min(steps // 2, 12)
    runs.wait_for(run, lambda r: bool(r.state().checkpoint) and r.state().step >= late)
    worker.kill()
    worker.wait()
    lost = runs.wait_for(run, lambda r: r.state().status == "lost")
    assert lost.state().step < steps
    resumed = runs.work(run, resume=True, after=requests.latest(run))
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)


def test_the_tokenizer_is_saved_with_the_run_and_beside_the_script(
    runs: Any, tmp_path: Path
) -> None:
    done = runs.train(small("gpt2", epochs=1))
    runs.script_losses(done.path, tmp_path / "alone")
    saved = (tmp_path / "alone" / "tokenizer.json").read_text(encoding="utf-8")
    assert '"tokenizer": "character"' in saved
    (kept, *_) = (done.path / "checkpoints").glob("step-*.safetensors")
    assert b"tokenizer" in kept.read_bytes()
