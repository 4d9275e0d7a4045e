"""Which items stand in Qt's scene: those around what is seen, so that thousands cost nothing.

An item that is not there keeps its place and its face; it comes in before it can be seen.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from graph_compiler.model import Wire
from nnstudio.canvas.spatial import Box, touches

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

AROUND = 0.25
"""How far items stand beyond what is seen, in widths and heights of the view."""
TOO_MUCH = 6.0
"""Where items stand in so many times more than is seen, those far off leave."""


class Presence:
    """The items of one scene that Qt knows of.

    Without a view all of them are there; with one, those around what it sees.
    """

    def __init__(self, scene: NetworkScene, *, everything: bool) -> None:
        self._scene = scene
        self.nodes: dict[str, None] = {}
        self.wires: dict[Wire, None] = {}
        self._region: Box | None = None
        self._left_nodes: Collection[str] = ()
        self._left_wires: Collection[Wire] = ()
        """What is away because one picture stands for it."""
        self.everything = everything
        """Whether there is no view: all items are there."""

    def look_at(self, seen: QRectF) -> None:
        """A view sees this part of the scene; an empty one: it needs no items."""
        if seen.isEmpty():
            self._stand(None)
            return
        left, top, right, bottom = box = (seen.left(), seen.top(), seen.right(), seen.bottom())
        held = self._region
        if held is not None and _inside(box, held) and _area(held) <= TOO_MUCH * _area(box):
            return
        wide, high = AROUND * (right - left), AROUND * (bottom - top)
        self._stand((left - wide, top - high, right + wide, bottom + high))

    def holds(self, box: Box | None) -> bool:
        """Whether what lies in a box is there."""
        if self.everything:
            return True
        return self._region is not None and box is not None and touches(box, self._region)

    def leave(self, nodes: Collection[str], wires: Collection[Wire]) -> None:
        """Have these away until they `come_back`; what they look like is kept."""
        self._left_nodes, self._left_wires = nodes, wires
        for name in nodes:
            if name in self.nodes:
                del self.nodes[name]
                self._scene.removeItem(self._scene.nodes[name])
        for wire in wires:
            self.forget_wire(wire)

    def come_back(self) -> None:
        """Have all that is in view there again."""
        nodes, wires = self._left_nodes, self._left_wires
        self._left_nodes, self._left_wires = (), ()
        for name in nodes:
            if name in self._scene.nodes:
                self.node_stands(name)
        for wire in wires:
            if wire in self._scene.wires:
                self.wire_lies(wire)

    def node_stands(self, name: str) -> None:
        """A node is new, or stands elsewhere."""
        item, there = self._scene.nodes[name], self.holds(self._scene.node_places.box(name))
        there = there and name not in self._left_nodes
        if there and name not in self.nodes:
            self.nodes[name] = None
            self._scene.show_marks(node=name)
            self._scene.addItem(item)
        elif not there and name in self.nodes:
            del self.nodes[name]
            self._scene.removeItem(item)
            item.forget_picture()

    def wire_lies(self, wire: Wire) -> None:
        """A wire is new, or runs elsewhere."""
        item, there = self._scene.wires[wire], self.holds(self._scene.wire_places.box(wire))
        there = there and wire not in self._left_wires
        if there and wire not in self.wires:
            self.wires[wire] = None
            self._scene.show_marks(wire=wire)
            self._scene.addItem(item)
        elif not there and wire in self.wires:
            del self.wires[wire]
            self._scene.removeItem(item)

    def forget_node(self, name: str) -> None:
        """A node is gone."""
        if name in self.nodes:
            del self.nodes[name]
            self._scene.removeItem(self._scene.nodes[name])

    def forget_wire(self, wire: Wire) -> None:
        """A wire is gone."""
        if wire in self.wires:
            del self.wires[wire]
            self._scene.removeItem(self._scene.wires[wire])

    def _stand(self, region: Box | None) -> None:
        """Have the items in a region there, and no others."""
        if region == self._region and not self.everything:
            return
        self.everything, self._region = False, region
        scene = self._scene
        names = dict.fromkeys(scene.node_places.within(region)) if region else {}
        for name in [name for name in self.nodes if name not in names]:
            self.node_stands(name)
        for name in names:
            scene.later.node_wanted(name)
            self.node_stands(name)
        wires = dict.fromkeys(scene.wire_places.within(region)) if region else {}
        for wire in [wire for wire in self.wires if wire not in wires]:
            self.wire_lies(wire)
        for name in names if scene.later.wires else ():
            for wire in scene.wiring.around(name):
                scene.later.wire_wanted(wire)
        for wire in wires:
            scene.later.wire_wanted(wire)
            self.wire_lies(wire)


def _inside(one: Box, two: Box) -> bool:
    return two[0] <= one[0] and two[1] <= one[1] and one[2] <= two[2] and one[3] <= two[3]


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
