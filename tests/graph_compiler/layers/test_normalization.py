"""Normalizations are those of torch, and refuse what has nothing to be normalized over."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler import check_graph, compile_graph
from graph_compiler.layer import Mismatch, Params
from graph_compiler.registry import layers
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

unhurried = settings(deadline=None)
sizes = st.integers(1, 6)
eps = st.sampled_from([1e-5, 1e-3, 0.1])


@unhurried
@given(
    axes=st.integers(1, 3),
    kind=st.sampled_from(["BatchNorm", "InstanceNorm"]),
    options=st.fixed_dictionaries(
        {
            "eps": eps,
            "momentum": st.sampled_from([0.0, 0.1, 1.0]),
            "affine": st.booleans(),
            "track_running_stats": st.booleans(),
        }
    ),
    data=st.data(),
)
def test_those_of_channels(
    agree: Any, axes: int, kind: str, options: dict[str, Any], data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(sizes, min_size=axes + 1, max_size=axes + 1))
    name = f"{kind}{axes}d"
    agree(
        name,
        options,
        [TensorType((N, *drawn))],
        lambda: getattr(nn, name)(drawn[0], **options),
    )


@unhurried
@given(channels=st.integers(1, 9), rest=st.lists(sizes, max_size=3), groups=sizes, wide=eps)
def test_groups(agree: Any, channels: int, rest: list[int], groups: int, wide: float) -> None:
    lonely = channels == groups and all(size == 1 for size in rest)
    fits = agree(
        "GroupNorm",
        {"num_groups": groups, "eps": wide},
        [TensorType((N, channels, *rest))],
        lambda: nn.GroupNorm(groups, channels, eps=wide),
        stricter=lonely,
    )
    assert fits == (channels % groups == 0 and not lonely)


@unhurried
@given(
    sizes_=st.lists(sizes, min_size=1, max_size=4),
    axes=st.integers(1, 4),
    affine=st.booleans(),
    bias=st.booleans(),
)
def test_those_of_the_last_axes(
    agree: Any, sizes_: list[int], axes: int, affine: bool, bias: bool
) -> None:
    x = [TensorType((N, *sizes_))]
    last = sizes_[-axes:] if axes <= len(sizes_) else [*sizes_, 7]
    options = {"axes": axes, "elementwise_affine": affine}
    assert agree(
        "LayerNorm",
        {**options, "bias": bias},
        x,
        lambda: nn.LayerNorm(last, elementwise_affine=affine, bias=bias),
    ) == (axes <= len(sizes_))
    agree("RMSNorm", options, x, lambda: nn.RMSNorm(last, elementwise_affine=affine))


@unhurried
@given(sizes_=st.lists(sizes, min_size=2, max_size=4), size=sizes)
def test_local_response(agree: Any, sizes_: list[int], size: int) -> None:
    assert agree(
        "LocalResponseNorm",
        {"size": size},
        [TensorType((N, *sizes_))],
        lambda: nn.LocalResponseNorm(size),
    )


def _refusal(type: str, params: dict[str, Any], *shape: Any) -> Mismatch:
    layer = layers()[type]
    values = {param.name: param.default for param in layer.params} | params
    with pytest.raises(Mismatch) as caught:
        layer.output(Params(values), TensorType((N, *shape)))
    return caught.value


def test_a_spread_of_one_value_is_refused() -> None:
    text = (
        "input: expected several values to take the mean of, got N×3×1×1, where each is on its "
        "own. Normalize before the axes shrink to 1, or take LayerNorm."
    )
    assert str(_refusal("InstanceNorm2d", {}, 3, 1, 1)) == text
    assert str(_refusal("GroupNorm", {"num_groups": 3}, 3, 1, 1)) == text


def test_groups_that_do_not_divide_offer_the_next_that_do() -> None:
    refusal = _refusal("GroupNorm", {"num_groups": 8}, 12, 5, 5)
    assert str(refusal) == (
        "input: expected a number of channels that 8 divides, got 12. "
        "Set num_groups to a divisor of the channels."
    )
    assert [fix.label for fix in refusal.fixes] == ["Set the groups to 6"]


def test_the_batch_is_not_an_axis_of_the_example() -> None:
    refusal = _refusal("LayerNorm", {"axes": 3}, 12, 5)
    assert str(refusal) == (
        "axes: expected at most 2, the axes of one example, got 3. Normalize over fewer axes."
    )
    table = TensorType((12, 5, 4))  # learned, without a batch: all three axes are its own
    values = {param.name: param.default for param in layers()["LayerNorm"].params} | {"axes": 3}
    assert layers()["LayerNorm"].output(Params(values), table) == table


def test_unit_length() -> None:
    graph = nx.MultiDiGraph(name="Unit")
    graph.add_node("x", type="Input", params={"shape": (4,)})
    graph.add_node("unit", type="Normalize")
    graph.add_node("y", type="Output")
    nx.add_path(graph, ["x", "unit", "y"])
    assert check_graph(graph).ok
    x = torch.randn(3, 4)
    lengths = compile_graph(graph)(x).norm(dim=-1)
    assert torch.allclose(lengths, torch.ones(3))
