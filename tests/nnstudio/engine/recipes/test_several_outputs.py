"""Learning at several outputs: each its own targets, loss and weight, against its own yardstick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from graph_compiler import check_project
from graph_compiler.goals import learned_by
from graph_compiler.model import DataSource, Goal, Node, Plan, Project, Stage, Value, Wire
from nnstudio.document.planned import planned_source
from nnstudio.document.script_predict import predict_script
from nnstudio.document.sources import DataError, facts, purpose
from nnstudio.engine.data import scenes
from nnstudio.engine.loading import load_text
from tests.nnstudio.engine.recipes.several_plans import balanced, faults, heads, table
from tests.nnstudio.engine.recipes.supervised_plans import recipe_of, written

MIXED = {"measures": Goal(("size", "weight"), "huber", 0.5)}


@pytest.fixture
def mixed(tmp_path: Path) -> Project:
    """A class at one output, two numbers at another."""
    settings = {"epochs": 60, "learning_rate": 0.01}
    return heads(table(tmp_path), {"measures": 2, "kind": 3}, MIXED, **settings)


def test_what_an_output_learns_follows_from_its_name_or_is_chosen(mixed: Project) -> None:
    found, faults = learned_by(("kind", "measures"), MIXED, facts(mixed.data, {}))
    assert not faults
    kind, measures = found["kind"], found["measures"]
    assert (kind.targets, kind.columns, kind.loss, kind.weight) == (
        ("kind",),
        (0,),
        "cross_entropy",
        1.0,
    )
    assert (measures.columns, measures.loss, measures.weight) == ((1, 2), "huber", 0.5)
    assert (kind.outputs, measures.outputs) == (3, 2)


def test_the_loss_is_the_weighted_sum_of_those_of_the_outputs(
    mixed: Project, tmp_path: Path
) -> None:
    recipe = recipe_of(mixed, tmp_path / "made")
    rows = torch.arange(40)
    with torch.no_grad():
        kind, measures = recipe.model(recipe.data.train.inputs[rows])
        total = recipe.batch_loss(rows)
    goals = recipe.data.train.targets[rows]
    expected = F.cross_entropy(kind, goals[:, 0].long()) + 0.5 * F.huber_loss(
        measures, goals[:, 1:]
    )
    assert total.item() == pytest.approx(expected.item(), abs=1e-6)
    assert recipe.loss((kind, measures), goals).item() == total.item(), "as a look at a step sees"
    assert set(goals[:, 0].tolist()) == {0.0, 1.0, 2.0}, "numbers of classes are not scaled"
    numbers = recipe.data.train.targets[:, 1:]
    assert numbers.mean(0).abs().max() < 1e-5
    assert (numbers.std(0, correction=0) - 1).abs().max() < 1e-5


def test_both_kinds_are_learned_and_told_apart(mixed: Project, tmp_path: Path) -> None:
    recipe = recipe_of(mixed, tmp_path / "made")
    told: dict[str, float] = {}
    for metrics in recipe.steps():
        told |= {name: value.item() for name, value in metrics.items()}
    assert told["val_kind_accuracy"] > 0.9
    assert told["val_measures_mae"] < 1.5, "in the unit of the data; guessing the mean is 5"
    assert told["train_loss"] == pytest.approx(
        told["train_kind_loss"] + 0.5 * told["train_measures_loss"], abs=1e-5
    )
    assert told["val_loss"] == pytest.approx(
        told["val_kind_loss"] + 0.5 * told["val_measures_loss"], abs=1e-5
    )
    assert "val_kind_mae" not in told


def test_an_output_of_no_weight_teaches_nothing(mixed: Project, tmp_path: Path) -> None:
    goals = {"measures": Goal(("size", "weight"), "mse", 0.0)}
    project = heads(mixed.data, {"measures": 2, "kind": 3}, goals, epochs=2)
    recipe = recipe_of(project, tmp_path / "made")
    before = {name: one.clone() for name, one in recipe.model.state_dict().items()}
    list(recipe.steps())
    after = recipe.model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"stem.0.weight", "stem.0.bias", "kind_head.weight", "kind_head.bias"}


def test_auxiliary_heads_learn_the_same_target(tmp_path: Path) -> None:
    """A second output with the same classes counts by its weight, as in GoogLeNet."""
    data = DataSource("iris", split=(0.8, 0.0, 0.2))
    project = heads(data, {"main": 3, "early": 3}, {"early": Goal(weight=0.3)}, (4,), epochs=2)
    recipe = recipe_of(project, tmp_path / "made")
    rows = torch.arange(20)
    early, main = recipe.model(recipe.data.train.inputs[rows])
    goals = recipe.data.train.targets[rows]
    expected = F.cross_entropy(main, goals) + 0.3 * F.cross_entropy(early, goals)
    assert recipe.batch_loss(rows).item() == pytest.approx(expected.item(), abs=1e-6)
    told = list(recipe.steps())[-1]
    assert {"fit_main_accuracy", "fit_early_accuracy", "fit_loss"} <= set(told)


def test_labels_get_an_output_each(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"a": [0.1, 0.9] * 30, "wet": ["no", "yes"] * 30, "hot": ["no", "yes"] * 30}
    )
    rows.to_csv(tmp_path / "labels.csv", index=False)
    columns = (
        ("a", "feature", "number", ()),
        ("wet", "target", "category", ("no", "yes")),
        ("hot", "target", "category", ("no", "yes")),
    )
    data = DataSource("csv", {"path": str(tmp_path / "labels.csv"), "columns": columns, "rows": 60})
    project = heads(data, {"wet": 1, "hot": 1}, {}, (1,), epochs=40, learning_rate=0.05)
    told = list(recipe_of(project, tmp_path / "made").steps())[-1]
    assert told["val_wet_accuracy"] == told["val_hot_accuracy"] == 1


def test_outputs_that_fit_are_fine(mixed: Project) -> None:
    assert faults(mixed) == []


def test_an_output_of_another_width_is_told_by_its_target(mixed: Project) -> None:
    project = heads(mixed.data, {"measures": 3, "kind": 3}, MIXED)
    assert faults(project) == [
        "measures.input: N×2 (for size, weight with huber) / N×3 / "
        "Set the units of measures_head to 2."
    ]


def test_an_output_without_a_target_is_told(mixed: Project) -> None:
    project = heads(mixed.data, {"measures": 2, "kind": 3}, {})
    assert faults(project) == [
        "measures: one of the targets (kind, size, weight) / none / "
        "Choose in the plan what measures learns, or call it like a target."
    ]


def test_a_class_and_a_number_do_not_share_an_output(mixed: Project) -> None:
    project = heads(mixed.data, {"kind": 3, "size": 2}, {"size": Goal(("size", "kind"))})
    assert faults(project) == [
        "size: one class, or several numbers or labels, for one output / "
        "kind (class), size (value) / Give each class an output of its own."
    ]


def test_a_loss_for_another_kind_is_told(mixed: Project) -> None:
    project = heads(mixed.data, {"kind": 3, "size": 1}, {"kind": Goal(loss="quantile")})
    assert faults(project) == [
        "kind: a loss for kind (cross_entropy, log_loss, nll, multi_margin, kl, mse, l1, huber, "
        "smooth_l1) / quantile / Set the loss to cross_entropy."
    ]


def test_one_output_for_targets_of_several_kinds_offers_the_recipe(mixed: Project) -> None:
    project = heads(mixed.data, {"kind": 3}, {})
    project.plan = Plan((Stage("train", "supervised", "main"),))
    (problem,) = check_project(project, purpose(project))["main"].problems
    assert problem.code == "several_targets"
    assert problem.fixes[0].label == "Learn at several outputs"


def test_the_script_says_what_each_output_learns(mixed: Project, tmp_path: Path) -> None:
    text = (written(mixed, tmp_path / "made") / "train.py").read_text(encoding="utf-8")
    assert (
        'OUTPUTS = {"kind": ([0], "cross_entropy", 1.0), "measures": ([1, 2], "huber", 0.5)}\n'
        in text
    )
    assert "smooth_l1" not in text
    assert "nnstudio" not in text


def test_a_training_taken_up_again_is_the_one_left_off(
    mixed: Project, tmp_path: Path, resumes: Callable[..., None]
) -> None:
    folder = tmp_path / "made"

    def begin() -> Any:
        return recipe_of(mixed, folder, "--epochs", "3")

    resumes(begin, (1, 7, 12))


def test_new_rows_get_an_answer_of_every_output(mixed: Project, tmp_path: Path) -> None:
    recipe = recipe_of(mixed, tmp_path / "made")
    for _ in recipe.steps():
        pass
    text = predict_script(mixed, planned_source(mixed), {})
    script = load_text("predict", text, [type(recipe.model)])
    shown = pd.read_csv(tmp_path / "table.csv", dtype=str)
    found = script.answered(recipe.model.eval(), shown, recipe.data.fitted)
    assert list(found) == [
        "predicted kind",
        *(f"probability of kind = {word}" for word in ("left", "middle", "right")),
        *("predicted size", "predicted weight"),
    ]
    assert (found["predicted kind"] == shown["kind"]).mean() > 0.9
    shares = found[[name for name in found if name.startswith("probability")]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert (found["predicted size"] - shown["size"].astype(float)).abs().mean() < 2


def test_a_table_on_the_disk_trains_as_one_in_memory(mixed: Project, tmp_path: Path) -> None:
    """A class, a number by its scale and a count as it is, read batch by batch."""
    data = replace(mixed.data, preparation={"in_order": True})
    goals = {"weight": Goal(loss="quantile", settings={"quantile": 0.9})}
    goals["size"] = Goal(loss="poisson")
    told, answers = {}, {}
    for way in ("never", "always"):
        kept = replace(data, options={**data.options, "streaming": way})
        project = heads(kept, {"kind": 3, "size": 1, "weight": 1}, goals, epochs=3)
        recipe = recipe_of(project, tmp_path / way)
        steps = [{name: one.item() for name, one in step.items()} for step in recipe.steps()]
        told[way] = [*steps, {name: one.item() for name, one in recipe.finish().items()}]
        text = predict_script(project, planned_source(project), {})
        script = load_text("predict", text, [type(recipe.model)])
        shown = pd.read_csv(tmp_path / "table.csv", dtype=str)
        answers[way] = script.answered(recipe.model.eval(), shown, recipe.data.fitted)
    for one, other in zip(told["always"], told["never"], strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)
    assert list(answers["always"]) == list(answers["never"])
    for name in ("predicted size", "predicted weight"):
        found, wanted = (answers[way][name].to_numpy() for way in ("always", "never"))
        assert found == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_a_scene_is_named_and_found_at_two_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thing in front, and a box of four numbers for each of two things."""
    options = {"give": "class and boxes", "things": 2, "samples": 80, "size": 8}
    data = DataSource("scenes", options)
    assert (facts(data, {}).target, facts(data, {}).outputs) == ("several", 9)
    goals = {"boxes": Goal(loss="l1", weight=2.0)}
    project = heads(data, {"thing": 3, "boxes": 8}, goals, (3, 8, 8), epochs=1)
    network = project.networks["main"]
    network.nodes["flat"] = Node("flat", "Flatten")
    del network.wires[Wire("x", "output", "fc", "input")]
    network.wires[Wire("x", "output", "flat", "input")] = None
    network.wires[Wire("flat", "output", "fc", "input")] = None
    assert faults(project) == []
    recipe = recipe_of(project, tmp_path / "made")
    told = list(recipe.steps())[-1]
    assert {"val_thing_accuracy", "val_boxes_mae"} <= set(told)
    for name, value in {**options, "give": "boxes"}.items():
        monkeypatch.setattr(scenes, name.upper(), value)
    plain, fitted = scenes.examples()[1], recipe.data.fitted
    back = recipe.data.train.targets.numpy() * fitted["unit"] + fitted["target_shift"]
    assert set(back[:, 0]) == {0.0, 1.0, 2.0}
    assert all(np.abs(plain - row).sum(1).min() < 1e-4 for row in back[:, 1:])


def test_rare_classes_of_an_output_count_more(mixed: Project, tmp_path: Path) -> None:
    goals = {**MIXED, "kind": Goal(class_weights="balanced")}
    recipe = recipe_of(heads(mixed.data, {"measures": 2, "kind": 3}, goals), tmp_path / "made")
    targets = recipe.data.train.targets
    weights = balanced(targets[:, 0].long(), 3)
    rows = torch.arange(40)
    with torch.no_grad():
        kind, measures = recipe.model(recipe.data.train.inputs[rows])
        total = recipe.batch_loss(rows)
    expected = F.cross_entropy(kind, targets[rows, 0].long(), weights)
    expected = expected + 0.5 * F.huber_loss(measures, targets[rows, 1:])
    assert total.item() == pytest.approx(expected.item(), abs=1e-6)
    assert recipe.loss((kind, measures), targets[rows]).item() == total.item()


def test_rare_answers_of_yes_or_no_count_more(tmp_path: Path) -> None:
    data = DataSource("breast_cancer")
    goals = {"early": Goal(loss="bce_with_logits", class_weights="balanced")}
    project = heads(data, {"main": 2, "early": 1}, goals, (30,))
    recipe = recipe_of(project, tmp_path / "made")
    targets, rows = recipe.data.train.targets, torch.arange(50)
    weights = balanced(targets, 2)
    with torch.no_grad():
        early, main = recipe.model(recipe.data.train.inputs[rows])
        total = recipe.batch_loss(rows)
    yes = targets[rows, None].float()
    expected = F.cross_entropy(main, targets[rows])
    counts = weights[targets[rows, None]]
    expected = expected + F.binary_cross_entropy_with_logits(early, yes, counts)
    assert total.item() == pytest.approx(expected.item(), abs=1e-6)


def test_numbers_have_no_rare_classes(mixed: Project) -> None:
    goals = {"measures": Goal(("size", "weight"), class_weights="balanced")}
    project = heads(mixed.data, {"measures": 2, "kind": 3}, goals)
    assert faults(project) == [
        "measures: none, as size, weight has no classes / balanced / Set the class weights to none."
    ]


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_batches_whose_gradients_add_up_are_one_large_batch(
    weights: str, mixed: Project, tmp_path: Path
) -> None:
    """180 rows in even and uneven steps; the outputs' own losses are told whole as well."""
    goals = {**MIXED, "kind": Goal(class_weights=weights)}

    def told(name: str, **settings: Value) -> list[dict[str, float]]:
        project = heads(mixed.data, {"measures": 2, "kind": 3}, goals, epochs=2, **settings)
        steps = recipe_of(project, tmp_path / name).steps()
        return [{key: value.item() for key, value in metrics.items()} for metrics in steps]

    whole = told("whole", batch_size=60)
    parts = told("parts", batch_size=20, accumulation=3)
    assert len(whole) == len(parts) == 6
    for one, other in zip(whole, parts, strict=True):
        assert other == pytest.approx(one, rel=1e-5)
    uneven = told("uneven", batch_size=32, accumulation=4)
    assert uneven == [pytest.approx(one, rel=1e-5) for one in told("large", batch_size=128)]


def test_a_step_that_looks_often_tells_its_first_losses(mixed: Project, tmp_path: Path) -> None:
    settings = {"optimizer": "lbfgs", "epochs": 1, "batch_size": 180}
    project = heads(mixed.data, {"measures": 2, "kind": 3}, MIXED, **settings)
    (told,) = recipe_of(project, tmp_path / "made").steps()
    parts = told["train_kind_loss"] + 0.5 * told["train_measures_loss"]
    assert told["train_loss"].item() == pytest.approx(parts.item(), abs=1e-6)


def test_rare_combinations_of_classes_are_drawn_as_often_as_others(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    rows = pd.DataFrame({"a": generator.normal(size=400)})
    rows["kind"] = np.where(generator.random(400) < 0.9, "often", "seldom")
    rows["shade"] = np.where(generator.random(400) < 0.7, "dark", "light")
    rows["size"] = rows["a"] * 2
    rows.to_csv(tmp_path / "rare.csv", index=False)
    columns = (
        ("a", "feature", "number", ()),
        ("kind", "target", "category", ("often", "seldom")),
        ("shade", "target", "category", ("dark", "light")),
        ("size", "target", "number", ()),
    )
    options = {"path": str(tmp_path / "rare.csv"), "columns": columns, "rows": 400}
    data = DataSource("csv", options, preparation={"balanced": True})
    goals = {"kind": Goal(), "shade": Goal(), "size": Goal()}
    recipe = recipe_of(heads(data, {"kind": 2, "shade": 2, "size": 1}, goals, (1,)), tmp_path / "m")
    next(recipe.steps())
    chosen = recipe.data.train.targets[recipe.order, :2]
    pairs, counts = chosen.unique(dim=0, return_counts=True)
    assert len(pairs) == 4
    assert counts.min() > 40, "of 240 rows a quarter would be 60; as they stand the fewest are 7"


def test_boxes_and_masks_alone_have_no_rare_classes() -> None:
    data = DataSource("scenes", {"give": "boxes and mask"}, preparation={"balanced": True})
    with pytest.raises(DataError, match="balanced: expected false, as the target is no class"):
        facts(data, {})


def test_outputs_may_be_called_anything(tmp_path: Path, runs: Any) -> None:
    """Names of what is measured are short and in small letters; no two outputs share one."""
    long = "L" + "o" * 44 + "ng"
    goals = {"Kind": Goal(("kind",), class_weights="balanced"), "KIND": Goal(("kind",))}
    widths = {"Kind": 3, "KIND": 3, long: 1}
    goals[long] = Goal(("size",))
    run = runs.train(heads(table(tmp_path, 60), widths, goals, epochs=1))
    assert run.state().status == "done"
    short = f"l{'o' * 39}"
    assert {"val_kind_accuracy", "val_kind_2_accuracy", f"val_{short}_mae"} <= set(run.names())
    whole = sum(run.series(f"train_{name}_loss")[1][0] for name in ("kind", "kind_2", short))
    assert run.series("train_loss")[1][0] == pytest.approx(whole, rel=1e-5)
