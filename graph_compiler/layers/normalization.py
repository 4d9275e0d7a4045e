"""Normalizations: values brought to a mean of 0 and a spread of 1, over the batch or within it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import (
    Bool,
    Example,
    Float,
    Int,
    Layer,
    Mismatch,
    Param,
    Params,
    Port,
    example,
    explicit,
    same,
)
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType

_BATCH_PAPER = "Ioffe, Szegedy, Batch normalization, 2015"
_INSTANCE_PAPER = "Ulyanov, Vedaldi, Lempitsky, Instance normalization, 2016"

_LINES = "signals as N×channels×length"
_IMAGES = "images as N×channels×height×width"
_VOLUMES = "volumes as N×channels×depth×height×width"


def _eps(default: float | None = 1e-5, *, doc: str = "") -> Param:
    return Float(
        "eps",
        default,
        low=1e-30,
        high=1.0,
        optional=default is None,
        on_node=False,
        label="safety",
        doc=doc or "added to the variance, so that nothing is divided by 0",
    )


_MOMENTUM = Float(
    "momentum",
    0.1,
    low=0.0,
    high=1.0,
    on_node=False,
    doc="share of the newest batch in the running mean and variance",
)
_AFFINE = Bool("affine", True, doc="learn a scale and an offset for each channel")
_PLAIN = Bool("affine", False, doc="learn a scale and an offset for each channel")


def _channel_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    size = (x.shape[1],) if p.affine else None
    return {"weight": size, "bias": size}


def _batch(axes: int, doc: str, rank: tuple[int, int], *examples: Example) -> Layer:
    return Layer(
        title=f"Batch normalization {axes}D",
        family="normalization",
        short="norm",
        formula="y = γ·(x − μ) / √(σ² + ε) + β, μ and σ² of a channel over the batch",
        doc="Brings each channel to mean 0 and spread 1 over the batch; in use it takes the means "
        "that it kept while training.",
        paper=_BATCH_PAPER,
        keywords=("batchnorm", "bn", "standardize", "normalise", "covariate shift"),
        params=(
            _eps(),
            _MOMENTUM,
            _AFFINE,
            Bool(
                "track_running_stats",
                True,
                label="keep running means",
                doc="keep means for later use; without them every batch goes by its own",
            ),
        ),
        inputs=(Port("input", rank=rank, doc=doc),),
        output=same,
        weights=_channel_weights,
        module=(
            f"nn.BatchNorm{axes}d({{x[1]}}, eps={{eps}}, momentum={{momentum}}, "
            "affine={affine}, track_running_stats={track_running_stats})"
        ),
        examples=examples,
    )


BatchNorm1d = _batch(
    1,
    "features as N×channels, or signals as N×channels×length",
    (2, 3),
    example((10,)),
    example((6, 20), eps=1e-3, momentum=0.01),
    example((4, 9), affine=False, track_running_stats=False),
)
BatchNorm2d = _batch(
    2,
    _IMAGES,
    (4, 4),
    example((6, 14, 14)),
    example((16, 5, 7), eps=1e-3, momentum=0.01, affine=False),
)
BatchNorm3d = _batch(
    3,
    _VOLUMES,
    (5, 5),
    example((4, 3, 6, 5)),
    example((2, 4, 4, 4), momentum=0.5, track_running_stats=False),
)


def _several_values(x: TensorType, count: Dim) -> None:
    """Of a single value the spread is 0, and torch refuses to normalize it."""
    if count == 1:
        raise Mismatch(
            "nothing_to_normalize",
            "input",
            expected="several values to take the mean of",
            got=f"{x}, where each is on its own",
            remedy="Normalize before the axes shrink to 1, or take LayerNorm.",
        )


def _instance_output(p: Params, x: TensorType) -> TensorType:
    count: Dim = 1
    for size in x.shape[2:]:
        count = count * size
    _several_values(x, count)
    return x


def _instance(axes: int, doc: str, *examples: Example) -> Layer:
    return Layer(
        title=f"Instance normalization {axes}D",
        family="normalization",
        short="norm",
        formula="y = (x − μ) / √(σ² + ε), μ and σ² of one channel of one example",
        doc="Brings each channel of each example to mean 0 and spread 1, so that contrast and "
        "brightness do not matter; known from style transfer.",
        paper=_INSTANCE_PAPER,
        keywords=("instancenorm", "contrast", "style", "standardize", "normalise"),
        params=(
            _eps(),
            _MOMENTUM,
            _PLAIN,
            Bool(
                "track_running_stats",
                False,
                label="keep running means",
                doc="keep means while training and take them in use",
            ),
        ),
        inputs=(Port("input", rank=(axes + 2, axes + 2), doc=doc),),
        output=_instance_output,
        weights=_channel_weights,
        module=(
            f"nn.InstanceNorm{axes}d({{x[1]}}, eps={{eps}}, momentum={{momentum}}, "
            "affine={affine}, track_running_stats={track_running_stats})"
        ),
        examples=examples,
    )


InstanceNorm1d = _instance(
    1, _LINES, example((6, 20)), example((3, 8), affine=True, track_running_stats=True)
)
InstanceNorm2d = _instance(
    2, _IMAGES, example((6, 14, 14)), example((3, 5, 7), eps=1e-3, affine=True, momentum=0.5)
)
InstanceNorm3d = _instance(3, _VOLUMES, example((4, 3, 6, 5)), example((2, 4, 4, 4), affine=True))


def _last_axes(p: Params, x: TensorType) -> tuple[Dim, ...]:
    """The sizes of the axes that are normalized together."""
    most = x.rank - 1 if x.shape[0] is N else x.rank
    if p.axes > most:
        raise Mismatch(
            "axis_out_of_range",
            "axes",
            expected=f"at most {most}, the axes of one example",
            got=f"{p.axes}",
            remedy="Normalize over fewer axes.",
            fixes=(Fix("Normalize over the last axis", (SetParam("", "axes", None),)),),
        )
    return x.shape[x.rank - p.axes :]


def _over_last_axes(p: Params, x: TensorType) -> TensorType:
    _last_axes(p, x)
    return x


def _normalized_shape(p: Params, y: TensorType, x: TensorType) -> Mapping[str, Any]:
    sizes = _last_axes(p, x)
    return {"normalized_shape": sizes[0] if len(sizes) == 1 else sizes}


def _layer_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    sizes = _last_axes(p, x) if p.elementwise_affine else None
    return {"weight": sizes, "bias": sizes if p.bias else None}


_AXES = Int("axes", 1, low=1, high=8, doc="how many of the last axes are normalized together")
_FEATURES = (Port("input", rank=(1, None), doc="any tensor, the features on the last axes"),)

LayerNorm = Layer(
    title="Layer normalization",
    family="normalization",
    short="norm",
    formula="y = γ·(x − μ) / √(σ² + ε) + β, μ and σ² over the last axes",
    doc="Brings the features of each vector to mean 0 and spread 1, whatever the batch; every "
    "transformer has it.",
    paper="Ba, Kiros, Hinton, Layer normalization, 2016",
    keywords=("layernorm", "ln", "transformer", "standardize", "normalise"),
    params=(
        _AXES,
        _eps(),
        Bool("elementwise_affine", True, label="affine", doc="learn a scale for each feature"),
        Bool("bias", True, doc="learn an offset for each feature as well"),
    ),
    inputs=_FEATURES,
    output=_over_last_axes,
    weights=_layer_weights,
    extra=_normalized_shape,
    module=(
        "nn.LayerNorm({normalized_shape}, eps={eps}, elementwise_affine={elementwise_affine}, "
        "bias={bias})"
    ),
    examples=(
        example((10,)),
        example((7, 16), eps=1e-6, bias=False),
        example((5, 4, 6), axes=2),
        example((6, 3), elementwise_affine=False),
    ),
)

RMSNorm = Layer(
    title="RMS normalization",
    family="normalization",
    short="norm",
    formula="y = γ·x / √(mean(x²) + ε)",
    doc="Brings each vector to length √n without taking its mean away: simpler than layer "
    "normalization, and what the Llamas use.",
    paper="Zhang, Sennrich, Root mean square layer normalization, 2019",
    keywords=("rms", "root mean square", "llama", "normalise"),
    params=(
        _AXES,
        _eps(None, doc="added to the mean square; empty takes the smallest step of the numbers"),
        Bool("elementwise_affine", True, label="affine", doc="learn a scale for each feature"),
    ),
    inputs=_FEATURES,
    output=_over_last_axes,
    weights=lambda p, x: {"weight": _last_axes(p, x) if p.elementwise_affine else None},
    extra=_normalized_shape,
    module=("nn.RMSNorm({normalized_shape}, eps={eps}, elementwise_affine={elementwise_affine})"),
    examples=(
        example((10,)),
        example((7, 16), eps=1e-6),
        example((5, 4, 6), axes=2, elementwise_affine=False),
    ),
)


def _group_output(p: Params, x: TensorType) -> TensorType:
    channels = x.shape[1]
    if channels % p.num_groups != 0:
        most = max(n for n in range(1, min(int(p.num_groups), 4096)) if int(channels) % n == 0)
        raise Mismatch(
            "groups_do_not_divide",
            "input",
            expected=f"a number of channels that {p.num_groups} divides",
            got=f"{channels}",
            remedy="Set num_groups to a divisor of the channels.",
            fixes=(Fix(f"Set the groups to {most}", (SetParam("", "num_groups", most),)),),
        )
    count: Dim = channels // p.num_groups
    for size in x.shape[2:]:
        count = count * size
    _several_values(x, count)
    return x


GroupNorm = Layer(
    title="Group normalization",
    family="normalization",
    short="norm",
    formula="y = γ·(x − μ) / √(σ² + ε) + β, μ and σ² of a group of channels of one example",
    doc="Normalizes groups of channels within each example: as good as batch normalization where "
    "batches are small.",
    paper="Wu, He, Group normalization, 2018",
    keywords=("groupnorm", "gn", "standardize", "normalise", "small batch"),
    params=(
        Int("num_groups", 1, low=1, label="groups", doc="parts that the channels are split into"),
        _eps(),
        _AFFINE,
    ),
    inputs=(Port("input", rank=(2, None), doc="any tensor, channels on axis 1"),),
    output=_group_output,
    weights=_channel_weights,
    words=lambda p, y, x: (f"{x.shape[1]} channels / {p.num_groups} groups",),
    module="nn.GroupNorm({num_groups}, {x[1]}, eps={eps}, affine={affine})",
    examples=(
        example((6, 14, 14), num_groups=3),
        example((12,), num_groups=4, eps=1e-3, affine=False),
        example((4, 9)),
    ),
)

LocalResponseNorm = Layer(
    title="Local response normalization",
    family="normalization",
    short="norm",
    formula="y = x / (k + α·mean of x² over neighbouring channels)ᵝ",
    doc="Lets strong channels quieten their neighbours, as nerve cells do; AlexNet had it.",
    paper="Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional nets, "
    "2012",
    keywords=("lrn", "alexnet", "googlenet", "lateral inhibition", "normalise"),
    params=(
        Int("size", 5, low=1, high=100_000, label="neighbours", doc="how many channels add up"),
        Float("alpha", 1e-4, low=0.0, high=1000.0, on_node=False, doc="how strongly they quieten"),
        Float("beta", 0.75, low=0.0, high=100.0, on_node=False, doc="power of the divisor"),
        Float("k", 1.0, low=0.0, high=1000.0, on_node=False, doc="what the divisor starts at"),
    ),
    inputs=(Port("input", rank=(3, None), doc="channels on axis 1, places behind it"),),
    output=same,
    module="nn.LocalResponseNorm({size}, alpha={alpha}, beta={beta}, k={k})",
    examples=(
        example((6, 14, 14)),
        example((8, 5), size=2, alpha=1e-3, beta=0.5, k=2.0),
    ),
)


def _unit_output(p: Params, x: TensorType) -> TensorType:
    axis = p.dim if p.dim >= 0 else p.dim + x.rank
    first = 1 if x.shape[0] is N else 0
    if not first <= axis < x.rank:
        raise Mismatch(
            "axis_out_of_range",
            "dim",
            expected=f"an axis from {first} to {x.rank - 1}",
            got=f"dim {p.dim} on {x}",
            remedy="Set dim to an axis of the input.",
            fixes=(Fix("Use the last axis", (SetParam("", "dim", None),)),),
        )
    return x


Normalize = Layer(
    title="Unit length",
    family="normalization",
    short="unit",
    formula="y = x / max(|x|ₚ, ε)",
    doc="Scales each vector to length 1, so that a product of two is the cosine of their angle.",
    keywords=("l2", "norm", "cosine", "length", "contrastive", "normalise"),
    params=(
        Float("p", 2.0, low=1.0, high=1000.0, on_node=False, label="power", doc="which length"),
        explicit(
            Int("dim", -1, low=-15, high=15, label="axis", doc="axis of vectors; -1 is the last")
        ),
    ),
    inputs=(Port("input", rank=(1, None), doc="any tensor"),),
    output=_unit_output,
    forward="F.normalize({x}, p={p}, dim={dim})",
    examples=(example((10,)), example((4, 6), p=1.0, dim=-1), example((3, 5, 5), dim=2)),
)
