"""Losses that own the last linear layer themselves, for answers with very many classes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from math import prod
from typing import Any

from graph_compiler.layer import (
    Bool,
    Example,
    Float,
    Int,
    Ints,
    Layer,
    Mismatch,
    Params,
    Port,
    example,
    explicit,
)
from graph_compiler.limits import refuse_huge
from graph_compiler.pairing import (
    CLASS_WEIGHTS,
    REDUCTION,
    one_an_example,
    reduced,
    same_shape,
    weights_fit,
)
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType


def _judged(p: Params, x: TensorType, target: TensorType) -> TensorType:
    refuse_huge(_scores(p) * x.last, "input", "weights", "Use fewer classes.")
    weights_fit(p, "weight", p.num_classes, "class")
    wanted = (x.shape[0], *p.out_features)
    if target.dtype == "int":
        if target.shape != wanted:
            raise Mismatch(
                "shapes_differ",
                "target",
                expected=f"{TensorType(wanted)}, class numbers",
                got=f"{target}",
                remedy="Feed it class numbers, or set out_features to how many an example has.",
            )
    else:
        shares = TensorType((x.shape[0], p.num_classes, *p.out_features))
        same_shape(shares, target, "target", "what out_features and num_classes say")
    return reduced(p, *wanted)


def _scores(p: Params) -> Any:
    return prod(p.out_features, start=p.num_classes)


LinearCrossEntropyLoss = Layer(
    title="Linear and cross-entropy",
    family="loss",
    short="loss",
    formula="L = −log (eˢʸ / Σⱼ eˢʲ),  s = x·Wᵀ + b",
    doc="The last linear layer and cross-entropy in one. Only the newest torch has a class "
    "of this name, so a small module that computes the same in every version stands in its place; "
    "it works on all classes at once, where torch's saves memory by working in chunks.",
    paper="Bridle, Probabilistic interpretation of feedforward network outputs, 1990",
    keywords=("classification", "softmax", "vocabulary", "language model", "logits", "fused"),
    params=(
        Int("num_classes", 10, low=1, label="classes", doc="number of classes"),
        explicit(
            Ints(
                "out_features",
                (),
                low=1,
                label="answers",
                doc="sizes of a grid of answers that each example has; empty for one answer",
            )
        ),
        Bool("bias", False, doc="add a learned offset to the scores"),
        CLASS_WEIGHTS,
        REDUCTION,
        Int(
            "ignore_index",
            -100,
            low=-(10**9),
            high=10**9,
            on_node=False,
            label="ignored class",
            doc="class numbers like this do not count, such as padding",
        ),
        Float(
            "label_smoothing",
            0.0,
            low=0.0,
            high=1.0,
            label="label smoothing",
            on_node=False,
            doc="share of each target that is spread over all classes",
        ),
    ),
    inputs=(
        Port("input", rank=(2, 2), doc="features, N×in_features"),
        Port("target", dtype="number", doc="class numbers, or a probability for each class"),
    ),
    output=_judged,
    weights=lambda p, x, target: {
        "linear.weight": (_scores(p), x.last),
        "linear.bias": (_scores(p),) if p.bias else None,
    },
    macs=lambda p, y, x, target: x.last * _scores(p),
    module=(
        "LinearCrossEntropyLoss({x.last}, {num_classes}, out_features={out_features}, "
        "bias={bias}, weight={weight}, reduction={reduction}, ignore_index={ignore_index}, "
        "label_smoothing={label_smoothing})"
    ),
    source="linear_cross_entropy_loss",
    examples=(
        Example(((12,), ()), {"num_classes": 7}, ("float", "int")),
        Example(
            ((6,), (4, 3)),
            {"num_classes": 5, "out_features": (4, 3), "bias": True, "reduction": "none"},
            ("float", "int"),
        ),
        Example(((6,), (3,)), {"num_classes": 3, "weight": (1.0, 2.0, 0.5)}, ("float", "float")),
    ),
)


def _found(p: Params, x: TensorType, target: TensorType) -> tuple[TensorType, TensorType]:
    _check_cutoffs(p)
    last = _widths(p, x)[-1]
    if last < 1:
        raise Mismatch(
            "too_small",
            "div_value",
            expected="at least 1 feature for the rarest classes",
            got=f"{x.last} features divided by {p.div_value:g} {len(p.cutoffs)} times",
            remedy="Set div_value to a smaller number, or use fewer cutoffs.",
            fixes=(Fix("Keep all features", (SetParam("", "div_value", 1.0),)),),
        )
    refuse_huge(p.n_classes * x.last, "input", "weights", "Use fewer classes.")
    one_an_example(x, target)
    return TensorType(x.shape[:1]), TensorType(())


def _check_cutoffs(p: Params) -> None:
    rising = all(a < b for a, b in zip(p.cutoffs, p.cutoffs[1:], strict=False))
    if not p.cutoffs or not rising or p.cutoffs[-1] >= p.n_classes:
        half = max(int(p.n_classes) // 2, 1)
        raise Mismatch(
            "bad_parameter",
            "cutoffs",
            expected=f"at least one class number, rising, each below {p.n_classes}",
            got=f"{p.cutoffs}",
            remedy="Set cutoffs to where the frequent classes end and the rarer ones begin.",
            fixes=(Fix(f"Cut once, at {half}", (SetParam("", "cutoffs", (half,)),)),),
        )


def _widths(p: Params, x: TensorType) -> list[Any]:
    """How many features each group of rarer classes keeps."""
    return [x.last // p.div_value ** (group + 1) for group in range(len(p.cutoffs))]


def _groups(p: Params) -> list[int]:
    """How many classes each group of rarer ones has."""
    ends = (*p.cutoffs, p.n_classes)
    return [end - start for start, end in itertools.pairwise(ends)]


def _head(p: Params) -> Any:
    return p.cutoffs[0] + len(p.cutoffs)


def _split_weights(
    p: Params, x: TensorType, target: TensorType
) -> Mapping[str, tuple[Any, ...] | None]:
    found: dict[str, tuple[Any, ...] | None] = {
        "head.weight": (_head(p), x.last),
        "head.bias": (_head(p),) if p.head_bias else None,
    }
    for group, (width, count) in enumerate(zip(_widths(p, x), _groups(p), strict=True)):
        found[f"tail.{group}.0.weight"] = (int(width), x.last)
        found[f"tail.{group}.1.weight"] = (count, int(width))
    return found


def _dearest(p: Params, y: TensorType, x: TensorType, target: TensorType) -> Any:
    """The work for an example of the class that costs most."""
    pairs = zip(_widths(p, x), _groups(p), strict=True)
    return x.last * _head(p) + max(int(width) * (x.last + count) for width, count in pairs)


AdaptiveLogSoftmaxWithLoss = Layer(
    title="Adaptive log-softmax",
    family="loss",
    short="loss",
    formula="log p(y) = log p(group of y) + log p(y within its group)",
    doc="Negative log-likelihood over very many classes, such as words: frequent classes are "
    "scored at once, rarer ones stand in groups with fewer features that are scored only where "
    "needed. Number the classes from the most frequent to the rarest. The multiply-accumulates "
    "are those of the dearest class.",
    paper="Grave, Joulin, Cissé, Grangier, Jégou, Efficient softmax approximation for GPUs, 2017",
    keywords=("language model", "vocabulary", "hierarchical softmax", "nll", "rare words"),
    params=(
        Int("n_classes", 1000, low=2, label="classes", doc="number of classes"),
        explicit(
            Ints(
                "cutoffs",
                (100,),
                low=1,
                doc="class numbers at which the groups of rarer classes begin, rising",
            )
        ),
        Float(
            "div_value",
            4.0,
            low=1.0,
            high=1e6,
            label="division",
            doc="each rarer group keeps this many times fewer features",
        ),
        Bool("head_bias", False, label="bias", doc="add a learned offset to the frequent classes"),
    ),
    inputs=(
        Port("input", rank=(2, 2), doc="features, N×in_features"),
        Port("target", rank=(1, 1), dtype="int", doc="class numbers, N"),
    ),
    outputs=("output", "loss"),
    output=_found,
    weights=_split_weights,
    macs=_dearest,
    module=(
        "nn.AdaptiveLogSoftmaxWithLoss({x.last}, {n_classes}, {cutoffs}, div_value={div_value}, "
        "head_bias={head_bias})"
    ),
    examples=(
        example((16,), (), n_classes=20, cutoffs=(5,)),
        example((9,), (), n_classes=12, cutoffs=(10,), div_value=2.0, head_bias=True),
    ),
)
