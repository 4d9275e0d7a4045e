"""Gives each wire of a scene its way around the nodes, its points, and the words along it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from graph_compiler.blocks import natural
from graph_compiler.model import Route, Wire
from graph_compiler.tensors import TensorType
from nnstudio.canvas import wire_link
from nnstudio.canvas.spatial import Box, union
from nnstudio.canvas.wire_link import Stub
from nnstudio.canvas.wire_path import Point, WirePath, strip
from nnstudio.canvas.wire_shapes import nearest_leg, shaped

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene


PLAIN = Route()
THINNEST, BY_TEN = 1.25, 1.1
"""Width of a wire that carries one number, and what each factor of ten adds."""


@dataclass(frozen=True, slots=True)
class WireLook:
    """What the window has chosen for all wires."""

    style: str = "curved"
    by_size: bool = False
    """Whether a wire is the thicker the more numbers flow along."""
    shapes: bool = True
    """Whether shapes stand along wires that have room for them."""


class Routing:
    """Finds ways. A wire that nobody sees may wait; who asks for its path gets the right one."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self.look = WireLook()
        self._previewed: dict[Wire, tuple[Point, ...]] = {}

    def wear(self, look: WireLook) -> None:
        """Draw all wires in another way."""
        if look != self.look:
            self.look = look
            self._scene.following.lay(dict.fromkeys(self._scene.wires))

    def points(self, wire: Wire) -> tuple[Point, ...]:
        """Where the document has a wire run through."""
        return self._scene.model.routes.get(wire, PLAIN).points

    def leg_at(self, wire: Wire, place: Point) -> int:
        """Before which of its points a new one at a place belongs."""
        scene = self._scene
        start = scene.port(wire.source, "out", wire.source_port)
        end = scene.port(wire.target, "in", wire.target_port)
        return nearest_leg(start, end, self.points(wire), place)

    def preview(self, wire: Wire, points: Sequence[Point]) -> None:
        """Have a wire run elsewhere for the time of a drag."""
        self._previewed[wire] = tuple(points)
        self.lay(wire)

    def end_preview(self) -> None:
        """Let it run where the document says."""
        wires, self._previewed = list(self._previewed), {}
        for wire in wires:
            if wire in self._scene.wires:
                self.lay(wire)

    def lay(self, wire: Wire) -> None:
        """Find the way of a wire and note where it lies."""
        scene = self._scene
        start = scene.port(wire.source, "out", wire.source_port)
        end = scene.port(wire.target, "in", wire.target_port)
        between = strip(start, end)
        blocked: list[Box] = []
        if between is not None:
            names = scene.node_places.within(between)
            blocked = [
                scene.nodes[name].box() for name in names if name not in (wire.source, wire.target)
            ]
        source, target = scene.nodes[wire.source].box(), scene.nodes[wire.target].box()
        item, route = scene.wires[wire], scene.model.routes.get(wire, PLAIN)
        if route.link:
            stubs = self._stubs(wire, route.link, start, end, source, target)
            item.set_path(_direct(start, end), (), route.link, stubs)
        else:
            points = self._points(wire, route)
            style = route.style or self.look.style
            item.set_path(shaped(start, end, points, style, source, target, blocked), points)
        box = item.box()
        free = between is None or bool(item.points or route.link)
        scene.wire_places.put(wire, box if free or between is None else union([box, between]))
        scene.presence.wire_lies(wire)

    def _points(self, wire: Wire, route: Route) -> tuple[Point, ...]:
        """The points, where a drag has them; those between nodes that move alike go along."""
        if wire in self._previewed or not route.points:
            return self._previewed.get(wire, ())
        one, two = self._scene.nodes[wire.source], self._scene.nodes[wire.target]
        (ax, ay), (bx, by) = one.document_place, two.document_place
        dx, dy = one.x() - ax, one.y() - ay
        if (dx or dy) and (two.x() - bx, two.y() - by) == (dx, dy):
            return tuple((x + dx, y + dy) for x, y in route.points)
        return route.points

    def _stubs(
        self, wire: Wire, link: str, start: Point, end: Point, source: Box, target: Box
    ) -> tuple[Stub, ...]:
        """Both ends of a link; tags of one node stand above one another."""
        scene, routes = self._scene, self._scene.model.routes
        out = {
            (one.source_port, routes[one].link)
            for one in scene.wiring.out_of(wire.source)
            if one in routes and routes[one].link
        }
        into = {
            one.target_port
            for one in scene.wiring.into(wire.target)
            if one in routes and routes[one].link
        }
        held = sorted(out, key=lambda key: (natural(key[0]), key[1]))
        over = held.index((wire.source_port, link))
        under = sorted(into, key=natural).index(wire.target_port)
        return (
            wire_link.stub(link, start, source, "out", over),
            wire_link.stub(link, end, target, "in", under),
        )

    def describe(self, wire: Wire) -> None:
        """Say what flows along a wire, and whether it is wrong where it arrives."""
        scene = self._scene
        facts = scene.document.facts(scene.network, wire.source)
        source = scene.nodes[wire.source].face
        index = next((i for i, p in enumerate(source.outputs) if p.name == wire.source_port), 0)
        tensor = facts.outputs[index] if facts and index < len(facts.outputs) else None
        problems = scene.document.problems(scene.network, wire.target)
        faults = [one.severity for one in problems if one.port == wire.target_port]
        fault = next((s for s in ("error", "warning") if s in faults), "")
        item = scene.wires[wire]
        item.describe(str(tensor) if tensor else "", tensor.dtype if tensor else "float", fault)
        item.wear(breadth(tensor) if self.look.by_size else 0.0, self.look.shapes)

    def crossing(self, boxes: Iterable[Box]) -> dict[Wire, None]:
        """The wires that lie in boxes, or that would but for what stood there."""
        found: dict[Wire, None] = {}
        for box in boxes:
            found.update(dict.fromkeys(self._scene.wire_places.within(box)))
        return found


def breadth(tensor: TensorType | None) -> float:
    """The width of a wire by how many numbers flow along for one example."""
    count = tensor.numel if tensor is not None else 1
    if not isinstance(count, int) or count < 1:
        return THINNEST
    return THINNEST + BY_TEN * log10(count)


def _direct(start: Point, end: Point) -> WirePath:
    return WirePath(start, ((start, end, end),))
