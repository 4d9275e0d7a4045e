"""The graph of operations of a network on one batch, as a probe tells it, and its numbers as text.

Owns what a probe's answer means and the check that it can be believed; `nnstudio.plotdata.oplayout`
says where the operations stand. Must not import Qt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = ("input", "parameter", "operation", "loss")
_MOST_NOTE = 1_000
_MOST_OPERATIONS = 20_000
_MOST_NUMBERS = 64


class GraphError(ValueError):
    """A probe's answer that cannot be shown; the text says why."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is told of a value or gradient: its shape, its first numbers and its statistics."""

    shape: tuple[int, ...]
    first: tuple[float, ...]
    low: float
    high: float
    mean: float
    std: float

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Operation:
    """One input, parameter, operation or loss of the forward pass."""

    id: str
    kind: str
    label: str
    node: str
    """Path of the network's node that it belongs to; empty for inputs and the loss."""
    shape: tuple[int, ...]
    inputs: tuple[str, ...]
    value: Tensor | None = None
    gradient: Tensor | None = None
    grad_fn: str = ""


@dataclass(frozen=True, slots=True)
class OpGraph:
    """The operations of one forward and backward pass, in order."""

    operations: Mapping[str, Operation] = field(default_factory=dict)
    loss: float = math.nan
    rows: int = 0
    note: str = ""
    """What a person must know of the batch, in a sentence."""

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Every (source, target) once, without self-loops."""
        found = {
            (source, op.id): None
            for op in self.operations.values()
            for source in op.inputs
            if source != op.id
        }
        return tuple(found)

    def without(self, kind: str) -> OpGraph:
        """The graph without the operations of a kind."""
        kept = {key: op for key, op in self.operations.items() if op.kind != kind}
        operations = {
            key: Operation(
                op.id,
                op.kind,
                op.label,
                op.node,
                op.shape,
                tuple(i for i in op.inputs if i in kept),
                op.value,
                op.gradient,
                op.grad_fn,
            )
            for key, op in kept.items()
        }
        return OpGraph(operations, self.loss, self.rows)


def read_probe(result: Mapping[str, Any]) -> OpGraph:
    """Check a probe's answer; raises `GraphError` with a sentence for people."""
    listed = result.get("operations")
    if not isinstance(listed, list):
        raise GraphError("The probe's answer holds no list of operations. Probe again.")
    if len(listed) > _MOST_OPERATIONS:
        raise GraphError(
            f"The graph has {len(listed)} operations; at most {_MOST_OPERATIONS} are shown."
        )
    operations: dict[str, Operation] = {}
    for place, entry in enumerate(listed):
        operation = _operation(entry, place)
        if operation.id in operations:
            raise GraphError(f"Operation {place} repeats the id {operation.id!r}. Probe again.")
        operations[operation.id] = operation
    for operation in operations.values():
        missing = [source for source in operation.inputs if source not in operations]
        if missing:
            raise GraphError(
                f"{operation.label} takes {missing[0]!r}, which is not in the graph. Probe again."
            )
    note = result.get("note")
    return OpGraph(
        operations,
        _number(result.get("loss")),
        _whole(result.get("rows")),
        note[:_MOST_NOTE] if isinstance(note, str) else "",
    )


def _operation(entry: Any, place: int) -> Operation:
    if not isinstance(entry, Mapping) or "id" not in entry:
        raise GraphError(f"Operation {place} of the probe's answer has no id. Probe again.")
    kind = str(entry.get("kind", "operation"))
    inputs = entry.get("inputs") or []
    if not isinstance(inputs, list):
        raise GraphError(f"Operation {place} of the probe's answer has no list of inputs.")
    return Operation(
        id=str(entry["id"]),
        kind=kind if kind in KINDS else "operation",
        label=str(entry.get("label") or kind),
        node=str(entry.get("node") or ""),
        shape=_shape(entry.get("shape")),
        inputs=tuple(str(source) for source in inputs),
        value=_tensor(entry.get("value")),
        gradient=_tensor(entry.get("gradient")),
        grad_fn=str(entry.get("grad_fn") or ""),
    )


def _tensor(entry: Any) -> Tensor | None:
    if not isinstance(entry, Mapping):
        return None
    first = entry.get("first")
    numbers = first if isinstance(first, list) else []
    return Tensor(
        _shape(entry.get("shape")),
        tuple(_number(value) for value in numbers[:_MOST_NUMBERS]),
        _number(entry.get("min")),
        _number(entry.get("max")),
        _number(entry.get("mean")),
        _number(entry.get("std")),
    )


def _shape(entry: Any) -> tuple[int, ...]:
    return tuple(_whole(size) for size in entry) if isinstance(entry, list | tuple) else ()


def _number(value: Any) -> float:
    """A number as JSON tells it; what is none (such as null for NaN) becomes NaN."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return math.nan
    return math.nan


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else 0


def numbers_text(tensor: Tensor, room: int) -> str:
    """The first numbers of a tensor in brackets, as many as fit into `room` characters."""
    if tensor.size == 1 and tensor.first:
        return short_number(tensor.first[0])
    text = "["
    for place, value in enumerate(tensor.first):
        word = short_number(value)
        more = place + 1 < tensor.size
        if len(text) + 1 + len(word) + len(" … ]" if more else " ]") > room:
            return f"{text} … ]" if place else "[ … ]"
        text += f" {word}"
    return f"{text} ]" if len(tensor.first) == tensor.size else f"{text} … ]"


def short_number(value: float) -> str:
    """A number in about five characters: -0.76, 12.3, 1.2e-6."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.001 or size >= 10_000:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    if size >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.3f}" if size < 0.01 else f"{value:.2f}"


def shape_text(shape: Sequence[int]) -> str:
    """A shape for people: 32×6×28×28; a single number is a scalar."""
    return "×".join(map(str, shape)) if shape else "scalar"
