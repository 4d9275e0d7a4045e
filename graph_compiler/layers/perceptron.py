"""Units that fire or not, and units that choose among several maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Int, Layer, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.tensors import TensorType


def _units(p: Params, x: TensorType) -> TensorType:
    refuse_huge(p.out_features * x.last, "input", "weights", "Use fewer units.")
    return x.with_last(p.out_features)


def _weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {
        "weight": (p.out_features, x.last),
        "bias": (p.out_features,) if p.bias else None,
    }


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return (f"features: {x.last} → {y.last}",)


Perceptron = Layer(
    title="Perceptron",
    family="dense",
    short="perceptron",
    formula="y = 1 if w·x + b > 0 else 0",
    doc="Units that weigh all features and fire where the sum is positive; a rule of their own "
    "trains them, as the step has no slope.",
    paper="Rosenblatt, The perceptron, 1958",
    keywords=("neuron", "unit", "threshold", "step", "linear classifier", "rosenblatt"),
    params=(
        Int("out_features", 1, low=1, label="units", doc="number of units, one answer each"),
        Bool("bias", True, doc="add the learned offset b, the bias neuron"),
    ),
    inputs=(Port("input", rank=(2, None), doc="features on the last axis"),),
    output=_units,
    weights=_weights,
    macs=lambda p, y, x: y.numel * x.last,
    words=_words,
    module="Perceptron({x.last}, {out_features}, bias={bias})",
    source="perceptron",
    examples=(example((2,)), example((5, 4), out_features=3, bias=False)),
)


def _maxout(p: Params, x: TensorType) -> TensorType:
    count = p.out_features * p.pieces * x.last
    refuse_huge(count, "input", "weights", "Use fewer units or pieces.")
    return x.with_last(p.out_features)


def _maxout_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    maps = p.out_features * p.pieces
    return {"linear.weight": (maps, x.last), "linear.bias": (maps,) if p.bias else None}


def _maxout_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return (f"features: {x.last} → {y.last}, each the largest of {p.pieces}",)


Maxout = Layer(
    title="Maxout",
    family="dense",
    short="maxout",
    formula="yᵢ = maxⱼ (wᵢⱼ·x + bᵢⱼ)",
    doc="Each unit is the largest of several linear maps: it learns its own convex activation.",
    paper="Goodfellow et al., Maxout networks, 2013",
    keywords=("pieces", "piecewise linear", "learned activation", "maximum"),
    params=(
        Int("out_features", 10, low=1, label="units", doc="size of the last axis of the output"),
        Int("pieces", 2, low=1, doc="linear maps that each unit chooses from"),
        Bool("bias", True, doc="add a learned offset to each map"),
    ),
    inputs=(Port("input", rank=(2, None), doc="features on the last axis"),),
    output=_maxout,
    weights=_maxout_weights,
    macs=lambda p, y, x: y.numel * p.pieces * x.last,
    words=_maxout_words,
    module="Maxout({x.last}, {out_features}, pieces={pieces}, bias={bias})",
    source="maxout",
    examples=(example((64,)), example((7, 12), out_features=5, pieces=3, bias=False)),
)
