"""One drawing that shows two: all of the newer one, and in their old places what it has lost.

Made to be looked at, never to be trained. What each node and wire is, is told by
`nnstudio.document.comparing.marks`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from graph_compiler.model import Network, Node, Project, Wire
from nnstudio.document.comparing import Marks, marks

ROOM = (130.0, 100.0)
"""What a node takes, near enough to keep two from lying on one another."""
STEP = 20.0


@dataclass(frozen=True, slots=True)
class Merged:
    """A project of both sides' drawings, and how each drawing's parts are marked."""

    project: Project
    marks: dict[str, Marks]
    """By drawing; those of one side alone have only added or only removed nodes."""


def merged(before: Project, after: Project) -> Merged:
    """Both projects in one: every drawing of either side, variables of the newer side first."""
    networks: dict[str, Network] = {}
    found: dict[str, Marks] = {}
    for name in dict.fromkeys((*after.networks, *before.networks)):
        old = before.networks.get(name) or Network(name)
        new = after.networks.get(name) or Network(name, params=old.params, code=old.code)
        found[name] = marks(old, new)
        networks[name] = _both(old, new, found[name])
    variables = {**before.variables, **after.variables}
    return Merged(replace(after, networks=networks, variables=variables), found)


def _both(old: Network, new: Network, how: Marks) -> Network:
    gone = {name: node for name, node in old.nodes.items() if how.nodes.get(name) == "removed"}
    nodes = dict(new.nodes)
    for name, node in gone.items():
        nodes[name] = replace(node, at=_free(node.at, nodes.values()))
    wires = dict(new.wires)
    taken = {(wire.target, wire.target_port) for wire in wires}
    for wire, kind in how.wires.items():
        # An input takes one wire: where the newer drawing has its own, the lost one is only marked.
        end = (wire.target, wire.target_port)
        ends = wire.source in nodes and wire.target in nodes
        if kind == "removed" and ends and end not in taken and wire.target in gone:
            wires[wire] = None
            taken.add(end)
    return replace(new, nodes=nodes, wires=wires)


def _free(at: tuple[float, float], others: Iterable[Node]) -> tuple[float, float]:
    """The nearest place below where no other node lies."""
    x, y = at
    beside = sorted(node.at[1] for node in others if abs(node.at[0] - x) < ROOM[0])
    for other in beside:
        if abs(other - y) < ROOM[1]:
            y = other + ROOM[1]
    return (x, STEP * round(y / STEP))


def lost_wires(how: Marks) -> tuple[Wire, ...]:
    """The wires that the newer drawing has no longer, in its names."""
    return tuple(wire for wire, kind in how.wires.items() if kind == "removed")
