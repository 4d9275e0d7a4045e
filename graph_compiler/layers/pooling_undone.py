"""Unpooling: maxima put back where max pooling found them."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.grids import AXES, KINDS, grid, grid_size, per_axis
from graph_compiler.layer import Example, Layer, Mismatch, Params, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType
from graph_compiler.windows import transposed_sizes, transposed_words


def _unpooled(p: Params, x: TensorType, indices: TensorType, like: TensorType | None) -> TensorType:
    if indices.shape != x.shape:
        raise Mismatch(
            "shapes_differ",
            "indices",
            expected=f"{x}, as on input",
            got=f"{indices}",
            remedy="Wire the indices of the max pooling that is to be undone.",
        )
    _check_padding(p, x.rank - 2)
    stride = p.kernel_size if p.stride is None else p.stride
    sizes: tuple[Dim, ...]
    if like is None:
        sizes = transposed_sizes(x.shape[2:], p.kernel_size, stride, p.padding)
    else:
        sizes = like.shape[2:]
        _check_wanted(p, x, like)
    y = TensorType((*x.shape[:2], *sizes), x.dtype)
    refuse_huge(y.numel, "input", "numbers in one example", "Use a smaller stride.")
    return y


def _check_padding(p: Params, axes: int) -> None:
    """Max pooling pads by at most half its window, and so must the way back."""
    kernels, paddings = per_axis(p.kernel_size, axes), per_axis(p.padding, axes)
    for kernel, padding in zip(kernels, paddings, strict=True):
        if 2 * padding > kernel:
            raise Mismatch(
                "padding_too_large",
                "input",
                expected=f"padding of at most {kernel // 2}, half the kernel",
                got=f"{padding}",
                remedy="Set the padding to that of the max pooling.",
                fixes=(Fix("Pad with nothing", (SetParam("", "padding", None),)),),
            )


def _check_wanted(p: Params, x: TensorType, like: TensorType) -> None:
    axes = x.rank - 2
    rows = zip(
        AXES[axes],
        x.shape[2:],
        like.shape[2:],
        per_axis(p.kernel_size, axes),
        per_axis(p.kernel_size if p.stride is None else p.stride, axes),
        per_axis(p.padding, axes),
        strict=True,
    )
    for name, size, wanted, kernel, stride, padding in rows:
        usual = (size - 1) * stride - 2 * padding + kernel
        if not usual - stride < wanted < usual + stride:
            raise Mismatch(
                "shapes_differ",
                "like",
                expected=f"a {name} from {usual - stride + 1} to {usual + stride - 1}, "
                "which pools to that of the input",
                got=f"{wanted}",
                remedy="Wire what went into the max pooling that is to be undone.",
            )


def _words(
    p: Params, y: TensorType, x: TensorType, indices: TensorType, like: TensorType | None
) -> tuple[str, ...]:
    if like is not None:
        names = zip(AXES[x.rank - 2], y.shape[2:], strict=True)
        return tuple(f"{name}: {size}, as on like" for name, size in names)
    stride = p.kernel_size if p.stride is None else p.stride
    return transposed_words(x.shape[2:], p.kernel_size, stride, p.padding, 1, 0, y.shape[2:])


def _text(p: Params, x: TensorType, indices: TensorType, like: TensorType | None) -> str:
    wanted = "" if like is None else ", output_size={like}.shape"
    return f"{{self}}({{input}}, {{indices}}{wanted})"


def _undone(axes: int, *examples: Example) -> Layer:
    places = replace(
        grid(axes, "indices", dtype="int"), doc="where the maxima lay, from the max pooling"
    )
    like = replace(
        grid(axes, "like", optional=True),
        dtype="any",
        doc=f"{KINDS[axes]} of the wanted size, as those that were pooled",
    )
    return Layer(
        title=f"Max unpooling {axes}D",
        family="pooling",
        short="unpool",
        formula="y[place of each maximum] = the maximum, 0 elsewhere",
        doc="Puts each maximum back where max pooling found it; all other cells are 0.",
        paper="Zeiler, Taylor, Fergus, Adaptive deconvolutional networks, 2011",
        keywords=("unpool", "switches", "segnet", "decoder", "enlarge", "upsample"),
        params=(
            grid_size(
                axes, "kernel_size", 2, low=1, label="kernel", doc="window of the max pooling"
            ),
            grid_size(
                axes,
                "stride",
                None,
                low=1,
                doc="stride of the max pooling; empty is the window's size",
            ),
            grid_size(axes, "padding", 0, on_node=False, doc="padding of the max pooling"),
        ),
        inputs=(grid(axes), places, like),
        output=_unpooled,
        words=_words,
        module=f"nn.MaxUnpool{axes}d({{kernel_size}}, stride={{stride}}, padding={{padding}})",
        template=_text,
        examples=examples,
    )


MaxUnpool2d = _undone(
    2,
    example((4, 5, 6), (4, 5, 6), None),
    example((2, 3, 4), (2, 3, 4), (2, 7, 8)),
    example((2, 4, 4), (2, 4, 4), None, kernel_size=(3, 2), stride=2, padding=(1, 0)),
)
MaxUnpool1d = _undone(
    1,
    example((4, 6), (4, 6), None),
    example((2, 5), (2, 5), (2, 10), kernel_size=3, stride=2, padding=1),
)
MaxUnpool3d = _undone(
    3,
    example((2, 2, 3, 4), (2, 2, 3, 4), None),
    example((1, 2, 3, 3), (1, 2, 3, 3), (1, 5, 6, 7)),
)
