"""What each output of a stage learns: chosen by steps, kept in the file, following a new name."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from graph_compiler.files import load_project, save_project
from graph_compiler.model import DataSource, Goal, Network, Node, Plan, Project, Stage, Wire
from nnstudio.document import steps
from nnstudio.document.comparing import compare
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.goals import goal_params, goal_values

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


def test_what_cannot_be_is_refused(document: Document) -> None:
    for field, value, reason in (
        ("kind.weight", -1, "A weight is a number from 0 to 1,000,000."),
        ("kind.targets", "age", "There is no target “age”. Choose among kind, size, in cm."),
        ("age.weight", 1, "The network main has no output “age”."),
        ("kind.class_weights", "even", "Class weights are none or balanced."),
    ):
        with pytest.raises(Refused) as caught:
            steps.set_stage(document, field, value)
        assert str(caught.value) == reason


def test_a_form_has_rows_for_each_output(document: Document) -> None:
    stage = document.project.plan.stages[0]
    names = [param.name for param in goal_params(document.project, stage)]
    assert names == [
        *("height.targets", "height.weight"),
        *("kind.targets", "kind.loss", "kind.weight", "kind.class_weights"),
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
    document.do(steps.set_stage(document, "height.loss", "l1"))
    save_project(document.project, tmp_path / "heads.nns")
    again = load_project(tmp_path / "heads.nns")
    assert again.plan == document.project.plan
    (found,) = [one for one in compare(before, again) if one.part == "plan"]
    assert (found.what, found.after) == ("train.output height", "size, in cm l1 × 1")
