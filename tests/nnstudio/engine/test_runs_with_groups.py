"""Runs with rates of their own: fine-tuned, stopped and gone on, forked, as a script alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph_compiler.model import Group, Plan, Project, Stage, Variable
from nnstudio.document.groups import takes_groups
from nnstudio.document.recipes import recipes
from nnstudio.document.templates import load_target
from nnstudio.engine.loading import load_script
from nnstudio.runs import requests
from nnstudio.runs.fork import fork_run
from tests.nnstudio.engine.test_stages import STEPS, losses, staged, weights_after

FEATURES = ("wide", "norm")
TUNED = Stage(
    "tune",
    groups=(*(Group(name, "slow") for name in FEATURES), Group("*.bias", None, 0.0)),
    settings={"schedule": "cosine", "warmup": 2, "weight_decay": 0.01},
)
SLOW = {"slow": Variable("slow", 0.1)}


def tuned(project: Callable[..., Project]) -> Project:
    """The head alone first, then all of it, the features at a tenth of the rate."""
    made = staged(project, Stage("head", frozen=FEATURES), TUNED)
    return replace(made, variables=SLOW)


@pytest.mark.slow
def test_features_move_less_than_at_the_full_rate(
    project: Callable[..., Project], runs: Any
) -> None:
    def moved(slow: float) -> dict[str, float]:
        made = replace(tuned(project), variables={"slow": Variable("slow", slow)})
        head = replace(made, plan=Plan(made.plan.stages[:1]))
        before, after = (weights_after(runs.train(one)) for one in (head, made))
        return {n: float((after[n] - before[n]).abs().max()) for n in ("wide.weight", "fc.weight")}

    still, slowly, fast = moved(0.0), moved(0.1), moved(1.0)
    assert still["wide.weight"] == 0
    assert 0 < slowly["wide.weight"] < 0.5 * fast["wide.weight"]
    assert min(one["fc.weight"] for one in (still, slowly, fast)) > 0


@pytest.mark.slow
def test_the_script_alone_has_the_losses_and_the_factor_is_a_flag(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    run = runs.train(tuned(project))
    assert run.state().status == "done"
    assert runs.script_losses(run.path, tmp_path / "alone") == losses(run)
    other = runs.script_losses(run.path, tmp_path / "other", "--slow", "0.9")
    assert other[: 3 * STEPS] == losses(run)[: 3 * STEPS], "the first stage has no groups"
    assert other != losses(run)
    text = (run.path / "train.py").read_text(encoding="utf-8")
    assert text.count("class Supervised") == 1, "both stages share a class"
    assert '(["layers.0"], {"factor": options.slow})' in text


@pytest.mark.parametrize("at", [STEPS + 1, 4 * STEPS + 2])
def test_a_stop_and_a_resume_change_no_loss(
    project: Callable[..., Project], runs: Any, at: int
) -> None:
    plan = tuned(project)
    undisturbed = runs.train(plan)
    run = runs.create(plan)
    requests.send(run, "pause")
    worker = runs.begin(run)
    runs.wait_for(run, lambda r: r.state().status == "paused")
    for _ in range(at):
        requests.send(run, "step")
    runs.wait_for(run, lambda r: r.state().step == at)
    requests.send(run, "stop")
    worker.join(60)
    resumed = runs.work(run, resume=True)
    assert resumed.state().status == "done"
    for name in undisturbed.names():
        for ours, theirs in zip(undisturbed.series(name), resumed.series(name), strict=True):
            assert np.array_equal(ours, theirs), name
    runs.assert_same_ends(undisturbed.path, run)


def test_a_fork_with_other_groups_goes_on_with_the_weights_and_a_new_optimizer(
    project: Callable[..., Project], runs: Any
) -> None:
    plain = replace(staged(project, Stage("train")), variables=SLOW)
    run = runs.train(plain)
    stage = replace(plain.plan.stages[0], groups=TUNED.groups)
    changed = replace(plain, plan=Plan((stage,)))
    forked, resumes = fork_run(run.path, changed, folder=runs.folder)
    assert not resumes
    done = runs.work(forked)
    assert done.state().status == "done"
    assert losses(done)[0] < losses(run)[0], "it begins with what was learned"
    again, resumes = fork_run(forked, folder=runs.folder, epochs=4)
    assert resumes
    assert runs.work(again, resume=True).state().status == "done"


TARGETS = (
    *("mlp", "elastic-net", "autoencoder", "vae", "gan", "gan@wasserstein", "few-labels"),
    *("char-rnn", "gpt2", "bert", "transformer", "recursive-neural-tensor", "capsnet"),
    "several outputs",
)


def small(target: str, **settings: Any) -> Project:
    """A template with a short first stage that has groups."""
    several = target == "several outputs"
    project = load_target(f"template:{'mlp' if several else target}")
    stage = project.plan.stages[0]
    if several:
        stage = Stage("train", "several_outputs")
    known = {param.name for param in recipes()[stage.recipe].settings}
    given = {**stage.settings, "epochs": 1, "batch_size": 8, **settings}
    given = {name: value for name, value in given.items() if name in known}
    stage = replace(stage, settings=given, groups=(Group("*.bias", 0.5, 0.0), Group("*", 0.25)))
    data = replace(project.data, split=(0.1, 0.05, 0.85))
    return replace(project, data=data, plan=Plan((stage,)))


def test_every_recipe_with_an_optimizer_is_among_them() -> None:
    tried = {small(target).plan.stages[0].recipe for target in TARGETS}
    assert tried == {n for n, one in recipes().items() if takes_groups(one)}


@pytest.mark.parametrize(
    "settings",
    [pytest.param({}, marks=pytest.mark.slow), {"schedule": "cosine", "warmup": 1}],
    ids=["plain", "schedule"],
)
@pytest.mark.parametrize("target", TARGETS)
def test_every_recipe_trains_each_weight_at_its_groups_rate(
    target: str, settings: dict[str, Any], runs: Any
) -> None:
    threads = torch.get_num_threads()
    try:
        script = load_script(runs.create(small(target, **settings)))
        recipe = script.build(script.arguments([]))
        assert next(iter(recipe.steps()))["train_loss"].isfinite()
    finally:
        torch.set_num_threads(threads)
    networks = list(recipe.networks.values())
    assert len(networks) == len(recipe.optimizers)
    for network, optimizer in zip(networks, recipe.optimizers.values(), strict=True):
        groups = optimizer.param_groups
        rates = {id(weight): group["lr"] for group in groups for weight in group["params"]}
        assert len(rates) == sum(len(group["params"]) for group in groups), "each in one group"
        base = groups[0]["lr"]
        assert base > 0
        for name, weight in network.named_parameters():
            factor = 0.5 if name.endswith(".bias") else 0.25
            assert rates[id(weight)] == pytest.approx(base * factor), name
