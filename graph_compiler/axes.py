"""Axes that a parameter names: counted from the front or the back, checked, never the batch.

Owns the parameter `dim` of layers that work along axes and the words of its refusals. Works on
ints and symbols.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph_compiler.layer import Int, Ints, Mismatch, Param, explicit
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType


def Axis(default: int, doc: str, *, name: str = "dim", label: str = "axis") -> Param:
    """The parameter that names one axis."""
    return explicit(Int(name, default, low=-15, high=15, label=label, doc=doc))


def Axes(
    default: tuple[int, ...] | None,
    doc: str,
    *,
    name: str = "dim",
    label: str = "axes",
    optional: bool = False,
) -> Param:
    """The parameter that names several axes."""
    return explicit(Ints(name, default, low=-15, high=15, label=label, doc=doc, optional=optional))


def is_batched(x: TensorType) -> bool:
    """Whether the first axis is the batch."""
    return x.rank > 0 and x.shape[0] is N


def axis_at(
    dim: Dim,
    x: TensorType,
    *,
    name: str = "dim",
    port: str = "input",
    batch: bool = False,
    more: int = 0,
) -> int:
    """The place of an axis in the shape; raises `Mismatch` where there is none.

    The batch counts only where `batch` says so; `more` counts places for new axes.
    """
    place, rank = int(dim), x.rank + more
    place = place if place >= 0 else place + rank
    first = 0 if batch or not is_batched(x) else 1
    reachable = first <= place < rank
    if reachable and (batch or more or x.shape[place] is not N):
        return place
    if first < rank:
        expected = f"an axis from {first} to {rank - 1}"
    else:
        expected = "an axis besides the batch"
    hint = "; 0 is the batch" if first else ""
    raise Mismatch(
        "axis_out_of_range",
        port,
        expected=expected,
        got=f"{name} {int(dim)} on {x}",
        remedy=f"Set {name} to an axis of the input{hint}.",
    )


def axes_at(
    dims: Sequence[Dim],
    x: TensorType,
    *,
    name: str = "dim",
    port: str = "input",
    batch: bool = False,
    more: int = 0,
) -> tuple[int, ...]:
    """The places of several axes in the order given; raises `Mismatch` for one named twice."""
    if not dims:
        raise Mismatch(
            "axis_out_of_range",
            port,
            expected="at least one axis",
            got=f"none in {name}",
            remedy=f"Name axes in {name}; -1 is the last.",
            fixes=(Fix("Use the last axis", (SetParam("", name, (-1,)),)),),
        )
    places = tuple(axis_at(dim, x, name=name, port=port, batch=batch, more=more) for dim in dims)
    if len(set(places)) < len(places):
        raise Mismatch(
            "axis_twice",
            port,
            expected="each axis once",
            got=f"{name} ({', '.join(str(int(dim)) for dim in dims)}) on {x}",
            remedy=f"Name each axis once in {name}.",
        )
    return places


def replaced(x: TensorType, place: int, *sizes: Dim) -> TensorType:
    """The tensor with an axis replaced by others, or by none."""
    return x.with_shape(*x.shape[:place], *sizes, *x.shape[place + 1 :])
