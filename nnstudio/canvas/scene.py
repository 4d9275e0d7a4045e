"""The scene mirrors one network of the document, and never anything of its own.

Events only mark what is dirty; at the end of each step the marked items are compared with the
document and brought up to date, so that no order of events can leave the two apart. A scene built
afresh equals one that has followed every edit. Items of a move in progress stand elsewhere until it
ends; nothing else here is not in the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from graph_compiler.model import Network, Wire
from graph_compiler.registry import layers
from nnstudio.canvas.face import NodeFace, PortFace, face_of
from nnstudio.canvas.far_item import FarItem
from nnstudio.canvas.frame_item import FrameItem, around
from nnstudio.canvas.level_of_detail import Detail
from nnstudio.canvas.node_item import NodeItem
from nnstudio.canvas.selection import Selection
from nnstudio.canvas.spatial import Box, Spatial, union
from nnstudio.canvas.wire_item import WireItem
from nnstudio.canvas.wire_labels import WireLabels
from nnstudio.canvas.wire_path import WirePath, route, strip
from nnstudio.document import events as told
from nnstudio.document.document import Document


class NetworkScene(QGraphicsScene):
    """Items for every node, wire and frame of a network."""

    mirrored = Signal()
    """The document has changed, and the items with it."""

    def __init__(
        self, document: Document, network: str = "main", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.document, self.network = document, network
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Wire, WireItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.selection = Selection(self)
        self.node_places: Spatial[str] = Spatial()
        self.wire_places: Spatial[Wire] = Spatial()
        self._into: dict[str, dict[Wire, None]] = {}
        self._out_of: dict[str, dict[Wire, None]] = {}
        self._dirty_nodes: dict[str, None] = {}
        self._dirty_wires: dict[Wire, None] = {}
        self._dirty_frames = True
        self._renamed: list[tuple[str, str]] = []
        self._all_dirty = False
        self._previewed: dict[str, None] = {}
        self._reach = QRectF()
        self._left: list[Box] = []
        """Places that nodes of a move seen from far away have left."""
        self.labels = WireLabels(self)
        self.far = FarItem(self)
        self.addItem(self.far)
        self.detail = Detail.NEAR
        self._unsubscribe: Callable[[], None] | None = document.subscribe(self._hear)
        self.selection.changed.connect(self._show_selection)
        model = self.model
        self._dirty_nodes.update(dict.fromkeys(model.nodes))
        self._dirty_wires.update(dict.fromkeys(model.wires))
        self._flush()

    @property
    def model(self) -> Network:
        """The network as the document has it; an empty one where it has none of that name."""
        found = self.document.project.networks.get(self.network)
        return found if found is not None else Network(self.network)

    def dispose(self) -> None:
        """Stop listening and let all items go."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
            self.selection.changed.disconnect(self._show_selection)
            self.selection.clear()
            self.clear()
            self.labels.forget()
            self.nodes.clear()
            self.wires.clear()
            self.frames.clear()

    # Asking

    def wires_into(self, node: str) -> list[Wire]:
        """The wires that end at a node."""
        return list(self._into.get(node, ()))

    def wires_out_of(self, node: str) -> list[Wire]:
        """The wires that leave a node."""
        return list(self._out_of.get(node, ()))

    def wire_at(self, node: str, port: str) -> Wire | None:
        """The wire that ends in an input, or None."""
        return next((wire for wire in self._into.get(node, ()) if wire.target_port == port), None)

    def port(self, node: str, side: str, name: str) -> tuple[float, float]:
        """A port's place in the scene; the node's edge where it has no such port."""
        item = self.nodes[node]
        found = item.face.port(side, name)
        if found is None:
            return (item.x() + (item.face.width if side == "out" else 0.0), item.y() + 24.0)
        return (item.x() + found.x, item.y() + found.y)

    def bounds(self, names: Iterable[str] | None = None) -> QRectF:
        """The box around nodes, frames included where all nodes are meant; null where none are."""
        wanted = list(self.nodes if names is None else names)
        boxes = [self.nodes[name].box() for name in wanted if name in self.nodes]
        if names is None:
            boxes += [frame.frame_box for frame in self.frames.values()]
        if not boxes:
            return QRectF()
        left, top, right, bottom = union(boxes)
        return QRectF(left, top, right - left, bottom - top)

    def reach(self) -> QRectF:
        """A box that all nodes have lain in; it grows with them and is measured anew when asked
        after a step.
        """
        if self._reach.isNull():
            self._reach = self.bounds()
        return self._reach

    def snapshot(self) -> dict[str, Any]:
        """Everything that is shown, as plain values, to compare two scenes by."""
        return {
            "nodes": {
                name: (item.face, (item.x(), item.y()), self.node_places.box(name))
                for name, item in self.nodes.items()
            },
            "wires": {
                wire: (item.path, item.label, item.dtype, item.fault)
                for wire, item in self.wires.items()
            },
            "frames": {name: (item.frame_box, item.colour) for name, item in self.frames.items()},
            "into": {name: set(wires) for name, wires in self._into.items() if wires},
            "out_of": {name: set(wires) for name, wires in self._out_of.items() if wires},
        }

    # Showing what is not in the document yet

    def preview_places(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Stand nodes elsewhere for the time of a move."""
        moved: list[str] = []
        for name, (x, y) in places.items():
            item = self.nodes.get(name)
            if item is not None and (item.x(), item.y()) != (x, y):
                item.setPos(x, y)
                self._previewed[name] = None
                moved.append(name)
        self._follow(moved)

    def end_preview(self) -> None:
        """Put the nodes of a move back to where the document has them."""
        moved = [name for name in self._previewed if name in self.nodes]
        self._previewed.clear()
        if not moved:
            return
        for name in moved:
            face = self.nodes[name].face
            self.nodes[name].setPos(face.x, face.y)
        self._follow(moved, all_the_way=True)

    def set_detail(self, detail: Detail) -> None:
        """Let all items paint themselves, or one item paint all of them from far away."""
        if (detail is Detail.FAR) != (self.detail is Detail.FAR):
            if self._previewed:
                self._follow(list(self._previewed), all_the_way=True)
            near = detail is not Detail.FAR
            for item in (*self.nodes.values(), *self.wires.values()):
                item.setVisible(near)
            self.far.set_shown(not near)
        self.detail = detail

    def repaint_all(self) -> None:
        """Paint everything anew: another theme is in use."""
        self.far.invalidate()
        self.update()

    # Following the document

    def _hear(self, event: told.Event) -> None:
        match event:
            case told.HistoryChanged():
                self._flush()
                return
            case told.VariablesChanged():
                self._all_dirty = True
                return
            case told.BlockParamsChanged(self.network):
                self._all_dirty = True
                return
            case told.NetworkAdded() | told.NetworkRemoved() | told.NetworkRenamed():
                self._of_other_drawings()
                return
            case told.BlockParamsChanged() | told.ProjectChanged():
                self._of_other_drawings()
                return
            case told.DataChanged() | told.PlanChanged() | told.Saved():
                return
        if getattr(event, "network", None) != self.network:
            return
        match event:
            case told.NodesMoved(_, names) | told.ReportChanged(_, names):
                self._dirty_nodes.update(dict.fromkeys(names))
            case told.NodeRenamed(_, old, new):
                self._dirty_nodes.update({old: None, new: None})
                self._renamed.append((old, new))
                self._dirty_wires.update(self._into.get(old, {}))
                self._dirty_wires.update(self._out_of.get(old, {}))
                self._dirty_wires.update(
                    (wire, None) for wire in self.model.wires if new in (wire.source, wire.target)
                )
                self._dirty_frames = True
            case told.WireAdded(_, wire) | told.WireRemoved(_, wire):
                self._dirty_wires[wire] = None
            case told.FrameChanged():
                self._dirty_frames = True
            case told.NodeAdded(_, name) | told.NodeRemoved(_, name) | told.NodeChanged(_, name):
                self._dirty_nodes[name] = None

    def _of_other_drawings(self) -> None:
        """Nodes that are blocks show what is said of the block elsewhere."""
        known = layers()
        self._dirty_nodes.update(
            (name, None) for name, node in self.model.nodes.items() if node.type not in known
        )

    def _flush(self) -> None:
        """Bring every item that may differ from the document up to date."""
        model = self.model
        if self._all_dirty:
            self._dirty_nodes.update(dict.fromkeys(model.nodes))
            self._all_dirty = False
        if not (self._dirty_nodes or self._dirty_wires or self._dirty_frames):
            return
        nodes, wires = list(self._dirty_nodes), list(self._dirty_wires)
        self._dirty_nodes.clear()
        self._dirty_wires.clear()
        freed: list[Box] = []
        touched: dict[Wire, None] = {}
        for wire in wires:
            self._register(wire, wire in model.wires)
            nodes += [wire.source, wire.target]
        moved: list[str] = []
        for name in dict.fromkeys(nodes):
            if name not in model.nodes:
                self._remove_node(name, freed)
            elif self._refresh_node(name, freed):
                moved.append(name)
        for wire in wires:
            if wire in model.wires and wire not in self.wires:
                self._add_wire(wire)
            elif wire not in model.wires and wire in self.wires:
                self._remove_wire(wire)
        for name in dict.fromkeys(nodes):
            touched.update(self._into.get(name, {}))
            touched.update(self._out_of.get(name, {}))
        for box in (*freed, *(self.nodes[name].box() for name in moved)):
            touched.update(dict.fromkeys(self.wire_places.within(box)))
        for wire in touched:
            if wire in self.wires:
                self._reroute(wire)
                self._describe(wire)
        if self._dirty_frames or moved or freed:
            self._refresh_frames()
        self._dirty_frames = False
        self.selection.follow(self._renamed, model.nodes, model.wires, model.frames)
        self._renamed.clear()
        self.labels.show()
        self._reach = QRectF()
        self.far.invalidate()
        self.mirrored.emit()

    def _register(self, wire: Wire, there: bool) -> None:
        for table, end in ((self._out_of, wire.source), (self._into, wire.target)):
            if there:
                table.setdefault(end, {})[wire] = None
            elif end in table:
                table[end].pop(wire, None)

    def _refresh_node(self, name: str, freed: list[Box]) -> bool:
        """Make or update a node's item; whether it stands or ends elsewhere than before."""
        face = face_of(
            self.document, self.network, name, self.wires_into(name), self.wires_out_of(name)
        )
        item = self.nodes.get(name)
        if item is None:
            item = self.nodes[name] = NodeItem(face)
            item.set_selected(name in self.selection.nodes)
            item.setVisible(self.detail is not Detail.FAR)
            self.addItem(item)
            self.node_places.put(name, item.box())
            return True
        if item.face == face and (item.x(), item.y()) == (face.x, face.y):
            return False
        before = self.node_places.box(name)
        item.set_face(face)
        after = item.box()
        if before == after:
            return False
        if before is not None:
            freed.append(before)
        self.node_places.put(name, after)
        return True

    def _remove_node(self, name: str, freed: list[Box]) -> None:
        item = self.nodes.pop(name, None)
        if item is None:
            return
        box = self.node_places.box(name)
        if box is not None:
            freed.append(box)
        self.node_places.remove(name)
        self._into.pop(name, None)
        self._out_of.pop(name, None)
        self.removeItem(item)

    def _add_wire(self, wire: Wire) -> None:
        item = self.wires[wire] = WireItem(WirePath((0.0, 0.0), (((0, 0), (0, 0), (0, 0)),)))
        item.setVisible(self.detail is not Detail.FAR)
        item.mark(selected=wire in self.selection.wires, highlighted=self._is_lit(wire))
        self.addItem(item)

    def _remove_wire(self, wire: Wire) -> None:
        item = self.wires.pop(wire)
        self.wire_places.remove(wire)
        self.removeItem(item)

    def _reroute(self, wire: Wire) -> None:
        start = self.port(wire.source, "out", wire.source_port)
        end = self.port(wire.target, "in", wire.target_port)
        between = strip(start, end)
        blocked: list[Box] = []
        if between is not None:
            names = self.node_places.within(between)
            blocked = [
                self.nodes[name].box() for name in names if name not in (wire.source, wire.target)
            ]
        source, target = self.nodes[wire.source].box(), self.nodes[wire.target].box()
        item = self.wires[wire]
        item.set_path(route(start, end, source, target, blocked))
        box = item.box()
        self.wire_places.put(wire, box if between is None else union([box, between]))

    def _describe(self, wire: Wire) -> None:
        facts = self.document.facts(self.network, wire.source)
        source = self.nodes[wire.source].face
        index = next((i for i, p in enumerate(source.outputs) if p.name == wire.source_port), 0)
        tensor = facts.outputs[index] if facts and index < len(facts.outputs) else None
        problems = self.document.problems(self.network, wire.target)
        faults = [one.severity for one in problems if one.port == wire.target_port]
        fault = next((s for s in ("error", "warning") if s in faults), "")
        self.wires[wire].describe(
            str(tensor) if tensor else "", tensor.dtype if tensor else "float", fault
        )

    def _refresh_frames(self) -> None:
        frames = self.model.frames
        for name in [name for name in self.frames if name not in frames]:
            self.removeItem(self.frames.pop(name))
        for frame in frames.values():
            boxes = [self.nodes[name].box() for name in frame.nodes if name in self.nodes]
            if not boxes:
                if frame.name in self.frames:
                    self.removeItem(self.frames.pop(frame.name))
                continue
            box = around(union(boxes))
            item = self.frames.get(frame.name)
            if item is None:
                item = self.frames[frame.name] = FrameItem(frame.name, frame.colour, box)
                item.mark(selected=frame.name == self.selection.frame)
                self.addItem(item)
            else:
                item.set_box(box, frame.colour)

    def _follow(self, moved: list[str], *, all_the_way: bool = False) -> None:
        """After nodes were stood elsewhere: their wires, wires in their way, and frames.

        From far away wires are straight lines, and find their way only once the move has ended.
        """
        far = self.detail is Detail.FAR
        touched: dict[Wire, None] = {}
        for name in moved:
            before = self.node_places.box(name)
            after = self.nodes[name].box()
            self.node_places.put(name, after)
            if not self._reach.isNull():
                left, top, right, bottom = after
                self._reach = self._reach.united(QRectF(left, top, right - left, bottom - top))
            if far and not all_the_way:
                if before is not None:
                    self._left.append(before)
                continue
            touched.update(self._into.get(name, {}))
            touched.update(self._out_of.get(name, {}))
            for box in (after, before):
                if box is not None:
                    touched.update(dict.fromkeys(self.wire_places.within(box)))
        if all_the_way:
            for box in self._left:
                touched.update(dict.fromkeys(self.wire_places.within(box)))
            self._left.clear()
        for wire in touched:
            self._reroute(wire)
        if moved:
            if self.frames:
                self._refresh_frames()
            self.labels.show()
            self.far.follow(moved)

    # Showing the selection

    def _show_selection(self) -> None:
        selection = self.selection
        for name, item in self.nodes.items():
            item.set_selected(name in selection.nodes)
        for wire, line in self.wires.items():
            line.mark(selected=wire in selection.wires, highlighted=self._is_lit(wire))
        for name, frame in self.frames.items():
            frame.mark(selected=name == selection.frame)
        self.labels.show()
        self.far.invalidate()

    def _is_lit(self, wire: Wire) -> bool:
        return wire.source in self.selection.nodes or wire.target in self.selection.nodes

    def port_faces(self, name: str) -> tuple[PortFace, ...]:
        """The ports of a node, inputs first."""
        return self.nodes[name].face.ports

    def face(self, name: str) -> NodeFace:
        """What a node shows."""
        return self.nodes[name].face
