"""Whether nodes can become a block, and what such a block would read from outside.

Changes nothing: asked before the step, and cheaply enough for a menu that opens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graph_compiler.model import Network, Node, Project, Variable
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.steps.following import head_of
from nnstudio.document.steps.ports import find
from nnstudio.document.visible import readings

ENDS = ("Input", "Output")


def why_not_group(document: Document, network: str, nodes: Iterable[str]) -> str:
    """What stands in the way of a block made of these nodes; "" for nothing."""
    drawing = document.network(network)
    try:
        held = held_of(drawing, nodes)
        refuse_cut(drawing, held)
        params_of(document.project, drawing, held)
    except Refused as refused:
        return refused.reason
    return ""


def refuse_cut(network: Network, held: Collection[str]) -> None:
    """Refuses nodes that cannot be taken out of a drawing together."""
    known = dict.fromkeys(held)
    if len(known) > 1:
        _refuse_ways_out(network, known)
    _refuse_shared(network, known)
    _refuse_woken(network, known)


def node_of(network: Network, name: str) -> Node:
    """A node of the drawing; refused where there is none of that name."""
    node = network.nodes.get(name)
    if node is None:
        raise Refused(f"There is no node “{name}”.")
    return node


def held_of(network: Network, nodes: Iterable[str]) -> tuple[str, ...]:
    chosen = {node_of(network, name).name for name in nodes}
    held = tuple(
        node.name
        for node in network.nodes.values()
        if node.name in chosen and node.type not in ENDS
    )
    if not held:
        raise Refused(
            "There is nothing to group: inputs and outputs stay outside. Select some layers first."
        )
    return held


def _refuse_ways_out(network: Network, held: Collection[str]) -> None:
    """Refuses nodes between which a way leads through one that stays outside."""
    after: dict[str, list[str]] = {}
    for wire in network.wires:
        after.setdefault(wire.source, []).append(wire.target)
    came: dict[str, str] = {}
    """Outside nodes that something in the group leads to, with the one that led there."""
    waiting = [(name, name) for name in held]
    while waiting:
        name, start = waiting.pop()
        for other in after.get(name, ()):
            if other in held:
                if name not in held:
                    raise Refused(
                        f"{came[name]} feeds {other} through {name}, which would stay outside. "
                        f"Select {name} as well, or leave one of the two out."
                    )
            elif other not in came:
                came[other] = start
                waiting.append((other, start))


def _refuse_shared(network: Network, held: Collection[str]) -> None:
    """Refuses modules that would have to be inside and outside at once."""
    for node in network.nodes.values():
        if node.shares in network.nodes and (node.name in held) != (node.shares in held):
            raise Refused(
                f"{node.name} uses the module of {node.shares}, so that both or none can be "
                "grouped. Select both, or give it a module of its own."
            )
        for own, other in node.ties.items():
            if node.name in held and head_of(other) not in held:
                raise Refused(
                    f"{node.name}.{own} is tied to {other}, which would stay outside. "
                    f"Select {head_of(other)} as well, or give {node.name} a {own} of its own."
                )


def _refuse_woken(network: Network, held: Collection[str]) -> None:
    """Refuses what would wake a branch that a choice lets sleep.

    A block works out all that leads to its outputs, and all that feeds it is worked out.
    """
    nodes = network.nodes
    choices = {name for name, node in nodes.items() if node.type == "Choice"}
    if not choices:
        return
    awake = {name for name, node in nodes.items() if node.type in ENDS}
    before: dict[str, list[str]] = {}
    for wire in network.wires:
        if wire.target not in choices:
            before.setdefault(wire.target, []).append(wire.source)
    waiting = list(awake)
    while waiting:
        for name in before.get(waiting.pop(), ()):
            if name not in awake:
                awake.add(name)
                waiting.append(name)
    for wire in sorted(network.wires):
        if wire.target in held and wire.target in choices and wire.source not in {*held, *awake}:
            raise Refused(
                f"{wire.target} lets one branch through; {wire.source} would be worked out "
                f"whichever it is. Select {wire.source} as well."
            )
    exits = sorted(
        {
            (wire.source in awake, wire.source, wire.source_port)
            for wire in network.wires
            if wire.source in held and wire.target not in held
        }
    )
    if len(exits) > 1 and not exits[0][0]:
        raise Refused(
            f"{exits[0][1]} is worked out only where a choice picks it, {exits[1][1]} whether or "
            "not. Group them apart, or select the choice as well."
        )


def params_of(project: Project, network: Network, held: Iterable[str]) -> tuple[Variable, ...]:
    """What the nodes read of the parameters of the block in which they lie."""
    around = network.params or {}
    read: set[str] = set()
    for name in held:
        node = node_of(network, name)
        for _, names in readings(node, find(node.type, project)):
            read |= names
    found = tuple(variable for name, variable in around.items() if name in read)
    for variable in found:
        if (isinstance(variable.value, str) and not variable.choices) or variable.value is None:
            raise Refused(
                f"A word such as {variable.name} cannot be handed on to a block inside. "
                f"Give {variable.name} a list of choices first."
            )
    return found
