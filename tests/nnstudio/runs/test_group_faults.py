"""Rates of their own that would do nothing are told before the run, and where none are taken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph_compiler.model import Group, Plan, Project, Stage
from nnstudio.document.templates import load_target
from nnstudio.runs.readiness import errors


def planned(*groups: Group, name: str = "lenet5", **stage: object) -> Project:
    project = load_target(f"template:{name}")
    first = replace(project.plan.stages[0], groups=groups, **stage)  # type: ignore[arg-type]
    return replace(project, plan=Plan((first,)))


def texts(project: Project) -> list[str]:
    return [problem.text for problem in errors(project)]


LEARNED = "conv1, conv2, fc1, fc2, fc3"


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ((Group("conv*", 0.1), Group("*.bias", None, 0.0), Group("*", 2)), ""),
        ((Group("conv*", "hidden / 1000"),), ""),
        (
            (Group("head", 0.1),),
            f'nodes that it fits ({LEARNED}), got "head". Correct it, or leave it out.',
        ),
        (
            (Group("relu*", 0.1),),
            f'nodes with weights of their own ({LEARNED}), got "relu*". '
            "Correct it, or leave it out.",
        ),
        (
            (Group("conv*.wight", 0.1),),
            'a weight that those nodes have (weight, bias), got "conv*.wight". '
            "Correct it, or leave it out.",
        ),
        (
            (Group("conv?", 0.1), Group("conv1", 0.2)),
            'weights that no group before it has, got "conv1". '
            "Move it before those, or leave it out.",
        ),
        (
            (Group("conv1", -0.5),),
            'a number from 0 to 1000 as rate of "conv1", got -0.5. Set rate to such a number.',
        ),
    ],
)
def test_what_a_group_needs(groups: tuple[Group, ...], told: str) -> None:
    expected = [f"plan.groups: expected {told}"] if told else []
    assert texts(planned(*groups)) == expected


def test_what_is_frozen_has_no_rate() -> None:
    (told,) = texts(planned(Group("conv1", 0.1), frozen=("conv*",)))
    assert told == (
        'plan.groups: expected weights that are not frozen, got "conv1". '
        "Freeze less, or leave it out."
    )


def test_an_unknown_variable_is_told() -> None:
    (told,) = texts(planned(Group("conv1", None, "gone")))
    assert told.startswith(
        'plan.groups: expected a number from 0 to 100 as weight decay of "conv1", got `gone` with '
    )


@pytest.mark.parametrize(
    ("optimizer", "why"),
    [
        ("lbfgs", "which goes along one line for all weights"),
        ("rprop", "which finds the length of every weight's steps itself"),
    ],
)
def test_an_optimizer_that_takes_no_groups(optimizer: str, why: str) -> None:
    (told,) = texts(planned(Group("*", 0.1), settings={"optimizer": optimizer}))
    assert told == (
        f"plan.groups: expected no rates of their own with {optimizer}, {why}, got *. "
        "Leave them out, or choose another optimizer."
    )


@pytest.mark.parametrize("name", ["perceptron", "rbm"])
def test_a_recipe_without_an_optimizer(name: str) -> None:
    (told,) = texts(planned(Group("*", 0.1), name=name))
    assert told.startswith("plan.groups: expected no rates of their own, as ")
    assert told.endswith(" has no optimizer to take them, got *. Leave them out.")


def test_a_node_that_uses_anothers_module_has_no_weights_of_its_own() -> None:
    (told,) = texts(planned(Group("embed2", 0.1), name="transformer"))
    assert told.startswith("plan.groups: expected nodes with weights of their own (embed/word, ")
    assert texts(planned(Group("embed", 0.1), Group("scores", 2), name="transformer")) == []


def test_patterns_are_for_all_networks_of_a_stage_and_the_stage_is_named() -> None:
    project = load_target("template:gan")
    names = {n for one in project.networks.values() for n in one.nodes if n.startswith("fc")}
    assert names
    first = replace(project.plan.stages[0], name="fight", groups=(Group("fc1", 0.1),))
    assert texts(replace(project, plan=Plan((first,)))) == []
    wrong = replace(first, groups=(Group("nobody", 0.1),))
    plan = Plan((wrong, replace(first, name="more")))
    (told,) = texts(replace(project, plan=plan))
    assert told.startswith("plan.fight.groups: expected nodes that it fits (")


def test_a_stage_without_groups_has_no_faults() -> None:
    assert texts(planned()) == []
    assert Stage().groups == ()
