"""What attention layers have in common: heads that share the features, and masks.

Owns the refusals and their fixes. Works on ints and symbols.
"""

from __future__ import annotations

from graph_compiler.layer import Mismatch
from graph_compiler.problems import Fix, InsertOnWire, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType


def check_heads(param: str, heads: Dim, features: Dim, port: str = "input") -> None:
    """Every head takes the same number of features; offers the divisors next to the choice."""
    if features % heads == 0:
        return
    below, above = _divisors_around(int(heads), int(features))
    raise Mismatch(
        "heads_do_not_divide",
        port,
        expected=f"a number of features that {heads} heads divide",
        got=f"{features}",
        remedy=f"Set {param} to a divisor of the features.",
        fixes=tuple(
            Fix(f"Have {_counted(count)}", (SetParam("", param, count),))
            for count in dict.fromkeys((below, above))
            if count
        ),
    )


def _divisors_around(heads: int, features: int) -> tuple[int, int]:
    """The nearest divisors of the features, below and above; 0 where the search would be long."""
    below = next((n for n in range(min(heads, features), 0, -1) if features % n == 0), 1)
    above = next((n for n in range(heads, min(features, heads + 4096) + 1) if features % n == 0), 0)
    return below, above


def _counted(heads: int) -> str:
    return "1 head" if heads == 1 else f"{heads} heads"


def check_mask(port: str, mask: TensorType | None, *allowed: tuple[tuple[Dim, ...], str]) -> None:
    """A mask is of booleans or real numbers and has one of the allowed shapes, given with words."""
    if mask is None:
        return
    check_numbers(port, mask)
    if all(mask.shape != shape for shape, _ in allowed):
        raise Mismatch(
            "shapes_differ",
            port,
            expected=" or ".join(f"{TensorType(shape)} ({words})" for shape, words in allowed),
            got=f"{mask}",
            remedy="Feed it a mask of that shape.",
        )


def check_numbers(port: str, mask: TensorType) -> None:
    """Whole numbers are no mask."""
    if mask.dtype == "int":
        raise Mismatch(
            "wrong_dtype",
            port,
            expected="true and false, or real numbers to add to the scores",
            got="whole numbers",
            remedy="Make a mask of them with PaddingMask or a comparison.",
        )


def check_features(port: str, x: TensorType, features: Dim) -> None:
    """The last axis has this many features."""
    if x.last != features:
        units = (("out_features", int(features)),)
        insert = InsertOnWire("", port, "Linear", units)
        raise Mismatch(
            "features_differ",
            port,
            expected=f"{features} features",
            got=f"{x.last}",
            remedy="Bring it to as many features with Linear.",
            fixes=(Fix(f"Insert Linear with {features} units on {port}", (insert,)),),
        )


def check_batch(port: str, x: TensorType, like: TensorType) -> None:
    """Both have the same batch axis."""
    if x.shape[0] != like.shape[0]:
        raise Mismatch(
            "shapes_differ",
            port,
            expected=f"{like.shape[0]} examples",
            got=f"{x}",
            remedy="Feed it sequences of the same batch.",
        )
