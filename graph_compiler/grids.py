"""Signals, images and volumes: values on a grid of one, two or three axes, channels first.

Owns the names of their axes, the ports that take them, and what to do where channels or sizes do
not fit. Imports no torch.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from graph_compiler.layer import Mismatch, Param, Params, Port, Size
from graph_compiler.problems import Fix, InsertOnWire, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

AXES: dict[int, tuple[str, ...]] = {
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}
"""The names of the axes behind the channels, by how many there are."""

KINDS = {1: "signals", 2: "images", 3: "volumes"}
"""What lies on such a grid, in words."""

_UNITS = {1: "", 2: "px", 3: ""}


def grid(axes: int, name: str = "input", *, dtype: str = "float", optional: bool = False) -> Port:
    """A port for values on such a grid: `images as N×channels×height×width`."""
    doc = f"{KINDS[axes]} as N×channels×{'×'.join(AXES[axes])}"
    return Port(name, (axes + 2, axes + 2), dtype, doc, optional=optional)


def grid_size(
    axes: int,
    name: str,
    default: int | None,
    *,
    doc: str,
    label: str = "",
    low: int = 0,
    on_node: bool = True,
    words: tuple[str, ...] = (),
) -> Param:
    """A size along each axis of the grid; may be left empty where the default is empty."""
    return Size(
        name,
        default,
        axes=axes,
        doc=doc,
        label=label,
        unit=_UNITS[axes],
        low=low,
        optional=default is None,
        on_node=on_node,
        words=words,
    )


def per_axis(size: Any, axes: int = 2) -> tuple[Any, ...]:
    """One number for each axis."""
    return size if isinstance(size, tuple) else (size,) * axes


def sizes_in_words(sizes: tuple[Dim, ...]) -> str:
    """`4×4`, of the axes behind the channels."""
    return "×".join(str(size) for size in sizes)


def channels_fit(p: Params, x: TensorType) -> None:
    """Raises `Mismatch` where `in_channels` is set to another number than the input has."""
    wanted, channels = p.in_channels, x.shape[1]
    if wanted is None or wanted == channels:
        return
    axes = x.rank - 2
    projection = (("out_channels", int(wanted)), ("kernel_size", 1))
    ones = "×".join("1" * axes)
    filters = "filter" if wanted == 1 else "filters"
    fixes = [
        Fix("Follow the input", (SetParam("", "in_channels", None),)),
        Fix(f"Set the input channels to {channels}", (SetParam("", "in_channels", int(channels)),)),
        Fix(
            f"Insert Conv{axes}d {ones} with {wanted} {filters}",
            (InsertOnWire("", "input", f"Conv{axes}d", projection),),
        ),
    ]
    remedy = "Set in_channels to follow the input."
    if x.last == wanted:
        fixes.insert(0, channels_to_front(x.rank))
        remedy = "Bring the channels to the front with Permute."
    raise Mismatch(
        "channels_differ",
        "input",
        expected=f"{wanted} channels",
        got=f"{channels}",
        remedy=remedy,
        fixes=tuple(fixes),
    )


def channels_to_front(rank: int, port: str = "input") -> Fix:
    """The cure for channels that lie on the last axis."""
    order = (0, rank - 1, *range(1, rank - 1))
    return Fix(
        "Bring the last axis to the front", (InsertOnWire("", port, "Permute", (("dims", order),)),)
    )


def divides(p: Params, name: str, divisor: Any, size: Dim, what: str) -> None:
    """Raises `Mismatch` where the divisor, made from the parameter if any, leaves a rest."""
    if size % divisor != 0:
        raise Mismatch(
            "does_not_divide",
            "input",
            expected=f"{what} that {divisor} divides",
            got=f"{size}",
            remedy=f"Set {name} so that nothing is left over." if name else "Give it such a size.",
            fixes=_divisors(name, getattr(p, name), divisor, size) if name else (),
        )


def _divisors(name: str, given: Any, divisor: Any, size: Dim) -> tuple[Fix, ...]:
    """The nearest smaller value of the parameter that leaves no rest."""
    square = given != divisor
    for near in range(min(int(given), 1000), 0, -1):
        if size % (near * near if square else near) == 0:
            return (Fix(f"Set {name} to {near}", (SetParam("", name, near),)),)
    return ()


def scaled(size: Dim, factor: float) -> Dim:
    """A size times a real number, rounded down, as torch works it out.

    Symbols keep their expression where whole numbers say the same: `3 * size // 2` for 1.5.
    """
    result = math.floor(float(int(size)) * factor)
    ratio = Fraction(factor).limit_denominator(1000)
    exact = size * ratio.numerator // ratio.denominator
    return exact if exact == result else result
