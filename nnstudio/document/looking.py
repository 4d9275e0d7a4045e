"""From where a block is looked at: the types and values that one use of it gives; ports of a node.

A block has no shapes of its own; it is shown as its first use sees it, or as a chosen one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph_compiler.blocks import FAMILY, ports_in
from graph_compiler.checker import Caller
from graph_compiler.layer import Layer, Params
from graph_compiler.model import Network, Node
from graph_compiler.report import NodeFacts
from graph_compiler.structure import outlets_of

FIRST_TURN = "[0]"


def first_calls(
    nodes: Iterable[NodeFacts],
    networks: Mapping[str, Network],
    calls: dict[str, Caller],
    seen: set[int],
) -> None:
    """Adds the first use of every block below these nodes."""
    for facts in nodes:
        if not facts.inside or id(facts.inside) in seen:
            continue
        seen.add(id(facts.inside))
        block = networks.get(facts.type)
        is_call = block is not None and block.is_block and FIRST_TURN not in facts.inside
        if is_call and facts.type not in calls:
            caller = _caller(facts)
            if caller is not None:
                calls[facts.type] = caller
        first_calls(facts.inside.values(), networks, calls, seen)


def call_by(nodes: Iterable[str], facts: Mapping[str, NodeFacts]) -> tuple[str, Caller] | None:
    """The block at the end of a way through blocks, and what it is given there.

    Of a node that stands several times the first turn counts. None where the way leads nowhere.
    """
    one: NodeFacts | None = None
    for name in nodes:
        one = (facts if one is None else one.inside).get(name)
        if one is None:
            return None
        one = one.inside.get(FIRST_TURN, one)
    if one is None or not one.inside:
        return None
    caller = _caller(one)
    return None if caller is None else (one.type, caller)


def outlets(
    node: Node, layer: Layer, params: Params | None, networks: Mapping[str, Network]
) -> tuple[str, ...]:
    """The output ports of a node: those of its layer, for a scan the last states as well."""
    names = layer.outputs if layer.outlets is None or params is None else outlets_of(layer, params)
    if node.scan and layer.family == FAMILY and node.type in networks:
        states = set(ports_in(networks[node.type]))
        names += tuple(f"last_{name}" for name in names if name in states)
    return names


def _caller(facts: NodeFacts) -> Caller | None:
    if facts.params is None:
        return None
    types = {
        name: inner.outputs[0] for name, inner in facts.inside.items() if inner.type == "Input"
    }
    return Caller(types, dict(vars(facts.params)))
