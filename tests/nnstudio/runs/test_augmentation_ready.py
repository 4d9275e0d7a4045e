"""Augmentation that no stage would do is told before a run."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Plan, Project, Stage
from nnstudio.document.templates import load_target
from nnstudio.runs.readiness import errors


def flipped(recipe: str) -> Project:
    """LeNet-5 on digits that are turned around, with a recipe."""
    project = load_target("template:lenet5")
    data = replace(project.data, preparation={"flips": "sideways"})
    return replace(project, data=data, plan=Plan((Stage("train", recipe),)))


def test_a_recipe_that_changes_its_examples_is_ready() -> None:
    assert errors(flipped("supervised")) == ()


def test_one_that_does_not_is_told() -> None:
    (problem,) = (one for one in errors(flipped("perceptron")) if one.port == "flips")
    assert (problem.node, problem.expected, problem.got, problem.remedy) == (
        "data",
        "a stage with a recipe that changes its examples (several_outputs, supervised)",
        "perceptron",
        "Leave the augmentation out, or add one.",
    )
