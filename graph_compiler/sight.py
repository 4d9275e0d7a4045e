"""How far a cell sees: the receptive field, layer by layer.

Owns the rules by which a layer widens the sight of what comes out of it, and which layers read a
whole sequence. Pure arithmetic over the facts of a check.
"""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple, TypeVar

from graph_compiler.layer import Layer
from graph_compiler.report import NodeFacts
from graph_compiler.tensors import TensorType

T = TypeVar("T")


class Sight(NamedTuple):
    """How much of the input one cell sees along each spatial axis, and the cells' distance."""

    size: tuple[float, ...]
    jump: tuple[float, ...]
    whole: tuple[int, ...]
    """How many cells the input has."""


def seen(type: str, layer: Layer, known: NodeFacts, before: Sight | None) -> Sight | None:
    """The sight behind a layer; None where cells no longer stand for places."""
    if before is None or not known.inputs or layer.family in _MIXING or type in _OF_VECTORS:
        return None
    x, y = known.inputs[0], known.outputs[0]
    axes = len(before.size)
    if layer.window is not None:
        spans, steps = layer.window(known.params)
        return _slid(before, spans, steps) if len(spans) == axes else None
    if y.rank != axes + 2 or x.rank != y.rank:
        return None
    if type in _TURNED:
        return None
    place = known.params.dim % x.rank - 2 if type in _ALONG else -1
    if place >= 0 and type == "Slice":
        ones = (1,) * axes
        return _slid(before, ones, _with(ones, place, known.params.step))
    if place >= 0:
        return before._replace(size=_with(before.size, place, float(before.whole[place])))
    if x.shape[2:] == y.shape[2:]:
        return before
    if type in _SHRUNK or type in _ENLARGED or type in _SHUFFLED:
        return _scaled(before, x, y, _cells_read(type, known.params))
    return before if type in _TRIMMED or "Pad" in type else None


_MIXING = frozenset({"dense", "recurrent", "attention", "transformer", "embedding"})
"""Families for which the last axis is no place."""
_ATTENDING = frozenset({"MultiheadAttention", "ScaledDotProductAttention"})
_OF_VECTORS = frozenset({"LayerNorm", "RMSNorm"})
"""Layers of other families that read the last axis as one vector."""
_SHRUNK = frozenset(
    f"{kind}{axes}d"
    for kind in ("AdaptiveAvgPool", "AdaptiveMaxPool", "FractionalMaxPool")
    for axes in (1, 2, 3)
)
_ENLARGED = frozenset({"Upsample", "Resize", *(f"MaxUnpool{axes}d" for axes in (1, 2, 3))})
_SHUFFLED = frozenset({"PixelShuffle", "PixelUnshuffle"})
_TRIMMED = frozenset({"CenterCrop", "Slice"})
_TURNED = frozenset({"Transpose", "Permute"})
"""Layers behind which an axis is another one than at the input."""
_ALONG = frozenset({"Softmax", "Softmin", "LogSoftmax", "Cumulative", "Slice"})
"""Layers of one axis: all of it is read for every cell, or only every so many cells are."""
_AROUND = {"linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}


def reads_all(type: str, layer: Layer) -> bool:
    """Whether every step that comes out has seen the others, or those before it."""
    return layer.recurrent or layer.family == "transformer" or type in _ATTENDING


def _with(values: tuple[T, ...], place: int, value: T) -> tuple[T, ...]:
    """The values with another one at one place."""
    return (*values[:place], value, *values[place + 1 :])


def _cells_read(type: str, params: Any) -> int:
    """How many cells along an axis are mixed into one; 0 for as many as lie behind it."""
    if type in _ENLARGED and getattr(params, "mode", "nearest") != "area":
        return _AROUND.get(getattr(params, "mode", "nearest"), 1)
    return 0


def _slid(before: Sight, spans: tuple[int, ...], steps: tuple[int, ...]) -> Sight:
    """Behind a sliding window; a negative step says that cells lie closer than before."""
    size, jump = [], []
    for axis, (span, step) in enumerate(zip(spans, steps, strict=True)):
        size.append(before.size[axis] + (span - 1) * before.jump[axis])
        jump.append(before.jump[axis] * (step if step > 0 else 1 / -step))
    return before._replace(size=tuple(size), jump=tuple(jump))


def _scaled(before: Sight, x: TensorType, y: TensorType, read: int) -> Sight:
    """Behind a layer that spreads the cells of its input evenly over those of its output."""
    size, jump = [], []
    for axis, (old, new) in enumerate(zip(x.shape[2:], y.shape[2:], strict=True)):
        old, new = int(old), int(new)
        widest = max(-(-(i + 1) * old // new) - i * old // new for i in range(min(new, old)))
        span = min(read or widest, old)
        size.append(before.size[axis] + (span - 1) * before.jump[axis])
        jump.append(before.jump[axis] * old / new)
    return before._replace(size=tuple(size), jump=tuple(jump))


def cells(sight: Sight) -> tuple[int, ...]:
    """Whole cells, for what is seen in part is seen; no more than there are."""
    return tuple(
        min(ceil(size - 1e-6), most) for size, most in zip(sight.size, sight.whole, strict=True)
    )
