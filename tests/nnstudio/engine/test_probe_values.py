"""What the probe shows equals what torch computes, and belongs to the right node."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from graph_compiler import emit, project_text
from graph_compiler.model import Network, Node, Project, Wire
from nnstudio.document.templates import load_target
from nnstudio.engine.loading import load_model
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.probe import probe, probe_request


@pytest.fixture
def lenet(tmp_path: Path) -> tuple[nn.Module, NodeMap]:
    """LeNet-5 in double precision from its emitted file."""
    source = emit(load_target("template:lenet5").graph())
    path = tmp_path / "model.py"
    path.write_text(source.text)
    torch.manual_seed(0)
    network = load_model(path).LeNet5().double()
    return network, NodeMap.of_source(source, str(path))


@pytest.fixture(autouse=True)
def same_randomness() -> Iterator[None]:
    """The generator is left as it was."""
    before = torch.get_rng_state()
    yield
    torch.set_rng_state(before)


def by_hand(network: nn.Module, x: torch.Tensor) -> list[tuple[str, str, torch.Tensor]]:
    """Node, operation and value of every step of LeNet-5, written out."""
    f, c = network.features, network.classifier
    rows: list[tuple[str, str, torch.Tensor]] = []

    def take(node: str, label: str, value: torch.Tensor) -> torch.Tensor:
        rows.append((node, label, value))
        return value

    x = take("conv1", "conv2d", F.conv2d(x, f[0].weight, f[0].bias, padding=1))
    x = take("relu1", "relu", F.relu(x))
    x = take("pool1", "max_pool2d", F.max_pool2d(x, 2))
    x = take("conv2", "conv2d", F.conv2d(x, f[3].weight, f[3].bias, padding=1))
    x = take("relu2", "relu", F.relu(x))
    x = take("pool2", "max_pool2d", F.max_pool2d(x, 2))
    x = take("flatten", "flatten", x.flatten(1))
    x = take("fc1", "linear", F.linear(x, c[1].weight, c[1].bias))
    x = take("relu3", "relu", F.relu(x))
    x = take("fc2", "linear", F.linear(x, c[3].weight, c[3].bias))
    x = take("relu4", "relu", F.relu(x))
    take("fc3", "linear", F.linear(x, c[5].weight, c[5].bias))
    return rows


def test_values_and_gradients_equal_autograds_own(lenet: tuple[nn.Module, NodeMap]) -> None:
    network, nodes = lenet
    x = torch.randn(5, 1, 8, 8, dtype=torch.float64)
    y = torch.tensor([0, 1, 2, 3, 9])
    shown = probe(network, nodes, x, y, F.cross_entropy, "image")
    assert shown["rows"] == 5
    rows = by_hand(network, x)
    loss = F.cross_entropy(rows[-1][2], y)
    assert shown["loss"] == loss.item()
    weights = list(network.parameters())
    values = [value for _, _, value in rows]
    gradients = torch.autograd.grad(loss, [*values, *weights])
    done = [o for o in shown["operations"] if o["kind"] == "operation"]
    assert [(o["node"], o["label"]) for o in done] == [(node, label) for node, label, _ in rows]
    for operation, value, gradient in zip(done, values, gradients, strict=False):
        assert_shows(operation["value"], value)
        assert_shows(operation["gradient"], gradient)
        assert operation["grad_fn"] == type(value.grad_fn).__name__
    held = [o for o in shown["operations"] if o["kind"] == "parameter"]
    assert [o["node"] for o in held[::2]] == ["conv1", "conv2", "fc1", "fc2", "fc3"]
    for operation, weight, gradient in zip(held, weights, gradients[len(values) :], strict=True):
        assert_shows(operation["value"], weight)
        assert_shows(operation["gradient"], gradient)
    last = shown["operations"][-1]
    assert (last["kind"], last["label"], last["shape"]) == ("loss", "cross_entropy", [])
    assert all(weight.grad is None for weight in weights), "nothing is left behind"
    assert not any(weight._backward_hooks for weight in weights)


def assert_shows(summary: dict[str, Any], tensor: torch.Tensor) -> None:
    """The summary holds the tensor's own numbers, to the last bit."""
    flat = tensor.detach().reshape(-1).double()
    assert summary["shape"] == list(tensor.shape)
    assert summary["first"] == flat[:64].tolist()
    assert summary["min"] == flat.min().item()
    assert summary["max"] == flat.max().item()
    assert summary["mean"] == flat.mean().item()


def test_edges_lead_from_what_was_used(lenet: tuple[nn.Module, NodeMap]) -> None:
    network, nodes = lenet
    x, y = torch.randn(2, 1, 8, 8, dtype=torch.float64), torch.tensor([1, 2])
    operations = probe(network, nodes, x, y, F.cross_entropy, "image")["operations"]
    assert [o["id"] for o in operations] == list(range(len(operations)))
    named = {(o["node"], o["label"]): o for o in operations}
    conv = named["conv2", "conv2d"]
    sources = [operations[n] for n in conv["inputs"]]
    assert [(o["node"], o["label"]) for o in sources] == [
        ("pool1", "max_pool2d"),
        ("conv2", "weight"),
        ("conv2", "bias"),
    ]
    assert all(source < o["id"] for o in operations for source in o["inputs"])
    assert operations[0]["node"] == "image"
    assert operations[0]["kind"] == "input"


def test_operations_written_in_the_forward_text_belong_to_their_nodes(tmp_path: Path) -> None:
    nodes = {
        "x": Node("x", "Input", {"shape": (3,)}),
        "a": Node("a", "Linear", {"out_features": 4}),
        "b": Node("b", "Linear", {"out_features": 4}),
        "sum": Node("sum", "Add"),
        "both": Node("both", "Concatenate"),
        "step": Node("step", "Step"),
        "y": Node("y", "Output"),
    }
    wires = [
        Wire("x", "output", "a", "input"),
        Wire("x", "output", "b", "input"),
        Wire("a", "output", "sum", "input1"),
        Wire("b", "output", "sum", "input2"),
        Wire("sum", "output", "both", "input1"),
        Wire("b", "output", "both", "input2"),
        Wire("both", "output", "step", "input"),
        Wire("step", "output", "y", "input"),
    ]
    network = Network("main", nodes=nodes, wires=dict.fromkeys(wires))
    source = emit(Project(name="t", networks={"main": network}).graph())
    path = tmp_path / "model.py"
    path.write_text(source.text)
    module = getattr(load_model(path), source.class_name)()
    shown = probe(
        module, NodeMap.of_source(source, str(path)), torch.randn(2, 3), torch.zeros(2), None, "x"
    )
    found = [(o["node"], o["label"]) for o in shown["operations"] if o["kind"] == "operation"]
    assert sorted(found[:2]) == [("a", "linear"), ("b", "linear")]
    assert found[2:] == [
        ("sum", "add"),
        ("both", "cat"),
        ("step", "gt"),
        ("step", "to"),
    ]
    assert shown["loss"] is None
    assert shown["operations"][-1]["gradient"] is None


def test_an_operation_in_place_does_not_change_what_was_seen() -> None:
    class InPlace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 3)
            self.act = nn.ReLU(inplace=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.act(self.fc(x)) + 1
            x.mul_(2)
            return x

    network = InPlace()
    x = torch.randn(4, 3)
    nodes = NodeMap({"fc": "fc", "act": "act"}, {}, "")
    shown = probe(network, nodes, x, torch.zeros(4, 3), F.mse_loss)
    linear = F.linear(x, network.fc.weight, network.fc.bias)
    doubled = (linear.relu() + 1) * 2
    gradient = torch.autograd.grad(F.mse_loss(doubled, torch.zeros(4, 3)), linear)[0]
    by_label = {o["label"]: o for o in shown["operations"] if o["kind"] == "operation"}
    assert list(by_label) == ["linear", "relu", "add", "mul"]
    assert_shows(by_label["linear"]["value"], linear)
    assert_shows(by_label["relu"]["value"], linear.relu())
    assert_shows(by_label["mul"]["value"], doubled)
    assert by_label["linear"]["gradient"]["first"] == gradient.reshape(-1).tolist()
    assert by_label["linear"]["node"] == "fc"
    assert by_label["mul"]["inputs"] == [by_label["add"]["id"]]


def test_numbers_that_are_none_are_told_as_texts() -> None:
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight[0, 0] = float("inf")
        network.weight[0, 1] = float("nan")
    shown = probe(network, NodeMap({}, {}, ""), torch.ones(1, 2), torch.zeros(1, 1), F.mse_loss)
    weight = next(o for o in shown["operations"] if o["label"] == "weight")
    assert weight["value"]["first"] == ["inf", "nan"]
    assert shown["loss"] == "nan"
    json.dumps(shown, allow_nan=False)


def test_a_request_shows_the_weights_of_a_run(project: Callable[..., Project], runs: Any) -> None:
    plan = project(epochs=3, seed=4)
    reader = runs.train(plan)
    checkpoint = sorted((reader.path / "checkpoints").glob("step-*"))[-1]
    fresh = probe_request(project_text(plan), None, 16)
    trained = probe_request(project_text(plan), str(checkpoint), 16)
    from nnstudio.engine.checkpoints import weights

    kept = weights(checkpoint)
    held = {(o["node"], o["label"]): o for o in trained["operations"] if o["kind"] == "parameter"}
    assert held["fc1", "weight"]["value"]["first"] == kept["fc1.weight"].reshape(-1)[:64].tolist()
    assert held["fc2", "bias"]["value"]["first"] == kept["fc2.bias"].tolist()
    assert fresh["rows"] == trained["rows"] == 16
    assert fresh["loss"] != trained["loss"]
    again = probe_request(project_text(plan), None, 16)
    assert again == fresh, "the same every time"


def test_the_perceptron_is_shown_without_gradients() -> None:
    shown = probe_request(project_text(load_target("template:perceptron")), None, 8)
    found = [(o["node"], o["label"], o["kind"]) for o in shown["operations"]]
    assert ("step", "gt", "operation") in found
    assert found[-1] == ("", "mean", "loss")
    assert all(operation["gradient"] is None for operation in shown["operations"])
