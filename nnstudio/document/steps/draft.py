"""A draft: a scratch copy of the project on which the edits of one step are tried and gathered.

A step of several parts (delete with wires, a fix, a paste) must see what its earlier parts did.
Only the dictionaries of the networks are copied; nodes and wires are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from graph_compiler.model import (
    DataSource,
    Frame,
    Node,
    Plan,
    Project,
    Route,
    Value,
    Variable,
    Wire,
)
from nnstudio.document.drawing_edits import copied
from nnstudio.document.edits import Edit, Refused, Step, network_of, same
from nnstudio.document.field_edits import PutField
from nnstudio.document.look_edits import MoveNodes, PutRoute
from nnstudio.document.network_edits import PutFrames, PutNode, PutWire, RenameNode
from nnstudio.document.project_edits import PutData, PutPlan, PutVariables, PutVariants
from nnstudio.document.steps import routing
from nnstudio.document.steps.following import follow_ports, heirs
from nnstudio.document.steps.port_order import keep_order


class Draft:
    """Gathers edits, of one network mostly, and shows the project as it would be after them."""

    def __init__(self, project: Project, network: str = "") -> None:
        self.project = replace(
            project,
            networks={name: copied(one) for name, one in project.networks.items()},
            variables=dict(project.variables),
            variants=dict(project.variants),
        )
        self.name = network
        if network:
            self.network = network_of(self.project, network)
        self.before = project
        self._edits: list[Edit] = []
        self._renamed: dict[tuple[str, str], str] = {}
        """Drawing and node before the step to the node's name after it."""
        self._ordered: set[str] = set()
        """Drawings whose ports the step puts into an order."""

    def turn_to(self, network: str) -> None:
        """The network that what follows is about."""
        self.name, self.network = network, network_of(self.project, network)

    def edit(self, edit: Edit) -> None:
        """Try an edit and keep it; raises `Refused`."""
        edit.apply(self.project)
        self._edits.append(edit)
        if isinstance(edit, RenameNode):
            known = [place for place, name in self._renamed.items() if name == edit.old]
            first = next((place for place in known if place[0] == edit.network), None)
            self._renamed[first or (edit.network, edit.old)] = edit.new
        elif isinstance(edit, PutField) and edit.field == "ports":
            self._ordered.add(edit.network)

    def note_renamed(self, drawing: str, old: str, new: str) -> None:
        """A port of a layer written in Python has another name from now on."""
        self._renamed[drawing, old] = new

    def step(self, text: str) -> Step:
        """All edits so far as one step, with what follows from other ports of blocks."""
        keep_order(self, self.before, self._renamed, self._ordered)
        follow_ports(self, self.before, self._renamed)
        return Step(text, tuple(self._edits))

    def node(self, name: str) -> Node:
        """The node `name`; refused where there is none."""
        try:
            return self.network.nodes[name]
        except KeyError:
            raise Refused(f"There is no node “{name}”.") from None

    def put(self, node: Node) -> None:
        """Add the node, or replace the one of its name."""
        self.edit(PutNode(self.name, node.name, self.network.nodes.get(node.name), node))

    def remove(self, name: str) -> None:
        """Take a node out with its wires and out of its frame."""
        self.node(name)
        for wire in tuple(self.network.wires):
            if name in (wire.source, wire.target):
                self.disconnect(wire)
        self.unframe((name,))
        heirs(self, name)
        self.edit(PutNode(self.name, name, self.node(name), None))

    def connect(self, wire: Wire, route: Route | None = None) -> None:
        """Lay a wire, in place of the one that ends where it ends."""
        for other in tuple(self.network.wires):
            if (other.target, other.target_port) == (wire.target, wire.target_port):
                self.disconnect(other)
        self.edit(PutWire(self.name, wire, True, route if route != Route() else None))

    def disconnect(self, wire: Wire) -> Route | None:
        """Take a wire away; its route is what another wire in its place may take over."""
        route = self.network.routes.get(wire)
        self.edit(PutWire(self.name, wire, False, route))
        return route

    def route(self, wire: Wire, route: Route | None) -> None:
        """Draw a wire in another way."""
        before = self.network.routes.get(wire)
        after = route if route != Route() else None
        if before != after:
            self.edit(PutRoute(self.name, wire, before, after))

    def move(
        self,
        places: Mapping[str, tuple[float, float]],
        notes: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        """Put nodes and notes elsewhere; a wire between nodes that go alike goes with them."""
        moves = tuple((name, self.node(name).at, at) for name, at in places.items())
        lying = self.network.notes
        noted = tuple((name, lying[name].at, at) for name, at in (notes or {}).items())
        if moves or noted:
            routes = routing.moved(self.network.routes, moves)
            self.edit(MoveNodes(self.name, moves, noted, routes))

    def frames(self, frames: tuple[Frame, ...]) -> None:
        """Replace all frames of the network."""
        before = tuple(self.network.frames.values())
        if before != frames:
            self.edit(PutFrames(self.name, before, frames))

    def unframe(self, names: tuple[str, ...]) -> None:
        """Take nodes out of the frames they lie in; a frame that this empties goes."""
        left: list[Frame] = []
        for frame in self.network.frames.values():
            nodes = tuple(name for name in frame.nodes if name not in names)
            if nodes or not frame.nodes:
                left.append(frame if nodes == frame.nodes else replace(frame, nodes=nodes))
        self.frames(tuple(left))

    def variables(self, variables: tuple[Variable, ...]) -> None:
        """Replace all variables."""
        self.edit(PutVariables(tuple(self.project.variables.values()), variables))

    def variants(self, change: Callable[[Mapping[str, Value]], Mapping[str, Value]]) -> None:
        """Change the settings of every variant."""
        before = tuple(self.project.variants.items())
        after = tuple((name, change(given)) for name, given in before)
        if not same(before, after):
            self.edit(PutVariants(before, after))

    def data(self, data: DataSource) -> None:
        """Replace the description of the data."""
        self.edit(PutData(self.project.data, data))

    def plan(self, plan: Plan) -> None:
        """Replace the plan."""
        self.edit(PutPlan(self.project.plan, plan))

    def into(self, name: str) -> tuple[Wire, ...]:
        """The wires that end at a node, by port."""
        return tuple(sorted(wire for wire in self.network.wires if wire.target == name))

    def out_of(self, name: str) -> tuple[Wire, ...]:
        """The wires that leave a node."""
        return tuple(sorted(wire for wire in self.network.wires if wire.source == name))
