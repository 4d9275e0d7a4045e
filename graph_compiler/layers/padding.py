"""Padding: a border around signals, images and volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graph_compiler.grids import AXES, KINDS, grid, per_axis
from graph_compiler.layer import Example, Float, Layer, Mismatch, Params, Size, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

_SIDES = ("left", "right", "top", "bottom", "front", "back")
_MOST = 2**20


def _borders(p: Params, x: TensorType) -> tuple[tuple[Any, Any], ...]:
    """Padding before and behind along each axis; torch names the last axis first."""
    axes = x.rank - 2
    sides = per_axis(p.padding, 2 * axes)
    return tuple((sides[2 * i], sides[2 * i + 1]) for i in reversed(range(axes)))


def _padded(p: Params, x: TensorType) -> TensorType:
    sizes = []
    for name, size, (before, behind) in zip(
        AXES[x.rank - 2], x.shape[2:], _borders(p, x), strict=True
    ):
        if size + before + behind < 1 or size + before < 0 or size + behind < 0:
            raise Mismatch(
                "padding_too_large",
                "input",
                expected=f"padding that leaves some of the {name} of {size}",
                got=f"{before} and {behind}",
                remedy="Cut less away.",
                fixes=(Fix("Set the padding to 0", (SetParam("", "padding", 0),)),),
            )
        sizes.append(size + before + behind)
    y = TensorType((*x.shape[:2], *sizes), x.dtype)
    refuse_huge(y.numel, "input", "numbers in one example", "Make the padding smaller.")
    return y


def _reflected(p: Params, x: TensorType) -> TensorType:
    return _within(p, x, 1, "mirrored")


def _wrapped(p: Params, x: TensorType) -> TensorType:
    return _within(p, x, 0, "wrapped around")


def _within(p: Params, x: TensorType, spare: int, how: str) -> TensorType:
    """Mirrored padding reaches at most to the far edge, wrapped padding once around."""
    most: Dim = _MOST
    for size in x.shape[2:]:
        most = size - spare if size - spare < most else most
    for name, size, (before, behind) in zip(
        AXES[x.rank - 2], x.shape[2:], _borders(p, x), strict=True
    ):
        widest = before if before > behind else behind
        if widest > size - spare:
            raise Mismatch(
                "padding_too_large",
                "input",
                expected=f"padding of at most {size - spare} where a {name} of {size} is {how}",
                got=f"{widest}",
                remedy="Make the padding smaller, or pad with zeros.",
                fixes=(Fix(f"Set the padding to {most}", (SetParam("", "padding", int(most)),)),),
            )
    return _padded(p, x)


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    lines = []
    rows = zip(AXES[x.rank - 2], x.shape[2:], _borders(p, x), y.shape[2:], strict=True)
    for name, size, sides, result in rows:
        signs = "".join(f" − {-side}" if side < 0 else f" + {side}" for side in sides)
        lines.append(f"{name}: {size}{signs} = {result}")
    return tuple(lines)


def _padding(
    axes: int,
    kind: str,
    doc: str,
    formula: str,
    rule: Callable[[Params, TensorType], TensorType],
    keywords: tuple[str, ...],
    *examples: Example,
    value: bool = False,
) -> Layer:
    """One way to pad; only constants may cut away as well."""
    cuts = rule is _padded and kind in ("Constant", "Zero")
    sides = ", ".join(_SIDES[: 2 * axes])
    fill = Float("value", 0.0, low=-1e30, high=1e30, doc="what the border is filled with")
    return Layer(
        title=f"{kind} padding {axes}D",
        family="shape",
        short="pad",
        formula=formula,
        doc=f"Puts a border around {KINDS[axes]}, {doc}.",
        keywords=("border", "edge", "margin", "extend", *keywords),
        params=(
            Size(
                "padding",
                1,
                axes=2 * axes,
                low=-_MOST if cuts else 0,
                unit="px" if axes == 2 else "",
                doc=f"width of the border: one number, or {sides}"
                + ("; below 0 cuts away" if cuts else ""),
            ),
            *((fill,) if value else ()),
        ),
        inputs=(grid(axes),),
        output=rule,
        words=_words,
        module=f"nn.{kind}Pad{axes}d({{padding}}{', {value}' if value else ''})",
        examples=examples,
    )


def _constant(axes: int, *examples: Example) -> Layer:
    return _padding(
        axes,
        "Constant",
        "filled with one value",
        "y = value outside, x inside",
        _padded,
        ("fill", "value", "crop"),
        *examples,
        value=True,
    )


def _zero(axes: int, *examples: Example) -> Layer:
    return _padding(
        axes, "Zero", "filled with 0", "y = 0 outside, x inside", _padded, ("crop",), *examples
    )


def _reflection(axes: int, *examples: Example) -> Layer:
    return _padding(
        axes,
        "Reflection",
        "in which they are mirrored at the edge",
        "y[−i] = x[i]",
        _reflected,
        ("reflect", "mirror"),
        *examples,
    )


def _replication(axes: int, *examples: Example) -> Layer:
    return _padding(
        axes,
        "Replication",
        "in which their edge goes on",
        "y[−i] = x[0]",
        _padded,
        ("replicate", "repeat", "nearest"),
        *examples,
    )


def _circular(axes: int, *examples: Example) -> Layer:
    return _padding(
        axes,
        "Circular",
        "in which they begin anew from the other end",
        "y[−i] = x[size − i]",
        _wrapped,
        ("wrap", "periodic", "torus"),
        *examples,
    )


_LINE = (example((3, 8)), example((2, 6), padding=(2, 0)))
_IMAGE = (example((3, 8, 6)), example((2, 6, 5), padding=(2, 0, 1, 3)))
_VOLUME = (example((2, 4, 5, 6)), example((1, 3, 4, 5), padding=(2, 0, 1, 3, 0, 2)))

ConstantPad2d = _constant(
    2, example((3, 8, 6), value=-1.5), example((2, 6, 5), padding=(2, 0, -2, 3))
)
ConstantPad1d = _constant(1, example((3, 8), value=2.0), example((2, 6), padding=(-1, 3)))
ConstantPad3d = _constant(
    3, example((2, 4, 5, 6), value=0.5), example((1, 3, 4, 5), padding=(2, 0, 1, -3, 0, 2))
)
ZeroPad2d = _zero(2, *_IMAGE)
ZeroPad1d = _zero(1, *_LINE)
ZeroPad3d = _zero(3, *_VOLUME)
ReflectionPad2d = _reflection(2, *_IMAGE)
ReflectionPad1d = _reflection(1, *_LINE)
ReflectionPad3d = _reflection(3, example((2, 4, 5, 6)), _VOLUME[1])
ReplicationPad2d = _replication(2, *_IMAGE)
ReplicationPad1d = _replication(1, *_LINE)
ReplicationPad3d = _replication(3, *_VOLUME)
CircularPad2d = _circular(2, *_IMAGE)
CircularPad1d = _circular(1, *_LINE)
CircularPad3d = _circular(3, *_VOLUME)
