"""What slides, shrinks, grows and folds: types, weights, costs and refusals are those of torch.

Oracle: torch's own modules, run on the CPU over generated options and sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from graph_compiler.layer import Mismatch
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N, Symbolic
from graph_compiler.tensors import TensorType

BATCH = 2
KINDS = {torch.float32: "float", torch.int64: "int"}
AXES = st.sampled_from((1, 2, 3))


@dataclass(frozen=True)
class Facts:
    """What is known beforehand, or what torch then says."""

    outputs: tuple[tuple[tuple[int, ...], str], ...]
    weights: dict[str, tuple[int, ...]]
    macs: int


def promised(type: str, given: dict[str, Any], *shapes: tuple[int, ...] | None) -> Facts | Mismatch:
    """What the rules say of a layer behind such inputs; sizes as numbers and as symbols."""
    layer = layers()[type]
    params, faults = resolve(given, layer, {})
    if faults:
        return faults[0]
    dtypes = [port.dtype for port in layer.inputs]
    rows = list(zip(shapes, dtypes, strict=True))
    inputs = [None if s is None else TensorType((N, *s), dtype) for s, dtype in rows]
    named = [
        None if s is None else TensorType((N, *(Symbolic.name("s", i) for i in s)), dtype)
        for s, dtype in rows
    ]
    try:
        outputs = as_tuple(layer.output(params, *inputs))
    except Mismatch as refused:
        with pytest.raises(Mismatch):
            layer.output(params, *named)
        return refused
    assert as_tuple(layer.output(params, *named)) == outputs
    assert len(layer.ports_out(params)) == len(outputs)
    assert all(layer.words(params, outputs[0], *inputs))
    weights = layer.weights(params, *inputs)
    return Facts(
        tuple((tuple(BATCH if s is N else s for s in y.shape), y.dtype) for y in outputs),
        {name: tuple(shape) for name, shape in weights.items() if shape is not None},
        layer.macs(params, outputs[0], *inputs),
    )


def as_tuple(result: Any) -> tuple[Any, ...]:
    return (result,) if isinstance(result, TensorType) or not isinstance(result, tuple) else result


def computed(make: Callable[[], Any], *shapes: tuple[int, ...]) -> Facts | Exception:
    """What torch says, or how it refuses."""
    try:
        module = make()
        tensors = [torch.rand((BATCH, *shape)) for shape in shapes]
        with FlopCounterMode(display=False) as counter:
            result = module(*tensors)
    except (RuntimeError, ValueError, AssertionError, IndexError) as refused:
        return refused
    named = module.named_parameters() if isinstance(module, nn.Module) else ()
    return Facts(
        tuple((tuple(y.shape), KINDS[y.dtype]) for y in as_tuple(result)),
        {name: tuple(weight.shape) for name, weight in named},
        counter.get_total_flops() // 2 // BATCH,
    )


def assert_same(ours: Facts | Mismatch, theirs: Facts | Exception) -> None:
    """The same facts, or both refuse; where torch gives out nothing at all, we refuse as well."""
    if isinstance(theirs, Exception) or 0 in theirs.outputs[0][0]:
        assert isinstance(ours, Mismatch), f"torch refuses: {theirs}"
    else:
        assert ours == theirs


def shapes(axes: int, low: int = 1, high: int = 9) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(low, high)] * axes)


def sizes(axes: int, low: int, high: int) -> st.SearchStrategy[Any]:
    return st.integers(low, high) | shapes(axes, low, high)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_convolutions(data: st.DataObject) -> None:
    axes = data.draw(AXES)
    groups = data.draw(st.sampled_from((1, 1, 2, 3)))
    channels = data.draw(st.integers(1, 6))
    params = {
        "out_channels": data.draw(st.integers(1, 6)),
        "kernel_size": data.draw(sizes(axes, 1, 4)),
        "stride": data.draw(st.just(1) | sizes(axes, 1, 3)),
        "padding": data.draw(st.just("same") | sizes(axes, 0, 3)),
        "dilation": data.draw(sizes(axes, 1, 2)),
        "groups": groups,
        "bias": data.draw(st.booleans()),
        "padding_mode": data.draw(st.sampled_from(("zeros", "reflect", "replicate", "circular"))),
    }
    shape = (channels, *data.draw(shapes(axes)))
    kind = getattr(nn, f"Conv{axes}d")
    assert_same(
        promised(f"Conv{axes}d", params, shape), computed(lambda: kind(channels, **params), shape)
    )


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_transposed_convolutions(data: st.DataObject) -> None:
    axes = data.draw(AXES)
    channels = data.draw(st.integers(1, 6))
    params = {
        "out_channels": data.draw(st.integers(1, 6)),
        "kernel_size": data.draw(sizes(axes, 1, 4)),
        "stride": data.draw(sizes(axes, 1, 3)),
        "padding": data.draw(sizes(axes, 0, 2)),
        "output_padding": data.draw(sizes(axes, 0, 2)),
        "dilation": data.draw(sizes(axes, 1, 2)),
        "groups": data.draw(st.sampled_from((1, 1, 2, 3))),
        "bias": data.draw(st.booleans()),
    }
    shape = (channels, *data.draw(shapes(axes, 1, 6)))
    kind = getattr(nn, f"ConvTranspose{axes}d")
    assert_same(
        promised(f"ConvTranspose{axes}d", params, shape),
        computed(lambda: kind(channels, **params), shape),
    )


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_max_pooling_with_and_without_indices(data: st.DataObject) -> None:
    axes = data.draw(AXES)
    params = {
        "kernel_size": data.draw(sizes(axes, 1, 4)),
        "stride": data.draw(st.none() | sizes(axes, 1, 3)),
        "padding": data.draw(sizes(axes, 0, 2)),
        "dilation": data.draw(st.just(1) | sizes(axes, 1, 2)),
        "return_indices": data.draw(st.booleans()),
        "ceil_mode": data.draw(st.booleans()),
    }
    shape = (3, *data.draw(shapes(axes)))
    ours = promised(f"MaxPool{axes}d", params, shape)
    theirs = computed(lambda: getattr(nn, f"MaxPool{axes}d")(**params), shape)
    if isinstance(ours, Mismatch) and ours.code == "padding_too_large":
        return  # newer versions of torch measure the padding by the dilated window
    assert_same(ours, theirs)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_average_and_power_pooling(data: st.DataObject) -> None:
    axes = data.draw(AXES)
    params: dict[str, Any] = {
        "kernel_size": data.draw(st.integers(1, 4) if axes == 1 else sizes(axes, 1, 4)),
        "stride": data.draw(st.none() | sizes(axes, 1, 3)),
        "ceil_mode": data.draw(st.booleans()),
    }
    shape = (3, *data.draw(shapes(axes)))
    assert_same(
        promised(f"LPPool{axes}d", params, shape),
        computed(lambda: getattr(nn, f"LPPool{axes}d")(2.0, **params), shape),
    )
    params["padding"] = data.draw(sizes(axes, 0, 2))
    params["count_include_pad"] = data.draw(st.booleans())
    if axes > 1:
        params["divisor_override"] = data.draw(st.none() | st.integers(1, 9))
    assert_same(
        promised(f"AvgPool{axes}d", params, shape),
        computed(lambda: getattr(nn, f"AvgPool{axes}d")(**params), shape),
    )


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_adaptive_pooling(data: st.DataObject) -> None:
    axes = data.draw(AXES)
    size = data.draw(sizes(axes, 1, 6))
    shape = (3, *data.draw(shapes(axes)))
    assert_same(
        promised(f"AdaptiveAvgPool{axes}d", {"output_size": size}, shape),
        computed(lambda: getattr(nn, f"AdaptiveAvgPool{axes}d")(size), shape),
    )
    params = {"output_size": size, "return_indices": data.draw(st.booleans())}
    assert_same(
        promised(f"AdaptiveMaxPool{axes}d", params, shape),
        computed(lambda: getattr(nn, f"AdaptiveMaxPool{axes}d")(**params), shape),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_fractional_pooling(data: st.DataObject) -> None:
    axes = data.draw(st.sampled_from((2, 3)))
    params: dict[str, Any] = {
        "kernel_size": data.draw(sizes(axes, 1, 3)),
        "return_indices": data.draw(st.booleans()),
    }
    if data.draw(st.booleans()):
        params["output_size"] = data.draw(sizes(axes, 1, 6))
        theirs = dict(params)
    else:
        ratio = data.draw(st.floats(0.01, 0.99))
        theirs = params | {"output_ratio": (ratio,) * axes}
        params["output_ratio"] = ratio
    shape = (3, *data.draw(shapes(axes)))
    function = getattr(F, f"fractional_max_pool{axes}d")
    assert_same(
        promised(f"FractionalMaxPool{axes}d", params, shape),
        computed(lambda: lambda x: function(x, **theirs), shape),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_unpooling_undoes_pooling(data: st.DataObject) -> None:
    """Whatever was pooled can be brought back to its own size, by the wire `like`."""
    axes = data.draw(AXES)
    kernel = data.draw(st.integers(1, 3))
    stride = data.draw(st.none() | st.integers(1, kernel))
    padding = data.draw(st.integers(0, kernel // 2))
    before = (2, *data.draw(shapes(axes, 2, 9)))
    try:
        pool = getattr(nn, f"MaxPool{axes}d")(kernel, stride, padding, return_indices=True)
        small, indices = pool(torch.rand((BATCH, *before)))
    except RuntimeError:
        return
    like = before if data.draw(st.booleans()) else None
    unpool = getattr(nn, f"MaxUnpool{axes}d")(kernel, stride, padding)
    shape = tuple(small.shape[1:])
    params = {"kernel_size": kernel, "stride": stride, "padding": padding}
    ours = promised(f"MaxUnpool{axes}d", params, shape, shape, like)
    size = None if like is None else (BATCH, *before)
    try:
        theirs = unpool(small, indices, output_size=size)
    except (RuntimeError, ValueError):
        if isinstance(ours, Mismatch) or like is None:
            return  # places that lie beyond the size that is usual are found by the values alone
        raise
    assert not isinstance(ours, Mismatch)
    assert ours.outputs == ((tuple(theirs.shape), "float"),)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_paddings(data: st.DataObject) -> None:
    axes = data.draw(AXES)
    kind = data.draw(
        st.sampled_from(
            ("ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
        )
    )
    low = -3 if kind in ("ConstantPad", "ZeroPad") else 0
    padding = data.draw(sizes(2 * axes, low, 4))
    value = {"value": 1.5} if kind == "ConstantPad" else {}
    shape = (3, *data.draw(shapes(axes, 1, 6)))
    ours = promised(f"{kind}{axes}d", {"padding": padding, **value}, shape)
    theirs = computed(lambda: getattr(nn, f"{kind}{axes}d")(padding, **value), shape)
    assert_same(ours, theirs)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_upsampling_and_resizing(data: st.DataObject) -> None:
    axes = data.draw(AXES)
    modes = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear")
    params: dict[str, Any] = {"mode": data.draw(st.sampled_from(modes))}
    if data.draw(st.booleans()):
        params["align_corners"] = True
    shape = (3, *data.draw(shapes(axes)))
    factor = data.draw(st.floats(0.05, 4.0) | st.sampled_from((0.1, 0.35, 0.5, 1.5, 2.0, 3.0)))
    assert_same(
        promised("Upsample", params | {"scale_factor": factor}, shape),
        computed(lambda: nn.Upsample(scale_factor=factor, **params), shape),
    )
    size = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple))
    assert_same(
        promised("Resize", params | {"size": size}, shape),
        computed(lambda: nn.Upsample(size=size, **params), shape),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_shuffles(data: st.DataObject) -> None:
    factor = data.draw(st.integers(1, 4))
    shape = (data.draw(st.integers(1, 36)), *data.draw(shapes(2)))
    for type, name in (
        ("PixelShuffle", "upscale_factor"),
        ("PixelUnshuffle", "downscale_factor"),
        ("ChannelShuffle", "groups"),
    ):
        kind = getattr(nn, type)
        assert_same(
            promised(type, {name: factor}, shape), computed(lambda kind=kind: kind(factor), shape)
        )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_unfolding_and_folding_back(data: st.DataObject) -> None:
    params = {
        "kernel_size": data.draw(sizes(2, 1, 3)),
        "dilation": data.draw(sizes(2, 1, 2)),
        "padding": data.draw(sizes(2, 0, 2)),
        "stride": data.draw(sizes(2, 1, 3)),
    }
    image = data.draw(shapes(2))
    shape = (data.draw(st.integers(1, 3)), *image)
    theirs = computed(lambda: nn.Unfold(**params), shape)
    assert_same(promised("Unfold", params, shape), theirs)
    if not isinstance(theirs, Exception):
        columns = theirs.outputs[0][0][1:]
        wrong = (
            columns[0] + data.draw(st.integers(0, 1)),
            columns[1] + data.draw(st.integers(0, 1)),
        )
        assert_same(
            promised("Fold", params | {"output_size": image}, wrong),
            computed(lambda: nn.Fold(image, **params), wrong),
        )


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_bilinear_and_distances(data: st.DataObject) -> None:
    first, second, units = (data.draw(st.integers(1, 5)) for _ in range(3))
    bias = data.draw(st.booleans())
    ours = promised("Bilinear", {"out_features": units, "bias": bias}, (4, first), (4, second))
    theirs = computed(lambda: nn.Bilinear(first, second, units, bias), (4, first), (4, second))
    assert isinstance(ours, Facts)
    assert isinstance(theirs, Facts)
    assert (ours.outputs, ours.weights) == (theirs.outputs, theirs.weights)
    with FlopCounterMode(display=False) as counter:  # the same drawn from products
        x, w, z = torch.rand(4, first), torch.rand(second, units * first), torch.rand(4, second)
        torch.bmm((z @ w).view(4, units, first), x[..., None])
    assert ours.macs == counter.get_total_flops() // 2

    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    dim = data.draw(st.integers(1, 3))
    assert_same(
        promised("CosineSimilarity", {"dim": dim}, shape, shape),
        computed(lambda: nn.CosineSimilarity(dim=dim), shape, shape),
    )
    params = {"p": 1.0, "keepdim": data.draw(st.booleans())}
    assert_same(
        promised("PairwiseDistance", params, shape, shape),
        computed(lambda: nn.PairwiseDistance(**params), shape, shape),
    )
