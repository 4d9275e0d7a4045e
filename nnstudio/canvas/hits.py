"""What is under a point of the canvas: badge, port, node, wire and its points, note, frame's title.

Asks the scene's own places, not Qt's items: it answers the same at every level of detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graph_compiler.model import Wire
from nnstudio.canvas.badge import RADIUS
from nnstudio.canvas.scene import NetworkScene
from nnstudio.canvas.spatial import Box
from nnstudio.canvas.value_places import value_at

PORT_REACH, WIRE_REACH = 10.0, 7.0
"""How near counts as on it, in pixels of the view."""

Kind = Literal["badge", "port", "node", "point", "link", "wire", "corner", "note", "frame", "void"]


@dataclass(frozen=True, slots=True)
class Hit:
    """What was hit; fields that do not belong to the kind are empty."""

    kind: Kind
    node: str = ""
    side: str = ""
    port: str = ""
    wire: Wire | None = None
    frame: str = ""
    note: str = ""
    point: int = -1
    row: int = -1
    """The row of a node whose value was hit."""


VOID = Hit("void")


def hit(scene: NetworkScene, x: float, y: float, zoom: float) -> Hit:
    """What is at a point of the scene, seen at a zoom."""
    reach = min(PORT_REACH / zoom, 28.0)
    nodes = _nodes_near(scene, x, y, reach + 4)
    for name in nodes:
        if scene.nodes[name].face.severity and _on_badge(scene, name, x, y, zoom):
            return Hit("badge", node=name)
    port = _port(scene, nodes, x, y, reach)
    if port is not None:
        return port
    wire = wire_at(scene, x, y, WIRE_REACH / zoom)
    stub = scene.wires[wire].stub_at((x, y), WIRE_REACH / zoom) if wire is not None else None
    if stub is not None:
        # Tags stand above the nodes.
        return Hit("link", wire=wire, side=stub.side)
    for name in nodes:
        if _inside(scene.nodes[name].box(), x, y):
            item = scene.nodes[name]
            row = value_at(item.face, x - item.x(), y - item.y(), zoom, len(scene.nodes))
            return Hit("node", node=name, row=row)
    if wire is not None:
        point = point_at(scene, wire, x, y, PORT_REACH / zoom)
        return Hit("wire" if point < 0 else "point", wire=wire, point=point)
    note = scene.noting.at(x, y)
    if note is not None:
        corner = _inside(scene.notes[note].corner_box(), x, y)
        return Hit("corner" if corner else "note", note=note)
    for name, frame in scene.frames.items():
        if _inside(frame.title_box(), x, y):
            return Hit("frame", frame=name)
    return VOID


def node_at(scene: NetworkScene, x: float, y: float) -> str | None:
    """The topmost node at a point."""
    for name in _nodes_near(scene, x, y, 0.0):
        if _inside(scene.nodes[name].box(), x, y):
            return name
    return None


def port_at(scene: NetworkScene, x: float, y: float, zoom: float, side: str = "") -> Hit | None:
    """The port nearest to a point within reach, of one side where it is named."""
    reach = min(PORT_REACH / zoom, 28.0)
    return _port(scene, _nodes_near(scene, x, y, reach + 4), x, y, reach, side)


def wire_at(scene: NetworkScene, x: float, y: float, reach: float) -> Wire | None:
    """The wire nearest to a point within reach."""
    best, nearest = None, reach
    for wire in scene.wire_places.within((x - reach, y - reach, x + reach, y + reach)):
        distance = scene.wires[wire].distance((x, y), reach)
        if distance <= nearest:
            best, nearest = wire, distance
    return best


def point_at(scene: NetworkScene, wire: Wire, x: float, y: float, reach: float) -> int:
    """The point of a wire nearest to a place within reach; -1 for none."""
    best, nearest = -1, reach
    for index, (px, py) in enumerate(scene.wires[wire].points):
        distance = ((px - x) ** 2 + (py - y) ** 2) ** 0.5
        if distance <= nearest:
            best, nearest = index, distance
    return best


def nodes_within(scene: NetworkScene, box: Box) -> list[str]:
    """The nodes that a box touches, in the document's order."""
    found = set(scene.far.table.names_within(*box))
    return [name for name in scene.nodes if name in found]


def _nodes_near(scene: NetworkScene, x: float, y: float, reach: float) -> list[str]:
    """Nodes at or next to a point, the topmost first."""
    found = scene.node_places.within((x - reach, y - reach, x + reach, y + reach))
    if len(found) < 2:
        return found
    order = {name: index for index, name in enumerate(scene.nodes)}
    chosen = scene.selection.nodes
    return sorted(found, key=lambda name: (name in chosen, order[name]), reverse=True)


def _port(
    scene: NetworkScene, nodes: list[str], x: float, y: float, reach: float, side: str = ""
) -> Hit | None:
    best, nearest = None, reach * reach
    for name in nodes:
        item = scene.nodes[name]
        for port in item.face.ports:
            if side and port.side != side:
                continue
            dx, dy = item.x() + port.x - x, item.y() + port.y - y
            distance = dx * dx + dy * dy
            if distance < nearest:
                best, nearest = Hit("port", name, port.side, port.name), distance
    return best


def _on_badge(scene: NetworkScene, name: str, x: float, y: float, zoom: float) -> bool:
    place = scene.nodes[name].badge_place()
    reach = max(RADIUS + 2, min(8 / zoom, 24.0))
    return (place.x() - x) ** 2 + (place.y() - y) ** 2 <= reach * reach


def _inside(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
