"""Convolution over images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Choice, Int, Layer, Mismatch, Params, Port, Size, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType
from graph_compiler.windows import per_axis, window_sizes, window_words


def _output(p: Params, x: TensorType) -> TensorType:
    channels = x.shape[1]
    if p.in_channels is not None and p.in_channels != channels:
        raise Mismatch(
            "channels_differ",
            "input",
            expected=f"{p.in_channels} channels",
            got=f"{channels}",
            remedy="Set in_channels to follow the input.",
            fixes=(
                Fix("Follow the input", (SetParam("", "in_channels", None),)),
                Fix(
                    f"Set the input channels to {channels}",
                    (SetParam("", "in_channels", int(channels)),),
                ),
            ),
        )
    if p.groups != 1 and (channels % p.groups != 0 or p.out_channels % p.groups != 0):
        raise Mismatch(
            "groups_do_not_divide",
            "input",
            expected=f"numbers of channels and filters that {p.groups} divides",
            got=f"{channels} and {p.out_channels}",
            remedy="Set groups to 1, or choose multiples of it.",
            fixes=(Fix("Set groups to 1", (SetParam("", "groups", 1),)),),
        )
    sizes = x.shape[2:]
    out = window_sizes(sizes, p.kernel_size, p.stride, p.padding, p.dilation)
    if p.padding_mode != "zeros":
        _check_padding(p, x)
    count = p.out_channels * out[0] * out[1]
    refuse_huge(count, "input", "numbers in one example", "Use fewer filters or less padding.")
    return TensorType((x.shape[0], p.out_channels, *out), x.dtype)


def _check_padding(p: Params, x: TensorType) -> None:
    """Mirrored padding reaches at most to the far edge, wrapped padding once around."""
    if p.padding_mode == "replicate":
        return
    spare = 1 if p.padding_mode == "reflect" else 0
    for size, padding in zip(x.shape[2:], per_axis(p.padding), strict=True):
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
    return {
        "weight": (p.out_channels, x.shape[1] // p.groups, *per_axis(p.kernel_size)),
        "bias": (p.out_channels,) if p.bias else None,
    }


def _macs(p: Params, y: TensorType, x: TensorType) -> Any:
    height, width = per_axis(p.kernel_size)
    return y.numel * (x.shape[1] // p.groups) * height * width


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    sizes = window_words(x.shape[2:], p.kernel_size, p.stride, p.padding, p.dilation, y.shape[2:])
    return (f"channels: {x.shape[1]} → {y.shape[1]}, one a filter", *sizes)


Conv2d = Layer(
    title="Convolution 2D",
    family="convolution",
    short="conv",
    formula="y[o] = b[o] + Σ_c w[o, c] ⋆ x[c]",
    doc="Small filters slide over the image; each filter makes one feature map.",
    paper="LeCun et al., Gradient-based learning applied to document recognition, 1998",
    keywords=("convolutional", "cnn", "filter", "kernel", "feature map", "image"),
    params=(
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
        Size("kernel_size", 3, axes=2, low=1, label="kernel", unit="px", doc="size of a filter"),
        Size("stride", 1, axes=2, low=1, unit="px", doc="how far the filter moves each time"),
        Size("padding", 0, axes=2, unit="px", doc="how far the image is continued on each side"),
        Size(
            "dilation",
            1,
            axes=2,
            low=1,
            unit="px",
            on_node=False,
            doc="distance between a filter's cells",
        ),
        Int(
            "groups",
            1,
            low=1,
            on_node=False,
            doc="parts that the channels are split into, each on its own",
        ),
        Bool("bias", True, doc="add one learned offset a filter"),
        Choice(
            "padding_mode",
            "zeros",
            ("zeros", "reflect", "replicate", "circular"),
            on_node=False,
            doc="what continues the image beyond its edge",
        ),
    ),
    inputs=(Port("input", rank=(4, 4), doc="images as N×channels×height×width"),),
    output=_output,
    weights=_weights,
    macs=_macs,
    words=_words,
    module=(
        "nn.Conv2d({x[1]}, {out_channels}, {kernel_size}, stride={stride}, padding={padding}, "
        "dilation={dilation}, groups={groups}, bias={bias}, padding_mode={padding_mode})"
    ),
    examples=(
        example((1, 28, 28), out_channels=6, kernel_size=5, padding=2),
        example((6, 14, 14), out_channels=16, kernel_size=5),
        example((8, 9, 12), out_channels=4, kernel_size=(3, 5), stride=2, groups=4, bias=False),
        example((3, 16, 16), kernel_size=3, padding=1, padding_mode="reflect", dilation=2),
    ),
)
