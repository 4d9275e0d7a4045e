"""The arithmetic of sliding windows, shared by convolution and pooling; works on ints and symbols.

Owns output sizes and their derivation in words. Imports no torch.
"""

from __future__ import annotations

from typing import Any

from graph_compiler.layer import Mismatch
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim

AXES = ("height", "width")


def per_axis(size: Any, axes: int = 2) -> tuple[Any, ...]:
    """One number for each spatial axis."""
    return size if isinstance(size, tuple) else (size,) * axes


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
    if not (ceil or tuple in (type(kernel), type(stride), type(padding), type(dilation))):
        # the usual case, which runs for every layer behind an edit
        spare = 2 * padding - dilation * (kernel - 1) - 1
        height, width = sizes[0] + spare, sizes[1] + spare
        if height >= 0 and width >= 0:
            return height // stride + 1, width // stride + 1
    kernel, stride = per_axis(kernel), per_axis(stride)
    padding, dilation = per_axis(padding), per_axis(dilation)
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
    kernel, stride = per_axis(kernel), per_axis(stride)
    padding, dilation = per_axis(padding), per_axis(dilation)
    lines = []
    for axis, size in enumerate(sizes):
        k, s, p, d = kernel[axis], stride[axis], padding[axis], dilation[axis]
        text = f"{size}" + (f" + 2·{p}" if p else "")
        text += f" − {k}" if d == 1 else f" − {d}·({k} − 1) − 1"
        if s != 1:
            left, right = "⌈⌉" if ceil else "⌊⌋"
            text = f"{left}({text}) / {s}{right}"
        lines.append(f"{AXES[axis]}: {text} + 1 = {out[axis]}")
    return tuple(lines)


def _too_large(
    axis: int,
    sizes: tuple[Dim, ...],
    kernel: tuple[Any, ...],
    padding: tuple[Any, ...],
    dilation: tuple[Any, ...],
) -> Mismatch:
    needed = tuple(dilation[i] * (kernel[i] - 1) + 1 - 2 * padding[i] for i in range(len(sizes)))
    fits = min((sizes[i] + 2 * padding[i] - 1) // dilation[i] + 1 for i in range(len(sizes)))
    fixes = []
    if fits >= 1:
        fixes.append(Fix(f"Set the kernel to {fits}", (SetParam("", "kernel_size", int(fits)),)))
    reach = max(-(-(dilation[i] * (kernel[i] - 1) + 1 - sizes[i]) // 2) for i in range(len(sizes)))
    fixes.append(Fix(f"Set the padding to {reach}", (SetParam("", "padding", int(reach)),)))
    return Mismatch(
        "kernel_too_large",
        "input",
        expected=f"a {AXES[axis]} of at least {needed[axis]} for this kernel",
        got=f"{sizes[axis]}",
        remedy="Make the kernel smaller, or add padding.",
        fixes=tuple(fixes),
    )
