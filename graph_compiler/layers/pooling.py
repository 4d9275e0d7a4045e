"""Pooling by sliding windows: neighbouring cells become one."""

from __future__ import annotations

from typing import Any

from graph_compiler.grids import AXES, KINDS, grid, grid_size, per_axis
from graph_compiler.layer import Bool, Example, Float, Int, Layer, Mismatch, Param, Params, example
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType
from graph_compiler.windows import window_reach, window_sizes, window_words


def _check_padding(p: Params, axes: int) -> None:
    kernels, paddings = per_axis(p.kernel_size, axes), per_axis(p.padding, axes)
    for kernel, padding in zip(kernels, paddings, strict=True):
        if 2 * padding > kernel:
            raise Mismatch(
                "padding_too_large",
                "input",
                expected=f"padding of at most {kernel // 2}, half the kernel",
                got=f"{padding}",
                remedy="Make the padding smaller, or the kernel larger.",
                fixes=(
                    Fix(
                        f"Set the padding to {kernel // 2}",
                        (SetParam("", "padding", int(kernel // 2)),),
                    ),
                ),
            )


def _stride(p: Params) -> Any:
    return p.kernel_size if p.stride is None else p.stride


def _max_output(p: Params, x: TensorType) -> TensorType | tuple[TensorType, TensorType]:
    if p.padding != 0:
        _check_padding(p, x.rank - 2)
    stride = p.kernel_size if p.stride is None else p.stride
    out = window_sizes(x.shape[2:], p.kernel_size, stride, p.padding, p.dilation, p.ceil_mode)
    y = TensorType((*x.shape[:2], *out), x.dtype)
    return (y, TensorType(y.shape, "int")) if p.return_indices else y


def _max_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return window_words(
        x.shape[2:], p.kernel_size, _stride(p), p.padding, p.dilation, y.shape[2:], p.ceil_mode
    )


def _check_volume(p: Params, x: TensorType) -> None:
    """Torch averages volumes only where the window lies in them without padding or hanging over."""
    window_sizes(x.shape[2:], p.kernel_size, 1, 0)


def _average_output(p: Params, x: TensorType) -> TensorType:
    if p.padding != 0:
        _check_padding(p, x.rank - 2)
    if x.rank == 5:
        _check_volume(p, x)
    out = window_sizes(x.shape[2:], p.kernel_size, _stride(p), p.padding, 1, p.ceil_mode)
    return TensorType((*x.shape[:2], *out), x.dtype)


def _average_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return window_words(
        x.shape[2:], p.kernel_size, _stride(p), p.padding, 1, y.shape[2:], p.ceil_mode
    )


def _norm_output(p: Params, x: TensorType) -> TensorType:
    if x.rank == 5:
        _check_volume(p, x)
    out = window_sizes(x.shape[2:], p.kernel_size, _stride(p), 0, 1, p.ceil_mode)
    return TensorType((*x.shape[:2], *out), x.dtype)


def _norm_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return window_words(x.shape[2:], p.kernel_size, _stride(p), 0, 1, y.shape[2:], p.ceil_mode)


def _kernel(axes: int) -> Param:
    return grid_size(axes, "kernel_size", 2, low=1, label="kernel", doc="size of the window")


def _moves(axes: int) -> Param:
    return grid_size(
        axes,
        "stride",
        None,
        low=1,
        doc="how far the window moves each time; empty moves by its own size",
    )


def _padding(axes: int) -> Param:
    kind = KINDS[axes].removesuffix("s")
    return grid_size(
        axes,
        "padding",
        0,
        on_node=False,
        doc=f"how far the {kind} is continued on each side, at most half the kernel",
    )


_CEIL = Bool("ceil_mode", False, label="round up", doc="keep a window that hangs over the edge")
INDICES = Bool(
    "return_indices",
    False,
    label="give places",
    doc="put out, as a second output, where each maximum lay, as unpooling wants it",
)


def with_indices(p: Params) -> tuple[str, ...]:
    """The output ports of layers that may tell where each maximum lay."""
    return ("output", "indices") if p.return_indices else ("output",)


def _max(axes: int, *examples: Example) -> Layer:
    return Layer(
        title=f"Max pooling {axes}D",
        family="pooling",
        short="pool",
        formula="y = max of each window",
        doc="Keeps the largest value of each window, so that small shifts do not matter.",
        paper="Weng, Ahuja, Huang, Cresceptron, 1992",
        keywords=("maxpool", "downsample", "subsampling", "shrink", *AXES[axes][:1]),
        params=(
            _kernel(axes),
            _moves(axes),
            _padding(axes),
            grid_size(
                axes, "dilation", 1, low=1, on_node=False, doc="distance between a window's cells"
            ),
            INDICES,
            _CEIL,
        ),
        inputs=(grid(axes),),
        outlets=with_indices,
        output=_max_output,
        words=_max_words,
        window=lambda p: window_reach(axes, p.kernel_size, _stride(p), p.dilation),
        module=(
            f"nn.MaxPool{axes}d({{kernel_size}}, stride={{stride}}, padding={{padding}}, "
            "dilation={dilation}, return_indices={return_indices}, ceil_mode={ceil_mode})"
        ),
        examples=examples,
    )


MaxPool2d = _max(
    2,
    example((6, 28, 28)),
    example((4, 9, 9), kernel_size=3, stride=2, padding=1),
    example((2, 7, 9), kernel_size=(2, 3), ceil_mode=True),
    example((3, 8, 8), return_indices=True),
)

MaxPool1d = _max(
    1,
    example((6, 28)),
    example((4, 9), kernel_size=3, stride=2, padding=1),
    example((2, 11), kernel_size=(3,), dilation=2, ceil_mode=True, return_indices=True),
)

MaxPool3d = _max(
    3,
    example((2, 8, 6, 4)),
    example((2, 5, 7, 7), kernel_size=(1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),
    example((1, 4, 4, 6), return_indices=True),
)


def _average(axes: int, *examples: Example) -> Layer:
    params: tuple[Param, ...] = (
        _kernel(axes),
        _moves(axes),
        _padding(axes),
        _CEIL,
        Bool(
            "count_include_pad", True, label="count padding", doc="count padded cells in the mean"
        ),
    )
    divisor = ""
    if axes > 1:
        divisor = ", divisor_override={divisor_override}"
        count = Int(
            "divisor_override",
            None,
            low=1,
            optional=True,
            on_node=False,
            label="divisor",
            doc="what the sum is divided by; empty divides by the window's cells",
        )
        params = (*params, count)
    return Layer(
        title=f"Average pooling {axes}D",
        family="pooling",
        short="pool",
        formula="y = mean of each window",
        doc="Replaces each window by its mean; the subsampling of the first convolutional nets.",
        paper="LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989",
        keywords=("avgpool", "mean", "downsample", "subsampling", "shrink"),
        params=params,
        inputs=(grid(axes),),
        output=_average_output,
        words=_average_words,
        window=lambda p: window_reach(axes, p.kernel_size, _stride(p)),
        module=(
            f"nn.AvgPool{axes}d({{kernel_size}}, stride={{stride}}, padding={{padding}}, "
            f"ceil_mode={{ceil_mode}}, count_include_pad={{count_include_pad}}{divisor})"
        ),
        examples=examples,
    )


AvgPool2d = _average(
    2,
    example((6, 28, 28)),
    example((4, 9, 9), kernel_size=3, stride=2, padding=1, count_include_pad=False),
    example((2, 6, 8), kernel_size=(2, 4), divisor_override=3),
)

AvgPool1d = _average(
    1,
    example((6, 28)),
    example((4, 9), kernel_size=3, stride=2, padding=1, count_include_pad=False),
)

AvgPool3d = _average(
    3,
    example((2, 6, 4, 8)),
    example((2, 5, 7, 6), kernel_size=3, stride=2, padding=1, ceil_mode=True, divisor_override=9),
)


def _norm(axes: int, *examples: Example) -> Layer:
    return Layer(
        title=f"Power pooling {axes}D",
        family="pooling",
        short="pool",
        formula="y = (Σ xᵖ)^(1/p) of each window",
        doc="Between the sum of each window (p = 1) and its largest value (p towards ∞).",
        paper="Sermanet, Chintala, LeCun, Convolutional neural networks applied to house numbers "
        "digit classification, 2012",
        keywords=("lp pool", "norm", "downsample", "subsampling", "shrink"),
        params=(
            Float("norm_type", 2.0, low=1.0, high=100.0, label="power", doc="the power p"),
            _kernel(axes),
            _moves(axes),
            _CEIL,
        ),
        inputs=(grid(axes),),
        output=_norm_output,
        words=_norm_words,
        window=lambda p: window_reach(axes, p.kernel_size, _stride(p)),
        module=(
            f"nn.LPPool{axes}d({{norm_type}}, {{kernel_size}}, stride={{stride}}, "
            "ceil_mode={ceil_mode})"
        ),
        examples=examples,
    )


LPPool2d = _norm(
    2,
    example((6, 28, 28)),
    example((4, 9, 8), norm_type=1.5, kernel_size=(3, 2), stride=2, ceil_mode=True),
)

LPPool1d = _norm(1, example((6, 28)), example((4, 9), norm_type=3.0, kernel_size=(3,), stride=2))

LPPool3d = _norm(
    3,
    example((2, 6, 4, 8)),
    example((2, 5, 7, 6), norm_type=1.0, kernel_size=3, stride=(1, 2, 2)),
)
