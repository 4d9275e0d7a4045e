"""Templates without labels, or with few, as runs: worker, script alone, killed and gone on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph_compiler.model import Plan, Project
from nnstudio.document.templates import load_target
from nnstudio.runs import requests

TARGETS = (
    *("rbm", "deep-belief-net", "autoencoder", "autoencoder@denoising", "vae", "gan"),
    *("gan@wasserstein", "few-labels"),
)


def small(target: str, epochs: int = 2) -> Project:
    """The template with few rows and few epochs in every stage."""
    project = load_target(f"template:{target}")
    stages = tuple(
        replace(stage, settings={**stage.settings, "epochs": epochs, "batch_size": 16})
        for stage in project.plan.stages
    )
    data = replace(project.data, split=(0.1, 0.05, 0.85))
    return replace(project, data=data, plan=Plan(stages))


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_the_script_alone_has_the_losses_of_the_run(target: str, runs: Any, tmp_path: Path) -> None:
    done = runs.train(small(target))
    assert done.state().status == "done", done.state().reason
    losses = [float(loss) for loss in done.series("train_loss")[1]]
    assert len(losses) >= 6
    assert runs.script_losses(done.path, tmp_path / "alone") == losses
    if target.startswith("gan"):
        assert len(done.series("train_critic_loss")[1]) == len(losses)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_killed_and_gone_on_it_is_the_undisturbed_run(target: str, runs: Any) -> None:
    project = small(target, 3)
    undisturbed = runs.train(project)
    run = runs.create(project)
    half = len(undisturbed.series("train_loss")[0]) // 2
    requests.send(run, "speed", steps_per_second=max(15.0, half / 3))
    worker = runs.start(run)

    def is_late_enough(reader: Any) -> bool:
        state = reader.state()
        return bool(state.checkpoint) and state.step >= half

    runs.wait_for(run, is_late_enough)
    worker.kill()
    worker.wait()
    lost = runs.wait_for(run, lambda r: r.state().status == "lost")
    assert lost.state().step < len(undisturbed.series("train_loss")[0])
    resumed = runs.work(run, resume=True, after=requests.latest(run))
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)


def pretrained_and_not(seed: int, runs: Any) -> tuple[float, float]:
    """Test accuracies of the deep belief net's demo and of the same net from random weights.

    Both are fine-tuned alike, on a twentieth of the digits with their labels.
    """
    project = load_target("template:deep-belief-net")
    *machines, last = project.plan.stages
    machines = [replace(one, settings={**one.settings, "seed": seed}) for one in machines]
    few = {"labelled": 0.05, "unlabelled_weight": 0.0, "noise": 0.0, "epochs": 15, "seed": seed}
    last = replace(last, recipe="semi_supervised", settings={**few, "learning_rate": 0.002})
    found = []
    for stages in ((*machines, last), (last,)):
        state = runs.train(replace(project, plan=Plan(stages))).state()
        assert state.status == "done", state.reason
        found.append(state.metrics["test_accuracy"])
    return found[0], found[1]


@pytest.mark.slow
def test_a_deep_belief_net_beats_the_same_net_from_random_weights(runs: Any) -> None:
    """Equal fine-tuning on few labels; the machines have seen the other digits without theirs."""
    for seed in (0, 1):
        pretrained, random = pretrained_and_not(seed, runs)
        assert pretrained > random + 0.2, (pretrained, random)
