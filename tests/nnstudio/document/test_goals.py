"""What each output of a stage learns: chosen by steps, kept in the file, following a new name."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from graph_compiler.files import ProjectError, load_project, save_project
from graph_compiler.losses import fitting_losses
from graph_compiler.model import DataSource, Goal, Network, Node, Plan, Project, Stage, Wire
from nnstudio.document import steps
from nnstudio.document.comparing import compare
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.goals import goal_params, goal_values
from nnstudio.document.templates import assign
from nnstudio.runs.readiness import other_faults

COLUMNS = (
    ("a", "feature", "number", ()),
    ("kind", "target", "category", ("left", "right")),
    ("size, in cm", "target", "number", ()),
)


@pytest.fixture
def document() -> Document:
    """A class at the output `kind`, a number at the output `height`."""
    nodes = {"x": Node("x", "Input", {"shape": (1,)})}
    wires = []
    for name, width in (("kind", 2), ("height", 1)):
        nodes[f"{name}_head"] = Node(f"{name}_head", "Linear", {"out_features": width})
        nodes[name] = Node(name, "Output")
        wires.append(Wire("x", "output", f"{name}_head", "input"))
        wires.append(Wire(f"{name}_head", "output", name, "input"))
    return Document(
        Project(
            name="Heads",
            networks={"main": Network("main", nodes=nodes, wires=dict.fromkeys(wires))},
            data=DataSource("csv", {"path": "table.csv", "columns": COLUMNS, "rows": 40}),
            plan=Plan((Stage("train", "several_outputs"),)),
        )
    )


def goals(document: Document) -> dict[str, Goal]:
    return dict(document.project.plan.stages[0].outputs)


def test_only_what_is_chosen_is_kept(document: Document) -> None:
    document.do(steps.set_stage(document, "height.targets", "size, in cm"))
    document.do(steps.set_stage(document, "height.weight", 0.5))
    document.do(steps.set_stage(document, "kind.loss", "bce_with_logits"))
    document.do(steps.set_stage(document, "kind.class_weights", "balanced"))
    assert goals(document) == {
        "height": Goal(("size, in cm",), "", 0.5),
        "kind": Goal((), "bce_with_logits", class_weights="balanced"),
    }
    document.do(steps.set_stage(document, "kind.class_weights", None))
    document.do(steps.set_stage(document, "kind.loss", None))
    assert "kind" not in goals(document)
    document.undo()
    assert goals(document)["kind"].loss == "bce_with_logits"


def test_a_loss_has_settings_of_its_own(document: Document) -> None:
    document.do(steps.set_stage(document, "height.targets", "size, in cm"))
    document.do(steps.set_stage(document, "height.loss", "quantile"))
    document.do(steps.set_stage(document, "height.quantile", "0.5 + 0.4"))
    assert goals(document)["height"].settings == {"quantile": 0.9}
    stage = document.project.plan.stages[0]
    names = [param.name for param in goal_params(document.project, stage)]
    assert names[:4] == ["height.targets", "height.loss", "height.quantile", "height.weight"]
    assert goal_values(document.project, stage)[0]["height.quantile"] == 0.9
    document.do(steps.set_stage(document, "height.loss", "huber"))
    stage = document.project.plan.stages[0]
    names = [param.name for param in goal_params(document.project, stage)]
    assert names[2] == "height.delta"
    document.undo()
    document.do(steps.set_stage(document, "height.quantile", None))
    assert goals(document)["height"].settings == {}


def test_every_loss_for_the_target_is_offered_whatever_is_chosen(document: Document) -> None:
    document.do(steps.set_stage(document, "kind.loss", "poisson"))
    stage = document.project.plan.stages[0]
    (row,) = [one for one in goal_params(document.project, stage) if one.name == "kind.loss"]
    assert row.choices == (*fitting_losses("class", 2), "poisson")
    _, faults = goal_values(document.project, stage)
    assert faults["kind.loss"].startswith("Expected a loss for kind (cross_entropy, log_loss, ")
    assert faults["kind.loss"].endswith("got poisson. Set the loss to cross_entropy.")


def test_class_weights_want_a_loss_that_has_them(document: Document) -> None:
    document.do(steps.set_stage(document, "kind.class_weights", "balanced"))
    document.do(steps.set_stage(document, "kind.loss", "multi_margin"))
    _, faults = goal_values(document.project, document.project.plan.stages[0])
    assert faults["kind.class_weights"] == (
        "Expected none, as multi_margin counts all classes alike, got balanced. Set the class "
        "weights to none."
    )


def test_a_setting_out_of_bounds_in_a_file_is_told_before_a_run(document: Document) -> None:
    project = document.project
    wild = {"height": Goal(("size, in cm",), "quantile", settings={"quantile": 7.0})}
    project.plan = Plan((Stage("train", "several_outputs", outputs=wild),))
    told = "expected a number from 0.001 to 0.999, got 7.0. Set quantile to such a number."
    _, faults = goal_values(project, project.plan.stages[0])
    assert faults == {"height.quantile": told[0].upper() + told[1:]}
    (found,) = [one for one in other_faults(project) if one.port == "height.quantile"]
    assert f"expected {found.expected}, got {found.got}. {found.remedy}" == told


def test_a_fix_of_an_activation_sets_the_loss_of_its_output(document: Document) -> None:
    document.do(steps.set_stage(document, "height.targets", "size, in cm"))
    wire = Wire("kind_head", "output", "kind", "input")
    document.do(steps.insert_on_wire(document, "main", wire, "Softmax"))
    (problem,) = document.report("main").problems
    fix = next(one for one in problem.fixes if one.label == "Set the loss to log_loss")
    document.do(steps.apply_fix(document, "main", fix))
    assert goals(document)["kind"] == Goal(loss="log_loss")
    assert not document.report("main").problems


def test_the_terminal_names_an_output(document: Document) -> None:
    project = assign(document.project, "plan.height.targets", "size, in cm")
    project = assign(project, "plan.train.height.loss", "quantile")
    project = assign(project, "plan.height.quantile", 0.9)
    project = assign(project, "plan.kind.weight", 2)
    assert dict(project.plan.stages[0].outputs) == {
        "height": Goal(("size, in cm",), "quantile", settings={"quantile": 0.9}),
        "kind": Goal(weight=2.0),
    }
    for key, value, told in (
        (
            "plan.height.quantile",
            3,
            "Heads: plan.height.quantile: expected a setting of an output (height, kind), got 3. "
            "quantile: expected a number from 0.001 to 0.999, got 3.0. Set quantile to such a "
            "number.",
        ),
        (
            "plan.heigth.loss",
            "l1",
            "Heads: plan.heigth.loss: expected a stage of this plan (train) or an output of its "
            'first (height, kind), got "heigth". Did you mean height?',
        ),
    ):
        with pytest.raises(ProjectError) as caught:
            assign(project, key, value)
        assert str(caught.value) == told


def test_what_cannot_be_is_refused(document: Document) -> None:
    for field, value, reason in (
        ("kind.weight", -1, "A weight is a number from 0 to 1,000,000."),
        ("kind.targets", "age", "There is no target “age”. Choose among kind, size, in cm."),
        ("age.weight", 1, "The network main has no output “age”."),
        (
            "kind.class_weights",
            "even",
            "class weights: expected one of none, balanced, got 'even'. Set class_weights to one "
            "of these words.",
        ),
        (
            "height.quantile",
            1.5,
            "quantile: expected a number from 0.001 to 0.999, got 1.5. Set quantile to such a "
            "number.",
        ),
        ("height.slope", 1, "An output has no “slope”."),
    ):
        with pytest.raises(Refused) as caught:
            steps.set_stage(document, field, value)
        assert str(caught.value) == reason


def test_a_form_has_rows_for_each_output(document: Document) -> None:
    stage = document.project.plan.stages[0]
    names = [param.name for param in goal_params(document.project, stage)]
    assert names == [
        *("height.targets", "height.weight"),
        *("kind.targets", "kind.loss", "kind.label_smoothing"),
        *("kind.weight", "kind.class_weights"),
    ], "no loss where nothing is learned yet"
    values, faults = goal_values(document.project, stage)
    assert values["kind.targets"] == "kind"
    assert values["kind.loss"] == "cross_entropy"
    assert faults == {
        "height.targets": "Expected one of the targets (kind, size, in cm), got none. Choose in "
        "the plan what height learns, or call it like a target."
    }


def test_another_recipe_has_no_such_rows(document: Document) -> None:
    document.do(steps.set_stage(document, "recipe", "supervised"))
    assert goal_params(document.project, document.project.plan.stages[0]) == ()


def test_a_goal_follows_the_name_of_its_output(document: Document) -> None:
    document.do(steps.set_stage(document, "height.targets", "size, in cm"))
    document.do(steps.rename(document, "main", "height", "tall"))
    assert goals(document) == {"tall": Goal(("size, in cm",))}
    document.undo()
    assert set(goals(document)) == {"height"}


def test_the_file_keeps_it(document: Document, tmp_path: Path) -> None:
    before = deepcopy(document.project)
    document.do(steps.set_stage(document, "height.targets", "size, in cm"))
    document.do(steps.set_stage(document, "height.loss", "smooth_l1"))
    document.do(steps.set_stage(document, "height.delta", 0.5))
    save_project(document.project, tmp_path / "heads.nns")
    again = load_project(tmp_path / "heads.nns")
    assert again.plan == document.project.plan
    (found,) = [one for one in compare(before, again) if one.part == "plan"]
    assert (found.what, found.after) == (
        "train.output height",
        "size, in cm smooth_l1 × 1, delta 0.5",
    )
