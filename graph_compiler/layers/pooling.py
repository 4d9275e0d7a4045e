"""Pooling: neighbouring pixels become one."""

from __future__ import annotations

from graph_compiler.layer import Bool, Layer, Mismatch, Params, Port, Size, example
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType
from graph_compiler.windows import per_axis, window_sizes, window_words


def _check_padding(p: Params) -> None:
    for kernel, padding in zip(per_axis(p.kernel_size), per_axis(p.padding), strict=True):
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


def _max_output(p: Params, x: TensorType) -> TensorType:
    if p.padding != 0:
        _check_padding(p)
    stride = p.kernel_size if p.stride is None else p.stride
    out = window_sizes(x.shape[2:], p.kernel_size, stride, p.padding, p.dilation, p.ceil_mode)
    return TensorType((*x.shape[:2], *out), x.dtype)


def _average_output(p: Params, x: TensorType) -> TensorType:
    if p.padding != 0:
        _check_padding(p)
    stride = p.kernel_size if p.stride is None else p.stride
    out = window_sizes(x.shape[2:], p.kernel_size, stride, p.padding, 1, p.ceil_mode)
    return TensorType((*x.shape[:2], *out), x.dtype)


def _max_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    stride = p.kernel_size if p.stride is None else p.stride
    return window_words(
        x.shape[2:], p.kernel_size, stride, p.padding, p.dilation, y.shape[2:], p.ceil_mode
    )


def _average_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    stride = p.kernel_size if p.stride is None else p.stride
    return window_words(x.shape[2:], p.kernel_size, stride, p.padding, 1, y.shape[2:], p.ceil_mode)


_KERNEL = Size("kernel_size", 2, axes=2, low=1, label="kernel", unit="px", doc="size of the window")
_STRIDE = Size(
    "stride",
    None,
    axes=2,
    low=1,
    unit="px",
    optional=True,
    doc="how far the window moves each time; empty moves by its own size",
)
_PADDING = Size(
    "padding",
    0,
    axes=2,
    unit="px",
    on_node=False,
    doc="how far the image is continued on each side, at most half the kernel",
)
_CEIL = Bool("ceil_mode", False, label="round up", doc="keep a window that hangs over the edge")
_IMAGES = (Port("input", rank=(4, 4), doc="images as N×channels×height×width"),)

MaxPool2d = Layer(
    title="Max pooling 2D",
    family="pooling",
    short="pool",
    formula="y = max of each window",
    doc="Keeps the largest value of each window, so that small shifts do not matter.",
    paper="Weng, Ahuja, Huang, Cresceptron, 1992",
    keywords=("maxpool", "downsample", "subsampling", "shrink"),
    params=(
        _KERNEL,
        _STRIDE,
        _PADDING,
        Size(
            "dilation",
            1,
            axes=2,
            low=1,
            unit="px",
            on_node=False,
            doc="distance between a window's cells",
        ),
        _CEIL,
    ),
    inputs=_IMAGES,
    output=_max_output,
    words=_max_words,
    module=(
        "nn.MaxPool2d({kernel_size}, stride={stride}, padding={padding}, dilation={dilation}, "
        "ceil_mode={ceil_mode})"
    ),
    examples=(
        example((6, 28, 28)),
        example((4, 9, 9), kernel_size=3, stride=2, padding=1),
        example((2, 7, 9), kernel_size=(2, 3), ceil_mode=True),
    ),
)

AvgPool2d = Layer(
    title="Average pooling 2D",
    family="pooling",
    short="pool",
    formula="y = mean of each window",
    doc="Replaces each window by its mean; the subsampling of the first convolutional nets.",
    paper="LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989",
    keywords=("avgpool", "mean", "downsample", "subsampling", "shrink"),
    params=(
        _KERNEL,
        _STRIDE,
        _PADDING,
        _CEIL,
        Bool(
            "count_include_pad", True, label="count padding", doc="count padded cells in the mean"
        ),
    ),
    inputs=_IMAGES,
    output=_average_output,
    words=_average_words,
    module=(
        "nn.AvgPool2d({kernel_size}, stride={stride}, padding={padding}, ceil_mode={ceil_mode}, "
        "count_include_pad={count_include_pad})"
    ),
    examples=(
        example((6, 28, 28)),
        example((4, 9, 9), kernel_size=3, stride=2, padding=1, count_include_pad=False),
    ),
)
