"""First weights of single nodes: drawn by torch's own schemes, by node, block or pattern."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler import check_project
from graph_compiler.model import Node, Plan, Project
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.first_weights import RULES
from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.sources import purpose
from nnstudio.document.templates import load_target
from nnstudio.engine.loading import load_script
from nnstudio.runs.drawn_for import drawing_faults
from tests.nnstudio.engine.recipes.supervised_plans import plan, recipe_of, written


def with_rules(project: Project, **rules: str) -> Project:
    stage = replace(project.plan.stages[0], first_weights=rules)
    return replace(project, plan=Plan((stage,)))


def weights(project: Project, folder: Path) -> dict[str, torch.Tensor]:
    """The first weights of the program that the project becomes."""
    return dict(recipe_of(project, folder).model.state_dict())


ORACLES: dict[str, Any] = {
    "xavier_uniform(2)": lambda w: nn.init.xavier_uniform_(w, gain=2.0),
    "xavier_normal": nn.init.xavier_normal_,
    "kaiming_uniform(0.1)": lambda w: nn.init.kaiming_uniform_(w, a=0.1),
    "kaiming_normal": nn.init.kaiming_normal_,
    "orthogonal": nn.init.orthogonal_,
    "normal(0.5)": lambda w: nn.init.normal_(w, std=0.5),
    "trunc_normal(0.5)": lambda w: nn.init.trunc_normal_(w, std=0.5, a=-1.0, b=1.0),
    "uniform(0.3)": lambda w: nn.init.uniform_(w, -0.3, 0.3),
    "sparse(0.5)": lambda w: nn.init.sparse_(w, sparsity=0.5),
    "eye": nn.init.eye_,
    "zeros": nn.init.zeros_,
    "ones": nn.init.ones_,
    "constant(-0.25)": lambda w: nn.init.constant_(w, -0.25),
}


def test_every_rule_has_an_oracle() -> None:
    assert {one.partition("(")[0] for one in ORACLES} == set(RULES) - {"dirac"}


@pytest.mark.parametrize("rule", ORACLES)
def test_a_node_begins_as_torch_draws_it_and_the_others_as_built(tmp_path: Path, rule: str) -> None:
    plain = plan("iris", outputs=3, hidden=6)
    before = weights(plain, tmp_path / "plain")
    after = weights(with_rules(plain, fc=rule), tmp_path / "drawn")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    (name,) = changed
    assert name.endswith(".weight")
    assert after[name].shape == (3, 6)
    torch.manual_seed(0)
    for weight in before.values():  # what making the network takes of the random numbers
        if weight.ndim == 2:
            layer = nn.Linear(weight.shape[1], weight.shape[0])
    assert torch.equal(after[name], ORACLES[rule](layer.weight.detach()))


def test_the_last_pattern_that_fits_counts(tmp_path: Path) -> None:
    project = with_rules(plan("iris", outputs=3, hidden=6), **{"fc*": "ones", "fc": "zeros"})
    found = weights(project, tmp_path / "made")
    assert {tuple(one.shape): one.unique().tolist() for one in found.values() if one.ndim == 2} == {
        (6, 4): [1.0],
        (3, 6): [0.0],
    }


def test_the_script_says_it_in_a_line(tmp_path: Path) -> None:
    project = with_rules(plan("iris", outputs=3, hidden=6), fc="normal(0.5)")
    text = (written(project, tmp_path / "made") / "train.py").read_text(encoding="utf-8")
    assert 'FIRST_WEIGHTS = {"layers.2": ("normal", 0.5)}\n' in text
    assert "nn.init.zeros_" not in text
    plain = (written(plan("iris"), tmp_path / "plain") / "train.py").read_text(encoding="utf-8")
    assert "FIRST_WEIGHTS" not in plain
    assert "nn.init" not in plain


def told(project: Project) -> list[str]:
    reports = check_project(project, purpose(project))
    faults = drawing_faults(project, reports)
    return [f"{one.port}: expected {one.expected}, got {one.got}. {one.remedy}" for one in faults]


def test_a_rule_that_fits_no_weight_is_told() -> None:
    project = plan("iris", outputs=3)
    assert told(with_rules(project, fc="kaiming_normal")) == []
    (fault,) = told(with_rules(project, fc="dirac"))
    assert fault == (
        "first_weights: expected weights with 3 to 5 axes for dirac, got fc.weight (3×4). "
        "Change the rule for fc, or leave it out."
    )
    (fault,) = told(with_rules(project, conv="zeros"))
    assert 'expected a node with weights, or a pattern that some fit, got "conv".' in fault
    project.plan = Plan((replace(project.plan.stages[0], recipe="perceptron"),))
    (fault,) = told(with_rules(project, fc="zeros"))
    assert "expected no first weights of nodes, as Perceptron rule has its own, got fc." in fault


def test_rules_are_written_as_a_line() -> None:
    document = Document(plan("iris"))
    document.do(steps.set_stage(document, "first_weights", " fc: normal(0.1), x*:zeros"))
    assert document.project.plan.stages[0].first_weights == {"fc": "normal(0.1)", "x*": "zeros"}
    for text, reason in (
        ("fc", "Write nodes with rules, as conv1: normal(0.02), and not “fc”."),
        ("fc: zeros(1)", "The rule zeros takes no number."),
        ("fc: uniform(-1)", "The bound of uniform is 0 or more."),
    ):
        with pytest.raises(Refused) as caught:
            steps.set_stage(document, "first_weights", text)
        assert str(caught.value) == reason


def test_a_rule_for_one_of_two_networks_leaves_the_other_alone(tmp_path: Path) -> None:
    project = load_target("template:gan")
    main, critic = project.networks["main"], project.networks["critic"]
    paths = {name: planned_source(project).networks[name].modules for name in ("main", "critic")}
    assert paths["critic"]["maxout1"] == paths["main"]["relu1"]
    nodes = dict(main.nodes)
    nodes["relu1"] = Node("relu1", "PReLU")
    drawn = replace(main, nodes=nodes)
    stage = replace(project.plan.stages[0], first_weights={"relu1": "constant(7)"})
    project = replace(project, networks={"main": drawn, "critic": critic}, plan=Plan((stage,)))
    source = planned_source(project)
    text = train_script(project, source, {"threads": 1, "device": "cpu"})
    assert 'FIRST_WEIGHTS = {"generator.layers.1": ("constant", 7.0)}\n' in text
    (tmp_path / "model.py").write_text(source.text, encoding="utf-8")
    (tmp_path / "train.py").write_text(text, encoding="utf-8")
    script = load_script(tmp_path)
    recipe = script.build(script.arguments([]))
    assert (recipe.generator.layers[1].weight == 7).all()
    assert not any((weight == 7).any() for weight in recipe.critic.parameters())
    stage = replace(stage, first_weights={}, settings={**stage.settings, "epochs": 1})
    plain = train_script(replace(project, plan=Plan((stage,))), source, {"threads": 1})
    assert not {"BY_NODE", "ModuleDict", "initialize", "GROUPED", "by_group"} & set(
        re.findall(r"\w+", plain)
    )
