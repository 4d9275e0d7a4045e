"""Edits of one network: nodes, names, wires, frames. Looks are `nnstudio.document.look_edits`'.

They keep it sound: wires join nodes that exist, an input takes one wire, a frame holds nodes that
exist, a node lies in one frame at most. All change the network's dictionaries in place: the checker
holds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph_compiler.model import Frame, Network, Node, Project, Route, Wire
from nnstudio.document.edits import Edit, Refused, network_of, same, stale
from nnstudio.document.events import (
    Event,
    FrameChanged,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    NodeRenamed,
    NodesMoved,
    WireAdded,
    WireRemoved,
)


@dataclass(frozen=True, slots=True)
class PutNode:
    """Put a node into its network, change it, or take it out: None stands for no node."""

    network: str
    name: str
    before: Node | None
    after: Node | None

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("node", self.network, self.name) if self.before and self.after else None

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        found = network.nodes.get(self.name)
        if found is not self.before and found != self.before:
            raise stale(self.name)
        if self.after is None:
            if self.before is None:
                return ()
            self._refuse_if_used(network)
            del network.nodes[self.name]
            return (NodeRemoved(self.network, self.name),)
        if self.after.name != self.name:
            raise stale(self.name)
        if network.code is not None:
            raise Refused(f"{network.name} is written in Python and holds no nodes.")
        network.nodes[self.name] = self.after
        if self.before is None:
            return (NodeAdded(self.network, self.name),)
        events: list[Event] = []
        if self.before.at != self.after.at:
            events.append(NodesMoved(self.network, (self.name,)))
        if not same(replace(self.before, at=self.after.at), self.after):
            events.append(NodeChanged(self.network, self.name))
        return tuple(events)

    def _refuse_if_used(self, network: Network) -> None:
        if any(self.name in (wire.source, wire.target) for wire in network.wires):
            raise Refused(f"{self.name} still has wires. Take them away first.")
        if any(self.name in frame.nodes for frame in network.frames.values()):
            raise Refused(f"{self.name} still lies in a frame. Take it out first.")

    def inverse(self) -> PutNode:
        return PutNode(self.network, self.name, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutNode) or (later.network, later.name) != (
            self.network,
            self.name,
        ):
            return None
        return PutNode(self.network, self.name, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class RenameNode:
    """Give a node another name; its wires, their routes and its frame follow, all orders stay."""

    network: str
    old: str
    new: str

    @property
    def key(self) -> tuple[str, ...] | None:
        return None

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if self.old not in network.nodes:
            raise stale(self.old)
        if self.new in network.nodes:
            raise Refused(f"There is already a node “{self.new}”. Choose another name.")
        # In place, as are all changes: the checker holds the very dictionaries.
        nodes = list(network.nodes.values())
        network.nodes.clear()
        for node in nodes:
            network.nodes[self._name(node.name)] = self._node(node)
        wires = list(network.wires)
        network.wires.clear()
        network.wires.update((self._wire(wire), None) for wire in wires)
        routes = list(network.routes.items())
        network.routes.clear()
        network.routes.update((self._wire(wire), route) for wire, route in routes)
        for frame in tuple(network.frames.values()):
            if self.old in frame.nodes:
                held = tuple(self._name(name) for name in frame.nodes)
                network.frames[frame.name] = replace(frame, nodes=held)
        network.ports = tuple(self._name(name) for name in network.ports)
        return (NodeRenamed(self.network, self.old, self.new),)

    def _node(self, node: Node) -> Node:
        """The node under its name; what it shares with the renamed one follows."""
        if node.name == self.old:
            node = replace(node, name=self.new)
        if node.shares == self.old:
            node = replace(node, shares=self.new)
        if any(_head(other) == self.old for other in node.ties.values()):
            ties = {
                weight: self.new + other[len(self.old) :] if _head(other) == self.old else other
                for weight, other in node.ties.items()
            }
            node = replace(node, ties=ties)
        return node

    def _name(self, name: str) -> str:
        return self.new if name == self.old else name

    def _wire(self, wire: Wire) -> Wire:
        if self.old not in (wire.source, wire.target):
            return wire
        return replace(wire, source=self._name(wire.source), target=self._name(wire.target))

    def inverse(self) -> RenameNode:
        return RenameNode(self.network, self.new, self.old)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, RenameNode) or (later.network, later.old) != (
            self.network,
            self.new,
        ):
            return None
        return RenameNode(self.network, self.old, later.new)

    @property
    def nothing(self) -> bool:
        return self.old == self.new


@dataclass(frozen=True, slots=True)
class PutWire:
    """Lay a wire with its route, or take both away."""

    network: str
    wire: Wire
    lay: bool
    route: Route | None = None

    @property
    def key(self) -> tuple[str, ...] | None:
        return None

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if not self.lay:
            if self.wire not in network.wires or network.routes.get(self.wire) != self.route:
                raise stale(str(self.wire))
            del network.wires[self.wire]
            network.routes.pop(self.wire, None)
            return (WireRemoved(self.network, self.wire),)
        for name in (self.wire.source, self.wire.target):
            if name not in network.nodes:
                raise Refused(f"{self.wire}: there is no node “{name}”. Add it first.")
        place = (self.wire.target, self.wire.target_port)
        if any((wire.target, wire.target_port) == place for wire in network.wires):
            raise Refused(f"{'.'.join(place)} already has a wire. Take it away first.")
        network.wires[self.wire] = None
        if self.route is not None:
            network.routes[self.wire] = self.route
        return (WireAdded(self.network, self.wire),)

    def inverse(self) -> PutWire:
        return PutWire(self.network, self.wire, not self.lay, self.route)

    def merged(self, later: Edit) -> Edit | None:
        return None

    @property
    def nothing(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class PutFrames:
    """Replace all frames of a network."""

    network: str
    before: tuple[Frame, ...]
    after: tuple[Frame, ...]

    @property
    def key(self) -> tuple[str, ...] | None:
        return None

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if tuple(network.frames.values()) != self.before:
            raise stale("A frame")
        held: set[str] = set()
        for frame in self.after:
            for name in frame.nodes:
                if name not in network.nodes:
                    raise Refused(f"Frame {frame.name}: there is no node “{name}”. Add it first.")
                if name in held:
                    raise Refused(f"{name} already lies in a frame. Take it out first.")
                held.add(name)
        network.frames.clear()
        network.frames.update((frame.name, frame) for frame in self.after)
        before, after = ({f.name: f for f in frames} for frames in (self.before, self.after))
        names = {**before, **after}
        return tuple(
            FrameChanged(self.network, name)
            for name in names
            if before.get(name) != after.get(name)
        )

    def inverse(self) -> PutFrames:
        return PutFrames(self.network, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutFrames) or later.network != self.network:
            return None
        return PutFrames(self.network, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)


def _head(path: str) -> str:
    """The node of the drawing that a path to a weight begins with: `word` of `word.weight`."""
    return path.split("/", 1)[0].split(".", 1)[0].split("[", 1)[0]
