"""What stands on a node besides its parameters: turns in a row, time, blocks, shared weights.

Read from the document as frozen values; no painting, no widgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph_compiler.blocks import FAMILY
from graph_compiler.layer import Layer, Mismatch
from graph_compiler.model import Node, Value
from graph_compiler.report import NodeFacts
from graph_compiler.turns import turns
from nnstudio.document.document import Document

MOST_INSIDE = 12
"""Nodes of a block that a tooltip names."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How a node is built: all empty for a plain layer."""

    block: bool = False
    """Whether it is a drawing of its own that can be opened."""
    turns: str = ""
    """`×4`; `×?` while the number cannot be told."""
    turns_from: str = ""
    """The expression that gives the number, where one does."""
    scan: str = ""
    """`forward`, `backward` or empty."""
    shares: str = ""
    """The node whose module it uses."""
    ties: tuple[tuple[str, str], ...] = ()
    """Own weight and the path of the weight that it is."""


PLAIN = Marks()


def marks_of(node: Node, layer: Layer | None, facts: NodeFacts | None, env: Env) -> Marks:
    """The marks of a node; most nodes have none."""
    block = layer is not None and layer.family == FAMILY
    if not (block or node.repeat is not None or node.scan or node.shares or node.ties):
        return PLAIN
    return Marks(
        block,
        "" if node.repeat is None else f"×{_count(node, facts, env)}",
        node.repeat if isinstance(node.repeat, str) else "",
        node.scan,
        node.shares,
        tuple(sorted(node.ties.items())),
    )


Env = Mapping[str, Value]


def _count(node: Node, facts: NodeFacts | None, env: Env) -> str:
    # What was worked out counts before the block's defaults, for it is what the caller asks for.
    found = sum(name.startswith("[") for name in facts.inside) if facts else 0
    if found:
        return str(found)
    try:
        return str(turns(node, env))
    except Mismatch:
        return "?"


def words(document: Document, network: str, name: str, marks: Marks) -> list[str]:
    """The marks of a node in sentences."""
    found = []
    if marks.turns:
        often = marks.turns[1:]
        source = f", by {marks.turns_from}" if marks.turns_from else ""
        found.append(f"Stands {often} times in a row{source}; every turn has its own weights.")
    if marks.scan == "forward":
        found.append("Runs over the steps of a sequence, from the first to the last.")
    elif marks.scan:
        found.append("Runs over the steps of a sequence, from the last to the first.")
    if marks.shares:
        found.append(f"Uses the module of {marks.shares}, weights and all.")
    found += [f"Its {weight} is {other}." for weight, other in marks.ties]
    if marks.block:
        node = document.network(network).nodes[name]
        found.append(f"Inside: {contents(document, node.type)}.")
        found.append("Enter or a double-click opens it.")
    return found


def contents(document: Document, block: str) -> str:
    """What a block holds, as a list of names."""
    drawing = document.project.networks.get(block)
    names = [one.name for one in drawing.nodes.values()] if drawing is not None else []
    if not names:
        return "nothing yet"
    more = len(names) - MOST_INSIDE
    return ", ".join(names[:MOST_INSIDE]) + (f" and {more} more" if more > 0 else "")
