"""The scene mirrors one network of the document, and never anything of its own.

It holds what others look things up in: items, places, wiring, selection. Others keep them:
`Following` hears the document, `Later` has wait what nobody sees, `Routing`, `Framing` and `Noting`
lay wires, frames and notes, `Presence` tells Qt of the items in view, `Standing` moves nodes for a
drag.
A scene built afresh equals one that has followed every edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from graph_compiler.model import Network, Wire
from nnstudio.canvas.face import NodeFace, PortFace
from nnstudio.canvas.far_item import FarItem
from nnstudio.canvas.following import Following
from nnstudio.canvas.frame_item import FrameItem
from nnstudio.canvas.framing import Framing
from nnstudio.canvas.later import AT_ONCE, Later
from nnstudio.canvas.level_of_detail import Detail
from nnstudio.canvas.lifted import LiftedItem
from nnstudio.canvas.node_item import NodeItem
from nnstudio.canvas.note_item import NoteItem
from nnstudio.canvas.noting import Noting
from nnstudio.canvas.presence import Presence
from nnstudio.canvas.routing import Routing
from nnstudio.canvas.selection import Selection
from nnstudio.canvas.spatial import Spatial, union
from nnstudio.canvas.standing import Standing
from nnstudio.canvas.tint_item import TintItem
from nnstudio.canvas.wire_item import WireItem
from nnstudio.canvas.wire_labels import WireLabels
from nnstudio.canvas.wiring import Wiring
from nnstudio.document.document import Document


class NetworkScene(QGraphicsScene):
    """Items for every node, wire, frame and note of a network."""

    mirrored = Signal()
    """The document has changed, and the items with it."""

    def __init__(
        self,
        document: Document,
        network: str = "main",
        parent: QObject | None = None,
        *,
        watched: bool = False,
    ) -> None:
        """A scene that a view will look at by `look_at` is `watched`; any other shows all."""
        super().__init__(parent)
        self.document, self.network = document, network
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Wire, WireItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.notes: dict[str, NoteItem] = {}
        self.selection = Selection(self)
        self.node_places: Spatial[str] = Spatial()
        self.wire_places: Spatial[Wire] = Spatial()
        self.wiring = Wiring()
        self.routing, self.framing, self.noting = Routing(self), Framing(self), Noting(self)
        self.later, self.following = Later(self), Following(self)
        self.presence = Presence(self, everything=not watched)
        self.standing = Standing(self)
        self.labels = WireLabels(self)
        self.far = FarItem(self)
        self.addItem(self.far)
        self.tints = TintItem(self)
        self.addItem(self.tints)
        self.lifted = LiftedItem(self)
        self.addItem(self.lifted)
        self.detail = Detail.NEAR
        self.hurried = False
        """Whether the view zooms at this moment, so that pictures may be stretched."""
        self._shown_nodes: dict[str, None] = {}
        self._shown_wires: dict[Wire, None] = {}
        """What is shown as selected, or as a wire at a selected node."""
        self._unsubscribe: Callable[[], None] | None = document.subscribe(self.following.hear)
        self.selection.changed.connect(self._show_selection)
        self.following.flush()

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
            self.later.stop()
            self.selection.changed.disconnect(self._show_selection)
            self.selection.clear()
            self.clear()
            self.labels.forget()
            self.nodes.clear()
            self.wires.clear()
            self.frames.clear()
            self.notes.clear()

    # Asking

    def wires_into(self, node: str) -> list[Wire]:
        """The wires that end at a node."""
        return self.wiring.into(node)

    def wires_out_of(self, node: str) -> list[Wire]:
        """The wires that leave a node."""
        return self.wiring.out_of(node)

    def wire_at(self, node: str, port: str) -> Wire | None:
        """The wire that ends in an input, or None."""
        return self.wiring.at(node, port)

    def port(self, node: str, side: str, name: str) -> tuple[float, float]:
        """A port's place in the scene; the node's edge where it has no such port."""
        item = self.nodes[node]
        found = item.face.port(side, name)
        if found is None:
            return (item.x() + (item.face.width if side == "out" else 0.0), item.y() + 24.0)
        return (item.x() + found.x, item.y() + found.y)

    def port_faces(self, name: str) -> tuple[PortFace, ...]:
        """The ports of a node, inputs first."""
        return self.nodes[name].face.ports

    def face(self, name: str) -> NodeFace:
        """What a node shows."""
        return self.nodes[name].face

    def bounds(self, names: Iterable[str] | None = None) -> QRectF:
        """The box around nodes, frames included where all nodes are meant; null where none are."""
        if names is None:
            around = self.far.table.bounds()
            boxes = [around] if around is not None else []
            boxes += [frame.frame_box for frame in self.frames.values()]
            boxes += [note.box() for note in self.notes.values()]
            linked = (wire for wire, route in self.model.routes.items() if route.link)
            boxes += [self.wires[wire].box() for wire in linked if wire in self.wires]
        else:
            boxes = [self.nodes[name].box() for name in names if name in self.nodes]
        if not boxes:
            return QRectF()
        left, top, right, bottom = union(boxes)
        return QRectF(left, top, right - left, bottom - top)

    def reach(self) -> QRectF:
        """A box that holds all nodes."""
        return self.bounds()

    def snapshot(self) -> dict[str, Any]:
        """Everything that is shown, as plain values, to compare two scenes by."""
        self.later.settle()
        return {
            "nodes": {
                name: (item.face, (item.x(), item.y()), self.node_places.box(name))
                for name, item in self.nodes.items()
            },
            "wires": {
                wire: (item.path, item.points, item.stubs, item.label, item.dtype, item.fault)
                for wire, item in self.wires.items()
            },
            "notes": {name: (item.note, item.box()) for name, item in self.notes.items()},
            "frames": {name: (item.frame_box, item.colour) for name, item in self.frames.items()},
            "far": self.far.table.snapshot(),
            **self.wiring.snapshot(),
        }

    # Showing what is not in the document yet

    def preview_places(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Stand nodes elsewhere for the time of a move."""
        self.standing.preview(places)

    def end_preview(self) -> None:
        """Put the nodes of a move back to where the document has them."""
        self.standing.end()

    # Being looked at

    def look_at(self, seen: QRectF, detail: Detail) -> None:
        """A view sees a part of the scene: have the items around it there, and no others.

        From far away one item paints all of them.
        """
        if self._unsubscribe is None:
            return  # it has been let go; a view that is on its way out may still ask
        far = detail is Detail.FAR
        if far != (self.detail is Detail.FAR):
            self.standing.put_down()
            self.standing.catch_up()
            self.far.setVisible(far)
            for item in (*self.frames.values(), *self.notes.values()):
                item.setVisible(not far)
        self.detail = detail
        self.presence.look_at(QRectF() if far else seen)

    def repaint_all(self) -> None:
        """Paint everything anew: another theme is in use."""
        self.far.invalidate()
        self.lifted.forget()
        self.update()

    # Showing the selection

    def show_marks(self, node: str = "", wire: Wire | None = None) -> None:
        """Show an item that comes into view as selected, or not."""
        if node:
            self.nodes[node].set_selected(node in self.selection.nodes)
        if wire is not None:
            chosen = wire in self.selection.wires
            point = self.selection.point if chosen else -1
            self.wires[wire].mark(selected=chosen, highlighted=self._is_lit(wire), point=point)

    def _show_selection(self) -> None:
        selection = self.selection
        nodes, wires = selection.nodes, dict(selection.wires)
        for name in nodes if len(nodes) <= AT_ONCE else ():
            wires.update(dict.fromkeys(self.wiring.around(name)))
        for name in self._shown_nodes.keys() ^ nodes.keys():
            if name in self.presence.nodes:
                self.show_marks(node=name)
        if len(nodes) <= AT_ONCE and len(self._shown_nodes) <= AT_ONCE:
            changed = self._shown_wires.keys() | wires.keys()
        else:
            changed = self._shown_wires.keys() | selection.wires.keys() | self.presence.wires.keys()
        for wire in changed:
            if wire in self.wires:
                self.show_marks(wire=wire)
        self._shown_nodes, self._shown_wires = dict(nodes), wires
        for name, frame in self.frames.items():
            frame.mark(selected=name == selection.frame)
        self.noting.show_selection()
        self.labels.show()
        self.far.table.choose(selection.nodes, selection.wires)
        self.far.invalidate()

    def _is_lit(self, wire: Wire) -> bool:
        return wire.source in self.selection.nodes or wire.target in self.selection.nodes
