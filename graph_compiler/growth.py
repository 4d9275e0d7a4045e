"""How the sizes of a row change from one turn to the next.

Owns the comparison of types as expressions, and what grows evenly. Knows no nodes but their types.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from graph_compiler.inferred import Inferred
from graph_compiler.symbols import Dim, N, Symbolic
from graph_compiler.tensors import TensorType


def same_types(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    """Whether two rows of types are the same expressions."""
    for a, b in zip(one, two, strict=True):
        if (a is None) != (b is None):
            return False
        if a is not None and (a.dtype != b.dtype or not same_shape(a.shape, b.shape)):
            return False
    return True


def same_shape(one: tuple[Dim, ...], two: tuple[Dim, ...]) -> bool:
    """Whether two shapes are the same expressions, axis by axis."""
    return len(one) == len(two) and all(
        a is b or (a is not N and b is not N and same_size(a, b))
        for a, b in zip(one, two, strict=True)
    )


def same_size(one: Dim, two: Dim) -> bool:
    """Whether two sizes are the same expression."""
    if isinstance(one, Symbolic):
        return one.same(two)
    return two.same(one) if isinstance(two, Symbolic) else one == two


def steps_between(one: tuple[Any, ...], two: tuple[Any, ...]) -> list[list[Dim]] | None:
    """By how much every size grows from one turn to the next; None where ranks change."""
    rows: list[list[Dim]] = []
    for a, b in zip(one, two, strict=True):
        if a is None or b is None:
            rows.append([])
            continue
        if a.rank != b.rank or a.dtype != b.dtype:
            return None
        rows.append([0 if x is N else y - x for x, y in zip(a.shape, b.shape, strict=True)])
    return rows


def same_steps(one: list[list[Dim]] | None, two: list[list[Dim]] | None) -> bool:
    """Whether sizes grew by the same expressions."""
    if one is None or two is None:
        return False
    return all(
        same_size(a, b)
        for row, other in zip(one, two, strict=True)
        for a, b in zip(row, other, strict=True)
    )


def grown(types: tuple[Any, ...], steps: list[list[Dim]] | None, turns: Dim) -> tuple[Any, ...]:
    """The types after so many turns more."""
    found: list[TensorType | None] = []
    for tensor, row in zip(types, steps or (), strict=True):
        if tensor is None:
            found.append(None)
            continue
        shape = tuple(
            size if size is N or same_size(step, 0) else size + step * turns
            for size, step in zip(tensor.shape, row, strict=True)
        )
        found.append(TensorType(shape, tensor.dtype))
    return tuple(found)


def even_from(steps: Sequence[list[list[Dim]] | None]) -> int:
    """The first of the last steps that are all alike."""
    start = len(steps) - 1
    while start and same_steps(steps[start - 1], steps[-1]):
        start -= 1
    return start


def after_all(each: list[Inferred], count: Symbolic) -> tuple[TensorType, ...]:
    """The last turn's outputs where the number of turns is an expression.

    Counted from where they begin to grow evenly, so that the text is one for every number of turns.
    """
    last = int(count) - 1
    steps = [steps_between(one.outputs, two.outputs) for one, two in pairwise(each)]
    if steps[-1] is None:
        return each[last].outputs
    first = min(even_from(steps), last)
    return grown(each[first].outputs, steps[-1], count - 1 - first)
