"""Ways to select and to be led somewhere: along the wires, by kind, by name, from wire to wire.

Changes the selection and the camera, never the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from graph_compiler.blocks import natural
from graph_compiler.model import Wire
from nnstudio.canvas.scene import NetworkScene

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

NOTHING = "Select a node first."


def beyond(scene: NetworkScene, names: Iterable[str], *, forward: bool) -> list[str]:
    """The nodes and all that come after them along the wires, or before them; the new ones last."""
    seen = dict.fromkeys(names)
    waiting = list(seen)
    while waiting:
        here = waiting.pop()
        wires = scene.wires_out_of(here) if forward else scene.wires_into(here)
        for wire in wires:
            other = wire.target if forward else wire.source
            if other not in seen:
                seen[other] = None
                waiting.append(other)
    return list(seen)


class Selecting:
    """The selections of one canvas that take more than a click."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing
        self._chosen = canvas.drawing.selection

    def before(self) -> None:
        """Also all that feeds the selected nodes, directly or by others."""
        self._along(forward=False)

    def after(self) -> None:
        """Also all that the selected nodes feed, directly or by others."""
        self._along(forward=True)

    def same_type(self) -> None:
        """All nodes of the types that are selected."""
        names = self._chosen.names
        if not names:
            self._canvas.refuse(NOTHING)
            return
        nodes = self._scene.model.nodes
        types = {nodes[name].type for name in names}
        others = [n for n, node in nodes.items() if node.type in types and n not in names]
        self._chosen.set((*others, *names))

    def invert(self) -> None:
        """The nodes that are not selected, in place of those that are."""
        chosen = self._chosen.nodes
        self._chosen.set(name for name in self._scene.nodes if name not in chosen)

    def next_wire(self) -> None:
        """The next wire of the node chosen last; from a wire, the next at the same node."""
        self._turn(1)

    def previous_wire(self) -> None:
        """The wire before it."""
        self._turn(-1)

    def show(self, kind: str, name: str) -> None:
        """Select a node, frame or note and put it into the middle."""
        box = self._box(kind, name)
        if box.isNull():
            return
        self._canvas.steered = True
        if kind == "node":
            self._chosen.set((name,))
        elif kind == "frame":
            self._chosen.set(frame=name)
        else:
            self._chosen.set(note=name)
        if self._canvas.camera.zoom < READABLE:
            self._canvas.camera.zoom_to(READABLE)
        self._canvas.camera.centre_on(box.center())

    def next_aside(self) -> None:
        """The next frame or note, in reading order."""
        self._turn_asides(1)

    def previous_aside(self) -> None:
        """The frame or note before it."""
        self._turn_asides(-1)

    def _along(self, *, forward: bool) -> None:
        names = self._chosen.names
        if not names:
            self._canvas.refuse(NOTHING)
            return
        found = beyond(self._scene, names, forward=forward)
        others = [name for name in found if name not in self._chosen.nodes]
        # What was selected stays the last, so that keys go on from there.
        self._chosen.set((*others, *names))

    def _turn(self, by: int) -> None:
        wire, node = next(iter(self._chosen.wires), None), self._chosen.last
        if node is None and wire is None:
            self._canvas.refuse(NOTHING)
            return
        at = node if node is not None else self._anchor(wire)
        wires = self._wires_at(at)
        if not wires:
            self._canvas.refuse(f"{at} has no wires yet.")
            return
        held = wires.index(wire) + by if node is None and wire in wires else (0 if by > 0 else -1)
        chosen = wires[held % len(wires)]
        self._node_of_wires = at
        self._chosen.set(wires=(chosen,))
        self._canvas.camera.reveal(self._scene.bounds((chosen.source, chosen.target)))

    _node_of_wires = ""

    def _anchor(self, wire: Wire | None) -> str:
        """The node whose wires are gone through."""
        if wire is None:
            return ""
        if self._node_of_wires in (wire.source, wire.target):
            return self._node_of_wires
        return wire.target

    def _wires_at(self, node: str) -> list[Wire]:
        into = sorted(self._scene.wires_into(node), key=lambda wire: natural(wire.target_port))
        out = sorted(
            self._scene.wires_out_of(node),
            key=lambda wire: (natural(wire.source_port), wire.target),
        )
        return [*into, *out]

    def _turn_asides(self, by: int) -> None:
        scene = self._scene
        asides = [("frame", name) for name in scene.frames] + [("note", n) for n in scene.notes]
        if not asides:
            self._canvas.refuse("There are no frames or notes in this drawing yet.")
            return
        asides.sort(key=lambda one: (self._box(*one).top(), self._box(*one).left(), one))
        held = ("note", self._chosen.note) if self._chosen.note else ("frame", self._chosen.frame)
        at = asides.index(held) + by if held in asides else (0 if by > 0 else -1)
        kind, name = asides[at % len(asides)]
        self._chosen.set(**{kind: name})  # type: ignore[arg-type]
        self._canvas.camera.reveal(self._box(kind, name))

    def _box(self, kind: str, name: str) -> QRectF:
        scene = self._scene
        if kind == "node" and name in scene.nodes:
            return scene.bounds((name,))
        if kind == "frame" and name in scene.frames:
            left, top, right, bottom = scene.frames[name].frame_box
            return QRectF(QPointF(left, top), QPointF(right, bottom))
        if kind == "note" and name in scene.notes:
            left, top, right, bottom = scene.notes[name].box()
            return QRectF(QPointF(left, top), QPointF(right, bottom))
        return QRectF()


READABLE = 0.6
"""Who is led to something is to read it: the view comes at least so near."""
