"""Steps on the ports of a block, from inside and from outside: add, rename, type, order, remove.

A port is an Input or Output node of the block; the wires of every use of the block follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graph_compiler.model import Network, Node, Project, Wire
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step, network_of
from nnstudio.document.steps import layout, naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import instances, ports_by_node
from nnstudio.document.steps.nodes import rename_node
from nnstudio.document.steps.port_order import put_order

ENDS = {"in": "Input", "out": "Output"}
KINDS = ("float", "int", "bool", "state")
"""What an input carries: float numbers, indices, a mask, or a state that goes in again."""


@dataclass(frozen=True, slots=True)
class BlockPort:
    """One port of a block: its name, the node inside that it is, and what it carries."""

    name: str
    node: str
    side: str
    """`in` or `out`."""
    kind: str
    """One of `KINDS`; an output that is no state carries what leads to it: ``."""


def block_ports(block: Network, side: str) -> tuple[BlockPort, ...]:
    """The ports of one side of a block, in their order."""
    inputs, outputs = ports_by_node(block)
    if block.code is not None:
        kinds = {port.name: port.dtype for port in block.code.inputs}
        names = inputs if side == "in" else outputs
        return tuple(BlockPort(name, name, side, kinds.get(name, "")) for name in names)
    states = set(inputs.values()) & set(outputs.values())
    found = []
    for node, name in (inputs if side == "in" else outputs).items():
        kind = str(block.nodes[node].params.get("dtype", "float")) if side == "in" else ""
        found.append(BlockPort(name, node, side, "state" if name in states else kind))
    return tuple(found)


def wires_at(project: Project, block: str, side: str, port: str) -> tuple[tuple[str, Wire], ...]:
    """The wires at a port at all uses of a block, each with its drawing."""
    found = []
    last = f"last_{port}"
    for name, node in instances(project, block):
        for wire in sorted(project.networks[name].wires):
            enters = side == "in" and (wire.target, wire.target_port) == (node.name, port)
            leaves = side == "out" and wire.source == node.name and wire.source_port in (port, last)
            if enters or leaves:
                found.append((name, wire))
    return tuple(found)


def add_port(
    document: Document, block: str, side: str, name: str | None = None, place: int | None = None
) -> Step:
    """A new port of a block, `in` or `out`, behind the others or at a place among them."""
    draft = Draft(document.project, block)
    _refuse_network(draft)
    if side not in ENDS:
        raise Refused(f"“{side}” is no side of a block. Choose in or out.")
    taken = draft.network.nodes
    if name is None:
        title = naming.fresh("x" if side == "in" else "y", taken, numbered=False)
    else:
        title = _free(draft, name)
    before = [port.node for port in block_ports(draft.network, side)]
    draft.put(Node(title, ENDS[side], {}, _place(draft, ENDS[side])))
    spot = len(before) if place is None else max(0, min(place, len(before)))
    put_order(draft, block, {side: (*before[:spot], title, *before[spot:])})
    return draft.step(f"Add {title} to {block}")


def rename_port(document: Document, block: str, port: str, new: str, side: str = "") -> Step:
    """Another name for a port; its node and all wires follow. A state keeps both its ends."""
    draft = Draft(document.project, block)
    found = _port(draft, port, side)
    name = naming.valid(new)
    if name in (port, found.node):
        return draft.step(f"Rename {port}")
    ends = {one.node: name for one in _sides(draft.network) if one.name == port}
    if len(ends) > 1:  # a state: what comes out of it is named after what goes in
        ends = {node: name if node == port else f"{name}_" for node in ends}
    for wanted in ends.values():
        _refuse_taken(draft, wanted, block)
    for node, wanted in ends.items():
        rename_node(draft, node, wanted)
    return draft.step(f"Rename {port} of {block} to {name}")


def remove_port(document: Document, block: str, port: str, side: str = "") -> Step:
    """A port goes, with its node and the wires of every use of the block."""
    draft = Draft(document.project, block)
    draft.remove(_port(draft, port, side).node)
    return draft.step(f"Remove {port} from {block}")


def order_ports(document: Document, block: str, ports: Sequence[str], side: str = "") -> Step:
    """The inputs or the outputs of a block in another order."""
    draft = Draft(document.project, block)
    _refuse_network(draft)
    for one in (side,) if side else ENDS:
        nodes = {port.name: port.node for port in block_ports(draft.network, one)}
        if sorted(nodes) == sorted(ports):
            put_order(draft, block, {one: [nodes[port] for port in ports]})
            return draft.step(f"Reorder the ports of {block}")
    raise Refused(f"Name each input, or each output, of {block} once.")


def move_port(document: Document, block: str, side: str, port: str, by: int) -> Step:
    """A port some places up (fewer than 0) or down among those of its side."""
    draft = Draft(document.project, block)
    _port(draft, port, side)
    names = [one.name for one in block_ports(draft.network, side)]
    place = names.index(port)
    after = place + by
    if not 0 <= after < len(names):
        raise Refused(f"{port} is the {'first' if by < 0 else 'last'} already.")
    names.insert(after, names.pop(place))
    return order_ports(document, block, names, side)


def set_port_kind(document: Document, block: str, port: str, kind: str) -> Step:
    """What an input carries: `float`, `int`, `bool`, or a `state`.

    A state goes in again at the next step or turn: it has an output of its name as well.
    """
    draft = Draft(document.project, block)
    found = _port(draft, port, "in")
    if kind not in KINDS:
        raise Refused(f"“{kind}” is no type of a port. Choose one of {', '.join(KINDS)}.")
    end = f"{found.node}_"
    if kind == "state":
        if found.kind != "state":
            _refuse_taken(draft, end, block)
            draft.put(Node(end, "Output", {}, _place(draft, "Output")))
    else:
        if found.kind == "state":
            goes = next(o.node for o in block_ports(draft.network, "out") if o.name == port)
            name = naming.fresh(f"{port}_out", draft.network.nodes, numbered=False)
            rename_node(draft, goes, name)
        node = draft.node(found.node)
        params = {key: value for key, value in node.params.items() if key != "dtype"}
        if kind != "float":
            params["dtype"] = kind
        if dict(node.params) != params:
            draft.put(replace(node, params=params))
    return draft.step(f"Set the type of {port} of {block}")


def _refuse_network(draft: Draft) -> None:
    if not draft.network.is_block:
        raise Refused(f"{draft.name} is no block. Only a block has ports.")
    if draft.network.code is not None:
        raise Refused(f"{draft.name} is written in Python. Change its ports in its text.")


def _refuse_taken(draft: Draft, name: str, block: str) -> None:
    if name in draft.network.nodes:
        raise Refused(f"There is already a node “{name}” in {block}. Choose another name.")


def _free(draft: Draft, name: str) -> str:
    title = naming.valid(name)
    if title in draft.network.nodes:
        raise Refused(f"There is already a node “{title}”. Choose another name.")
    return title


def _sides(block: Network) -> tuple[BlockPort, ...]:
    return (*block_ports(block, "in"), *block_ports(block, "out"))


def _port(draft: Draft, port: str, side: str) -> BlockPort:
    _refuse_network(draft)
    for one in _sides(network_of(draft.project, draft.name)):
        if one.name == port and side in ("", one.side):
            return one
    raise Refused(f"{draft.name} has no port “{port}”.")


def _place(draft: Draft, type: str) -> layout.Place:
    places = [node.at for node in draft.network.nodes.values()]
    if not places:
        return (0.0, 0.0)
    same = [node.at for node in draft.network.nodes.values() if node.type == type]
    if same:
        x, y = max(same, key=lambda at: at[1])
        return layout.free(draft, (x, y + layout.HEIGHT + layout.GAP))
    xs, ys = zip(*places, strict=True)
    x = min(xs) - layout.PITCH if type == "Input" else max(xs) + layout.PITCH
    return layout.free(draft, (x, ys[0]))
