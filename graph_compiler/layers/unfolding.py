"""Windows of an image laid side by side as columns, and columns added up to an image again."""

from __future__ import annotations

from typing import Any

from graph_compiler.grids import grid, grid_size, per_axis
from graph_compiler.layer import Layer, Mismatch, Param, Params, Port, Shape, example
from graph_compiler.limits import refuse_huge
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType
from graph_compiler.windows import window_sizes


def _window(axes: int = 2) -> tuple[Param, ...]:
    return (
        grid_size(axes, "kernel_size", 3, low=1, label="kernel", doc="size of a window"),
        grid_size(
            axes, "dilation", 1, low=1, on_node=False, doc="distance between a window's cells"
        ),
        grid_size(axes, "padding", 0, doc="how far the image is continued on each side"),
        grid_size(axes, "stride", 1, low=1, doc="how far the window moves each time"),
    )


def _counts(p: Params, sizes: tuple[Dim, ...]) -> tuple[Dim, ...]:
    return window_sizes(sizes, p.kernel_size, p.stride, p.padding, p.dilation)


def _cells(p: Params) -> Any:
    height, width = per_axis(p.kernel_size)
    return height * width


def _unfolded(p: Params, x: TensorType) -> TensorType:
    rows, columns = _counts(p, x.shape[2:])
    y = TensorType((x.shape[0], x.shape[1] * _cells(p), rows * columns), x.dtype)
    refuse_huge(y.numel, "input", "numbers in one example", "Use smaller windows.")
    return y


def _unfolded_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    rows, columns = _counts(p, x.shape[2:])
    return (
        f"numbers in a window: {x.shape[1]}·{'·'.join(map(str, per_axis(p.kernel_size)))} = "
        f"{y.shape[1]}",
        f"windows: {rows}·{columns} = {y.shape[2]}",
    )


Unfold = Layer(
    title="Unfold",
    family="shape",
    short="unfold",
    formula="y[:, l] = the cells of window l",
    doc="Lays the sliding windows of an image side by side, each as a column of its cells.",
    keywords=("im2col", "patches", "sliding window", "columns"),
    params=_window(),
    inputs=(grid(2),),
    output=_unfolded,
    words=_unfolded_words,
    module=("nn.Unfold({kernel_size}, dilation={dilation}, padding={padding}, stride={stride})"),
    examples=(
        example((3, 8, 8)),
        example((2, 9, 7), kernel_size=(2, 3), stride=2, padding=1, dilation=(1, 2)),
    ),
)


def _folded(p: Params, x: TensorType) -> TensorType:
    if len(p.output_size) != 2:
        raise Mismatch(
            "sizes_differ",
            "output_size",
            expected="2 sizes, height and width",
            got=f"{len(p.output_size)}",
            remedy="Name the height and the width of the image.",
        )
    cells = _cells(p)
    rows, columns = _counts(p, p.output_size)
    if x.shape[1] % cells != 0:
        raise Mismatch(
            "does_not_divide",
            "input",
            expected=f"columns of numbers that the {cells} cells of a window divide",
            got=f"{x.shape[1]}",
            remedy="Set kernel_size to the windows that the columns were made of.",
        )
    if x.shape[2] != rows * columns:
        raise Mismatch(
            "shapes_differ",
            "input",
            expected=f"{rows * columns} columns, {rows}·{columns} windows of the image",
            got=f"{x.shape[2]}",
            remedy="Set output_size and the windows to those that the columns were made of.",
        )
    y = TensorType((x.shape[0], x.shape[1] // cells, *p.output_size), x.dtype)
    refuse_huge(y.numel, "input", "numbers in one example", "Make the image smaller.")
    return y


def _folded_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return (
        f"channels: {x.shape[1]} / {'·'.join(map(str, per_axis(p.kernel_size)))} = {y.shape[1]}",
        f"height and width: {y.shape[2]}×{y.shape[3]}, as wanted",
    )


Fold = Layer(
    title="Fold",
    family="shape",
    short="fold",
    formula="y[i] = Σ of the cells of all windows over i",
    doc="Puts columns back as windows of an image; where windows overlap, they are added.",
    keywords=("col2im", "patches", "overlap", "sum", "unfold"),
    params=(
        Shape("output_size", (8, 8), label="image size", doc="height and width of the image"),
        *_window(),
    ),
    inputs=(Port("input", rank=(3, 3), doc="columns as N×(channels·cells of a window)×windows"),),
    output=_folded,
    words=_folded_words,
    module=(
        "nn.Fold({output_size}, {kernel_size}, dilation={dilation}, padding={padding}, "
        "stride={stride})"
    ),
    examples=(
        example((27, 36)),
        example((12, 20), output_size=(9, 8), kernel_size=(2, 3), stride=2, padding=(1, 1)),
    ),
)
