"""What is wrong with a node inside a block, in words.

Owns the texts that `graph_compiler.structure` gives; what is wrong with names and wires is
`graph_compiler.drawing_faults`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph_compiler.codes import problem
from graph_compiler.drawing_faults import outlet_problem, two_meanings
from graph_compiler.model import Node, Wire
from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import shown
from graph_compiler.tensors import TensorType

MOST_DEPTH = 24
"""Levels of blocks inside blocks."""
MOST_CALLS = 100_000
"""Nodes worked out for one drawing, so that hostile nesting ends."""


def unknown_type(node: Node) -> Problem:
    """A node of a type that is neither a layer nor a block."""
    if node.type in layers():
        return two_meanings(node)
    return problem(
        "unknown_type",
        node.name,
        expected="a known layer type",
        got=shown(node.type) if node.type else "none",
        remedy="Replace it by a layer of the palette.",
    )


def unconnected(node: Node, port: str) -> Problem:
    """A port that needs a wire and has none."""
    return problem(
        "unconnected",
        node.name,
        port,
        expected="a wire",
        got="none",
        remedy="Connect the layer before it.",
    )


def no_outputs() -> Problem:
    """A block that nothing comes out of."""
    return problem(
        "no_output",
        expected="an Output in the block",
        got="none",
        remedy="Add one behind its last layer.",
    )


def too_deep(node: Node) -> Problem:
    """A block inside too many others."""
    return problem(
        "nested_too_deep",
        node.name,
        expected=f"at most {MOST_DEPTH} blocks inside each other",
        got="more",
        remedy="Dissolve one of the blocks in between.",
    )


def holds_itself(node: Node) -> Problem:
    """A block inside itself, or inside one that it holds."""
    return problem(
        "nested_too_deep",
        node.name,
        expected="a block without itself inside",
        got=f"{node.type}, which holds itself",
        remedy=f"Take {node.type} out of itself, and repeat the node to have it several times.",
    )


def too_many(node: Node) -> Problem:
    """More layers than are worked out for one drawing."""
    return problem(
        "too_large",
        node.name,
        expected=f"at most {MOST_CALLS:,} layers at work in one network",
        got="more",
        remedy="Repeat less often, or nest less deep.",
    )


def from_nowhere(
    wired: tuple[tuple[str, Wire | None], ...],
    types: Mapping[tuple[str, str], TensorType],
    facts: Mapping[str, NodeFacts],
) -> Iterable[Problem]:
    """Wires from ports that their sources, which are sound themselves, do not have."""
    for _, wire in wired:
        if wire is None or (wire.source, wire.source_port) in types:
            continue
        known = facts.get(wire.source)
        if known is not None and known.outputs:
            outlets = [port for source, port in types if source == wire.source]
            yield replace(outlet_problem(outlets, wire), fixes=())
