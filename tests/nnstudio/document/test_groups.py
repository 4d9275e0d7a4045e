"""Rates of their own in the document: written, read, edited, undone, renamed, compared."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from graph_compiler.files import ProjectError, parse_project, project_text
from graph_compiler.model import Group, Plan, Project, Value, Variable
from nnstudio.document import steps
from nnstudio.document.comparing import compare
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.groups import fits_weight, groups_of, in_words, told
from nnstudio.document.planned import planned_source
from nnstudio.document.recipes import SettingsError
from nnstudio.document.script import train_script
from nnstudio.document.templates import assign, load_target

GROUPS = (Group("conv*", 0.1), Group("*.bias", None, 0.0), Group("fc1", "hidden / 1000", 0.5))
LINE = "conv*: rate 0.1, *.bias: decay 0, fc1: rate hidden / 1000 decay 0.5"


def grouped(*groups: Group) -> Project:
    project = load_target("template:lenet5")
    return replace(project, plan=Plan((replace(project.plan.stages[0], groups=groups),)))


def put(document: Document, value: object) -> tuple[Group, ...]:
    document.do(steps.set_stage(document, "groups", value))  # type: ignore[arg-type]
    return document.project.plan.stages[0].groups


def test_a_file_holds_them_in_their_order_and_only_what_is_said() -> None:
    text = project_text(grouped(*GROUPS))
    assert (
        '"groups": [{"nodes": "conv*", "rate": 0.1}, {"nodes": "*.bias", "weight_decay": 0.0}, '
        '{"nodes": "fc1", "rate": "hidden / 1000", "weight_decay": 0.5}]' in text
    )
    assert parse_project(text, "x.nns") == grouped(*GROUPS)
    assert parse_project(text, "x.nns") != grouped(*GROUPS[::-1])
    assert "groups" not in project_text(grouped())


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('{"rate": 0.1}', "groups"),
        ('{"nodes": "a", "speed": 1}', "speed"),
        ('{"nodes": "a\\nb"}', "one line of text"),
        ('"a"', "groups"),
    ],
)
def test_a_file_with_something_else_is_refused_with_its_place(entry: str, said: str) -> None:
    text = project_text(grouped(Group("a", 2))).replace('{"nodes": "a", "rate": 2}', entry)
    with pytest.raises(ProjectError) as caught:
        parse_project(text, "x.nns")
    assert str(caught.value).startswith("x.nns: line ")
    assert said in str(caught.value)


def test_robust_scaling_can_be_saved_too() -> None:
    project = grouped()
    project = replace(project, data=replace(project.data, scale="robust"))
    assert parse_project(project_text(project), "x.nns") == project


def test_rows_and_lines_say_the_same() -> None:
    variables = grouped().variables
    assert groups_of(LINE, variables) == GROUPS
    assert in_words(GROUPS) == LINE
    rows = (("conv*", "0.1", ""), ("*.bias", "", "0"), ("fc1", "hidden / 1000", "0.5"))
    assert groups_of(rows, variables) == GROUPS
    assert groups_of("a: rate min(hidden, 2) decay 1", variables)[0].rate == "min(hidden, 2)"
    assert groups_of("", variables) == groups_of(None, variables) == ()
    assert told(GROUPS) == (
        "conv* at 0.1 × the rate, *.bias with weight decay 0, "
        "fc1 at hidden / 1000 × the rate with weight decay 0.5"
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("conv*", "Write nodes with what is their own, as features/*: rate 0.1 decay 0, and not "),
        ("conv*: 0.1", "Write nodes with what is their own, as features/*: rate 0.1 decay 0, "),
        ("conv*: rate 0.1 rate 2", "Write nodes with what is their own, "),
        (("conv",), "Write nodes with what is their own, as features/*: rate 0.1."),
        ((("", "1", ""),), "A group is for nodes: write some, or a pattern such as features/*."),
        ((("a", "", ""),), "Give a a rate or a weight decay, or leave the row out."),
        ("a: rate 1, b: rate 2, a: decay 1", "There is a group for a already."),
        ("a: rate 1001", "rate: expected a number from 0 to 1000, got 1001.0. "),
        ("a: decay gone", "weight decay: expected a number from 0 to 100, got `gone` with the "),
        (tuple((f"a{n}", "1", "") for n in range(101)), "A stage has at most 100 groups."),
    ],
)
def test_what_is_no_group_is_refused(value: object, reason: str) -> None:
    document = Document(grouped())
    with pytest.raises(Refused) as caught:
        put(document, value)
    assert caught.value.reason.startswith(reason)
    assert document.project.plan.stages[0].groups == ()


def test_an_edit_is_undone_and_an_order_is_an_edit() -> None:
    document = Document(grouped())
    assert put(document, LINE) == GROUPS
    assert put(document, GROUPS_TURNED) == GROUPS[::-1]
    document.undo()
    assert document.project.plan.stages[0].groups == GROUPS
    document.undo()
    assert document.project.plan.stages[0].groups == ()
    document.redo()
    assert document.project.plan.stages[0].groups == GROUPS


GROUPS_TURNED = ", ".join(reversed(LINE.split(", ")))


def test_a_variable_is_followed_and_kept() -> None:
    document = Document(grouped(*GROUPS))
    with pytest.raises(Refused) as caught:
        document.do(steps.remove_variable(document, "hidden"))
    assert "plan.rate of fc1" in caught.value.reason
    document.do(steps.rename_variable(document, "hidden", "units"))
    assert document.project.plan.stages[0].groups[2].rate == "units / 1000"
    document.undo()
    assert document.project.plan.stages[0].groups == GROUPS


def test_another_recipe_and_a_stage_behind_keep_them() -> None:
    document = Document(grouped(*GROUPS))
    document.do(steps.add_stage(document, 0))
    assert [stage.groups for stage in document.project.plan.stages] == [GROUPS, GROUPS]


def test_a_comparison_names_what_differs() -> None:
    found = compare(grouped(GROUPS[0]), grouped(*GROUPS[:2]))
    assert [(one.part, one.what, one.before, one.after) for one in found] == [
        ("plan", "train.rates of their own", "conv*: rate 0.1", "conv*: rate 0.1, *.bias: decay 0")
    ]
    plain, frozen = grouped(), grouped()
    stage = replace(frozen.plan.stages[0], frozen=("conv*",), weights="w.pt")
    frozen = replace(frozen, plan=Plan((stage,)))
    assert [(one.what, one.after) for one in compare(plain, frozen)] == [
        ("train.frozen", "[conv*]"),
        ("train.weights", "w.pt"),
    ]


def test_they_are_set_by_key_as_from_the_terminal_and_by_variants() -> None:
    project = assign(grouped(), "plan.groups", LINE)
    assert project.plan.stages[0].groups == GROUPS
    assert assign(project, "plan.groups", None).plan.stages[0].groups == ()
    with pytest.raises(ProjectError) as caught:
        assign(project, "plan.groups", "conv*")
    assert "plan.groups: expected nodes with rates of their own, as conv*: rate 0.1 decay 0" in str(
        caught.value
    )
    other = replace(project, variables={**project.variables, "f": Variable("f", 0.1)})
    assert assign(other, "plan.groups", "fc1: rate f").plan.stages[0].groups[0].rate == "f"


@pytest.mark.parametrize(
    ("node", "weight", "pattern", "fits"),
    [
        ("features/conv1", "weight", "features", True),
        ("features/conv1", "weight", "features/*", True),
        ("features/conv1", "weight", "conv1", False),
        ("features/conv1", "bias", "*.bias", True),
        ("attend", "out.bias", "*.bias", True),
        ("lstm", "bias_ih_l0", "*.bias*", True),
        ("conv1", "weight", "*.bias", False),
        ("conv1", "bias", "conv?.bias", True),
        ("conv1", "weight", "conv1.bias", False),
        ("bias", "weight", "*.bias", False),
        ("conv1", "weight", "*", True),
    ],
)
def test_patterns_over_nodes_and_their_weights(
    node: str, weight: str, pattern: str, fits: bool
) -> None:
    assert fits_weight(node, weight, pattern) is fits


def test_a_node_with_another_name_keeps_its_place_in_the_plan() -> None:
    project = grouped(Group("fc1", 0.1), Group("fc1.bias", 2), Group("fc*", 3), Group("fc12", 4))
    stage = replace(project.plan.stages[0], frozen=("fc1", "conv*"), first_weights={"fc1": "eye"})
    document = Document(replace(project, plan=Plan((stage,))))
    document.do(steps.rename(document, "main", "fc1", "wide"))
    after = document.project.plan.stages[0]
    assert [one.nodes for one in after.groups] == ["wide", "wide.bias", "fc*", "fc12"]
    assert after.frozen == ("wide", "conv*")
    assert after.first_weights == {"wide": "eye"}
    document.undo()
    assert document.project.plan.stages[0] == stage


def test_a_name_in_two_networks_of_a_stage_stays_as_it_is() -> None:
    project = load_target("template:gan")
    stage = project.plan.stages[0]
    (other,) = stage.others.values()
    first, second = (next(iter(project.networks[one].nodes)) for one in (stage.network, other))
    stage = replace(stage, groups=(Group(first, 2),))
    document = Document(replace(project, plan=Plan((stage,))))
    document.do(steps.rename(document, stage.network, first, "other"))
    assert document.project.plan.stages[0].groups == (Group("other", 2),)
    document.do(steps.rename(document, other, second, "other"))
    document.do(steps.rename(document, stage.network, "other", first))
    assert document.project.plan.stages[0].groups == (Group("other", 2),)


def test_a_new_head_is_trained_alone_with_the_groups_that_fit_it() -> None:
    document = Document(grouped(Group("conv*", 0.1), Group("*.bias", None, 0.0)))
    document.do(steps.replace_head(document, "fc3", 4))
    head, every = document.project.plan.stages
    assert [one.nodes for one in head.groups] == ["*.bias"]
    assert [one.nodes for one in every.groups] == ["conv*", "*.bias"]


@pytest.mark.parametrize("value", [True, (1, 2), "import os", "'", 1e400, -1])
def test_hostile_values_are_told_and_never_written(value: Value) -> None:
    project = grouped(Group("conv1", value))
    with pytest.raises(SettingsError) as caught:
        train_script(project, planned_source(project))
    assert str(caught.value).startswith("train.rate: expected a number from 0 to 1000, got ")


def test_a_pattern_is_text_in_a_script_whatever_it_holds() -> None:
    pattern = '*."]), __import__("os")'
    project = grouped(Group(pattern, 0.5))
    text = train_script(project, planned_source(project))
    (given,) = (
        ast.literal_eval(one.value)
        for one in ast.parse(text).body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "GROUPS"
    )
    assert given == [([pattern], {"factor": 0.5})]
