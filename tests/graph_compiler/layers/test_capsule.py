"""Capsules against a loop in numpy that follows the paper line by line."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
import torch

from graph_compiler import check_graph, emit
from graph_compiler.build import module_class
from graph_compiler.layer import Mismatch, Params
from graph_compiler.modules.capsules import (
    CapsuleMask,
    PrimaryCapsules,
    RoutedCapsules,
    squash,
)
from graph_compiler.registry import layer
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def _squash(s: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(s)
    return length**2 / (1 + length**2) * s / length


def _routed(weight: np.ndarray, u: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """Procedure 1 of the paper for one example."""
    below, above = weight.shape[:2]
    predicted = np.array([[weight[i, j] @ u[i] for j in range(above)] for i in range(below)])
    b = np.zeros((below, above))
    for _ in range(iterations):
        c = np.exp(b) / np.exp(b).sum(1, keepdims=True)
        v = np.array(
            [_squash(sum(c[i, j] * predicted[i, j] for i in range(below))) for j in range(above)]
        )
        for i in range(below):
            for j in range(above):
                b[i, j] += predicted[i, j] @ v[j]
    return c, v


def test_squash_keeps_directions_and_bounds_lengths() -> None:
    assert squash(torch.tensor([3.0, 4.0])).tolist() == pytest.approx(
        [0.6 * 25 / 26, 0.8 * 25 / 26]
    )
    long = squash(torch.randn(100, 8, dtype=torch.float64) * 1e3)
    assert (long.norm(dim=-1) < 1).all()
    assert (long.norm(dim=-1) > 0.999).all()


def test_squash_of_nothing_is_nothing_with_a_finite_slope() -> None:
    s = torch.zeros(2, 4, requires_grad=True)
    y = squash(s)
    y.sum().backward()
    assert torch.equal(y, torch.zeros(2, 4))
    assert torch.equal(s.grad, torch.zeros(2, 4))


@pytest.mark.parametrize("iterations", [1, 2, 3, 5])
def test_routing_follows_the_paper(iterations: int) -> None:
    torch.manual_seed(iterations)
    made = RoutedCapsules(6, 4, capsules=3, dim=5, iterations=iterations).double()
    with torch.no_grad():
        made.weight.mul_(10)
    u = torch.randn(2, 6, 4, dtype=torch.float64)
    v = made(u)
    couplings = made.rounds(u)[-1][0]
    for example in range(2):
        c, expected = _routed(made.weight.detach().numpy(), u[example].numpy(), iterations)
        assert np.allclose(v[example].detach().numpy(), expected, atol=1e-12)
        assert np.allclose(couplings[example].detach().numpy(), c, atol=1e-12)


def test_couplings_begin_even_and_then_follow_agreement() -> None:
    made = RoutedCapsules(3, 2, capsules=2, dim=2, iterations=4)
    with torch.no_grad():
        made.weight.zero_()
        made.weight[:, 0] = torch.eye(2) * 3  # all predict the same for the first capsule
        made.weight[0, 1], made.weight[1, 1] = torch.eye(2), -torch.eye(2)  # and quarrel here
    u = torch.tensor([[[1.0, 0.0]] * 3])
    rounds = made.rounds(u)
    assert torch.equal(rounds[0][0], torch.full((1, 3, 2), 0.5))
    to_first = [couplings[0, :, 0] for couplings, _ in rounds]
    for earlier, later in itertools.pairwise(to_first):
        assert (later > earlier).all()
    for couplings, _ in rounds:
        assert torch.allclose(couplings.sum(-1), torch.ones(1, 3))


def test_primary_capsules_gather_the_channels_of_one_place() -> None:
    torch.manual_seed(0)
    made = PrimaryCapsules(3, maps=2, dim=4, kernel_size=3, stride=2).double()
    x = torch.randn(2, 3, 7, 9, dtype=torch.float64)
    maps = made.conv(x)
    y = made(x)
    assert y.shape == (2, 2 * 3 * 4, 4)
    for index, (group, row, column) in enumerate(np.ndindex(2, 3, 4)):
        s = maps[:, 4 * group : 4 * group + 4, row, column]
        assert torch.allclose(y[:, index], squash(s), atol=1e-12)


def test_a_mask_keeps_the_true_capsule_or_the_longest() -> None:
    v = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]], [[9.0, 9.0], [1.0, 1.0], [2.0, 2.0]]])
    assert CapsuleMask()(v, torch.tensor([2, 1])).tolist() == [
        [0, 0, 0, 0, 0, 1],
        [0, 0, 1, 1, 0, 0],
    ]
    assert CapsuleMask()(v).tolist() == [[0, 0, 3, 4, 0, 0], [9, 9, 0, 0, 0, 0]]


def test_gradients_pass_the_mask_only_where_it_is_open() -> None:
    v = torch.randn(2, 3, 4, requires_grad=True)
    CapsuleMask()(v, torch.tensor([0, 2])).sum().backward()
    assert v.grad.abs().sum(-1).tolist() == [[4, 0, 0], [0, 0, 4]]


def _count(type: str, x: TensorType, **given: object) -> tuple[int, TensorType]:
    found = layer(type)
    params = Params({param.name: param.default for param in found.params} | given)
    total = sum(
        int(np.prod(shape)) for shape in found.weights(params, x).values() if shape is not None
    )
    return total, found.output(params, x)


def test_the_papers_network_has_the_papers_parameters() -> None:
    image = TensorType((N, 1, 28, 28))
    first, maps = _count("Conv2d", image, out_channels=256, kernel_size=9)
    second, primary = _count("PrimaryCapsules", maps)
    third, digits = _count("RoutedCapsules", primary)
    assert (maps.shape, primary.shape, digits.shape) == (
        (N, 256, 20, 20),
        (N, 1152, 8),
        (N, 10, 16),
    )
    x = layer("CapsuleMask").output(Params({}), digits, None)
    decoder = 0
    for units in (512, 1024, 784):
        count, x = _count("Linear", x, out_features=units)
        decoder += count
    assert first + second + third + decoder == 8_215_568


def test_the_papers_network_drawn_with_its_decoder() -> None:
    graph = nx.MultiDiGraph(name="CapsNet")
    graph.add_node("image", type="Input", params={"shape": (1, 28, 28)})
    graph.add_node("digit", type="Input", params={"shape": (), "dtype": "int"})
    chain = [
        ("conv", "Conv2d", {"out_channels": 256, "kernel_size": 9}),
        ("relu", "ReLU", {}),
        ("primary", "PrimaryCapsules", {}),
        ("capsules", "RoutedCapsules", {}),
    ]
    decoder = [
        ("mask", "CapsuleMask", {}),
        ("fc1", "Linear", {"out_features": 512}),
        ("relu1", "ReLU", {}),
        ("fc2", "Linear", {"out_features": 1024}),
        ("relu2", "ReLU", {}),
        ("fc3", "Linear", {"out_features": 784}),
        ("sigmoid", "Sigmoid", {}),
        ("reconstruction", "Output", {}),
    ]
    ends = [("length", "CapsuleLength", {}), ("lengths", "Output", {})]
    for name, type, params in chain + decoder + ends:
        graph.add_node(name, type=type, params=params)
    nx.add_path(graph, ["image", *(name for name, *_ in chain)])
    graph.add_edge("capsules", "mask", target_port="input")
    graph.add_edge("digit", "mask", target_port="target")
    nx.add_path(graph, [name for name, *_ in decoder])
    nx.add_path(graph, ["capsules", "length", "lengths"])
    assert check_graph(graph).problems == ()
    made = module_class(emit(graph))()
    assert sum(weight.numel() for weight in made.parameters()) == 8_215_568
    lengths, reconstruction = made(image=torch.rand(2, 1, 28, 28), digit=torch.tensor([3, 5]))
    assert (lengths.shape, reconstruction.shape) == ((2, 10), (2, 784))
    assert lengths.min() > 0
    assert lengths.max() < 1


def test_a_mask_wants_one_class_an_example() -> None:
    with pytest.raises(Mismatch) as caught:
        layer("CapsuleMask").output(Params({}), TensorType((N, 10, 16)), TensorType((N, 10), "int"))
    assert str(caught.value) == (
        "target: expected one class for each example, got N×10. "
        "Feed it the class numbers, or leave it without a wire."
    )
