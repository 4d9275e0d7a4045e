"""Convolution over signals, images and volumes, and the way back to larger ones."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from graph_compiler.grids import (
    AXES,
    KINDS,
    channels_fit,
    grid,
    grid_size,
    per_axis,
)
from graph_compiler.layer import Bool, Choice, Example, Int, Layer, Mismatch, Param, Params, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType
from graph_compiler.windows import (
    transposed_reach,
    transposed_sizes,
    transposed_words,
    window_reach,
    window_sizes,
    window_words,
)


def _output(p: Params, x: TensorType) -> TensorType:
    channels, filters = x.shape[1], p.out_channels
    if p.in_channels is not None:
        channels_fit(p, x)
    if p.groups != 1:
        _check_groups(p, channels)
    if p.padding == "same":
        _check_stride(p)
        out = x.shape[2:]
    else:
        out = window_sizes(x.shape[2:], p.kernel_size, p.stride, p.padding, p.dilation)
    if p.padding_mode != "zeros":
        _check_padding(p, x)
    numbers = filters * out[0] * out[1] if len(out) == 2 else filters * prod(out)
    if numbers > _FEW or _cells(p, x) * filters > _FEW:
        _refuse_huge(p, x, numbers)
    return TensorType((x.shape[0], filters, *out), x.dtype)


_FEW = 10**9
"""Up to here nothing is asked further, as this runs for every layer behind an edit."""


def _refuse_huge(p: Params, x: TensorType, numbers: Dim) -> None:
    refuse_huge(numbers, "input", "numbers in one example", "Use fewer filters or less padding.")
    refuse_huge(_cells(p, x) * p.out_channels, "input", "weights", "Use fewer or smaller filters.")


def _cells(p: Params, x: TensorType) -> Any:
    """Weights of one filter."""
    kernel = p.kernel_size
    count = x.shape[1] // p.groups
    if type(kernel) is tuple:
        return count * prod(kernel)
    return count * kernel ** (len(x.shape) - 2)


def _check_groups(p: Params, channels: Dim) -> None:
    if channels % p.groups != 0 or p.out_channels % p.groups != 0:
        raise Mismatch(
            "groups_do_not_divide",
            "input",
            expected=f"numbers of channels and filters that {p.groups} divides",
            got=f"{channels} and {p.out_channels}",
            remedy="Set groups to 1, or choose multiples of it.",
            fixes=(Fix("Set groups to 1", (SetParam("", "groups", 1),)),),
        )


def _check_stride(p: Params) -> None:
    if p.stride != 1 and any(step != 1 for step in per_axis(p.stride, 1)):
        raise Mismatch(
            "stride_shrinks",
            "stride",
            expected="1, where the padding keeps the size",
            got=f"{p.stride}",
            remedy="Set the stride to 1, or the padding to a number.",
            fixes=(
                Fix("Set the stride to 1", (SetParam("", "stride", None),)),
                Fix("Pad with nothing", (SetParam("", "padding", None),)),
            ),
        )


def _reach(p: Params, axes: int) -> tuple[Any, ...]:
    """How far the padding reaches along each axis, on the side where it reaches farther."""
    if p.padding != "same":
        return per_axis(p.padding, axes)
    spans, _ = window_reach(axes, p.kernel_size, 1, p.dilation)
    return tuple(span // 2 for span in spans)


def _check_padding(p: Params, x: TensorType) -> None:
    """Mirrored padding reaches at most to the far edge, wrapped padding once around."""
    if p.padding_mode == "replicate":
        return
    spare = 1 if p.padding_mode == "reflect" else 0
    for size, padding in zip(x.shape[2:], _reach(p, x.rank - 2), strict=True):
        if padding > size - spare:
            raise Mismatch(
                "padding_too_large",
                "input",
                expected=f"padding of at most {size - spare} in mode {p.padding_mode}",
                got=f"{padding}",
                remedy="Make the padding smaller, or pad with zeros.",
                fixes=(Fix("Pad with zeros", (SetParam("", "padding_mode", None),)),),
            )


def _weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    kernel = per_axis(p.kernel_size, x.rank - 2)
    return {
        "weight": (p.out_channels, x.shape[1] // p.groups, *kernel),
        "bias": (p.out_channels,) if p.bias else None,
    }


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    channels = f"channels: {x.shape[1]} → {y.shape[1]}, one a filter"
    if p.padding == "same":
        names = zip(AXES[x.rank - 2], y.shape[2:], strict=True)
        return (channels, *(f"{name}: {size}, kept" for name, size in names))
    sizes = window_words(x.shape[2:], p.kernel_size, p.stride, p.padding, p.dilation, y.shape[2:])
    return (channels, *sizes)


def _filters(axes: int) -> tuple[Param, ...]:
    """The parameters with which both directions begin."""
    return (
        Int(
            "in_channels",
            None,
            low=1,
            optional=True,
            on_node=False,
            label="input channels",
            doc="channels of the input; empty follows the input",
        ),
        Int("out_channels", 16, low=1, label="filters", doc="number of filters, one map each"),
        grid_size(axes, "kernel_size", 3, low=1, label="kernel", doc="size of a filter"),
    )


def _shared(axes: int) -> tuple[Param, ...]:
    """The parameters with which both directions end."""
    return (
        grid_size(
            axes, "dilation", 1, low=1, on_node=False, doc="distance between a filter's cells"
        ),
        Int(
            "groups",
            1,
            low=1,
            on_node=False,
            doc="parts that the channels are split into, each on its own",
        ),
        Bool("bias", True, doc="add one learned offset a filter"),
    )


def _convolution(axes: int, paper: str, keywords: tuple[str, ...], *examples: Example) -> Layer:
    kind = KINDS[axes].removesuffix("s")
    return Layer(
        title=f"Convolution {axes}D",
        family="convolution",
        short="conv",
        formula="y[o] = b[o] + Σ_c w[o, c] ⋆ x[c]",
        doc=f"Small filters slide over the {kind}; each filter makes one feature map.",
        paper=paper,
        keywords=("convolutional", "cnn", "filter", "kernel", "feature map", *keywords),
        params=(
            *_filters(axes),
            grid_size(axes, "stride", 1, low=1, doc="how far the filter moves each time"),
            grid_size(
                axes,
                "padding",
                0,
                words=("same",),
                doc=f"how far the {kind} is continued on each side; same keeps its size",
            ),
            *_shared(axes),
            Choice(
                "padding_mode",
                "zeros",
                ("zeros", "reflect", "replicate", "circular"),
                on_node=False,
                doc=f"what continues the {kind} beyond its edge",
            ),
        ),
        inputs=(grid(axes),),
        output=_output,
        weights=_weights,
        macs=lambda p, y, x: y.numel * _cells(p, x),
        words=_words,
        window=lambda p: window_reach(axes, p.kernel_size, p.stride, p.dilation),
        module=(
            f"nn.Conv{axes}d({{x[1]}}, {{out_channels}}, {{kernel_size}}, stride={{stride}}, "
            "padding={padding}, dilation={dilation}, groups={groups}, bias={bias}, "
            "padding_mode={padding_mode})"
        ),
        examples=examples,
    )


Conv2d = _convolution(
    2,
    "LeCun et al., Gradient-based learning applied to document recognition, 1998",
    ("image", "picture", "depthwise", "pointwise", "1x1"),
    example((1, 28, 28), out_channels=6, kernel_size=5, padding=2),
    example((6, 14, 14), out_channels=16, kernel_size=5),
    example((8, 9, 12), out_channels=4, kernel_size=(3, 5), stride=2, groups=4, bias=False),
    example((2, 7, 8), out_channels=4, kernel_size=(4, 3), padding="same"),
    example((3, 16, 16), kernel_size=3, padding=1, padding_mode="reflect", dilation=2),
)

Conv1d = _convolution(
    1,
    "Waibel et al., Phoneme recognition using time-delay neural networks, 1989",
    ("signal", "sound", "time series", "sequence", "temporal"),
    example((4, 50), out_channels=6, kernel_size=5, padding=2),
    example((8, 16), out_channels=4, kernel_size=(3,), stride=2, groups=4, bias=False),
    example((3, 16), kernel_size=3, padding=4, padding_mode="circular", dilation=2),
)

Conv3d = _convolution(
    3,
    "Ji, Xu, Yang, Yu, 3D convolutional neural networks for human action recognition, 2013",
    ("volume", "video", "voxel", "scan"),
    example((1, 8, 9, 10), out_channels=4, padding=1),
    example((4, 5, 7, 6), out_channels=2, kernel_size=(1, 3, 2), stride=(1, 2, 2), groups=2),
    example((2, 6, 6, 6), out_channels=3, padding=1, padding_mode="replicate", bias=False),
)


def _back(p: Params, x: TensorType) -> TensorType:
    channels, filters = x.shape[1], p.out_channels
    channels_fit(p, x)
    _check_groups(p, channels)
    _check_output_padding(p, x.rank - 2)
    out = transposed_sizes(
        x.shape[2:], p.kernel_size, p.stride, p.padding, p.dilation, p.output_padding
    )
    _refuse_huge(p, x, filters * prod(out))
    return TensorType((x.shape[0], filters, *out), x.dtype)


def _check_output_padding(p: Params, axes: int) -> None:
    rows = zip(
        per_axis(p.output_padding, axes),
        per_axis(p.stride, axes),
        per_axis(p.dilation, axes),
        strict=True,
    )
    for extra, stride, dilation in rows:
        most = (stride if stride > dilation else dilation) - 1
        if extra > most:
            raise Mismatch(
                "padding_too_large",
                "output_padding",
                expected=f"at most {most} further cells, less than the stride or the dilation",
                got=f"{extra}",
                remedy="Make output_padding smaller, or the stride larger.",
                fixes=(Fix("Add no further cells", (SetParam("", "output_padding", None),)),),
            )


def _back_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    kernel = per_axis(p.kernel_size, x.rank - 2)
    return {
        "weight": (x.shape[1], p.out_channels // p.groups, *kernel),
        "bias": (p.out_channels,) if p.bias else None,
    }


def _back_macs(p: Params, y: TensorType, x: TensorType) -> Any:
    """Every input cell is spread by all filters of its group."""
    macs = x.numel * (p.out_channels // p.groups)
    for size in per_axis(p.kernel_size, x.rank - 2):
        macs = macs * size
    return macs


def _back_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    sizes = transposed_words(
        x.shape[2:],
        p.kernel_size,
        p.stride,
        p.padding,
        p.dilation,
        p.output_padding,
        y.shape[2:],
    )
    return (f"channels: {x.shape[1]} → {y.shape[1]}, one a filter", *sizes)


def _transposed(axes: int, paper: str, *examples: Example) -> Layer:
    kind = KINDS[axes].removesuffix("s")
    return Layer(
        title=f"Transposed convolution {axes}D",
        family="convolution",
        short="upconv",
        formula="y = b + Σ_c Σ_i x[c, i] · w[c] moved to i·stride",
        doc=f"Paints a copy of the filters for each cell and so makes a larger {kind}: "
        "a convolution run backwards.",
        paper=paper,
        keywords=("deconvolution", "upsample", "up-convolution", "decoder", "generator", "enlarge"),
        params=(
            *_filters(axes),
            grid_size(axes, "stride", 1, low=1, doc="how far apart the copies lie"),
            grid_size(axes, "padding", 0, doc="how much is cut off on each side"),
            grid_size(
                axes,
                "output_padding",
                0,
                on_node=False,
                label="further cells",
                doc="cells added at the end of each axis, to choose among sizes that shrink alike",
            ),
            *_shared(axes),
        ),
        inputs=(grid(axes),),
        output=_back,
        weights=_back_weights,
        macs=_back_macs,
        words=_back_words,
        window=lambda p: transposed_reach(axes, p.kernel_size, p.stride, p.dilation),
        module=(
            f"nn.ConvTranspose{axes}d({{x[1]}}, {{out_channels}}, {{kernel_size}}, "
            "stride={stride}, padding={padding}, output_padding={output_padding}, "
            "groups={groups}, bias={bias}, dilation={dilation})"
        ),
        examples=examples,
    )


_DECONVOLUTION = "Zeiler, Krishnan, Taylor, Fergus, Deconvolutional networks, 2010"

ConvTranspose2d = _transposed(
    2,
    _DECONVOLUTION,
    example((16, 7, 7), out_channels=8, stride=2, padding=1, output_padding=1),
    example((8, 5, 6), out_channels=4, kernel_size=2, stride=2, bias=False),
    example((4, 6, 3), out_channels=6, kernel_size=(3, 2), groups=2, dilation=(2, 1)),
)

ConvTranspose1d = _transposed(
    1,
    _DECONVOLUTION,
    example((4, 12), out_channels=6, kernel_size=4, stride=2, padding=1),
    example((6, 7), out_channels=3, stride=3, output_padding=2, groups=3, bias=False),
    example((2, 9), out_channels=5, kernel_size=(3,), dilation=2, padding=1),
)

ConvTranspose3d = _transposed(
    3,
    _DECONVOLUTION,
    example((4, 3, 4, 5), out_channels=2, kernel_size=2, stride=2),
    example((2, 3, 3, 2), out_channels=4, stride=2, padding=1, output_padding=1, groups=2),
)
