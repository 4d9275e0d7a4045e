"""Costs of a network against hand-worked sums and measured gradients."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import pytest
import torch

from graph_compiler import compile_graph, summarize
from nnstudio.document.templates import load_target


def row(shape: tuple[int, ...], *nodes: tuple[str, str, dict[str, Any]]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(name="Row")
    graph.add_node("x", type="Input", params={"shape": shape})
    for name, type, given in nodes:
        own = {key: given[key] for key in ("repeat", "scan") if key in given}
        params = {key: value for key, value in given.items() if key not in own}
        graph.add_node(name, type=type, params=params, **own)
    graph.add_node("y", type="Output")
    for source, target in pairwise(["x", *(name for name, _, _ in nodes), "y"]):
        graph.add_edge(source, target)
    return graph


def test_a_row_of_dense_layers_by_hand() -> None:
    graph = row(
        (10,),
        ("fc1", "Linear", {"out_features": 20}),
        ("relu", "ReLU", {}),
        ("fc2", "Linear", {"out_features": 3}),
    )
    found = summarize(graph, batch=4)
    assert found.parameters == 220 + 63
    assert found.macs == 4 * (200 + 60)
    assert found.depth == 2
    assert not found.over_time
    assert found.receptive_field is None
    # two tensors of 4×20 numbers are alive together between fc1 and relu
    assert found.forward_memory == 4 * (4 * 20 + 4 * 20)
    assert found.training_memory == 4 * 4 * (20 + 20 + 3)


def test_views_and_masks_take_what_they_take() -> None:
    graph = row((2, 3), ("flat", "Flatten", {}), ("cast", "Cast", {"dtype": "bool"}))
    found = summarize(graph)
    assert found.training_memory == 6  # a flattened tensor is the same memory, a mask a byte each


@pytest.mark.parametrize(
    ("target", "depth"),
    [("lenet5@paper", 5), ("mlp", 3)],
)
def test_depth_is_the_credit_assignment_path(target: str, depth: int) -> None:
    assert summarize(load_target(f"template:{target}").graph()).depth == depth


def test_the_receptive_field_is_where_gradients_come_from() -> None:
    graph = row(
        (1, 64, 64),
        ("conv1", "Conv2d", {"out_channels": 2, "kernel_size": 5, "stride": 2}),
        ("tanh", "Tanh", {}),
        ("pool", "AvgPool2d", {"kernel_size": 2}),
        ("conv2", "Conv2d", {"out_channels": 2, "kernel_size": (3, 1), "dilation": 2}),
    )
    found = summarize(graph)
    torch.manual_seed(0)
    x = torch.randn(1, 1, 64, 64, requires_grad=True)
    y = compile_graph(graph)(x)
    y[0, :, y.shape[2] // 2, y.shape[3] // 2].sum().backward()
    assert x.grad is not None
    rows, columns = x.grad[0, 0].nonzero(as_tuple=True)
    measured = (int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1)
    assert found.nodes["conv2"].receptive_field == measured
    assert found.receptive_field == measured


def test_a_repeat_adds_up_turn_by_turn() -> None:
    once = summarize(row((8,), ("fc", "Linear", {"out_features": 8})), batch=2)
    many = summarize(row((8,), ("fc", "Linear", {"out_features": 8, "repeat": 5})), batch=2)
    assert many.parameters == 5 * once.parameters
    assert many.macs == 5 * once.macs
    assert many.depth == 5
    assert many.training_memory == 5 * once.training_memory
    assert "fc[4]" in many.nodes


def test_recurrent_layers_have_no_bound() -> None:
    found = summarize(row((7, 3), ("lstm", "LSTM", {"hidden_size": 4})))
    assert found.over_time
    assert found.depth == 1
