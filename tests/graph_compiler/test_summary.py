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
    # the way back reads what each layer was fed; relu's output tells its own slope
    assert found.training_memory == 4 * 4 * (10 + 20)


def saved(graph: nx.MultiDiGraph, batch: int) -> int:
    """Bytes that torch itself stores for the way back, weights left out, each memory once."""
    module = compile_graph(graph).train()
    own = {weight.data_ptr() for weight in (*module.parameters(), *module.buffers())}
    stored: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            stored[memory.data_ptr()] = memory.nbytes()
        alive.append(tensor)  # so that no memory is used twice
        return tensor

    alive: list[torch.Tensor] = []
    shape = next(facts["params"]["shape"] for _, facts in graph.nodes(data=True))
    x = torch.rand(batch, *shape)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        alive.append(module(x))
    return sum(stored.values())


FC = ("Linear", {"out_features": 6})
CONV = ("Conv2d", {"out_channels": 4, "padding": 1})
KEPT: dict[str, tuple[tuple[int, ...], list[tuple[str, dict[str, Any]]]]] = {
    **{f"{type} between": ((6,), [FC, (type, {}), FC]) for type in (
        "ReLU", "Sigmoid", "Tanh", "GELU", "SiLU", "LeakyReLU", "ELU", "Softplus", "Softmax",
        "LogSoftmax", "Hardtanh", "Mish", "Identity", "Flatten", "ReLU6",
    )},
    "batch norm": ((3, 8, 8), [CONV, ("BatchNorm2d", {}), ("ReLU", {}), CONV]),
    "layer norm": ((5, 6), [FC, ("LayerNorm", {}), FC]),
    "group norm": ((3, 8, 8), [CONV, ("GroupNorm", {"num_groups": 2}), ("ReLU", {}), CONV]),
    "pooling": ((3, 8, 8), [CONV, ("ReLU", {}), ("MaxPool2d", {}), CONV, ("AvgPool2d", {}), CONV]),
    "functions": ((6,), [
        FC, ("Elementwise", {"function": "exp"}), FC, ("Elementwise", {"function": "sin"}), FC,
    ]),
    "a sum": ((6,), [FC, ("Sum", {"keepdim": True}), FC]),
    "a classifier": ((1, 8, 8), [
        CONV, ("ReLU", {}), ("MaxPool2d", {}), ("Flatten", {}), FC, ("ReLU", {}), FC,
    ]),
    "turns": ((6,), [("Linear", {"out_features": 6, "repeat": 3}), ("ReLU", {}), FC]),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT)
def test_training_keeps_what_torch_stores(case: str) -> None:
    shape, layers = KEPT[case]
    nodes = [(f"n{place}", type, params) for place, (type, params) in enumerate(layers)]
    graph = row(shape, *nodes)
    assert summarize(graph, batch=5).training_memory == saved(graph, 5)


def test_products_keep_what_the_others_slope_needs() -> None:
    graph = row((6,), ("a", *FC), ("gate", "Sigmoid", {}), ("times", "Multiply", {}), ("b", *FC))
    graph.remove_edge("gate", "times")
    graph.add_edge("gate", "times", target_port="input1")
    graph.add_edge("a", "times", target_port="input2")
    assert summarize(graph, batch=3).training_memory == saved(graph, 3)


def test_what_no_weight_stands_before_is_not_kept() -> None:
    graph = row((2, 3), ("flat", "Flatten", {}), ("act", "GELU", {}), ("fc", *FC))
    assert summarize(graph, batch=3).training_memory == saved(graph, 3) == 3 * 6 * 4


@pytest.mark.parametrize("type", ["LSTM", "GRU", "MultiheadAttention", "TransformerEncoderLayer"])
def test_of_large_layers_the_large_parts_are_counted(type: str) -> None:
    """What torch stores depends on the device; it is told within a factor of three."""
    params = {"TransformerEncoderLayer": {"nhead": 2, "dim_feedforward": 64, "dropout": 0.0},
              "MultiheadAttention": {"num_heads": 2}}.get(type, {"hidden_size": 32})  # fmt: skip
    graph = row((20, 32), ("big", type, params), ("fc", *FC))
    if type == "MultiheadAttention":
        graph.remove_edge("x", "big")
        graph.add_edge("x", "big", target_port="query")
    found, stored = summarize(graph, batch=4).training_memory, saved(graph, 4)
    assert stored / 3 < found < 3 * stored


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


POOLED = ("AvgPool2d", {"kernel_size": 2})
C3 = ("Conv2d", {"out_channels": 1, "kernel_size": 3, "padding": 1})
SEEN: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "transposed": [POOLED, ("ConvTranspose2d", {"out_channels": 1, "kernel_size": 4, "stride": 2})],
    "odd transposed": [POOLED, ("ConvTranspose2d", {"kernel_size": 3, "stride": 2}), C3],
    "nearest": [POOLED, ("Upsample", {"scale_factor": 2.0}), C3],
    "bilinear": [POOLED, ("Upsample", {"scale_factor": 2.0, "mode": "bilinear"})],
    "resize": [POOLED, ("Resize", {"size": (8, 8)}), C3],
    "adaptive": [C3, ("AdaptiveAvgPool2d", {"output_size": (8, 8)})],
    "uneven adaptive": [C3, ("AdaptiveAvgPool2d", {"output_size": (12, 12)})],
    "global": [C3, C3, ("AdaptiveAvgPool2d", {"output_size": 1})],
    "shuffled": [("PixelUnshuffle", {"downscale_factor": 2}), C3],
    "padded": [("ZeroPad2d", {"padding": (1, 1, 1, 1)}), C3],
}  # fmt: skip


@pytest.mark.parametrize("case", SEEN)
def test_other_windows_are_where_gradients_come_from(case: str) -> None:
    seen, rows = field_and_rows(SEEN[case])
    assert seen == (rows, rows)


ALONG: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "every second row": [C3, ("Slice", {"dim": 2, "step": 2}), C3],
    "shares along the rows": [C3, ("Softmax", {"dim": -2})],
    "sums along the rows": [("Cumulative", {"function": "cumsum", "dim": 2}), C3],
}


@pytest.mark.parametrize("case", ALONG)
def test_a_layer_of_one_axis_widens_that_alone(case: str) -> None:
    seen, rows = field_and_rows(ALONG[case])
    assert seen is not None
    assert seen[0] == rows
    assert seen[1] < rows


def test_behind_turned_axes_no_field_is_told() -> None:
    nodes = (("conv", *C3), ("turn", "Transpose", {}), ("conv2", *C3))
    found = summarize(row((1, 32, 32), *nodes))
    assert found.nodes["conv"].receptive_field == (3, 3)
    assert found.nodes["conv2"].receptive_field is None


def field_and_rows(
    layers: list[tuple[str, dict[str, Any]]],
) -> tuple[tuple[int, ...] | None, int]:
    """The field as told, and the most rows that a cell of the output sees, cell by cell."""
    nodes = [(f"n{place}", type, params) for place, (type, params) in enumerate(layers)]
    graph = row((1, 32, 32), *nodes)
    module = compile_graph(graph).double()
    for weight in module.parameters():
        torch.nn.init.constant_(weight, 1.0)
    x = torch.randn(1, 1, 32, 32, dtype=torch.float64, requires_grad=True)
    y = module(x)
    widest = 0
    for place in range(y.shape[2]):
        (slope,) = torch.autograd.grad(y[0, :, place].sum(), x, retain_graph=True)
        rows = slope[0, 0].abs().sum(1).nonzero()
        widest = max(widest, int(rows.max() - rows.min()) + 1)
    return summarize(graph).nodes[nodes[-1][0]].receptive_field, widest


def test_the_last_axis_of_a_dense_layer_is_no_place() -> None:
    assert summarize(row((5, 6), ("fc", *FC))).nodes["fc"].receptive_field is None


@pytest.mark.parametrize(("target", "field"), [("resnet@50", (224, 224)), ("gpt2@small", None)])
def test_the_receptive_field_of_whole_networks(target: str, field: tuple[int, ...] | None) -> None:
    assert summarize(load_target(f"template:{target}").graph()).receptive_field == field


@pytest.mark.parametrize(
    ("target", "whole"),
    [("lenet5", False), ("lstm-from-scratch", True), ("gpt2@small", True), ("vit-b16", True)],
)
def test_what_reads_a_sequence_sees_all_of_it(target: str, whole: bool) -> None:
    found = summarize(load_target(f"template:{target}").graph())
    assert found.whole_sequence is whole


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "RNN", "TransformerEncoderLayer"])
def test_everything_behind_a_layer_over_time_sees_the_sequence(layer: str) -> None:
    size = {} if "Transformer" in layer else {"hidden_size": 4}
    heads = {"nhead": 1} if "Transformer" in layer else {}
    found = summarize(row((7, 4), ("fc", *FC), ("over", layer, size | heads), ("after", *FC)))
    seeing = [name for name, node in found.nodes.items() if node.whole_sequence]
    assert seeing == ["over", "after"]
    assert found.whole_sequence


def test_a_cell_and_a_mask_read_one_step() -> None:
    found = summarize(row((4,), ("cell", "GRUCell", {"hidden_size": 4})))
    assert not found.whole_sequence


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
