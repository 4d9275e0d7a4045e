"""Wiring by keyboard: choose a port of the selected node, then a target from the list of those that
fit; an input that has a wire also offers to be freed. And the wires of a node, to insert on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph_compiler.model import Wire
from nnstudio.canvas.fits import End, Fits, wire_between
from nnstudio.canvas.pick_list import Choice
from nnstudio.theme import icons

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView


NO_WIRE = "Select a wire or a wired node first; then I inserts a layer on it."


@dataclass(frozen=True, slots=True)
class Free:
    """To take this wire off."""

    wire: Wire


class WiringList:
    """The lists of one canvas; what is chosen its commands do."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing

    def targets(self) -> None:
        """Where the selected node's output could lead; with other than one output, first which."""
        name = self._scene.selection.last
        if name is None:
            self._canvas.refuse("Select a node first; then W lists what it can be wired to.")
            return
        face = self._scene.face(name)
        if len(face.outputs) == 1:
            self._targets_of(End(name, "out", face.outputs[0].name))
        elif not face.outputs and len(face.inputs) == 1 and not face.inputs[0].wired:
            self._targets_of(End(name, "in", face.inputs[0].name))
        else:
            self.ports()

    def ports(self) -> None:
        """The ports of the selected node, to choose one."""
        name = self._scene.selection.last
        if name is None:
            self._canvas.refuse("Select a node first; then Shift+W lists its ports.")
            return
        choices = [
            self._port_choice(End(name, p.side, p.name)) for p in self._scene.port_faces(name)
        ]
        if not choices:
            self._canvas.refuse(f"{name} has no ports.")
            return
        self._canvas.popups.pick(
            choices,
            f"Port of {name}",
            "No port of that name. Try fewer letters.",
            self._canvas.popups.below(name),
            self._targets_of,
        )

    def _port_choice(self, end: End) -> Choice:
        scene = self._scene
        if end.side == "in":
            wire = scene.wire_at(end.node, end.port)
            detail = f"from {wire.source}" if wire else "free"
            return Choice(end, f"{end.port} (input)", detail, icons.icon("chevron-right"))
        targets = [w.target for w in scene.wires_out_of(end.node) if w.source_port == end.port]
        detail = (
            f"to {', '.join(targets[:2])}{' …' if len(targets) > 2 else ''}" if targets else "free"
        )
        return Choice(end, f"{end.port} (output)", detail, icons.icon("chevron-left"))

    def _targets_of(self, fixed: End) -> None:
        choices = self._freeing(fixed) + self._fitting(fixed)
        if not choices:
            self._canvas.refuse(f"No port of another node fits {fixed.node}. Add a layer first.")
            return
        place = fixed.node if fixed.side == "out" else f"{fixed.node}.{fixed.port}"
        self._canvas.popups.pick(
            choices,
            f"Wire {place} to",
            "No fitting port of that name. Try fewer letters.",
            self._canvas.popups.below(fixed.node),
            self._chosen,
        )

    def _chosen(self, key: Wire | Free) -> None:
        if isinstance(key, Free):
            self._canvas.wires.disconnect(key.wire)
        else:
            self._canvas.wires.lay(key)

    def _freeing(self, fixed: End) -> list[Choice]:
        if fixed.side == "out":
            return []
        wire = self._scene.wire_at(fixed.node, fixed.port)
        if wire is None:
            return []
        text = f"Take the wire from {wire.source} off"
        return [Choice(Free(wire), text, "", icons.icon("close"), ("detach", "disconnect", "free"))]

    def _fitting(self, fixed: End) -> list[Choice]:
        scene = self._scene
        fits = Fits(scene, fixed, self._ignored(fixed))
        free: list[Choice] = []
        taken: list[Choice] = []
        for other in scene.nodes:
            for end in fits.ends_of(other):
                wire = wire_between(fixed, end)
                if wire is None or wire in scene.wires or fits.why_not(end):
                    continue
                there = (
                    scene.wire_at(wire.target, wire.target_port) if fixed.side == "out" else None
                )
                detail = f"now from {there.source}" if there else "free"
                if fixed.side == "in":
                    detail = scene.face(other).shape
                icon = icons.family_icon(scene.face(other).family)
                row = Choice(wire, f"{other}.{end.port}", detail, icon, (other,))
                (taken if there else free).append(row)
        return free + taken

    def _ignored(self, fixed: End) -> Wire | None:
        return self._scene.wire_at(fixed.node, fixed.port) if fixed.side == "in" else None

    # Inserting

    def why_not_insert(self) -> str:
        """Why there is no wire to insert on; "" where there is one."""
        selection = self._scene.selection
        wired = selection.last is not None and any(self._scene.wiring.around(selection.last))
        return "" if wired or selection.wire is not None else NO_WIRE

    def insert(self) -> None:
        """A layer on the selected wire; without one, first which wire of the selected node."""
        wire = self._scene.selection.wire
        if wire is not None:
            self._insert_on(wire)
            return
        name = self._scene.selection.last
        wires = [*self._scene.wires_out_of(name), *self._scene.wires_into(name)] if name else []
        if not wires:
            self._canvas.refuse(NO_WIRE)
            return
        if len(wires) == 1:
            self._insert_on(wires[0])
            return
        choices = [
            Choice(
                one,
                f"{one.source} → {one.target}",
                self._scene.wires[one].label,
                icons.icon("link"),
                (one.source, one.target),
            )
            for one in wires
        ]
        self._canvas.popups.pick(
            choices,
            "Wire to insert on",
            "No wire of that name. Try fewer letters.",
            self._canvas.popups.below(name or ""),
            self._insert_on,
        )

    def _insert_on(self, wire: Wire) -> None:
        x, y = self._scene.wires[wire].path.middle()
        self._canvas.camera.reveal(self._scene.bounds((wire.source, wire.target)))
        self._canvas.popups.insert(wire, self._canvas.mapFromScene(x, y))
