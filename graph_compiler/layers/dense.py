"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, InsertOnWire, SetParam
from graph_compiler.tensors import TensorType


def _output(p: Params, x: TensorType) -> TensorType:
    if p.in_features is not None and p.in_features != x.shape[-1]:
        raise _features_differ(p, x)
    refuse_huge(p.out_features * x.shape[-1], "input", "weights", "Use fewer units.")
    return TensorType((*x.shape[:-1], p.out_features), x.dtype)


def _features_differ(p: Params, x: TensorType) -> Mismatch:
    follow = Fix("Follow the input", (SetParam("", "in_features", None),))
    fixes: tuple[Fix, ...] = (
        follow,
        Fix(f"Set the input features to {x.last}", (SetParam("", "in_features", int(x.last)),)),
    )
    remedy = "Set in_features to follow the input."
    if x.rank > 2 and x.numel == p.in_features:
        fixes = (Fix("Insert Flatten", (InsertOnWire("", "input", "Flatten"),)), *fixes)
        remedy = "Insert Flatten before it."
    elif (side := _side(p, x)) is not None:
        kind = f"AdaptiveAvgPool{x.rank - 2}d"
        pool = InsertOnWire("", "input", kind, (("output_size", side),))
        sizes = "×".join([str(side)] * (x.rank - 2))
        label = f"Insert {kind} to {sizes}, and Flatten"
        fixes = (Fix(label, (pool, InsertOnWire("", "input", "Flatten"))), *fixes)
        remedy = "Pool the image to the size that was meant, or set in_features to follow it."
    return Mismatch(
        "features_differ",
        "input",
        expected=f"{p.in_features} features",
        got=f"{x.last}",
        remedy=remedy,
        fixes=fixes,
    )


def _side(p: Params, x: TensorType) -> int | None:
    """The side to which an image is pooled so that its numbers are those that are wanted."""
    axes = x.rank - 2
    if axes not in (2, 3) or p.in_features % x.shape[1] or x.dtype != "float":
        return None
    cells = int(p.in_features // x.shape[1])
    side: int = round(cells ** (1 / axes))
    return side if side**axes == cells and all(side <= size for size in x.shape[2:]) else None


def _weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {
        "weight": (p.out_features, x.last),
        "bias": (p.out_features,) if p.bias else None,
    }


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return (f"features: {x.last} → {y.last}",)


Linear = Layer(
    title="Linear",
    family="dense",
    short="fc",
    formula="y = x·Wᵀ + b",
    doc="Every unit sees every input feature: a weighted sum plus an offset.",
    paper="Rosenblatt, The perceptron, 1958",
    keywords=("dense", "fully connected", "perceptron", "affine", "neuron", "units", "hidden"),
    params=(
        Int(
            "in_features",
            None,
            low=1,
            optional=True,
            on_node=False,
            label="input features",
            doc="size of the last axis of the input; empty follows the input",
        ),
        Int("out_features", 10, low=1, label="units", doc="size of the last axis of the output"),
        Bool("bias", True, doc="add the learned offset b, the bias neuron"),
    ),
    inputs=(Port("input", rank=(2, None), doc="features on the last axis"),),
    output=_output,
    weights=_weights,
    macs=lambda p, y, x: y.numel * x.last,
    words=_words,
    module="nn.Linear({x.last}, {out_features}, bias={bias})",
    examples=(
        example((784,), out_features=120),
        example((64,), in_features=64, out_features=10),
        example((7, 512), out_features=256, bias=False),
    ),
)


def _bilinear(p: Params, x: TensorType, other: TensorType) -> TensorType:
    if x.shape[:-1] != other.shape[:-1]:
        wanted = TensorType((*x.shape[:-1], other.last))
        raise Mismatch(
            "shapes_differ",
            "other",
            expected=f"{wanted}, as on input but for the features",
            got=f"{other}",
            remedy="Give both inputs the same shape but for the last axis.",
        )
    refuse_huge(p.out_features * x.last * other.last, "input", "weights", "Use fewer units.")
    return TensorType((*x.shape[:-1], p.out_features), x.dtype)


Bilinear = Layer(
    title="Bilinear",
    family="dense",
    short="bilinear",
    formula="y = x₁ᵀ·A·x₂ + b",
    doc="Every unit weighs each feature of one input by each feature of the other.",
    paper="Tenenbaum, Freeman, Separating style and content with bilinear models, 2000",
    keywords=("interaction", "product", "pair", "two inputs"),
    params=(
        Int("out_features", 10, low=1, label="units", doc="size of the last axis of the output"),
        Bool("bias", True, doc="add the learned offset b"),
    ),
    inputs=(
        Port("input", rank=(2, None), doc="features on the last axis"),
        Port("other", rank=(2, None), doc="features on the last axis, all other axes the same"),
    ),
    output=_bilinear,
    weights=lambda p, x, other: {
        "weight": (p.out_features, x.last, other.last),
        "bias": (p.out_features,) if p.bias else None,
    },
    macs=lambda p, y, x, other: y.numel * x.last * (other.last + 1),
    words=lambda p, y, x, other: (f"features: {x.last} and {other.last} → {y.last}",),
    module="nn.Bilinear({input.last}, {other.last}, {out_features}, bias={bias})",
    examples=(
        example((6,), (4,), out_features=3),
        example((5, 3), (5, 7), out_features=2, bias=False),
    ),
)
