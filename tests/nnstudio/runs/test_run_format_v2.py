"""A run of a project of version 2, with a block in turns, a shared layer and a tied weight.

Made by the program that introduced them: it opens for ever.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from graph_compiler.checker import check_project
from graph_compiler.files import load_project
from graph_compiler.report import paths
from nnstudio.runs.listing import list_runs
from nnstudio.runs.reader import RunReader
from nnstudio.runs.trust import TrustNeeded, trust_run
from nnstudio.runs.worker import start_training

MEAN_LOSS = 2.1181072115898134
"""Of the 30 steps, as read when the run was made."""
KEPT = Path(__file__).parents[2] / "formats" / "v2" / "run"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KEPT, tmp_path / "run"))


def test_it_is_listed_and_its_story_is_told(run):
    (summary,) = list_runs(run.parent)
    assert summary.info.id == "structured-20261121-1043-1efe"
    assert (summary.info.project_name, summary.info.epochs) == ("Structured", 2)
    assert summary.problem == ""
    reader = RunReader(run)
    assert [event["event"] for event in reader.poll()] == [
        *("started", "epoch", "epoch", "checkpoint", "done"),
        *("started", "epochs", "answered", "epoch", "checkpoint", "done"),
    ]
    state = reader.state()
    assert (state.status, state.epoch, state.epochs, state.step) == ("done", 3, 3, 30)
    steps, losses = reader.series("train_loss")
    assert steps.tolist() == list(range(30))
    assert np.isclose(float(losses.mean()), MEAN_LOSS, rtol=1e-6)


def test_its_project_opens_and_its_map_names_the_nodes(run):
    project = load_project(run / "project.nns")
    nodes = dict(paths(check_project(project)["main"].nodes))
    known = json.loads((run / "map.json").read_text())
    assert known["modules"].keys() <= nodes.keys()
    assert known["modules"]["deep[1]/fc"] == "deep.1.0"
    assert list(known["modules"]).index("again") < list(known["modules"]).index("once_more")
    assert set(known["parts"]) == {"main", "Part"}


def test_its_weights_are_read_by_node_path(run):
    from nnstudio.engine import checkpoints
    from nnstudio.engine.nodes import NodeMap

    found, fault = checkpoints.newest(run / "checkpoints", NodeMap.of_run(run))
    assert (fault, found is not None and found.step) == ("", 30)
    weights = checkpoints.weights(run / "checkpoints" / "best.safetensors")
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == {
        "enter.weight": (8, 64),
        "enter.bias": (8,),
        "deep[0]/fc.weight": (8, 8),
        "deep[0]/fc.bias": (8,),
        "deep[1]/fc.weight": (8, 8),
        "deep[1]/fc.bias": (8,),
        "again.weight": (8, 8),
        "again.bias": (8,),
        "tied.weight": (8, 8),
        "tied.bias": (8,),
        "fc.weight": (10, 8),
        "fc.bias": (10,),
    }
    assert weights["tied.weight"] is weights["again.weight"]


@pytest.mark.slow
def test_it_is_trained_on(run):
    from nnstudio.runs import requests

    # its texts are those of the studio that made it: they run once they are trusted
    with pytest.raises(TrustNeeded):
        start_training(run, resume=True)
    trust_run(run)
    number = requests.send(run, "epochs", epochs=5)
    process = start_training(run, resume=True, after=number - 1)
    assert process.wait(120) == 0
    reader = RunReader(run)
    reader.poll()
    assert reader.state().status == "done"
    assert reader.series("train_loss")[0].tolist() == list(range(50))
