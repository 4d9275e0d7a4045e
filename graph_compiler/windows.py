"""The arithmetic of sliding windows, shared by convolution and pooling; works on ints and symbols.

Owns output sizes along any number of axes, there and back, their derivation in words, and the reach
of a window for the receptive field. Imports no torch.
"""

from __future__ import annotations

from typing import Any

from graph_compiler.grids import AXES, per_axis, sizes_in_words
from graph_compiler.layer import Mismatch
from graph_compiler.problems import Fix, InsertOnWire, SetParam
from graph_compiler.symbols import Dim

__all__ = [
    "per_axis",
    "transposed_reach",
    "transposed_sizes",
    "transposed_words",
    "window_reach",
    "window_sizes",
    "window_words",
]


def window_sizes(
    sizes: tuple[Dim, ...],
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any = 1,
    ceil: bool = False,
) -> tuple[Dim, ...]:
    """Sizes of the spatial axes behind a sliding window.

    Raises `Mismatch` where the window is larger than the padded input.
    """
    axes = len(sizes)
    if axes == 2 and not (
        ceil or tuple in (type(kernel), type(stride), type(padding), type(dilation))
    ):
        # the usual case, which runs for every layer behind an edit
        spare = 2 * padding - dilation * (kernel - 1) - 1
        height, width = sizes[0] + spare, sizes[1] + spare
        if height >= 0 and width >= 0:
            return height // stride + 1, width // stride + 1
    kernel, stride = per_axis(kernel, axes), per_axis(stride, axes)
    padding, dilation = per_axis(padding, axes), per_axis(dilation, axes)
    out = []
    for axis, size in enumerate(sizes):
        step, pad = stride[axis], padding[axis]
        room = size + 2 * pad - dilation[axis] * (kernel[axis] - 1) - 1
        if ceil:  # the last window may hang over the edge, but must begin inside
            count = (room + step - 1) // step + 1
            count = count - 1 if (count - 1) * step >= size + pad else count
        else:
            count = room // step + 1
        if count < 1:
            raise _too_large(axis, sizes, kernel, padding, dilation)
        out.append(count)
    return tuple(out)


def window_words(
    sizes: tuple[Dim, ...],
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    out: tuple[Dim, ...],
    ceil: bool = False,
) -> tuple[str, ...]:
    """The derivation of each spatial axis: `height: 28 + 2·2 − 5 + 1 = 28`."""
    axes = len(sizes)
    kernel, stride = per_axis(kernel, axes), per_axis(stride, axes)
    padding, dilation = per_axis(padding, axes), per_axis(dilation, axes)
    lines = []
    for axis, size in enumerate(sizes):
        k, s, p, d = kernel[axis], stride[axis], padding[axis], dilation[axis]
        text = f"{size}" + (f" + 2·{p}" if p else "")
        text += f" − {k}" if d == 1 else f" − {d}·({k} − 1) − 1"
        if s != 1:
            left, right = "⌈⌉" if ceil else "⌊⌋"
            text = f"{left}({text}) / {s}{right}"
        lines.append(f"{AXES[axes][axis]}: {text} + 1 = {out[axis]}")
    return tuple(lines)


def window_reach(
    axes: int, kernel: Any, stride: Any, dilation: Any = 1
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many cells a window spans along each axis, and how far apart two windows are."""
    spans = zip(per_axis(kernel, axes), per_axis(dilation, axes), strict=True)
    return tuple(d * (k - 1) + 1 for k, d in spans), per_axis(stride, axes)


def transposed_sizes(
    sizes: tuple[Dim, ...],
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any = 1,
    output_padding: Any = 0,
) -> tuple[Dim, ...]:
    """Sizes of the spatial axes in front of a sliding window: the way back.

    Raises `Mismatch` where the padding cuts everything away.
    """
    axes = len(sizes)
    kernel, stride = per_axis(kernel, axes), per_axis(stride, axes)
    padding, dilation = per_axis(padding, axes), per_axis(dilation, axes)
    extra = per_axis(output_padding, axes)
    out = []
    for i, size in enumerate(sizes):
        span = dilation[i] * (kernel[i] - 1) + 1
        full = (size - 1) * stride[i] + span + extra[i]
        if full - 2 * padding[i] < 1:
            most = min(
                ((sizes[j] - 1) * stride[j] + dilation[j] * (kernel[j] - 1) + extra[j]) // 2
                for j in range(axes)
            )
            raise Mismatch(
                "padding_too_large",
                "input",
                expected=f"padding of at most {(full - 1) // 2}, so that some {AXES[axes][i]} "
                "is left",
                got=f"{padding[i]}",
                remedy="Make the padding smaller.",
                fixes=(Fix(f"Set the padding to {most}", (SetParam("", "padding", int(most)),)),),
            )
        out.append(full - 2 * padding[i])
    return tuple(out)


def transposed_words(
    sizes: tuple[Dim, ...],
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    output_padding: Any,
    out: tuple[Dim, ...],
) -> tuple[str, ...]:
    """The derivation of each spatial axis: `height: (7 − 1)·2 − 2·1 + 3 + 1 = 14`."""
    axes = len(sizes)
    rows = zip(
        AXES[axes],
        sizes,
        per_axis(kernel, axes),
        per_axis(stride, axes),
        per_axis(padding, axes),
        per_axis(dilation, axes),
        per_axis(output_padding, axes),
        out,
        strict=True,
    )
    lines = []
    for name, size, k, s, p, d, extra, result in rows:
        text = f"({size} − 1)·{s}" if s != 1 else f"{size} − 1"
        text += f" − 2·{p}" if p else ""
        text += f" + {k}" if d == 1 else f" + {d}·({k} − 1) + 1"
        text += f" + {extra}" if extra else ""
        lines.append(f"{name}: {text} = {result}")
    return tuple(lines)


def transposed_reach(
    axes: int, kernel: Any, stride: Any, dilation: Any = 1
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many input cells one output cell sees, and the step between outputs: 1/s as −s."""
    spans, steps = window_reach(axes, kernel, stride, dilation)
    seen = tuple(-(-span // step) for span, step in zip(spans, steps, strict=True))
    return seen, tuple(-step if step != 1 else 1 for step in steps)


def _too_large(
    axis: int,
    sizes: tuple[Dim, ...],
    kernel: tuple[Any, ...],
    padding: tuple[Any, ...],
    dilation: tuple[Any, ...],
) -> Mismatch:
    axes = range(len(sizes))
    needed = tuple(dilation[i] * (kernel[i] - 1) + 1 - 2 * padding[i] for i in axes)
    fits = min((sizes[i] + 2 * padding[i] - 1) // dilation[i] + 1 for i in axes)
    fixes = []
    if fits >= 1:
        fixes.append(Fix(f"Set the kernel to {fits}", (SetParam("", "kernel_size", int(fits)),)))
    reach = max(-(-(dilation[i] * (kernel[i] - 1) + 1 - sizes[i]) // 2) for i in axes)
    fixes.append(Fix(f"Set the padding to {reach}", (SetParam("", "padding", int(reach)),)))
    wanted = tuple(int(max(needed[i], sizes[i])) for i in axes)
    fixes.append(
        Fix(
            f"Insert Resize to {sizes_in_words(wanted)}",
            (InsertOnWire("", "input", "Resize", (("size", wanted),)),),
        )
    )
    return Mismatch(
        "kernel_too_large",
        "input",
        expected=f"a {AXES[len(sizes)][axis]} of at least {needed[axis]} for this kernel",
        got=f"{sizes[axis]}",
        remedy="Make the kernel smaller, or add padding.",
        fixes=tuple(fixes),
    )
