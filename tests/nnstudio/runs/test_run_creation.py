"""Making a run: frozen project, its Python, the map, and nothing half-made."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from graph_compiler.files import load_project, project_text
from graph_compiler.model import DataSource, Plan
from nnstudio import places
from nnstudio.document.templates import assign, load_target
from nnstudio.runs import create
from nnstudio.runs.create import RunRefused, create_run
from nnstudio.runs.reader import RunReader
from nnstudio.runs.readiness import other_faults


def test_run_holds_what_will_run(tmp_path):
    project = load_target("template:lenet5")
    before = project_text(project)
    run = create_run(project, tmp_path, device="cpu", threads=1, epochs=3, seed=7)
    assert project_text(project) == before
    frozen = load_project(run / "project.nns")
    assert frozen == assign(assign(project, "plan.epochs", 3), "plan.seed", 7)
    model = (run / "model.py").read_text(encoding="utf-8")
    assert "class LeNet5(nn.Module):" in model
    ast.parse((run / "train.py").read_text(encoding="utf-8"))
    told = json.loads((run / "map.json").read_text())
    assert told["modules"]["conv1"] == "features.0"
    assert told["model_sha256"] == hashlib.sha256(model.encode()).hexdigest()
    line = told["spans"]["conv1"][0]["line"]
    assert "nn.Conv2d(1, 6, 3, padding=1)" in model.splitlines()[line - 1]
    reader = RunReader(run)
    info = reader.info
    assert (info.id, info.project_name, info.network) == (run.name, "LeNet-5", "main")
    assert (info.device, info.threads, info.epochs, info.seed) == ("cpu", 1, 3, 7)
    assert (reader.state().status, reader.state().epochs) == ("new", 3)


def test_runs_lie_in_the_users_folder_by_default():
    run = create_run(load_target("template:mlp"))
    assert run.parent == places.runs()
    assert RunReader(run).info.threads == create.default_threads()


def test_runs_made_at_once_have_different_names(tmp_path):
    project = load_target("template:mlp")
    runs = {create_run(project, tmp_path).name for _ in range(5)}
    assert len(runs) == 5
    assert all(name.startswith("multilayer-perceptron-") for name in runs)


@pytest.mark.parametrize("name", ["../../etc/passwd", "Ümläut ✓", "", "a/b\\c:d", "x" * 200])
def test_any_name_gives_a_harmless_folder(tmp_path, name):
    project = replace(load_target("template:mlp"), name=name)
    run = create_run(project, tmp_path / "runs")
    assert run.parent == tmp_path / "runs"
    assert run.name.isascii()
    assert set(run.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert RunReader(run).info.project_name == name[: len(RunReader(run).info.project_name)]


def test_project_with_errors_is_refused_with_all_of_them(tmp_path):
    project = assign(load_target("template:lenet5"), "main/fc2.in_features", 99)
    stage = replace(project.plan.stages[0], settings={"epochs": -3})
    project = replace(project, plan=Plan((stage,)))
    with pytest.raises(RunRefused) as error:
        create_run(project, tmp_path / "runs")
    assert str(error.value) == "LeNet-5: expected no errors, got 2. Mend them first."
    assert [problem.place for problem in error.value.problems] == ["fc2.input", "plan.epochs"]
    assert not (tmp_path / "runs").exists()


def test_plan_without_stages_is_refused(tmp_path):
    project = replace(load_target("template:mlp"), plan=Plan(()))
    with pytest.raises(RunRefused) as error:
        create_run(project, tmp_path)
    assert error.value.problems[-1].text == (
        "plan.stages: expected at least one stage, got none. Add a stage."
    )


def test_project_without_data_checks_but_does_not_run(tmp_path):
    project = replace(load_target("template:mlp"), data=DataSource("none"))
    assert other_faults(project) == ()
    with pytest.raises(RunRefused) as error:
        create_run(project, tmp_path)
    assert error.value.problems[-1].text == (
        "data.source: expected data to learn from, got none. Choose the data."
    )


def test_plan_for_a_missing_network_is_refused(tmp_path):
    project = load_target("template:mlp")
    project = replace(project, plan=Plan((replace(project.plan.stages[0], network="side"),)))
    with pytest.raises(RunRefused) as error:
        create_run(project, tmp_path)
    assert error.value.problems[0].text == (
        'plan.network: expected one of the networks (main), got "side". Choose one.'
    )


def test_disk_that_fills_up_leaves_nothing_half_made(tmp_path, monkeypatch):
    def full(folder: Path, info: object) -> None:
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(create, "write_info", full)
    with pytest.raises(OSError, match="No space left"):
        create_run(load_target("template:mlp"), tmp_path)
    assert list(tmp_path.iterdir()) == []
