"""A run's networks read back with their weights: which ones, and what is said where it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from graph_compiler.files import load_project, project_text
from graph_compiler.model import Project, Stage
from nnstudio.document.templates import load_target
from nnstudio.engine.trained import load_trained
from nnstudio.runs.layout import RunError
from nnstudio.runs.trust import TrustNeeded


def test_last_weights_are_those_of_the_newest_checkpoint(
    runs: Any, project: Callable[..., Project]
) -> None:
    reader = runs.train(project(epochs=3))
    run = reader.path
    trained = load_trained(run, "last")
    kept = runs.last_checkpoint(run)
    own = trained.network.state_dict()
    assert len(own) == 4
    for tensor in own.values():
        assert any(
            torch.equal(tensor, one) for name, one in kept.items() if name.startswith("networks/")
        )
    assert trained.step == reader.state().step
    assert not trained.network.training
    assert next(trained.network.parameters()).device.type == "cpu"
    assert trained.note == ""


def test_best_weights_are_those_of_the_lowest_validation_loss(
    runs: Any, project: Callable[..., Project]
) -> None:
    reader = runs.train(project(epochs=6, learning_rate=0.3))
    lines = (reader.path / "events.jsonl").read_text().splitlines()
    epochs = [one for one in map(json.loads, lines) if one["event"] == "epoch"]
    best = min(epochs, key=lambda one: float(one["metrics"]["val_loss"]))
    trained = load_trained(reader.path)
    assert trained.step == best["step"]


def test_a_kept_checkpoint_is_named_by_its_step(runs: Any, project: Callable[..., Project]) -> None:
    run = runs.train(project(epochs=2)).path
    (newest,) = sorted((run / "checkpoints").glob("step-*"))[-1:]
    step = int(newest.stem.removeprefix("step-"))
    by_step = load_trained(run, str(step)).network.state_dict()
    by_name = load_trained(run, newest.stem).network.state_dict()
    by_path = load_trained(run, str(newest)).network.state_dict()
    for name, tensor in by_step.items():
        assert torch.equal(tensor, by_name[name])
        assert torch.equal(tensor, by_path[name])


def test_a_state_dict_of_the_script_is_taken_as_well(
    runs: Any, project: Callable[..., Project], tmp_path: Path
) -> None:
    run = runs.train(project(epochs=1)).path
    network = load_trained(run, "last").network
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    again = load_trained(run, str(tmp_path / "weights.pt"))
    assert again.step == -1
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name])


def test_the_running_average_is_what_counts(runs: Any, project: Callable[..., Project]) -> None:
    reader = runs.train(project(epochs=3, ema_decay=0.9))
    trained = load_trained(reader.path, "last")
    part = trained.script.build(trained.script.arguments([])).data.test
    with torch.no_grad():
        right = (trained.network(part.inputs).argmax(1) == part.targets).float().mean()
    assert float(right) == pytest.approx(reader.state().metrics["test_accuracy"])


def test_stages_hand_their_weights_on(runs: Any, project: Callable[..., Project]) -> None:
    one = project(epochs=1)
    plan = replace(one.plan, stages=(*one.plan.stages, Stage("more", "supervised", "main", {})))
    reader = runs.train(replace(one, plan=plan), epochs=1)
    trained = load_trained(reader.path, "last")
    assert trained.stage == 1
    assert trained.step == reader.state().step


def test_several_networks_have_their_names(runs: Any) -> None:
    torch.set_num_threads(1)
    gan = load_target("template:gan")
    run = runs.train(gan, epochs=1).path
    assert set(load_trained(run, "last").networks) == {"generator", "critic"}


def test_a_run_without_a_checkpoint_says_so(runs: Any, project: Callable[..., Project]) -> None:
    run = runs.create(project())
    for weights in ("best", "last"):
        with pytest.raises(RunError) as caught:
            load_trained(run, weights)
        assert str(caught.value) == (
            f"{run.name}: expected a run with a checkpoint, got one without. "
            "Let it train for an epoch first."
        )


def test_a_broken_checkpoint_is_told_or_passed_over(
    runs: Any, project: Callable[..., Project]
) -> None:
    run = runs.train(project(epochs=1)).path
    (run / "checkpoints" / "best.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(RunError) as caught:
        load_trained(run)
    assert str(caught.value) == (
        "checkpoints/best.safetensors: expected a checkpoint, got a file that cannot be read. "
        "Choose other weights."
    )
    (run / "checkpoints" / "step-000000999.safetensors").write_bytes(b"{}")
    trained = load_trained(run, "last")
    assert trained.note.startswith("checkpoints/step-000000999.safetensors: expected")
    assert trained.note.endswith(f"Step {trained.step} was taken.")


def test_weights_of_another_network_are_refused(
    runs: Any, project: Callable[..., Project], tmp_path: Path
) -> None:
    run = runs.train(project(epochs=1)).path
    torch.save({"other": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(RunError) as caught:
        load_trained(run, str(tmp_path / "other.pt"))
    assert str(caught.value) == (
        f"{run.name}: weights other.pt: expected the weights of its networks, got others. "
        "Choose weights of this run."
    )
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(RunError, match=r"weights text.pt: expected weights by name"):
        load_trained(run, str(tmp_path / "text.pt"))
    with pytest.raises(RunError, match=r"weights nothing.pt: .* got no such file"):
        load_trained(run, str(tmp_path / "nothing.pt"))


def test_changed_texts_need_trust(runs: Any, project: Callable[..., Project]) -> None:
    run = runs.train(project(epochs=1)).path
    text = (run / "model.py").read_text()
    (run / "model.py").write_text(text + "\nprint('more')\n")
    with pytest.raises(TrustNeeded):
        load_trained(run)


def test_a_broken_project_is_told_by_its_field(runs: Any, project: Callable[..., Project]) -> None:
    run = runs.train(project(epochs=1)).path
    text = project_text(load_project(run / "project.nns"))
    (run / "project.nns").write_text(text[: len(text) // 2])
    with pytest.raises(RunError, match=r"project.nns: expected .*, got .*"):
        load_trained(run)
