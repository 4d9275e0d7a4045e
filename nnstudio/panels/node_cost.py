"""What one node costs, in words: weights, work, memory, how far it sees, and what dense would need.

Pure text and sums over the facts of a check.
"""

from __future__ import annotations

from math import prod
from typing import Any

from graph_compiler.layer import Layer
from graph_compiler.model import Node
from graph_compiler.report import NodeFacts, types_in
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from nnstudio.document.document import Document
from nnstudio.panels.text import brief, count, number, size

MOST_INSIDE = 12
"""Lines that tell what a block holds."""
_BYTES = {"float": 4, "int": 8, "bool": 1}
CONVOLUTION = "convolution"
MOST_NODES = 1500
"""In larger drawings the receptive field is left out: it takes a walk over all nodes."""

Rows = list[tuple[str, str]]


def weight_rows(facts: NodeFacts | None) -> Rows:
    """Each weight with its shape and how many numbers it holds."""
    if facts is None:
        return []
    return [
        (
            f"{name or 'value'}  {'×'.join(map(str, shape))}",
            number(prod(int(axis) for axis in shape)),
        )
        for name, shape in facts.weights.items()
    ]


def dense_comparison(layer: Layer | None, facts: NodeFacts | None) -> str:
    """How many parameters a dense layer between the same shapes would need; "" where it is no
    convolution."""
    if layer is None or facts is None or layer.family != CONVOLUTION or not facts.weights:
        return ""
    if not facts.inputs or not facts.outputs or not facts.parameters:
        return ""
    bias = "bias" in facts.weights
    given, made = int(facts.inputs[0].numel), int(facts.outputs[0].numel)
    needed = given * made + (made if bias else 0)
    own = sum(prod(int(axis) for axis in shape) for shape in facts.weights.values())
    times = needed / own
    share = f", {number(round(times))} times as many" if times >= 2 else ""
    return (
        f"A dense layer between the same shapes would need {number(needed)}{share}: "
        f"{number(given)} × {number(made)}{f' + {number(made)}' if bias else ''}."
    )


def cost_rows(document: Document, network: str, node: Node, facts: NodeFacts | None) -> Rows:
    """Parameters, multiply-accumulates, memory of the output, receptive field."""
    if facts is None or not facts.outputs:
        return []
    rows: Rows = []
    if facts.parameters:
        rows.append(("parameters", number(facts.parameters)))
    unknown = sorted(set(document.report(network).uncounted) & types_in({"": facts}))
    if facts.macs or unknown:
        rows.append(("multiply-accumulates", _work(facts.macs, unknown)))
    rows.append(("output of one example", size(_memory(facts.outputs))))
    seen = receptive_field(document, network, node)
    if seen is not None and max(seen) > 1:
        rows.append(("receptive field", "×".join(map(str, seen))))
    return rows


def receptive_field(document: Document, network: str, node: Node) -> tuple[int, ...] | None:
    """Cells of the drawing's input that one cell of the output sees; None without such axes."""
    if len(document.network(network).nodes) > MOST_NODES:
        return None
    found = document.summary(network).nodes.get(node.name)
    return found.receptive_field if found is not None else None


def inside_rows(facts: NodeFacts | None) -> Rows:
    """What lies inside a block or a row of turns, with the parameters of each."""
    if facts is None or not facts.inside:
        return []
    rows = [
        (_turn(name) if name.startswith("[") else f"{name}  {inner.type}", number(inner.parameters))
        for name, inner in facts.inside.items()
        if inner.parameters
    ]
    more = len(rows) - MOST_INSIDE
    return [*rows[:MOST_INSIDE], (f"and {more} more", "")] if more > 0 else rows


def together(facts: list[NodeFacts | None]) -> str:
    """The sums over several nodes."""
    known = [one for one in facts if one is not None]
    words = [count(sum(one.parameters for one in known), "parameter")]
    macs = sum(one.macs for one in known)
    if macs:
        words.append(count(macs, "multiply-accumulate"))
    return f"{' and '.join(words)} together"


def _work(macs: int, unknown: list[str]) -> str:
    """The work that is known, and whose is not: Python that nobody counts."""
    if not unknown:
        return _both(macs)
    whose = f"that of {', '.join(unknown)} is unknown (Python)"
    return f"{_both(macs)}; {whose}" if macs else whose


def _both(value: int) -> str:
    """All digits, or the first few with a unit where those are too many to read."""
    return number(value) if value < 10_000_000 else brief(value)


def _memory(outputs: tuple[TensorType, ...]) -> int:
    return sum(_BYTES.get(one.dtype, 4) * _numel(one) for one in outputs)


def _numel(given: TensorType) -> int:
    return prod(1 if axis is N else _whole(axis) for axis in given.shape)


def _whole(axis: Any) -> int:
    return int(axis)


def _turn(name: str) -> str:
    return f"turn {int(name[1:-1]) + 1}"
