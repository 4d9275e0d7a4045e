"""Keeps a scene's items as the document has them.

Events only mark what is dirty; at the end of each step the marked items are compared with the
document and brought up to date, so that no order of events can leave the two apart. After a change
of very much, what nobody sees waits in `Later`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from graph_compiler.model import Wire
from graph_compiler.registry import layers
from nnstudio.canvas.face import NodeFace, face_of
from nnstudio.canvas.later import AT_ONCE
from nnstudio.canvas.node_item import NodeItem
from nnstudio.canvas.spatial import Box
from nnstudio.canvas.wire_item import WireItem
from nnstudio.canvas.wire_path import WirePath
from nnstudio.document import events as told

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

NOWHERE = WirePath((0.0, 0.0), (((0, 0), (0, 0), (0, 0)),))


class Following:
    """Hears the document's events for one scene and makes the items follow."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self._dirty: dict[str, None] = {}
        self._moved: dict[str, None] = {}
        self._wires: dict[Wire, None] = {}
        self._frames = True
        self._notes = True
        self._renamed: list[tuple[str, str]] = []
        self._drawings: set[str] = set()
        """Other drawings of which something has changed: blocks show what is in them."""
        self._everything = True

    # Hearing

    def hear(self, event: told.Event) -> None:
        """Note what an event makes doubtful; with the last one of a step, look it all up."""
        scene = self._scene
        match event:
            case told.HistoryChanged():
                self.flush()
                return
            case told.VariablesChanged() | told.BlockParamsChanged(scene.network):
                self._everything = True
                return
            case told.NetworkAdded() | told.NetworkRemoved() | told.NetworkRenamed():
                self._of_other_drawings()
                return
            case told.BlockParamsChanged() | told.ProjectChanged() | told.PortsChanged():
                self._of_other_drawings()
                return
            case told.DataChanged() | told.PlanChanged() | told.Saved():
                return
        if getattr(event, "network", None) != scene.network:
            if not isinstance(event, told.ReportChanged):
                self._drawings.add(getattr(event, "network", ""))
            return
        match event:
            case told.NodesMoved(_, names):
                self._moved.update(dict.fromkeys(names))
            case told.ReportChanged(_, names):
                self._dirty.update(dict.fromkeys(names))
            case told.NodeRenamed(_, old, new):
                self._dirty.update({old: None, new: None})
                self._renamed.append((old, new))
                self._wires.update(dict.fromkeys(scene.wiring.around(old)))
                self._wires.update(
                    (wire, None) for wire in scene.model.wires if new in (wire.source, wire.target)
                )
                self._frames = True
            case told.WireAdded(_, wire) | told.WireRemoved(_, wire) | told.RouteChanged(_, wire):
                self._wires[wire] = None
            case told.NoteChanged():
                self._notes = True
            case told.FrameChanged():
                self._frames = True
            case told.NodeAdded(_, name) | told.NodeRemoved(_, name) | told.NodeChanged(_, name):
                self._dirty[name] = None

    def _of_other_drawings(self) -> None:
        """Nodes that are blocks show what is said of the block elsewhere."""
        known = layers()
        self._dirty.update(
            (name, None) for name, node in self._scene.model.nodes.items() if node.type not in known
        )

    # Following

    def flush(self) -> None:
        """Bring every item that may differ from the document up to date, or have it wait."""
        scene, model = self._scene, self._scene.model
        if self._everything:
            self._dirty.update(dict.fromkeys(model.nodes))
            self._wires.update((wire, None) for wire in model.wires if wire not in scene.wires)
            self._everything = False
        if self._drawings:
            self._dirty.update(
                (name, None) for name, node in model.nodes.items() if node.type in self._drawings
            )
            self._drawings.clear()
        if self._notes:
            scene.noting.follow()
        if not (self._dirty or self._moved or self._wires or self._frames or self._notes):
            return
        self._notes = False
        dirty, wires = self._dirty, self._wires
        for wire in wires:
            scene.wiring.note(wire, wire in model.wires)
            dirty[wire.source] = dirty[wire.target] = None
        moved = [name for name in self._moved if name in scene.nodes and name not in dirty]
        self._dirty, self._moved, self._wires = {}, {}, {}
        freed: list[Box] = []
        stood: list[str] = []
        for name in dirty:
            if name not in model.nodes:
                self._remove_node(name, freed)
            elif name not in scene.nodes:
                self._add_node(name)
                stood.append(name)
            elif len(dirty) > AT_ONCE and not self._seen(name):
                scene.later.node(name)
            elif self._refresh(name, freed):
                stood.append(name)
        stood += [name for name in moved if self._move(name, freed)]
        for wire in wires:
            if wire in model.wires and wire not in scene.wires:
                self._add_wire(wire)
            elif wire in model.wires:
                scene.far.table.put_wire(wire, model.routes.get(wire))
            elif wire in scene.wires:
                self._remove_wire(wire)
        self._touch(dirty, stood, freed)
        self._follow_frames(stood, gone=bool(freed))
        self._tell()

    def refresh(self, names: Iterable[str]) -> None:
        """Read the faces of nodes anew: they have waited, and their turn has come."""
        freed: list[Box] = []
        known = [name for name in names if name in self._scene.nodes]
        stood = [name for name in known if self._refresh(name, freed)]
        self._touch(known, stood, freed, wait=True)
        if stood:
            self._follow_frames(stood, gone=False)

    def relay(self, wires: Iterable[Wire]) -> None:
        """Find the ways of wires anew: they have waited, and their turn has come."""
        for wire in wires:
            self._scene.routing.lay(wire)
            self._scene.routing.describe(wire)

    def _seen(self, name: str) -> bool:
        return self._scene.presence.holds(self._scene.node_places.box(name))

    def _touch(
        self,
        dirty: Collection[str],
        stood: Collection[str],
        freed: list[Box],
        *,
        wait: bool = False,
    ) -> None:
        """The wires at nodes that may differ, and those in whose way something came or went."""
        scene = self._scene
        if len(stood) + len(freed) > max(AT_ONCE, len(scene.nodes) // 2):
            touched = dict.fromkeys(scene.wires)
        else:
            names = (*dirty, *stood)
            touched = {wire: None for name in names for wire in scene.wiring.around(name)}
            touched.update(scene.routing.crossing(freed))
            touched.update(scene.routing.crossing(scene.nodes[name].box() for name in stood))
        self.lay(touched, wait=wait)

    def lay(self, touched: Collection[Wire], *, wait: bool = False) -> None:
        """Find the ways of wires; where they are very many or may wait, of those that are seen."""
        scene = self._scene
        wait = wait or len(touched) > AT_ONCE
        for wire in touched:
            if wire not in scene.wires:
                continue
            if wait and not self._in_view(wire):
                scene.later.wire(wire)
            else:
                scene.later.forget_wire(wire)
                self.relay((wire,))

    def _in_view(self, wire: Wire) -> bool:
        scene = self._scene
        return (
            wire in scene.presence.wires
            or wire.source in scene.presence.nodes
            or wire.target in scene.presence.nodes
            or scene.presence.everything
        )

    def _tell(self) -> None:
        scene, model = self._scene, self._scene.model
        scene.selection.follow(self._renamed, model.nodes, model.wires, model.frames, model.notes)
        self._renamed.clear()
        wire = scene.selection.wire
        if wire is not None and scene.selection.point >= len(scene.routing.points(wire)):
            scene.selection.set(wires=(wire,))
        scene.labels.show()
        scene.far.table.choose(scene.selection.nodes, scene.selection.wires)
        scene.far.invalidate()
        scene.lifted.forget()
        scene.tints.follow()
        scene.mirrored.emit()

    # Nodes

    def _add_node(self, name: str) -> None:
        scene = self._scene
        item = scene.nodes[name] = NodeItem(self._face(name))
        scene.node_places.put(name, item.box())
        scene.far.table.put_node(item.face)
        scene.presence.node_stands(name)

    def _refresh(self, name: str, freed: list[Box]) -> bool:
        """Update a node's item; whether it stands or ends elsewhere than before."""
        scene = self._scene
        scene.later.forget_node(name)
        item, face = scene.nodes[name], self._face(name)
        if item.known_face == face and (item.x(), item.y()) == (face.x, face.y):
            item.settled()
            return False
        before = scene.node_places.box(name)
        item.set_face(face)
        scene.far.table.put_node(face)
        return self._stands(name, before, freed)

    def _move(self, name: str, freed: list[Box]) -> bool:
        scene = self._scene
        if name not in scene.model.nodes:
            return False
        item, (x, y) = scene.nodes[name], scene.model.nodes[name].at
        before = scene.node_places.box(name)
        item.place(x, y)
        scene.far.table.move_nodes({name: (x, y)})
        return self._stands(name, before, freed)

    def _stands(self, name: str, before: Box | None, freed: list[Box]) -> bool:
        scene = self._scene
        after = scene.nodes[name].box()
        if before == after:
            return False
        if before is not None:
            freed.append(before)
        scene.node_places.put(name, after)
        scene.presence.node_stands(name)
        return True

    def _remove_node(self, name: str, freed: list[Box]) -> None:
        scene = self._scene
        if name not in scene.nodes:
            return
        box = scene.node_places.box(name)
        if box is not None:
            freed.append(box)
        scene.node_places.remove(name)
        scene.wiring.forget(name)
        scene.later.forget_node(name)
        scene.far.table.drop_node(name)
        scene.presence.forget_node(name)
        del scene.nodes[name]

    def _face(self, name: str) -> NodeFace:
        scene = self._scene
        wiring = scene.wiring
        return face_of(scene.document, scene.network, name, wiring.into(name), wiring.out_of(name))

    # Wires and frames

    def _add_wire(self, wire: Wire) -> None:
        scene = self._scene
        scene.wires[wire] = WireItem(NOWHERE)
        scene.far.table.put_wire(wire, scene.model.routes.get(wire))

    def _remove_wire(self, wire: Wire) -> None:
        scene = self._scene
        scene.later.forget_wire(wire)
        scene.far.table.drop_wire(wire)
        scene.presence.forget_wire(wire)
        scene.wire_places.remove(wire)
        del scene.wires[wire]

    def _follow_frames(self, stood: Collection[str], *, gone: bool) -> None:
        if self._frames or gone or stood:
            self._scene.framing.follow(None if self._frames or gone else stood)
        self._frames = False
