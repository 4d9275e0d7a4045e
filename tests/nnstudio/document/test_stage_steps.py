"""Steps on the stages of a plan: done, undone, refused with words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Plan, Project, Stage
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.templates import load_target
from nnstudio.runs.readiness import errors


@pytest.fixture
def document() -> Document:
    return Document(load_target("template:lenet5"))


def names(document: Document) -> list[str]:
    return [stage.name for stage in document.project.plan.stages]


def done_and_undone(document: Document, step: Step) -> None:
    """Do it; undoing gives the start to the byte, redoing the same again, and the file opens."""
    before = project_text(document.project)
    document.do(step)
    after = project_text(document.project)
    assert parse_project(after, "x") == document.project
    document.undo()
    assert project_text(document.project) == before
    document.redo()
    assert project_text(document.project) == after


def test_stages_come_go_and_change_places(document: Document) -> None:
    done_and_undone(document, steps.add_stage(document))
    done_and_undone(document, steps.add_stage(document, 0))
    assert names(document) == ["train", "train 3", "train 2"]
    done_and_undone(document, steps.move_stage(document, 2, -1))
    assert names(document) == ["train", "train 2", "train 3"]
    done_and_undone(document, steps.remove_stage(document, 0))
    assert names(document) == ["train 2", "train 3"]
    done_and_undone(document, steps.remove_stage(document, 0))
    with pytest.raises(Refused, match="at least one stage"):
        steps.remove_stage(document, 0)
    with pytest.raises(Refused, match="at the end"):
        steps.move_stage(document, 0, 1)


def test_fields_of_any_stage(document: Document) -> None:
    document.do(steps.add_stage(document))
    for field, value in (
        ("name", "tune"),
        ("learning_rate", 0.5),
        ("frozen", "conv*, fc1"),
        ("frozen_running", True),
        ("weights", "before.safetensors"),
    ):
        done_and_undone(document, steps.set_stage(document, field, value, 1))
    stage = document.project.plan.stages[1]
    assert (stage.name, stage.settings["learning_rate"]) == ("tune", 0.5)
    assert stage.frozen == ("conv*", "fc1")
    assert stage.frozen_running
    assert stage.weights == "before.safetensors"
    assert document.project.plan.stages[0] == load_target("template:lenet5").plan.stages[0]
    with pytest.raises(Refused, match="a stage tune already"):
        steps.set_stage(document, "name", "tune", 0)
    done_and_undone(document, steps.make_setting_variable(document, "learning_rate", None, 1))
    assert document.project.plan.stages[1].settings["learning_rate"] == "learning_rate"


def test_another_head_is_learned_alone_first(document: Document) -> None:
    done_and_undone(document, steps.replace_head(document, "fc3", 3))
    head, everything = document.project.plan.stages
    assert document.project.networks["main"].nodes["fc3"].params["out_features"] == 3
    assert (head.name, head.frozen) == ("head", ("conv1", "conv2", "fc1", "fc2"))
    assert (everything.name, everything.frozen) == ("all", ())
    assert everything.settings["learning_rate"] == pytest.approx(0.0003)
    with pytest.raises(Refused, match="a Linear layer"):
        steps.replace_head(document, "conv1", 3)


def test_faults_name_their_stage() -> None:
    project = load_target("template:lenet5")
    stage = project.plan.stages[0]
    wrong = replace(stage, name="tune", settings={"epochs": -1}, network="nothing")
    faults = errors(replace(project, plan=Plan((stage, wrong))))
    assert [fault.text for fault in faults] == [
        'plan.tune.network: expected one of the networks (main), got "nothing". Choose one.',
        "plan.tune.epochs: expected a whole number from 1 to 1000000, got -1. "
        "Set epochs to such a number.",
    ]


def test_a_recipe_of_several_networks_asks_for_each() -> None:
    project: Project = load_target("template:lenet5")
    plan = Plan((Stage("play", "adversarial", "main"),))
    (fault,) = errors(replace(project, plan=plan))
    assert fault.text == ("plan.critic: expected one of the networks (main), got none. Choose one.")
