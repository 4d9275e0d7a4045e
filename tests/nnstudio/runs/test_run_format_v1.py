"""A run directory of format 1, made by the program that introduced it: it opens for ever."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from graph_compiler.files import load_project
from nnstudio.runs.listing import find, list_runs
from nnstudio.runs.reader import RunReader
from nnstudio.runs.trust import TrustNeeded, trust_run
from nnstudio.runs.worker import start_training

MEAN_LOSS = 0.298000979796052
"""Of the 40 steps, as read when the run was made."""
KEPT = Path(__file__).parents[2] / "formats" / "v1" / "run"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KEPT, tmp_path / "run"))


def test_it_is_listed_and_found(run):
    (summary,) = list_runs(run.parent)
    assert summary.info.id == "multilayer-perceptron-20261121-0317-c06f"
    assert summary.info.project_name == "Multilayer perceptron"
    assert (summary.info.threads, summary.info.seed, summary.info.epochs) == (1, 1, 3)
    assert summary.problem == ""
    assert find("run", run.parent) == run


def test_its_story_is_told(run):
    reader = RunReader(run)
    assert [event["event"] for event in reader.poll()] == [
        *("started", "epoch", "epoch", "epoch", "checkpoint", "done"),
        *("started", "epochs", "answered", "epoch", "checkpoint", "done"),
    ]
    state = reader.state()
    assert (state.status, state.epoch, state.epochs, state.step) == ("done", 4, 4, 40)
    assert (state.device, state.live) == ("cpu", False)
    assert state.metrics["test_accuracy"] == pytest.approx(0.936)
    assert reader.problem == ""


def test_its_numbers_are_read_over_both_segments(run):
    reader = RunReader(run)
    assert reader.names() == (
        *("fit_accuracy", "fit_loss", "test_accuracy", "test_loss"),
        *("train_loss", "val_accuracy", "val_loss"),
    )
    steps, losses = reader.series("train_loss")
    assert steps.tolist() == list(range(40))
    assert np.isclose(float(losses.mean()), MEAN_LOSS, rtol=1e-6)
    steps, values = reader.series("val_loss")
    assert steps.tolist() == [10, 20, 30, 40]
    assert values.tolist() == [
        0.21344248950481415,
        0.10134785622358322,
        0.07356377691030502,
        0.07334893941879272,
    ]


def test_its_project_opens(run):
    assert load_project(run / "project.nns").plan.stages[0].settings["epochs"] == 3


@pytest.mark.slow
def test_it_is_trained_on(run):
    from nnstudio.runs import requests

    # its texts are those of the studio that made it: they run once they are trusted
    with pytest.raises(TrustNeeded):
        start_training(run, resume=True)
    trust_run(run)
    number = requests.send(run, "epochs", epochs=6)
    process = start_training(run, resume=True, after=number - 1)
    assert process.wait(120) == 0
    reader = RunReader(run)
    reader.poll()
    assert reader.state().status == "done"
    assert reader.series("train_loss")[0].tolist() == list(range(60))
