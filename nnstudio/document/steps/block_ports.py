"""Steps on the ports of a block, from inside and from outside: add, rename, reorder, remove.

A port is an Input or Output node of the block; the wires of every use of the block follow.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph_compiler.blocks import natural
from graph_compiler.model import Node
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.network_edits import RenameNode
from nnstudio.document.steps import layout, naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import ports_by_node
from nnstudio.document.steps.nodes import rename_node

SIDES = {"in": "Input", "out": "Output"}


def add_port(document: Document, block: str, side: str, name: str | None = None) -> Step:
    """A new port of a block, `in` or `out`: an Input or Output node without a wire."""
    draft = Draft(document.project, block)
    _refuse_network(draft)
    type = SIDES.get(side)
    if type is None:
        raise Refused(f"“{side}” is no side of a block. Choose in or out.")
    taken = draft.network.nodes
    if name is None:
        title = naming.fresh("x" if side == "in" else "y", taken, numbered=False)
    else:
        title = naming.valid(name)
        if title in taken:
            raise Refused(f"There is already a node “{title}”. Choose another name.")
    draft.put(Node(title, type, {}, _place(draft, type)))
    return draft.step(f"Add {title} to {block}")


def rename_port(document: Document, block: str, port: str, new: str) -> Step:
    """Another name for a port; its node and all wires follow."""
    draft = Draft(document.project, block)
    node = _node_of(draft, port)
    name = naming.valid(new)
    if name in (port, node):
        return draft.step(f"Rename {port}")
    if name in draft.network.nodes:
        raise Refused(f"There is already a node “{name}”. Choose another name.")
    rename_node(draft, node, name)
    return draft.step(f"Rename {port} of {block} to {name}")


def remove_port(document: Document, block: str, port: str) -> Step:
    """A port goes, with its node and the wires of every use of the block."""
    draft = Draft(document.project, block)
    draft.remove(_node_of(draft, port))
    return draft.step(f"Remove {port} from {block}")


def order_ports(document: Document, block: str, ports: Sequence[str]) -> Step:
    """The inputs or the outputs of a block in another order.

    Ports stand in the order of their names: those of one name with numbers are numbered anew;
    for others the order is refused.
    """
    draft = Draft(document.project, block)
    _refuse_network(draft)
    sides = [{port: node for node, port in side.items()} for side in ports_by_node(draft.network)]
    nodes = next((side for side in sides if sorted(side) == sorted(ports)), None)
    if nodes is None:
        raise Refused(f"Name each input, or each output, of {block} once.")
    now = tuple(sorted(nodes, key=natural))
    if tuple(ports) == now:
        return draft.step(f"Reorder the ports of {block}")
    if len({natural(port)[0] for port in ports}) > 1 or any(nodes[port] != port for port in ports):
        raise Refused(
            "Ports stand in the order of their names. Rename them with numbers, such as "
            f"{natural(ports[0])[0]}1 and {natural(ports[0])[0]}2, to choose another order."
        )
    taken = set(draft.network.nodes)
    between = {
        port: naming.fresh("moved", taken | {f"moved{n}" for n in range(1, k + 1)})
        for k, port in enumerate(ports)
    }
    for port, name in between.items():
        draft.edit(RenameNode(block, port, name))
    for port, name in zip(ports, now, strict=True):
        draft.edit(RenameNode(block, between[port], name))
    return draft.step(f"Reorder the ports of {block}")


def _refuse_network(draft: Draft) -> None:
    if not draft.network.is_block:
        raise Refused(f"{draft.name} is no block. Only a block has ports.")
    if draft.network.code is not None:
        raise Refused(f"{draft.name} is written in Python. Change its ports in its text.")


def _node_of(draft: Draft, port: str) -> str:
    _refuse_network(draft)
    for side in ports_by_node(draft.network):
        for node, name in side.items():
            if name == port:
                return node
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
