"""What follows when nodes and ports come, go or change their names: wires of instances, weights.

Owns the rules by which the rest of a project stays true to an edit of one drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from graph_compiler.blocks import ends_out, ports_in, ports_out
from graph_compiler.model import Network, Node, Project, Wire
from nnstudio.document.network_edits import PutNode, PutWire

if TYPE_CHECKING:
    from nnstudio.document.steps.draft import Draft


def share_group(network: Network, names: Iterable[str]) -> tuple[str, ...]:
    """The nodes, and all that use one module with one of them."""
    found: dict[str, None] = {}
    for name in names:
        node = network.nodes.get(name)
        owner = node.shares if node is not None and node.shares else name
        found[name] = None
        for other in network.nodes.values():
            if other.name == owner or other.shares == owner:
                found[other.name] = None
    return tuple(found)


def heirs(draft: Draft, name: str) -> None:
    """What used the module or a weight of a node that goes: the first has it, the others share."""
    heir = ""
    for node in tuple(draft.network.nodes.values()):
        if node.shares == name and node.name != name:
            draft.put(replace(node, shares=heir))
            heir = heir or node.name
    owners: dict[str, str] = {}
    for node in tuple(draft.network.nodes.values()):
        ties: dict[str, str] = {}
        for own, other in node.ties.items():
            if node.name == name or head_of(other) != name:
                ties[own] = other
            elif other in owners:
                ties[own] = owners[other]
            else:
                owners[other] = f"{node.name}.{own}" if own else node.name
        if ties != dict(node.ties):
            draft.put(replace(node, ties=ties))


def head_of(path: str) -> str:
    """The node that a path to a weight begins with: `embed` of `embed/word.weight`."""
    return path.split("/", 1)[0].split(".", 1)[0].split("[", 1)[0]


def follow_ties(
    draft: Draft, before: Project, drawing: str, change: Callable[[str], str | None]
) -> None:
    """Rewrites every path to a weight from where it enters a drawing on; None takes the tie away.

    `before` is the project whose instances the paths lead through.
    """
    for network in tuple(draft.project.networks.values()):
        start = before.networks.get(network.name)
        if start is None:
            continue
        for node in tuple(network.nodes.values()):
            ties: dict[str, str] = {}
            for own, path in node.ties.items():
                after = _rewritten(before, start, path, drawing, change)
                if after is not None:
                    ties[own] = after
            if ties != dict(node.ties):
                draft.edit(PutNode(network.name, node.name, node, replace(node, ties=ties)))


def _rewritten(
    project: Project,
    network: Network,
    path: str,
    drawing: str,
    change: Callable[[str], str | None],
) -> str | None:
    if network.name == drawing:
        return change(path)
    head, slash, rest = path.partition("/")
    if not slash:
        return path
    node = network.nodes.get(head_of(head))
    inside = project.networks.get(node.type) if node is not None else None
    if inside is None or not inside.is_block or inside is network:
        return path
    below = _rewritten(project, inside, rest, drawing, change)
    return None if below is None else f"{head}/{below}"


Ports = Mapping[str, str]
"""Names of end nodes to the ports that they are."""


def ports_by_node(block: Network) -> tuple[Ports, Ports]:
    """The block's inputs and outputs by the nodes that stand for them."""
    entries = ports_in(block)
    return (
        dict(zip(entries, entries, strict=True)),
        dict(zip(ends_out(block), ports_out(block), strict=True)),
    )


def follow_ports(draft: Draft, before: Project, renamed: Mapping[tuple[str, str], str]) -> None:
    """Wires of all instances follow their blocks' ports: to new names, or away with them."""
    for name, block in before.networks.items():
        after = draft.project.networks.get(name)
        if not block.is_block or after is None or not after.is_block:
            continue
        old, new = ports_by_node(block), ports_by_node(after)
        if old == new and all(drawing != name for drawing, _ in renamed):
            continue
        entries, exits = (
            {port: then.get(renamed.get((name, node), node)) for node, port in now.items()}
            for now, then in zip(old, new, strict=True)
        )
        _follow_block(draft, name, entries, exits)


def _follow_block(
    draft: Draft,
    block: str,
    entries: Mapping[str, str | None],
    exits: Mapping[str, str | None],
) -> None:
    fed = set(entries.values())
    lasts = {f"last_{old}": f"last_{new}" if new in fed else None for old, new in exits.items()}
    leaving = {**lasts, **exits}
    for network in tuple(draft.project.networks.values()):
        uses = {node.name for node in network.nodes.values() if node.type == block}
        if not uses:
            continue
        laid: list[PutWire] = []
        for wire in tuple(network.wires):
            after = _followed(wire, uses, entries, leaving)
            if after == wire:
                continue
            route = network.routes.get(wire)
            draft.edit(PutWire(network.name, wire, False, route))
            if after is not None:
                laid.append(PutWire(network.name, after, True, route))
        for edit in laid:
            draft.edit(edit)


def _followed(
    wire: Wire,
    uses: set[str],
    entries: Mapping[str, str | None],
    exits: Mapping[str, str | None],
) -> Wire | None:
    source, target = wire.source_port, wire.target_port
    if wire.source in uses:
        after = exits.get(source, source)
        if after is None:
            return None
        source = after
    if wire.target in uses:
        after = entries.get(target, target)
        if after is None:
            return None
        target = after
    return replace(wire, source_port=source, target_port=target)


def holds(project: Project, block: str, inner: str, depth: int = 0) -> bool:
    """Whether a block uses another one, or one inside it does."""
    drawing = project.networks.get(block)
    if drawing is None or not drawing.is_block or depth > len(project.networks):
        return False
    types = {node.type for node in drawing.nodes.values()}
    return inner in types or any(
        holds(project, type, inner, depth + 1) for type in types if type in project.networks
    )


def instances(project: Project, block: str) -> tuple[tuple[str, Node], ...]:
    """Every use of a block: the drawing and the node."""
    return tuple(
        (network.name, node)
        for network in project.networks.values()
        for node in network.nodes.values()
        if node.type == block
    )
