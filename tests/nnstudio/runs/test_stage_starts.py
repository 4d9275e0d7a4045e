"""What keeps a stage from beginning as it says is told before the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graph_compiler.model import Plan, Project, Stage
from nnstudio.document.templates import load_target
from nnstudio.runs.create import RunRefused, create_run
from nnstudio.runs.readiness import errors


def planned(*stages: Stage, name: str = "mlp") -> Project:
    return replace(load_target(f"template:{name}"), plan=Plan(stages))


def texts(project: Project) -> list[str]:
    return [problem.text for problem in errors(project)]


def test_a_pattern_that_fits_nothing_is_told() -> None:
    (told,) = texts(planned(Stage("train", frozen=("fc9*",))))
    assert told.startswith("plan.frozen: expected nodes that it fits (")
    assert told.endswith('), got "fc9*". Correct it.')


def test_all_of_it_frozen_leaves_nothing_to_learn() -> None:
    assert texts(planned(Stage("a"), Stage("b", frozen=("*",)))) == [
        "plan.b.frozen: expected weights that are left to learn, got none. Freeze less."
    ]


@pytest.mark.parametrize("recipe", ["perceptron", "contrastive_divergence"])
def test_a_recipe_that_says_itself_what_it_trains_freezes_nothing(recipe: str) -> None:
    which = "perceptron" if recipe == "perceptron" else "rbm"
    project = load_target(f"template:{which}")
    stage = replace(project.plan.stages[0], frozen=("*",))
    assert stage.recipe == recipe
    (told,) = texts(replace(project, plan=Plan((stage,))))
    assert told.startswith("plan.frozen: expected nothing, for ")
    assert told.endswith(" says itself what it trains, got *. Leave it empty.")


def test_learned_weights_are_not_drawn_anew_by_the_way() -> None:
    anew = {"initialization": "zeros"}
    assert texts(planned(Stage("a", settings=anew))) == []
    (told,) = texts(planned(Stage("a"), Stage("b", settings=anew)))
    assert told.startswith("plan.b.initialization: expected ")
    assert "for the stage goes on with weights that were learned, got zeros" in told


def test_a_file_of_weights_that_is_not_there_is_told_before_the_run(tmp_path: Path) -> None:
    project = planned(Stage("train", weights="none/there.safetensors"))
    with pytest.raises(RunRefused) as refused:
        create_run(project, tmp_path, base=tmp_path)
    (problem,) = refused.value.problems
    assert problem.text == (
        "plan.train.weights: expected a file with weights, got nothing at "
        f"{tmp_path / 'none/there.safetensors'}. Choose another, or leave it empty."
    )
