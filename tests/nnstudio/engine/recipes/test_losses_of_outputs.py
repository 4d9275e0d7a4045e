"""Every loss at every kind of output: its number, its measures and its answers, worked out beside
what the product does."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import hinge_loss, log_loss, mean_pinball_loss, r2_score

from graph_compiler.losses import (
    CLASSES,
    DISTANCE,
    WEIGHABLE,
    fitting_losses,
    reading,
    wanted_numbers,
)
from graph_compiler.model import DataSource, Goal, Network, Node, Plan, Project, Stage, Wire
from nnstudio.document.goals import WEIGHTS, loss_params
from nnstudio.document.planned import planned_source
from nnstudio.document.recipes import recipes
from nnstudio.document.script_predict import predict_script
from nnstudio.engine.loading import load_text
from nnstudio.engine.parts import goals
from nnstudio.engine.recipes import supervised
from tests.nnstudio.alone import run_alone
from tests.nnstudio.engine.recipes.several_plans import balanced, faults, heads, seeing
from tests.nnstudio.engine.recipes.supervised_plans import recipe_of, written

Numbers = NDArray[Any]
TUNED: Mapping[str, Mapping[str, float]] = {
    "cross_entropy": {"label_smoothing": 0.2},
    "huber": {"delta": 0.7},
    "smooth_l1": {"delta": 0.7},
    "quantile": {"quantile": 0.9},
}
ENDS = {"log_loss": "Softmax", "nll": "LogSoftmax", "kl": "LogSoftmax", "bce": "Sigmoid"}
KINDS: Mapping[str, tuple[str, int, tuple[str, ...]]] = {
    "shade": ("class", 3, ("shade",)),
    "warm": ("class", 2, ("warm",)),
    "sizes": ("value", 2, ("height", "width")),
    "many": ("value", 1, ("many",)),
}
"""Beginning of an output's name to the kind, number and names of its targets."""
SHADES, TRUTH = ("dark", "grey", "light"), ("no", "yes")
ROWS = 240


def table(folder: Path) -> DataSource:
    """Classes, numbers and a count that follow from two features."""
    generator = np.random.default_rng(7)
    a, b = generator.normal(size=(2, ROWS))
    shown = {
        "a": a,
        "b": b,
        "shade": np.select([a < -0.4, a < 0.4], SHADES[:2], SHADES[2]),
        "warm": np.where(b > 0, "yes", "no"),
        "height": 50 + 10 * a,
        "width": 3 * b,
        "many": generator.poisson(np.exp(1 + 0.5 * a)),
    }
    pd.DataFrame(shown).to_csv(folder / "all.csv", index=False)
    columns = (
        *((name, "feature", "number", ()) for name in "ab"),
        ("shade", "target", "category", SHADES),
        ("warm", "target", "category", TRUTH),
        *((name, "target", "number", ()) for name in ("height", "width", "many")),
    )
    return DataSource("csv", {"path": str(folder / "all.csv"), "columns": columns, "rows": ROWS})


def questions(folder: Path) -> DataSource:
    """Two questions of yes or no."""
    generator = np.random.default_rng(8)
    a, b = generator.normal(size=(2, ROWS))
    shown = {"a": a, "b": b, "wet": np.where(a > 0, "yes", "no"), "hot": np.where(b > 1, *"10")}
    pd.DataFrame(shown).to_csv(folder / "asked.csv", index=False)
    columns = (
        *((name, "feature", "number", ()) for name in "ab"),
        ("wet", "target", "category", TRUTH),
        ("hot", "target", "category", ("0", "1")),
    )
    return DataSource("csv", {"path": str(folder / "asked.csv"), "columns": columns, "rows": ROWS})


def every(
    data: DataSource, kinds: Mapping[str, tuple[str, int, tuple[str, ...]]], **settings: Any
) -> Project:
    """An output for every loss of every kind of target; counts are counted alone."""
    widths, learned, ends = {}, {}, {}
    for start, (kind, count, targets) in kinds.items():
        for loss in fitting_losses(kind, count):
            if (loss == "poisson") is (start == "many"):
                name = f"{start}_{loss}"
                widths[name] = wanted_numbers(loss, kind, count) or 0
                learned[name] = Goal(targets, loss, settings=TUNED.get(loss, {}))
                if loss in ENDS:
                    ends[name] = ENDS[loss]
    return heads(data, widths, learned, ends=ends, **settings)


def parted(kinds: Mapping[str, Any], recipe: Any) -> Iterator[tuple[str, str, str, str, int]]:
    """Output, beginning of its name, loss, kind and number of targets."""
    for output, (_, loss, _) in sys.modules[type(recipe).__module__].OUTPUTS.items():
        start = next(one for one in kinds if output.startswith(f"{one}_"))
        yield output, start, loss, *kinds[start][:2]


def worked_out(loss: str, scores: Numbers, targets: Numbers, kind: str) -> float:
    """The loss by its formula, or scikit-learn's; targets are class numbers or numbers."""
    own = TUNED.get(loss, {})
    if kind in CLASSES:
        many = scores.shape[1]
        one_hot = np.moveaxis(np.eye(max(many, 2))[targets.astype(int)], -1, 1)
        if loss in ("nll", "kl"):
            picked = (scores * one_hot).sum(1)
            return float(-picked.sum() / (len(scores) if loss == "kl" else picked.size))
        if loss == "log_loss" and scores.ndim == 2:
            whole = scores / scores.sum(1, keepdims=True)
            return float(log_loss(targets, whole, labels=range(many)))
        if loss == "log_loss":
            return float(-(np.log(scores) * one_hot).sum(1).mean())
        if loss == "cross_entropy":
            highest = scores.max(1, keepdims=True)
            logs = scores - highest - np.log(np.exp(scores - highest).sum(1, keepdims=True))
            spread = 0.8 * one_hot + 0.2 / many
            return float(-(spread * logs).sum(1).mean())
        if loss == "multi_margin":
            rows = np.arange(len(scores))
            gaps = np.maximum(0, 1 - scores[rows, targets.astype(int), None] + scores)
            gaps[rows, targets.astype(int)] = 0
            return float(gaps.sum() / many / len(scores))
        targets = one_hot if loss in DISTANCE else targets[:, None]
    errors = targets - (scores if loss != "gaussian_nll" else scores[:, : targets.shape[1]])
    size = np.abs(errors)
    if loss == "hinge":
        return float(hinge_loss(2 * targets.ravel() - 1, scores.ravel()))
    if loss in ("bce", "bce_with_logits"):
        yes = scores.ravel() if loss == "bce" else 1 / (1 + np.exp(-scores.ravel()))
        return float(log_loss(targets.ravel(), yes))
    if loss == "poisson":
        return float((np.exp(scores) - targets * scores).mean())
    if loss == "gaussian_nll":
        logs = scores[:, targets.shape[1] :]
        return float(((logs + errors**2 / np.exp(logs)) / 2).mean())
    if loss == "quantile":
        return float(mean_pinball_loss(targets, scores, alpha=own["quantile"]))
    if loss == "mse":
        return float((errors**2).mean())
    if loss == "l1":
        return float(size.mean())
    near, far = errors**2 / 2, own["delta"] * (size - own["delta"] / 2)
    huber = np.where(size < own["delta"], near, far)
    return float((huber if loss == "huber" else huber / own["delta"]).mean())


def test_there_is_no_loss_that_an_output_could_not_have() -> None:
    """What recipes with a single output offer, and which settings of theirs have an effect."""
    (offered,) = (one.choices for one in recipes()["supervised"].settings if one.name == "loss")
    known = {loss for kind in ("class", "labels", "value") for loss in fitting_losses(kind, 2)}
    assert known == set(offered)
    for loss in offered:
        names = {param.name for param in loss_params(loss)}
        assert (WEIGHTS in names) is (loss in WEIGHABLE)
        assert set(TUNED.get(loss, {})) == names - {WEIGHTS}


def test_an_output_learns_what_a_single_one_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both recipes' own texts, number for number, with and without weights of classes."""
    generator = torch.Generator().manual_seed(4)
    for kind, count in (("class", 3), ("class", 2), ("labels", 2), ("value", 2)):
        for loss in fitting_losses(kind, count):
            width = wanted_numbers(loss, kind, count) or 0
            scores = torch.rand(20, width, generator=generator) * 0.98 + 0.01
            classes = torch.randint(count, (20,), generator=generator)
            numbers = torch.randint(2, (20, count), generator=generator).float()
            read = reading(loss, kind)
            one_hot = {"out": count} if read == "largest" and loss in (*DISTANCE, "kl") else {}
            monkeypatch.setattr(goals, "OUTPUTS", {"out": ([], loss, 1.0)})
            monkeypatch.setattr(goals, "LOSSES", (loss,))
            monkeypatch.setattr(goals, "READ", {"out": read})
            monkeypatch.setattr(goals, "ONE_HOT", one_hot)
            monkeypatch.setattr(goals, "TUNED", {"out": TUNED.get(loss, {})})
            monkeypatch.setattr(goals, "SMOOTHED", True)
            monkeypatch.setattr(goals, "TARGET", kind)
            wanted = goals.aims("out", classes if kind == "class" else numbers)
            own = object.__new__(supervised.Supervised)
            own.smoothing, own.delta, own.quantile = 0.2, 0.7, 0.9
            monkeypatch.setattr(supervised, "LOSS", loss)
            monkeypatch.setattr(supervised, "LABEL_SMOOTHING", 0.2)
            monkeypatch.setattr(supervised, "CLASS_WEIGHTS", "none")
            found = goals.cost("out", scores, wanted)
            assert torch.equal(found, own.loss(scores, wanted)), (loss, kind)
            if loss in WEIGHABLE and kind == "class":
                own.class_weights = balanced(classes, count)
                monkeypatch.setattr(supervised, "CLASS_WEIGHTS", "balanced")
                found = goals.weighted_cost("out", scores, wanted, own.class_weights)
                assert torch.equal(found, own.loss(scores, wanted)), (loss, kind)


def test_losses_measures_and_answers_of_a_table(tmp_path: Path) -> None:
    project = every(table(tmp_path), KINDS, epochs=1, learning_rate=0.01)
    assert faults(project) == []
    recipe = recipe_of(project, tmp_path / "made")
    told: dict[str, float] = {}
    for metrics in recipe.steps():
        told |= {name: value.item() for name, value in metrics.items()}
    _agrees(recipe, KINDS, told)
    data = recipe.data
    counts = data.train.targets[:, 4]
    assert torch.equal(counts, counts.round()), "counts are not scaled"
    assert data.train.targets[:, 2:4].mean(0).abs().max() < 1e-5
    # Answers, for the rows as the file has them.
    text = predict_script(project, planned_source(project), {})
    script = load_text("predict", text, [type(recipe.model)])
    shown = pd.read_csv(tmp_path / "all.csv", dtype=str)
    answers = script.answered(recipe.model.eval(), shown, data.fitted)
    shift, unit = data.fitted["target_shift"], data.fitted["unit"]
    x = torch.from_numpy(
        (shown[["a", "b"]].to_numpy(float) - data.fitted["shift"]) / data.fitted["size"]
    ).float()
    with torch.no_grad():
        given = dict(zip(_outputs(recipe), recipe.model(x), strict=True))
    for output, start, loss, kind, count in parted(KINDS, recipe):
        scores, at = given[output].double().numpy(), "" if start == "many" else f" at {output}"
        if kind == "value":
            place = 4 if start == "many" else 2
            values = scores[:, :count] * unit[place : place + count] + shift[place : place + count]
            if loss == "poisson":
                values = np.exp(scores)
            columns = [f"predicted {name}{at}" for name in KINDS[start][2]]
            assert answers[columns].to_numpy() == pytest.approx(values, rel=1e-6), loss
            spreads = [f"standard deviation of {name}{at}" for name in KINDS[start][2]]
            assert (loss == "gaussian_nll") is (spreads[0] in answers)
            if loss == "gaussian_nll":
                wide = np.exp(scores[:, count:] / 2) * unit[place : place + count]
                assert answers[spreads].to_numpy() == pytest.approx(wide, rel=1e-6)
            continue
        names = SHADES if start == "shade" else TRUTH
        if scores.shape[1] == 1:
            best = (scores[:, 0] > (0.5 if loss == "bce" else 0)).astype(int)
        else:
            best = scores.argmax(1)
        assert list(answers[f"predicted {start}{at}"]) == [names[one] for one in best], loss
        shares = answers[[one for one in answers if one.startswith(f"probability of {start}{at} ")]]
        chances = loss not in ("multi_margin", "hinge", *DISTANCE)
        assert bool(shares.size) is chances, loss
        if chances and shares.shape[1] > 1:
            assert shares.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
            assert list(shares.to_numpy().argmax(1)) == list(best)


def test_losses_and_measures_of_questions(tmp_path: Path) -> None:
    kinds = {"both": ("labels", 2, ("wet", "hot"))}
    project = every(questions(tmp_path), kinds, epochs=1, learning_rate=0.02)
    assert faults(project) == []
    recipe = recipe_of(project, tmp_path / "made")
    told: dict[str, float] = {}
    for metrics in recipe.steps():
        told |= {name: value.item() for name, value in metrics.items()}
    _agrees(recipe, kinds, told)
    text = predict_script(project, planned_source(project), {})
    script = load_text("predict", text, [type(recipe.model)])
    shown = pd.read_csv(tmp_path / "asked.csv", dtype=str)
    answers = script.answered(recipe.model.eval(), shown, recipe.data.fitted)
    for output, _, loss, _, _ in parted(kinds, recipe):
        assert set(answers[f"predicted wet at {output}"]) <= set(TRUTH)
        asked = [one for one in answers if one.startswith("prob") and f" at {output} " in one]
        wanted = [f"probability of {one} at {output} = " for one in ("wet", "hot")]
        wanted = [f"{wanted[0]}yes", f"{wanted[1]}1"]
        assert asked == (wanted if loss in ("bce", "bce_with_logits") else [])


def test_losses_of_masks(tmp_path: Path) -> None:
    """Every loss of a class at each pixel, all from one picture network, beside a class."""
    losses = fitting_losses("mask", 4, (16, 16))
    project = seeing({"give": "class and mask", "samples": 40}, {}, epochs=1)
    _branch(project.networks["main"], losses)
    learned = {f"mask_{one}": Goal(("mask",), one, settings=TUNED.get(one, {})) for one in losses}
    project.plan = Plan((replace(project.plan.stages[0], outputs=learned),))
    assert faults(project) == []
    recipe = recipe_of(project, tmp_path / "made")
    (metrics,) = list(recipe.steps())[-1:]
    data = recipe.data
    with torch.no_grad():
        given = dict(zip(_outputs(recipe), recipe.model(data.train.inputs[:12]), strict=True))
        costs = recipe._costs(given, data.train.targets[:12])
    masks = data.train.targets[:12, 1:].reshape(12, 16, 16).numpy()
    for loss in losses:
        output = f"mask_{loss}"
        expected = worked_out(loss, given[output].double().numpy(), masks, "mask")
        assert costs[output].item() == pytest.approx(expected, rel=1e-4), loss
        assert {f"val_{output}_accuracy", f"val_{output}_iou"} <= set(metrics)


@pytest.mark.parametrize("recipe", ["supervised", "several_outputs"])
def test_the_distance_of_a_mask_alone(recipe: str, tmp_path: Path) -> None:
    """Ones and zeros stand where the scores have their classes: before height and width."""
    project = seeing({"give": "class and mask"}, {}, epochs=1)
    main = project.networks["main"]
    for name in ("thing", "thing_head", "flat"):
        del main.nodes[name]
    for wire in [one for one in main.wires if not {one.source, one.target} <= set(main.nodes)]:
        del main.wires[wire]
    project.data = DataSource("scenes", {"give": "mask", "samples": 30, "size": 16})
    settings = {"loss": "mse"} if recipe == "supervised" else {}
    goal = {} if settings else {"mask": Goal(loss="mse")}
    project.plan = Plan((Stage("train", recipe, settings=settings, outputs=goal),))
    assert faults(project) == []
    made = recipe_of(project, tmp_path / "made")
    inputs, targets = (part[:8] for part in made.data.train)
    with torch.no_grad():
        scores = made.model(inputs)
        found = made.loss(scores, targets).item()
    masks = (targets.argmax(1) if targets.dim() == 4 else targets).numpy()
    expected = worked_out("mse", scores.double().numpy(), masks, "mask")
    assert found == pytest.approx(expected, rel=1e-5)
    assert 0 <= made.measure(made.data.validation, "val")[_accuracy(recipe)].item() <= 1


@pytest.mark.slow
def test_the_script_alone_gives_the_same_losses(tmp_path: Path) -> None:
    project = every(table(tmp_path), KINDS, epochs=2)
    expected = [step["train_loss"].item() for step in recipe_of(project, tmp_path / "b").steps()]
    folder = written(project, tmp_path / "alone")
    run_alone(folder, "train.py", "--epochs", "2")
    with open(folder / "losses.csv", newline="") as file:
        assert [float(row["loss"]) for row in csv.DictReader(file)] == expected


def _accuracy(recipe: str) -> str:
    return "val_accuracy" if recipe == "supervised" else "val_mask_accuracy"


def _outputs(recipe: Any) -> list[str]:
    return list(sys.modules[type(recipe).__module__].OUTPUTS)


def _agrees(recipe: Any, kinds: Mapping[str, Any], told: Mapping[str, float]) -> None:
    """Losses of a batch, and measures of the validation part, against those worked out."""
    module = sys.modules[type(recipe).__module__]
    part = recipe.data.validation
    with torch.no_grad():
        given = dict(zip(module.OUTPUTS, recipe.model(part.inputs), strict=True))
    found = {name: one.double().numpy() for name, one in given.items()}
    raw = part.targets.double().numpy()
    total = 0.0
    for output, _, loss, kind, count in parted(kinds, recipe):
        places = module.OUTPUTS[output][0]
        scores, targets = found[output], raw[:, places]
        if kind == "class":
            targets = targets[:, 0]
        expected = worked_out(loss, scores, targets, kind)
        assert told[f"val_{output}_loss"] == pytest.approx(expected, rel=1e-4, abs=1e-6), output
        total += expected
        if kind == "value":
            scores = np.exp(scores) if loss == "poisson" else scores[:, :count]
            unit = recipe.data.unit[places].double().numpy()
            mae = (np.abs(scores - targets) * unit).mean()
            assert told[f"val_{output}_mae"] == pytest.approx(mae, rel=1e-4), output
            r2 = r2_score(targets, scores, multioutput="variance_weighted")
            assert told[f"val_{output}_r2"] == pytest.approx(r2, rel=1e-3, abs=1e-4), output
            continue
        if scores.shape[1] == 1 or kind == "labels":
            least = 0.0 if loss in ("bce_with_logits", "hinge") else 0.5
            right = (scores > least) == (targets.reshape(scores.shape) > 0.5)
        else:
            right = scores.argmax(1) == targets
        assert told[f"val_{output}_accuracy"] == pytest.approx(right.mean()), output
    assert told["val_loss"] == pytest.approx(total, rel=1e-4)


def _branch(main: Network, losses: tuple[str, ...]) -> None:
    """An output for every loss behind the joined pictures, in place of the only mask."""
    del main.nodes["mask"], main.nodes["see"]
    for wire in [one for one in main.wires if {one.source, one.target} & {"mask", "see"}]:
        del main.wires[wire]
    for loss in losses:
        seen, name = f"see_{loss}", f"mask_{loss}"
        main.nodes[seen] = Node(seen, "Conv2d", {"out_channels": 4, "kernel_size": 1})
        main.nodes[name] = Node(name, "Output")
        main.wires[Wire("join", "output", seen, "input")] = None
        last = seen
        if loss in ENDS:
            last = f"end_{loss}"
            main.nodes[last] = Node(last, ENDS[loss], {"dim": 1})
            main.wires[Wire(seen, "output", last, "input")] = None
        main.wires[Wire(last, "output", name, "input")] = None
