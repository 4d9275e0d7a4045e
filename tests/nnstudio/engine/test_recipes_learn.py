"""The recipes by their results: measurements against other libraries, early stopping, the rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as oracle

from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Wire
from nnstudio.document.templates import load_target
from nnstudio.engine.loading import load_script
from nnstudio.runs.create import RunRefused


def recipe_of(runs: Any, project: Project) -> Any:
    """The recipe that a run's script builds."""
    script = load_script(runs.create(project))
    return script.build(script.arguments([]))


def test_classification_is_measured_as_others_do(
    project: Callable[..., Project], runs: Any
) -> None:
    reader = runs.train(project("iris", (4,), 3, {}, epochs=5))
    recipe = recipe_of(runs, project("iris", (4,), 3, {}, epochs=5))
    for _ in recipe.steps():
        pass
    network = recipe.networks["main"].eval()
    with torch.no_grad():
        for name, part in (("val", recipe.data.validation), ("test", recipe.data.test)):
            shares = network(part.inputs).softmax(1).double().numpy()
            steps, losses = reader.series(f"{name}_loss")
            assert steps[-1] == reader.state().step
            assert losses[-1] == pytest.approx(oracle.log_loss(part.targets, shares), rel=1e-5)
            right = oracle.accuracy_score(part.targets, shares.argmax(1))
            assert reader.series(f"{name}_accuracy")[1][-1] == pytest.approx(right)
    fit = recipe.data.train.inputs[: len(recipe.data.validation.inputs)]
    assert len(fit) == 30
    with torch.no_grad():
        right = (network(fit).argmax(1) == recipe.data.train.targets[:30]).double().mean()
    assert reader.series("fit_accuracy")[1][-1] == pytest.approx(right.item())


def test_log_loss_of_shares_is_cross_entropy_of_scores(
    project: Callable[..., Project], runs: Any
) -> None:
    scores = runs.train(project("iris", (4,), 3, {}, epochs=3))
    shown = project("iris", (4,), 3, {}, epochs=3, loss="log_loss")
    network = shown.networks["main"]
    network.nodes["shares"] = Node("shares", "Softmax")
    del network.wires[Wire("fc2", "output", "answer", "input")]
    network.wires[Wire("fc2", "output", "shares", "input")] = None
    network.wires[Wire("shares", "output", "answer", "input")] = None
    shares = runs.train(shown)
    for name in ("train_loss", "val_loss", "test_loss", "val_accuracy"):
        assert shares.series(name)[1] == pytest.approx(scores.series(name)[1], rel=1e-4)


def test_regression_is_measured_in_the_unit_of_the_data(
    project: Callable[..., Project], runs: Any
) -> None:
    plan = project("diabetes", (10,), 1, {}, loss="mse", epochs=10, learning_rate=0.01)
    reader = runs.train(plan)
    recipe = recipe_of(runs, plan)
    for _ in recipe.steps():
        pass
    network = recipe.networks["main"].eval()
    part = recipe.data.test
    with torch.no_grad():
        answers = network(part.inputs).double().numpy()
    from sklearn.datasets import load_diabetes

    target = load_diabetes(scaled=False).target
    # Undo the scaling by two known values.
    unit = recipe.data.unit.item()
    ours, theirs = answers * unit, part.targets.double().numpy() * unit
    mae = oracle.mean_absolute_error(theirs, ours)
    assert 20 < mae < 90, "in the unit of the data"
    assert unit == pytest.approx(target.std(), rel=0.1)
    assert reader.series("test_mae")[1][-1] == pytest.approx(mae, rel=1e-4)
    assert reader.series("test_r2")[1][-1] == pytest.approx(oracle.r2_score(theirs, ours), rel=1e-3)
    assert reader.series("test_loss")[1][-1] == pytest.approx(
        oracle.mean_squared_error(part.targets, answers), rel=1e-4
    )


@pytest.mark.parametrize(
    ("loss", "outputs", "last"),
    [("bce_with_logits", 1, ()), ("bce", 1, ("Sigmoid",)), ("mse", 2, ()), ("l1", 2, ())],
)
def test_every_loss_learns_two_blobs(
    network: Callable[..., Network], runs: Any, loss: str, outputs: int, last: tuple[str, ...]
) -> None:
    layers = [
        ("point", "Input", {"shape": (2,)}),
        ("fc1", "Linear", {"out_features": outputs}),
        *((name.lower(), name, {}) for name in last),
        ("answer", "Output", {}),
    ]
    plan = Project(
        networks={"main": network(*layers)},
        data=DataSource("separable", {"gap": 1.0}),
        plan=Plan((Stage(settings={"loss": loss, "learning_rate": 0.1, "epochs": 20}),)),
    )
    state = runs.train(plan).state()
    assert state.status == "done", state.reason
    assert state.metrics["test_accuracy"] >= 0.98


def test_splits_are_stratified_disjoint_and_whole(
    project: Callable[..., Project], runs: Any
) -> None:
    recipe = recipe_of(runs, project("wine", (13,), 3, {}, split=(0.6, 0.15, 0.25)))
    parts = [recipe.data.train, recipe.data.validation, recipe.data.test]
    assert [len(part.inputs) for part in parts] == [107, 27, 44]
    rows = torch.cat([part.inputs for part in parts])
    assert len(torch.unique(rows, dim=0)) == 178
    for part, share in zip(parts, (0.6, 0.15, 0.25), strict=True):
        counts = torch.bincount(part.targets, minlength=3).numpy()
        assert np.abs(counts - share * np.array([59, 71, 48])).max() <= 1
    train = recipe.data.train.inputs.double()
    assert train.mean(0).abs().max() < 1e-6, "scaled by the training part"
    assert (train.std(0, correction=0) - 1).abs().max() < 1e-6
    assert parts[2].inputs.mean(0).abs().max() > 0.01, "and by it alone"


def test_early_stopping_takes_the_best_weights(project: Callable[..., Project], runs: Any) -> None:
    plan = project(
        "moons", options={"samples": 60, "noise": 0.6}, epochs=500, patience=7, learning_rate=0.05
    )
    reader = runs.train(plan)
    losses = reader.series("val_loss")[1]
    state = reader.state()
    assert state.status == "done"
    assert state.epoch == len(losses) < 500
    assert int(np.argmin(losses)) == len(losses) - 1 - 7
    recipe = recipe_of(runs, plan)
    for _ in recipe.steps():
        pass
    recipe.finish()
    part = recipe.data.validation
    best = recipe.measure(part, "val")["val_loss"].item()
    assert best == losses.min()


def test_the_perceptron_rule_stops_after_an_epoch_without_mistakes(runs: Any) -> None:
    reader = runs.train(load_target("template:perceptron"))
    state = reader.state()
    assert state.status == "done"
    mistakes = reader.series("mistakes")[1]
    assert mistakes[-1] == 0
    assert (mistakes[:-1] > 0).all()
    assert state.metrics["test_accuracy"] == 1.0
    assert verdicts(reader) == [f"A line separates the classes: no mistake in epoch {state.epoch}."]


def test_on_xor_the_rule_goes_on_and_says_why_it_never_ends(runs: Any) -> None:
    reader = runs.train(load_target("template:perceptron@xor"))
    state = reader.state()
    assert (state.status, state.epoch) == ("done", 50)
    assert state.metrics["mistakes"] > 0
    (verdict,) = verdicts(reader)
    assert verdict.startswith("No line separates these points: after epoch ")
    assert verdict.endswith(
        "the weights are back where they were before, so the corrections go round in a circle "
        "for ever."
    )


def test_the_rule_is_rosenblatts(runs: Any) -> None:
    recipe = recipe_of(runs, load_target("template:perceptron@xor"))
    inputs, targets = (tensor.numpy() for tensor in recipe.data.train)
    weights, bias, wrong = np.zeros(2, np.float32), np.float32(0), []
    for number, metrics in zip(range(240), recipe.steps(), strict=False):
        row = int(recipe.order[number % 120])
        fired = float(inputs[row] @ weights + bias > 0)
        error = float(targets[row, 0]) - fired
        weights, bias = weights + error * inputs[row], bias + np.float32(error)
        wrong.append(abs(error))
        assert metrics["train_loss"].item() == pytest.approx(np.mean(wrong[-120:]))
    assert recipe.unit.weight[0].tolist() == weights.tolist()
    assert recipe.unit.bias.item() == bias


def test_where_no_line_is_found_and_none_is_disproved_it_says_so(runs: Any) -> None:
    plan = load_target("template:perceptron")
    plan.data = DataSource("moons", {"noise": 0.2}, scale="none")
    (verdict,) = verdicts(runs.train(plan, epochs=3))
    assert verdict.startswith("Still ")
    assert verdict.endswith(
        " wrong answers in epoch 3: either no line separates these points, or the rule needs more "
        "epochs to find it."
    )


def test_a_rate_of_zero_is_refused_since_nothing_could_be_told_from_weights_that_rest(
    runs: Any,
) -> None:
    plan = load_target("template:perceptron")
    (stage,) = plan.plan.stages
    plan.plan = Plan((replace(stage, settings={**stage.settings, "learning_rate": 0.0}),))
    with pytest.raises(RunRefused) as refused:
        runs.create(plan)
    (problem,) = refused.value.problems
    assert (problem.node, problem.got) == ("plan", "0.0")
    assert problem.expected == "a number from 1e-06 to 1000"


def verdicts(reader: Any) -> list[str]:
    """What the worker told of the data."""
    lines = (reader.path / "events.jsonl").read_text().splitlines()
    return [e["text"] for e in map(json.loads, lines) if e["event"] == "problem"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lenet_reads_a_held_out_quarter_of_the_digits(runs: Any, seed: int) -> None:
    plan = load_target("template:lenet5@demo")
    assert plan.data.split[2] == 0.25
    state = runs.train(plan, seed=seed).state()
    assert state.status == "done"
    assert state.metrics["test_accuracy"] >= 0.96
