"""Nodes that stand elsewhere for the time of a move, and what goes along: wires, frames.

From far away only the far picture goes along; wires and places follow once the move has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from graph_compiler.model import Wire
from nnstudio.canvas.level_of_detail import Detail
from nnstudio.canvas.spatial import Box

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene


class Standing:
    """The move in progress on one scene, if any."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self._names: dict[str, None] = {}
        self._behind: dict[str, None] = {}
        """Nodes whose place nobody has been told of yet."""
        self._unlaid: dict[Wire, None] = {}
        """Wires out of view that have to find their way once the move has ended."""
        self._crossed: list[Box] = []
        """Places out of view that nodes have come to or left."""

    def preview(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Stand nodes elsewhere."""
        scene = self._scene
        moved: dict[str, tuple[float, float]] = {}
        for name, (x, y) in places.items():
            item = scene.nodes.get(name)
            if item is not None and (item.x(), item.y()) != (x, y):
                item.setPos(x, y)
                moved[name] = (x, y)
        if moved:
            self._names.update(dict.fromkeys(moved))
            if scene.detail is not Detail.FAR and scene.lifted.carries(places):
                scene.lifted.carry(places)
            else:
                self.put_down()
            self._go(moved)

    def end(self) -> None:
        """Put the nodes of a move back to where the document has them."""
        self.put_down()
        nodes = self._scene.nodes
        moved = {name: nodes[name].document_place for name in self._names if name in nodes}
        self._names.clear()
        for name, (x, y) in moved.items():
            nodes[name].setPos(x, y)
        if moved:
            self._go(moved)
        self.catch_up()
        self._scene.far.rest()

    def put_down(self) -> None:
        """What one picture stood for is there again, where it stands now."""
        if self._scene.lifted.nodes:
            self._scene.lifted.put_down()
            self._scene.presence.come_back()
            self.catch_up()

    def catch_up(self) -> None:
        """Let places and wires be where the nodes stand now."""
        behind = [name for name in self._behind if name in self._scene.nodes]
        self._behind.clear()
        touched = self._touched(behind, all_of_them=True)
        touched.update(self._unlaid)
        self._unlaid = {}
        self._scene.following.lay(touched)

    def _go(self, moved: Mapping[str, tuple[float, float]]) -> None:
        scene = self._scene
        lifted = scene.lifted
        if scene.detail is Detail.FAR:
            self._behind.update(dict.fromkeys(moved))
        elif lifted.nodes:
            self._behind.update(dict.fromkeys(moved))
            for wire in lifted.edge:
                if self._comes_into_view(wire):
                    scene.routing.lay(wire)
        else:
            seen = scene.presence.wires
            touched = self._touched(moved)
            near = {w for w in touched if w in seen or self._comes_into_view(w)}
            self._unlaid.update((wire, None) for wire in touched if wire not in near)
            for wire in near:
                scene.routing.lay(wire)
        scene.framing.follow(moved.keys())
        scene.labels.show()
        scene.far.follow(moved)
        scene.tints.follow()

    def _comes_into_view(self, wire: Wire) -> bool:
        nodes = self._scene.presence.nodes
        return wire.source in nodes or wire.target in nodes

    def _touched(self, names: Iterable[str], *, all_of_them: bool = False) -> dict[Wire, None]:
        """The wires at nodes, and those in whose way these came or stood; notes the new places.

        What crosses places out of view is asked only once the move has ended.
        """
        scene = self._scene
        touched: dict[Wire, None] = {}
        boxes: list[Box] = []
        for name in names:
            before, after = scene.node_places.box(name), scene.nodes[name].box()
            for box in (before, after):
                if box is not None and (all_of_them or scene.presence.holds(box)):
                    boxes.append(box)
                elif box is not None:
                    self._crossed.append(box)
            scene.node_places.put(name, after)
            scene.presence.node_stands(name)
            touched.update(dict.fromkeys(scene.wiring.around(name)))
        if all_of_them:
            boxes += self._crossed
            self._crossed = []
        if len(boxes) > len(scene.nodes):
            return dict.fromkeys(scene.wires)
        touched.update(scene.routing.crossing(boxes))
        return touched
