"""Times belong to the nodes that took them; gradient norms are those that autograd gives."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from graph_compiler.checker import check_project
from graph_compiler.files import load_project, project_text
from graph_compiler.model import Project
from graph_compiler.report import paths
from nnstudio.document.templates import load_target
from nnstudio.engine.one_batch import one_batch
from nnstudio.engine.timing import measure, timing_request

PROJECTS = Path(__file__).parents[2] / "projects"


def text_of(target: str) -> str:
    return project_text(load_target(target))


def test_norms_are_those_of_autograd() -> None:
    with one_batch(text_of("template:lenet5"), None, 32) as one:
        measured = measure(one, turns=1)
        one.network.zero_grad()
        loss = F.cross_entropy(one.network(one.inputs), one.targets)
        loss.backward()
        modules = one.nodes.modules
        for node in ("conv1", "conv2", "fc1", "fc2", "fc3"):
            weights = one.network.get_submodule(modules[node]).parameters()
            by_hand = math.sqrt(sum(w.grad.double().pow(2).sum().item() for w in weights))
            assert measured["gradient"][node] == pytest.approx(by_hand, rel=1e-6)
    assert set(measured["gradient"]) == {"conv1", "conv2", "fc1", "fc2", "fc3"}


def test_every_node_that_computes_has_both_times() -> None:
    measured = timing_request(text_of("template:lenet5"), None, 8, "cpu")
    nodes = load_target("template:lenet5").networks["main"].nodes.values()
    computing = {node.name for node in nodes if node.type not in ("Input", "Output")}
    assert set(measured["forward"]) == computing
    assert set(measured["backward"]) == computing
    assert all(seconds > 0 for seconds in measured["forward"].values())
    assert measured["rows"] == 8
    assert measured["turns"] == 5
    assert measured["device"] == "cpu"


def test_what_is_spent_goes_to_the_node_that_spent_it() -> None:
    """With torch's own count of operations as the clock, the times are each layer's work."""
    facts = check_project(load_target("template:lenet5"))["main"].nodes
    with one_batch(text_of("template:lenet5"), None, 8) as one, FlopCounterMode(display=False) as f:
        measured = measure(one, turns=1, clock=lambda: float(f.get_total_flops()))
    for node in ("conv1", "conv2", "fc1", "fc2", "fc3"):
        work = 2.0 * facts[node].macs * 8
        assert measured["forward"][node] == work
        # Back there are two such products, but none for what would only reach the pictures.
        assert measured["backward"][node] == (1 if node == "conv1" else 2) * work
    assert sum(measured["forward"].values()) == sum(2.0 * one.macs * 8 for one in facts.values())


@pytest.mark.parametrize("name", ["shared", "blocks"])
def test_nodes_in_blocks_are_told_by_their_paths(name: str) -> None:
    project: Project = load_project(PROJECTS / f"{name}.nns")
    measured = timing_request(project_text(project), None, 4, "cpu")
    network = project.plan.stages[0].network
    known = {path for path, _ in paths(check_project(project)[network].nodes)}
    assert set(measured["forward"]) <= known
    assert set(measured["gradient"]) <= known
    assert any("/" in path for path in measured["forward"])


def test_nothing_of_the_network_is_changed() -> None:
    with one_batch(text_of("template:resnet@demo"), None, 4) as one:
        before = {name: tensor.clone() for name, tensor in one.network.state_dict().items()}
        measure(one, turns=1)
        after = one.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(weight.grad is None for weight in one.network.parameters())


def test_numbers_that_are_none_are_told_as_words() -> None:
    with one_batch(text_of("template:perceptron"), None, 4) as one:
        for weight in one.network.parameters():
            torch.nn.init.constant_(weight, math.inf)
        measured = measure(one, turns=1)
    assert set(measured["gradient"].values()) <= {"nan", "inf"}
