"""Templates and targets: each opens, fits, says what it is, and every key and error is exact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import graph_compiler
from graph_compiler import ProjectError
from graph_compiler.model import DataSource, Project, Value
from nnstudio.document.recipes import recipes
from nnstudio.document.sources import purpose, sources
from nnstudio.document.templates import assign, load_target, templates, with_variant

IDS = [info.id for info in templates()]
VARIANTS = [f"{info.id}@{variant}" for info in templates() for variant in info.variants]
FIXED_TAGS = {"task", "architecture", "level"}


def message(call: Callable[[], object]) -> str:
    with pytest.raises(ProjectError) as caught:
        call()
    return str(caught.value)


def test_the_first_three_are_there() -> None:
    assert {"perceptron", "mlp", "lenet5"} <= set(IDS)


@pytest.mark.parametrize("info", templates(), ids=IDS)
def test_a_template_says_what_it_is(info: object) -> None:
    (found,) = [one for one in templates() if one == info]
    assert found.name
    assert 200 <= len(found.about) <= 900
    assert {tag.split(":")[0] for tag in found.tags} == FIXED_TAGS
    assert "demo" in found.variants
    assert found.path.name == f"{found.id}.nns"


@pytest.mark.parametrize("identity", IDS)
def test_a_template_is_written_as_saving_would_write_it(identity: str) -> None:
    (info,) = [one for one in templates() if one.id == identity]
    text = info.path.read_text(encoding="utf-8")
    assert graph_compiler.project_text(graph_compiler.parse_project(text, "x")) == text


@pytest.mark.parametrize("target", VARIANTS)
def test_every_variant_is_sound(target: str) -> None:
    """No problem and no hint in any drawing, neither alone nor beside the data."""
    project = load_target(f"template:{target}")
    for purpose_or_none in (None, purpose(project)):
        found = graph_compiler.check_project(project, purpose_or_none)
        codes = {one.code for report in found.values() for one in report.problems}
        beside = target == "perceptron@xor" and purpose_or_none is not None
        assert codes == ({"not_separable"} if beside else set())


@pytest.mark.parametrize("target", VARIANTS)
def test_every_variant_compiles(target: str) -> None:
    """The module has the parameters that the check counts; no memory is taken for them."""
    graph = load_target(f"template:{target}").graph("main")
    with torch.device("meta"):
        model = graph_compiler.compile_graph(graph)
    counted = graph_compiler.check_graph(graph).parameters
    assert sum(p.numel() for p in model.parameters()) == counted


@pytest.mark.parametrize("identity", IDS)
def test_a_demo_says_where_its_data_come_from_or_leaves_it_open(identity: str) -> None:
    """A demo has data to learn from, or says that it waits for the user's."""
    project = load_target(f"template:{identity}")
    assert (purpose(project).data is None) == (project.data.source == "none")


def test_lenet5_is_the_network_of_the_paper() -> None:
    graph = load_target("template:lenet5@paper").graph("main")
    assert graph_compiler.check_graph(graph).parameters == 61_706
    assert load_target("template:lenet5@paper").data == DataSource("digits", {"size": 28})


def test_a_template_alone_is_its_demo() -> None:
    demo = load_target("template:lenet5")
    assert demo == load_target("template:lenet5@demo")
    assert demo.networks["main"].nodes["image"].params == {"shape": (1, 8, 8)}
    assert demo.networks["main"].nodes["conv2"].params == {
        "kernel_size": 3,
        "out_channels": 16,
        "padding": 1,
    }


def test_a_variant_leaves_the_original_alone() -> None:
    paper = load_target("template:lenet5@paper")
    before = graph_compiler.project_text(paper)
    with_variant(paper, "demo")
    assert graph_compiler.project_text(paper) == before


def test_files_and_their_variants(tmp_path: Path) -> None:
    project = load_target("template:lenet5@paper")
    path = tmp_path / "mine.nns"
    graph_compiler.save_project(project, path)
    assert load_target(str(path)) == project
    assert load_target(f"{path}@demo") == load_target("template:lenet5@demo")
    odd = tmp_path / "a@demo"
    graph_compiler.save_project(project, odd)
    assert load_target(str(odd)) == project


ASSIGNED: dict[str, tuple[Value, Callable[[Project], object], object]] = {
    "hidden": (64, lambda p: p.variables["hidden"].value, 64),
    "main/conv1.bias": (False, lambda p: p.networks["main"].nodes["conv1"].params["bias"], False),
    "main/conv1.padding": (
        None,
        lambda p: p.networks["main"].nodes["conv1"].params,
        {"kernel_size": 5, "out_channels": 6},
    ),
    "data.size": (8, lambda p: p.data.options, {"size": 8}),
    "data.scale": ("unit", lambda p: p.data.scale, "unit"),
    "data.split": ((0.5, 0.25, 0.25), lambda p: p.data.split, (0.5, 0.25, 0.25)),
    "data.stratified": (False, lambda p: p.data.stratified, False),
    "data.seed": (3, lambda p: p.data.seed, 3),
    "data.source": ("wine", lambda p: (p.data.source, p.data.options), ("wine", {})),
    "plan.epochs": (2, lambda p: p.plan.stages[0].settings["epochs"], 2),
    "plan.recipe": ("perceptron", lambda p: p.plan.stages[0].recipe, "perceptron"),
    "plan.name": ("first", lambda p: p.plan.stages[0].name, "first"),
    "plan.network": ("main", lambda p: p.plan.stages[0].network, "main"),
}


@pytest.mark.parametrize("key", ASSIGNED)
def test_every_kind_of_key_is_assigned(key: str) -> None:
    value, read, expected = ASSIGNED[key]
    paper = load_target("template:lenet5@paper")
    before = graph_compiler.project_text(paper)
    assert read(assign(paper, key, value)) == expected
    assert graph_compiler.project_text(paper) == before


REFUSED: dict[tuple[str, Value], str] = {
    ("hiden", 1): "LeNet-5: hiden: expected a variable of this project (hidden), "
    'got "hiden". Did you mean hidden?',
    ("critic/conv1.bias", True): "LeNet-5: critic/conv1.bias: expected a network of this project "
    '(main), got "critic". Choose one of them.',
    ("main/conv3.bias", True): "LeNet-5: main/conv3.bias: expected a node of main, "
    'got "conv3". Did you mean conv2?',
    ("main/relu1.slope", 1): "LeNet-5: main/relu1.slope: expected a parameter of ReLU "
    '(it has none), got "slope". This layer has none.',
    ("main/fc1.units", 1): "LeNet-5: main/fc1.units: expected a parameter of Linear "
    '(bias, in_features, out_features), got "units". Choose one of them.',
    ("model.size", 1): "LeNet-5: model.size: expected a variable, NETWORK/NODE.PARAMETER, "
    'data.OPTION or plan.SETTING, got "model.size". Correct the key.',
    ("data.source", "elsewhere"): "LeNet-5: data.source: expected one of "
    f'{", ".join(sorted(sources()))}, got "elsewhere". Choose one of them.',
    ("data.noise", 1): 'LeNet-5: data.noise: expected an option of digits (size), got "noise". '
    "Choose one of them.",
    ("data.sise", 1): 'LeNet-5: data.sise: expected an option of digits (size), got "sise". '
    "Did you mean size?",
    ("plan.recipe", "xyz"): "LeNet-5: plan.recipe: expected one of "
    f'{", ".join(sorted(recipes()))}, got "xyz". Choose one of them.',
    ("plan.epoch", 1): "LeNet-5: plan.epoch: expected a setting of supervised "
    f"({', '.join(sorted(one.name for one in recipes()['supervised'].settings))}), "
    'got "epoch". Did you mean epochs?',
    ("plan.tune.epochs", 1): "LeNet-5: plan.tune.epochs: expected a stage of this plan (train), "
    'got "tune". Choose one of them.',
    (
        "data.scale",
        "log",
    ): "LeNet-5: data.scale: expected none, standard, unit or robust, got 'log'. "
    "Give it such a value.",
    ("data.split", (1, 2)): "LeNet-5: data.split: expected three fractions, got (1, 2). "
    "Give it such a value.",
    ("data.seed", True): "LeNet-5: data.seed: expected a whole number, got True. "
    "Give it such a value.",
    ("plan.recipe", 1): "LeNet-5: plan.recipe: expected a text, got 1. Give it such a value.",
    ("plan.network", "x"): "LeNet-5: plan.network: expected a network of this project (main), "
    "got 'x'. Give it such a value.",
}


@pytest.mark.parametrize("key", REFUSED, ids=lambda key: key[0])
def test_a_wrong_key_or_value_is_refused_in_words(key: tuple[str, Value]) -> None:
    paper = load_target("template:lenet5@paper")
    assert message(lambda: assign(paper, *key)) == REFUSED[key]


def test_unknown_targets_are_refused_in_words(tmp_path: Path) -> None:
    known = ", ".join(sorted(IDS))
    assert message(lambda: load_target("template:lenet")) == (
        f'template:lenet: expected a template ({known}), got "lenet". Did you mean lenet5?'
    )
    assert message(lambda: load_target("template:")) == (
        f'template:: expected a template ({known}), got "". Choose one of them.'
    )
    assert message(lambda: load_target("template:lenet5@papre")) == (
        "template:lenet5@papre: expected a variant of this project (demo, paper), "
        'got "papre". Did you mean paper?'
    )
    assert message(lambda: load_target(str(tmp_path / "none.nns@demo"))) == (
        "none.nns: expected a file, got nothing under this name. Check the path."
    )


def test_a_project_without_variants_says_so() -> None:
    assert message(lambda: with_variant(Project(name="P"), "demo")) == (
        'P: expected a variant of this project (it has none), got "demo". '
        "This project has no variants: leave the @ away."
    )


def test_a_project_without_a_stage_gets_one() -> None:
    from graph_compiler.model import Plan

    project = assign(Project(plan=Plan(())), "plan.epochs", 3)
    assert project.plan.stages[0].settings == {"epochs": 3}
