"""Capsules: groups of units whose length says that something is there, and whose direction how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Int, Layer, Mismatch, Params, Port, Size, example, same
from graph_compiler.limits import refuse_huge
from graph_compiler.tensors import TensorType
from graph_compiler.windows import per_axis, window_sizes, window_words

_PAPER = "Sabour, Frosst, Hinton, Dynamic routing between capsules, 2017"
_CAPSULES = (Port("input", rank=(3, 3), doc="capsules as N×capsules×dimensions"),)

Squash = Layer(
    title="Squash",
    family="capsule",
    short="squash",
    formula="v = (|s|² / (1 + |s|²)) · s / |s|",
    doc="Shrinks each vector to a length below 1 and keeps its direction.",
    paper=_PAPER,
    keywords=("capsule", "length", "normalize", "nonlinearity"),
    inputs=(Port("input", rank=(2, None), doc="vectors along the last axis"),),
    output=same,
    forward="squash({x})",
    source="capsules",
    examples=(example((16,)), example((10, 16))),
)


def _primary(p: Params, x: TensorType) -> TensorType:
    height, width = window_sizes(x.shape[2:], p.kernel_size, p.stride, p.padding)
    rows, columns = per_axis(p.kernel_size)
    weights = p.capsules * p.dim * x.shape[1] * rows * columns
    refuse_huge(weights, "input", "weights", "Use fewer capsules or a smaller kernel.")
    count = p.capsules * height * width
    refuse_huge(count * p.dim, "input", "numbers in one example", "Use fewer capsules.")
    return x.with_shape(x.shape[0], count, p.dim)


def _primary_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    maps = p.capsules * p.dim
    return {"conv.weight": (maps, x.shape[1], *per_axis(p.kernel_size)), "conv.bias": (maps,)}


def _primary_macs(p: Params, y: TensorType, x: TensorType) -> Any:
    rows, columns = per_axis(p.kernel_size)
    return y.numel * x.shape[1] * rows * columns


def _primary_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    sizes = window_sizes(x.shape[2:], p.kernel_size, p.stride, p.padding)
    words = window_words(x.shape[2:], p.kernel_size, p.stride, p.padding, 1, sizes)
    return (*words, f"capsules: {p.capsules}·{sizes[0]}·{sizes[1]} = {y.shape[1]}")


PrimaryCapsules = Layer(
    title="Primary capsules",
    family="capsule",
    short="primary",
    formula="u = squash(b + w ⋆ x), cut into vectors",
    doc="A convolution whose maps are read as small vectors: the first capsules of a network.",
    paper=_PAPER,
    keywords=("capsnet", "convolution", "pose", "vector"),
    params=(
        Int("capsules", 32, low=1, label="capsule maps", doc="capsules at each place"),
        Int("dim", 8, low=1, label="dimensions", doc="numbers in one capsule"),
        Size("kernel_size", 9, axes=2, low=1, label="kernel", unit="px", doc="size of a filter"),
        Size("stride", 2, axes=2, low=1, unit="px", doc="how far the filter moves each time"),
        Size(
            "padding",
            0,
            axes=2,
            unit="px",
            on_node=False,
            doc="how far the image is continued on each side",
        ),
    ),
    inputs=(Port("input", rank=(4, 4), doc="feature maps as N×channels×height×width"),),
    output=_primary,
    weights=_primary_weights,
    macs=_primary_macs,
    words=_primary_words,
    module=(
        "PrimaryCapsules({x[1]}, maps={capsules}, dim={dim}, kernel_size={kernel_size}, "
        "stride={stride}, padding={padding})"
    ),
    source="capsules",
    window=lambda p: (per_axis(p.kernel_size), per_axis(p.stride)),
    examples=(
        example((16, 20, 20)),
        example((3, 9, 8), capsules=2, dim=4, kernel_size=(3, 5), stride=1, padding=1),
    ),
)


def _routed(p: Params, x: TensorType) -> TensorType:
    predictions = x.shape[1] * p.capsules * p.dim
    refuse_huge(predictions * x.last, "input", "weights", "Use fewer or smaller capsules.")
    return x.with_shape(x.shape[0], p.capsules, p.dim)


def _routed_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {"weight": (x.shape[1], p.capsules, p.dim, x.last)}


def _routed_macs(p: Params, y: TensorType, x: TensorType) -> Any:
    """Where a sum has one term, nothing is accumulated."""
    predictions = x.shape[1] * p.capsules * p.dim
    sums = (x.last if x.last > 1 else 0) + (p.iterations if x.shape[1] > 1 else 0)
    return predictions * (sums + (p.iterations - 1 if p.dim > 1 else 0))


def _routed_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return (
        f"capsules: {x.shape[1]} → {y.shape[1]}, each below predicts each above",
        f"dimensions: {x.last} → {y.last}",
    )


RoutedCapsules = Layer(
    title="Routed capsules",
    family="capsule",
    short="capsules",
    formula="vⱼ = squash(Σᵢ cᵢⱼ·Wᵢⱼ·uᵢ),  c = softmax(b),  b ← b + (Wᵢⱼ·uᵢ)·vⱼ",
    doc="Every capsule below predicts every capsule above; round by round it couples more to those "
    "that the others' predictions agree on.",
    paper=_PAPER,
    keywords=("capsnet", "dynamic routing", "agreement", "coupling", "digit capsules"),
    params=(
        Int("capsules", 10, low=1, doc="number of capsules, one for each class in the last layer"),
        Int("dim", 16, low=1, label="dimensions", doc="numbers in one capsule"),
        Int("iterations", 3, low=1, high=100, label="rounds", doc="rounds of routing"),
    ),
    inputs=_CAPSULES,
    output=_routed,
    weights=_routed_weights,
    macs=_routed_macs,
    words=_routed_words,
    module=(
        "RoutedCapsules({x[1]}, {x.last}, capsules={capsules}, dim={dim}, iterations={iterations})"
    ),
    source="capsules",
    examples=(
        example((72, 8), capsules=10, dim=16),
        example((5, 4), capsules=3, dim=6, iterations=1),
        example((7, 3), capsules=2, dim=5, iterations=4),
    ),
)

CapsuleLength = Layer(
    title="Capsule length",
    family="capsule",
    short="length",
    formula="yⱼ = |vⱼ|",
    doc="How long each capsule is: the probability that what it stands for is there.",
    paper=_PAPER,
    keywords=("norm", "probability", "class"),
    inputs=_CAPSULES,
    output=lambda p, x: x.with_shape(*x.shape[:-1]),
    forward="{x}.norm(dim=-1)",
    examples=(example((10, 16)), example((3, 4))),
)


def _masked(p: Params, x: TensorType, target: TensorType | None) -> TensorType:
    if target is not None and target.shape != x.shape[:1]:
        raise Mismatch(
            "shapes_differ",
            "target",
            expected="one class for each example",
            got=f"{target}",
            remedy="Feed it the class numbers, or leave it without a wire.",
        )
    return x.with_shape(x.shape[0], x.shape[1] * x.last)


CapsuleMask = Layer(
    title="Capsule mask",
    family="capsule",
    short="mask",
    formula="y = (0, …, 0, vₜ, 0, …, 0)",
    doc="Blanks all capsules but that of the true class, or the longest where no class is given, "
    "and lays them end to end for the decoder.",
    paper=_PAPER,
    keywords=("decoder", "reconstruction", "longest", "select"),
    inputs=(
        *_CAPSULES,
        Port("target", rank=(1, 1), dtype="int", optional=True, doc="the true class, N"),
    ),
    output=_masked,
    words=lambda p, y, x, target: (f"{x.shape[1]}·{x.last} = {y.last}",),
    module="CapsuleMask()",
    source="capsules",
    examples=(example((10, 16), None), example((3, 4), ())),
)
