"""What training keeps of a layer's values until the way back has used them.

Owns the table for single operations: whether a layer's backward pass reads its inputs, its output,
or neither, and what it stores beside them, as PyTorch does it on the CPU, where nothing is kept
that an accelerator would not also keep or do without. Layers made of many operations are worked
out by `keeping_large`. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Callable

from graph_compiler.keeping_facts import FLOAT, INT, Kept, KeptFacts
from graph_compiler.keeping_large import LARGE

Rule = Callable[[KeptFacts], Kept]

_NOTHING = frozenset(
    {"Add", "Subtract", "Scale", "Concatenate", "Stack", "Sum", "Mean", "Detach", "Cast", "Not",
     "Compare", "Logic", "ArgMax", "Constant", "Noise", "LastStep", "SplitHeads", "MergeHeads",
     "RepeatKV", "Positions", "SinusoidalPositions", "LearnedPositions", "GradientReversal",
     "CausalMask", "PaddingMask", "AlibiMask", "BernoulliMask", "OneHot", "Step", "Choice"}
)  # fmt: skip
"""Layers whose slope does not depend on their values."""

_OUTPUT = frozenset({"ReLU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softmin", "Softmax2d"})
"""Layers whose slope is told from what they put out."""

_OUTPUT_FUNCTIONS = frozenset({"exp", "sqrt", "rsqrt", "reciprocal", "exp2", "expm1", "tan"})
_NO_FUNCTIONS = frozenset({"neg", "round", "floor", "ceil", "sign"})

_CROSSED = frozenset({"Multiply", "MatMul", "Einsum", "Bilinear"})
"""Each input is kept for the slope of the others."""

_BOTH_ENDS = frozenset({"Max", "Min", "LogSumExp", "Norm", "StandardDeviation", "Product"})
"""Reductions that compare what came in with what came out."""

_EDGES = ("ReflectionPad", "ReplicationPad")
_NLL_TOTAL = FLOAT
"""What the weights of all targets add up to, kept beside a cross-entropy."""


def kept(facts: KeptFacts) -> Kept:
    """What a layer keeps."""
    if not facts.own and not any(facts.slopes):
        return Kept()
    if facts.type in LARGE:
        return LARGE[facts.type](facts)
    if facts.type in _RULES:
        return _RULES[facts.type](facts)
    if facts.type in _NOTHING:
        return Kept()
    if facts.type in _OUTPUT:
        return Kept(output=True)
    if facts.type in _CROSSED:
        return _crossed(facts)
    if facts.type in _BOTH_ENDS:
        return Kept(facts.every, more=facts.ends * FLOAT)
    if facts.type.startswith(_EDGES) or facts.type == "Gather":
        return Kept(facts.every)
    if facts.family == "shape":
        return Kept()
    if facts.type.startswith(("MaxPool", "AdaptiveMaxPool", "FractionalMaxPool")):
        return Kept(facts.every, more=facts.n(facts.outputs[0]) * INT)
    if facts.type.startswith("AdaptiveAvgPool"):
        return Kept(() if _is_one_cell(facts) else facts.every)
    if facts.type.startswith("BatchNorm"):
        return Kept(facts.every, more=2 * int(facts.x.shape[1]) * FLOAT)
    if facts.type.startswith("InstanceNorm"):
        return _instance_norm(facts)
    if facts.type.startswith("MaxUnpool"):
        return Kept((1,))
    if facts.type.startswith("LPPool"):
        return Kept(facts.every, more=(facts.size + 4 * facts.ends) * FLOAT)
    if facts.type.startswith("Conv") and "Transpose" not in facts.type:
        return _convolved(facts)
    return Kept(facts.every)


def _crossed(facts: KeptFacts) -> Kept:
    """Inputs that stand beside one with a slope."""
    if facts.own:
        return Kept(facts.every)
    others = tuple(
        place for place in facts.every if any(s for at, s in enumerate(facts.slopes) if at != place)
    )
    return Kept(others)


def _divided(facts: KeptFacts) -> Kept:
    above, below = facts.slopes[0], facts.slopes[-1]
    return Kept((0, 1) if below else (1,) if above else ())


def _is_one_cell(facts: KeptFacts) -> bool:
    """A mean over all places: nothing is looked up on the way back."""
    return all(size == 1 for size in facts.outputs[0].shape[2:])


def _convolved(facts: KeptFacts) -> Kept:
    """A convolution reads its input, or the padded copy of it that it worked on."""
    params, inside = facts.params, facts.x.shape[2:]
    axes = len(inside)
    kernel, dilation = _each(params.kernel_size, axes), _each(params.dilation, axes)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if params.padding == "same":
        added = reach
        if params.padding_mode == "zeros" and not any(one % 2 for one in added):
            return Kept(facts.every)
        if params.padding_mode == "zeros":  # one side is padded by hand
            added = [one % 2 for one in added]
    elif params.padding == "valid" or params.padding_mode == "zeros":
        return Kept(facts.every)
    else:
        added = [2 * one for one in _each(params.padding, axes)]
    if not any(added):
        return Kept(facts.every)
    copy = facts.rows(2) * FLOAT
    for size, one in zip(inside, added, strict=True):
        copy *= int(size) + one
    edges = params.padding_mode in ("reflect", "replicate")
    return Kept(facts.every if edges else (), more=copy)


def _each(size: int | tuple[int, ...], axes: int) -> list[int]:
    return [size] * axes if isinstance(size, int) else [int(one) for one in size]


def _function(facts: KeptFacts) -> Kept:
    name = getattr(facts.params, "function", "")
    if name in _OUTPUT_FUNCTIONS:
        return Kept(output=True)
    return Kept(() if name in _NO_FUNCTIONS else facts.every)


def _dropped(facts: KeptFacts) -> Kept:
    """The factors that values were multiplied with, as numbers."""
    return Kept(more=facts.size * FLOAT if facts.params.p else 0)


def _dropped_channels(facts: KeptFacts) -> Kept:
    return Kept(more=facts.rows(2) * FLOAT if facts.params.p else 0)


def _group_norm(facts: KeptFacts) -> Kept:
    groups = facts.rows(1) * int(facts.params.num_groups)
    return Kept(facts.every, more=2 * groups * FLOAT)


def _instance_norm(facts: KeptFacts) -> Kept:
    """Statistics of each example; what is learned or remembered is repeated for each example."""
    times = 2 + int(facts.own) + 2 * int(bool(facts.params.track_running_stats))
    return Kept(facts.every, more=times * facts.rows(2) * FLOAT)


def _bags(facts: KeptFacts) -> Kept:
    """To which bag each word belongs, and how large the bags are."""
    places = facts.size if facts.params.mode != "sum" else 0
    return Kept(facts.every, more=(places + 3 * facts.rows(1)) * INT)


def _linear_cross_entropy(facts: KeptFacts) -> Kept:
    """Input, targets, and the logarithm of the share of every class."""
    target = facts.inputs[1]
    classes = int(facts.params.num_classes) if target.dtype == "int" else 1
    return Kept(facts.every, more=facts.n(target) * classes * FLOAT + _NLL_TOTAL)


def _padded(facts: KeptFacts) -> Kept:
    return Kept(facts.every if facts.params.mode in ("reflect", "replicate") else ())


def _normed_rows(facts: KeptFacts) -> int:
    size = 1
    for axis in facts.x.shape[-facts.params.axes :]:
        size *= int(axis)
    return facts.size // size


def _rms_norm(facts: KeptFacts) -> Kept:
    """With a learned scale also the values that it was multiplied with."""
    scaled = facts.size if facts.own else 0
    return Kept(facts.every, more=(_normed_rows(facts) + scaled) * FLOAT)


def _normalize(facts: KeptFacts) -> Kept:
    rows = facts.size // int(facts.x.shape[facts.params.dim])
    return Kept(facts.every, more=2 * rows * FLOAT)


def _rotary(facts: KeptFacts) -> Kept:
    """The angles' cosines and sines, the same for every example."""
    return Kept(more=int(facts.x.shape[-2]) * int(facts.x.last) * FLOAT)


def _cross_entropy(facts: KeptFacts) -> Kept:
    """The logarithms of the shares, and the targets."""
    return Kept((1,), more=facts.size * FLOAT + _NLL_TOTAL)


def _beside(times: int) -> Rule:
    """Inputs, and further values of the first one's size."""
    return lambda facts: Kept(facts.every, more=times * facts.size * FLOAT)


_RULES: dict[str, Rule] = {
    "AlphaDropout": lambda facts: Kept(more=facts.size * FLOAT if facts.params.p else 0),
    "BetweenExamples": lambda facts: Kept(more=2 * facts.rows(1) * FLOAT),
    "CapsuleMarginLoss": lambda facts: Kept(more=6 * facts.size * FLOAT),
    "Cumulative": lambda facts: (
        Kept(facts.every, output=True) if facts.params.function == "cumprod" else Kept()
    ),
    "CrossEntropyLoss": _cross_entropy,
    "Divide": _divided,
    "DropPath": lambda facts: Kept(more=facts.rows(1)),
    "Dropout": _dropped,
    "Dropout1d": _dropped_channels,
    "Dropout2d": _dropped_channels,
    "Dropout3d": _dropped_channels,
    "Elementwise": _function,
    "EmbeddingBag": _bags,
    "FeatureAlphaDropout": _dropped_channels,
    "GroupNorm": _group_norm,
    "IndexSelect": lambda facts: Kept(more=len(facts.params.indices) * INT),
    "L1Loss": lambda facts: Kept(more=facts.size * FLOAT),
    "LayerNorm": lambda facts: Kept(facts.every, more=2 * _normed_rows(facts) * FLOAT),
    "LinearCrossEntropyLoss": _linear_cross_entropy,
    "LocalResponseNorm": _beside(3),
    "LogSigmoid": _beside(1),
    "MaskedFill": lambda facts: Kept((1,)),
    "Maxout": lambda facts: Kept(
        facts.every, more=facts.ends * (int(facts.params.pieces) + 1) * FLOAT
    ),
    "NLLLoss": lambda facts: Kept(facts.every, more=_NLL_TOTAL),
    "Normalize": _normalize,
    "Pad": _padded,
    "Power": lambda facts: Kept(facts.every, output=len(facts.every) > 1 and facts.slopes[-1]),
    "RMSNorm": _rms_norm,
    "RReLU": _beside(1),
    "RotaryPositions": _rotary,
    "Sampling": lambda facts: Kept(more=2 * facts.size * FLOAT),
    "Softsign": _beside(1),
    "Sort": lambda facts: Kept(more=facts.ends * INT),
    "Tanhshrink": lambda facts: Kept(more=facts.size * FLOAT),
    "TopK": lambda facts: Kept(more=facts.ends * INT),
    "Where": lambda facts: Kept((0,)),
}
"""Layers that neither the sets above nor the usual rule describe."""
