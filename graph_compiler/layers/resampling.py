"""Larger and smaller pictures without learning: cells repeated, mixed or moved to the channels."""

from __future__ import annotations

from typing import Any

from graph_compiler.grids import AXES, divides, grid, scaled
from graph_compiler.layer import (
    Bool,
    Choice,
    Float,
    Int,
    Layer,
    Mismatch,
    Params,
    Port,
    Shape,
    example,
    explicit,
)
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

_RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
"""The only rank that a mode works on; the others work on all."""
_MODE_OF = {3: "linear", 4: "bilinear", 5: "trilinear"}

_MODE = Choice(
    "mode",
    "nearest",
    ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"),
    doc="repeat the nearest cell, or mix those around: linear in signals, bilinear or bicubic in "
    "images, trilinear in volumes",
)
_CORNERS = Bool(
    "align_corners",
    False,
    label="keep corners",
    doc="let the middles of the corner cells coincide; only where cells are mixed",
)
_INPUT = (
    Port("input", rank=(3, 5), doc="signals, images or volumes as N×channels×sizes of 1 to 3 axes"),
)


def _check_mode(p: Params, x: TensorType) -> None:
    rank = _RANKS.get(p.mode, x.rank)
    if rank != x.rank:
        mode = _MODE_OF[x.rank]
        raise Mismatch(
            "wrong_mode",
            "mode",
            expected=f"a mode for {x.rank - 2} axes, such as {mode}",
            got=p.mode,
            remedy=f"Set mode to {mode} or nearest.",
            fixes=(
                Fix(f"Set mode to {mode}", (SetParam("", "mode", mode),)),
                Fix("Repeat the nearest cell", (SetParam("", "mode", None),)),
            ),
        )
    if p.align_corners and p.mode.startswith("nearest"):
        raise Mismatch(
            "wrong_mode",
            "align_corners",
            expected="a mode that mixes cells",
            got=p.mode,
            remedy="Switch align_corners off, or set mode to one that mixes cells.",
            fixes=(
                Fix("Switch align_corners off", (SetParam("", "align_corners", None),)),
                Fix(f"Set mode to {_MODE_OF[x.rank]}", (SetParam("", "mode", _MODE_OF[x.rank]),)),
            ),
        )


def _resized(p: Params, x: TensorType, sizes: tuple[Any, ...]) -> TensorType:
    _check_mode(p, x)
    y = TensorType((*x.shape[:2], *sizes), x.dtype)
    refuse_huge(y.numel, "input", "numbers in one example", "Enlarge it less.")
    return y


def _upsampled(p: Params, x: TensorType) -> TensorType:
    factor = p.scale_factor
    sizes = tuple(scaled(size, factor) for size in x.shape[2:])
    for name, size, result in zip(AXES[x.rank - 2], x.shape[2:], sizes, strict=True):
        if result < 1:
            raise Mismatch(
                "too_small",
                "input",
                expected=f"a {name} of which the factor {factor:g} leaves something",
                got=f"{size}",
                remedy="Set scale_factor to a larger number.",
                fixes=(Fix("Set the factor back to 2", (SetParam("", "scale_factor", None),)),),
            )
    return _resized(p, x, sizes)


def _upsampled_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    rows = zip(AXES[x.rank - 2], x.shape[2:], y.shape[2:], strict=True)
    factor = p.scale_factor
    if factor == int(factor):
        return tuple(f"{name}: {old}·{factor:g} = {new}" for name, old, new in rows)
    return tuple(f"{name}: ⌊{old}·{factor:g}⌋ = {new}" for name, old, new in rows)


Upsample = Layer(
    title="Upsample",
    family="shape",
    short="up",
    formula="y[i] = x[i / factor], the nearest cell or a mix of those around",
    doc="Makes signals, images or volumes larger (or smaller) by a factor, without learning.",
    paper="Odena, Dumoulin, Olah, Deconvolution and checkerboard artifacts, 2016",
    keywords=("enlarge", "interpolate", "bilinear", "nearest", "scale", "zoom", "decoder"),
    params=(
        explicit(
            Float("scale_factor", 2.0, low=0.01, high=1000.0, label="factor", doc="how much larger")
        ),
        _MODE,
        _CORNERS,
    ),
    inputs=_INPUT,
    output=_upsampled,
    words=_upsampled_words,
    module=("nn.Upsample(scale_factor={scale_factor}, mode={mode}, align_corners={align_corners})"),
    examples=(
        example((4, 7, 7)),
        example((3, 10), scale_factor=1.5, mode="linear"),
        example((2, 5, 6), mode="bilinear", align_corners=True),
        example((2, 3, 4, 5), mode="trilinear"),
    ),
)


def _to_size(p: Params, x: TensorType) -> TensorType:
    axes = x.rank - 2
    if len(p.size) != axes:
        last = p.size[-1]
        sizes = (*p.size, *(last,) * axes)[:axes]
        raise Mismatch(
            "sizes_differ",
            "size",
            expected=f"{axes} sizes, one for each of {', '.join(AXES[axes])}"
            if axes > 1
            else "1 size, that of the length",
            got=f"{len(p.size)}",
            remedy="Name as many sizes as the input has axes behind its channels.",
            fixes=(
                Fix(
                    f"Set the size to {'×'.join(map(str, sizes))}",
                    (SetParam("", "size", tuple(int(size) for size in sizes)),),
                ),
            ),
        )
    return _resized(p, x, p.size)


def _to_size_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    rows = zip(AXES[x.rank - 2], x.shape[2:], y.shape[2:], strict=True)
    return tuple(f"{name}: {old} → {new}, as wanted" for name, old, new in rows)


Resize = Layer(
    title="Resize",
    family="shape",
    short="resize",
    formula="y[i] = x[i · size before / size after], the nearest cell or a mix of those around",
    doc="Brings signals, images or volumes to a wanted size, without learning.",
    keywords=("upsample", "interpolate", "scale", "shrink", "enlarge", "bilinear", "nearest"),
    params=(
        explicit(Shape("size", (32, 32), doc="wanted size of each axis behind the channels")),
        _MODE,
        _CORNERS,
    ),
    inputs=_INPUT,
    output=_to_size,
    words=_to_size_words,
    module="nn.Upsample(size={size}, mode={mode}, align_corners={align_corners})",
    examples=(
        example((3, 28, 28)),
        example((3, 10), size=(7,), mode="linear", align_corners=True),
        example((2, 5, 6), size=(9, 4), mode="bicubic"),
        example((2, 3, 4, 5), size=(6, 4, 5), mode="nearest-exact"),
    ),
)

_SHUFFLE_PAPER = "Shi et al., Real-time single image and video super-resolution, 2016"
_FACTOR = "upscale_factor"


def _shuffled(p: Params, x: TensorType) -> TensorType:
    r = p.upscale_factor
    n, channels, height, width = x.shape
    divides(p, _FACTOR, r * r, channels, "channels")
    return TensorType((n, channels // (r * r), height * r, width * r), x.dtype)


def _shuffled_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    r = p.upscale_factor
    return (
        f"channels: {x.shape[1]} / {r}² = {y.shape[1]}",
        f"height: {x.shape[2]}·{r} = {y.shape[2]}",
        f"width: {x.shape[3]}·{r} = {y.shape[3]}",
    )


PixelShuffle = Layer(
    title="Pixel shuffle",
    family="shape",
    short="shuffle",
    formula="y[c, h·r + i, w·r + j] = x[c·r² + i·r + j, h, w]",
    doc="Lays the channels of each cell out as a square of r×r cells, and so makes a larger image.",
    paper=_SHUFFLE_PAPER,
    keywords=("depth to space", "sub-pixel", "super-resolution", "upsample", "enlarge"),
    params=(Int(_FACTOR, 2, low=1, high=1000, label="factor", doc="side r of each square"),),
    inputs=(grid(2),),
    output=_shuffled,
    words=_shuffled_words,
    module="nn.PixelShuffle({upscale_factor})",
    examples=(example((12, 5, 6)), example((9, 4, 4), upscale_factor=3)),
)


def _unshuffled(p: Params, x: TensorType) -> TensorType:
    r = p.downscale_factor
    n, channels, height, width = x.shape
    divides(p, "downscale_factor", r, height, "a height")
    divides(p, "downscale_factor", r, width, "a width")
    return TensorType((n, channels * r * r, height // r, width // r), x.dtype)


def _unshuffled_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    r = p.downscale_factor
    return (
        f"channels: {x.shape[1]}·{r}² = {y.shape[1]}",
        f"height: {x.shape[2]} / {r} = {y.shape[2]}",
        f"width: {x.shape[3]} / {r} = {y.shape[3]}",
    )


PixelUnshuffle = Layer(
    title="Pixel unshuffle",
    family="shape",
    short="unshuffle",
    formula="y[c·r² + i·r + j, h, w] = x[c, h·r + i, w·r + j]",
    doc="Stacks each square of r×r cells into the channels of one: smaller, and nothing is lost.",
    paper=_SHUFFLE_PAPER,
    keywords=("space to depth", "downsample", "shrink"),
    params=(
        Int("downscale_factor", 2, low=1, high=1000, label="factor", doc="side r of each square"),
    ),
    inputs=(grid(2),),
    output=_unshuffled,
    words=_unshuffled_words,
    module="nn.PixelUnshuffle({downscale_factor})",
    examples=(example((3, 6, 8)), example((2, 9, 3), downscale_factor=3)),
)


def _mingled(p: Params, x: TensorType) -> TensorType:
    divides(p, "groups", p.groups, x.shape[1], "channels")
    return x


ChannelShuffle = Layer(
    title="Channel shuffle",
    family="shape",
    short="shuffle",
    formula="y[c] = x[(c mod g)·(C / g) + ⌊c / g⌋]",
    doc="Mingles the channels of several groups, so that the next grouped convolution sees all.",
    paper="Zhang, Zhou, Lin, Sun, ShuffleNet, 2018",
    keywords=("shufflenet", "groups", "permute"),
    params=(Int("groups", 2, low=1, doc="groups g that are mingled"),),
    inputs=(Port("input", rank=(3, None), doc="any tensor with axes behind its channels"),),
    output=_mingled,
    module="nn.ChannelShuffle({groups})",
    examples=(example((6, 4, 4)), example((9, 5), groups=3)),
)
