"""Activations agree with torch's functions over generated options and values."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.layer import Mismatch
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

AXIS_WISE = ("Softmax", "LogSoftmax", "Softmin", "GLU")


def output(type: str, given: dict[str, Any], *shape: int) -> TensorType:
    layer = layers()[type]
    params, faults = resolve(given, layer, {})
    assert faults == ()
    found: TensorType = layer.output(params, TensorType((N, *shape)))
    return found


@settings(max_examples=60, deadline=None)
@given(
    type=st.sampled_from(AXIS_WISE),
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    dim=st.integers(-6, 6),
)
def test_axes_are_torchs_but_for_the_batch(type: str, shape: list[int], dim: int) -> None:
    tensor = torch.zeros((3, *shape))
    try:
        theirs = tuple(getattr(nn, type)(dim=dim)(tensor).shape)
    except (IndexError, RuntimeError):
        theirs = None
    over_batch = dim % tensor.dim() == 0 and theirs is not None
    try:
        ours = tuple(3 if size is N else size for size in output(type, {"dim": dim}, *shape).shape)
    except Mismatch:
        assert theirs is None or over_batch
    else:
        assert not over_batch
        assert ours == theirs


@pytest.mark.parametrize(
    ("type", "params", "text"),
    [
        (
            "RReLU",
            {"lower": 0.5, "upper": 0.25},
            "lower: expected at most 0.25, which is upper, got 0.5. Set lower below upper.",
        ),
        (
            "Hardtanh",
            {"min_val": 1.0},
            "min_val: expected less than 1, which is max_val, got 1. Set min_val below max_val.",
        ),
        (
            "GLU",
            {},
            "input: expected an axis that 2 divides, got 5. Give it such a size.",
        ),
        (
            "Softmin",
            {"dim": 0},
            "input: expected an axis from 1 to 1, got dim 0 on N×5. "
            "Set dim to an axis of the input; 0 is the batch.",
        ),
    ],
)
def test_what_does_not_fit_is_said(type: str, params: dict[str, Any], text: str) -> None:
    with pytest.raises(Mismatch) as refused:
        output(type, params, 5)
    assert str(refused.value) == text


@settings(max_examples=60, deadline=None)
@given(low=st.floats(-3, 3), high=st.floats(-3, 3))
def test_bounds_are_refused_where_torch_refuses(low: float, high: float) -> None:
    for type, names, kind in (
        ("Hardtanh", ("min_val", "max_val"), nn.Hardtanh),
        ("RReLU", ("lower", "upper"), nn.RReLU),
    ):
        ends = (low, high) if type == "Hardtanh" else (abs(low), abs(high))
        try:
            kind(*ends)(torch.zeros(1)).sum()
            fits = True
        except (AssertionError, ValueError, RuntimeError):
            fits = False
        try:
            output(type, dict(zip(names, ends, strict=True)), 4)
        except Mismatch:
            assert not fits or ends[0] >= ends[1]
        else:
            assert fits
