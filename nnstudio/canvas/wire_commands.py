"""What a person can do to wires: lay, pull off, cut, bend, name as a link; one step each.

Every refusal is told in words; nothing here paints or handles events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from graph_compiler.model import Route, Wire
from nnstudio.canvas.face import GRID
from nnstudio.canvas.placement import Place, snapped
from nnstudio.document import steps
from nnstudio.document.edits import Step

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

PLAIN = Route()
NO_WIRE = "Select a wire first: click on one, or press E on a node."


class WireCommands:
    """The edits of the wires of one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing
        self._document, self._network = canvas.drawing.document, canvas.drawing.network

    # Laying and taking away

    def lay(self, wire: Wire, instead_of: Wire | None = None) -> bool:
        """Lay a wire; with `instead_of`, that one is moved to its new end with its route."""
        if wire == instead_of:
            return True
        if instead_of is not None and instead_of in self._scene.wires:
            return self._do(lambda: steps.rewire(self._document, self._network, instead_of, wire))
        return self._do(lambda: steps.connect(self._document, self._network, wire))

    def disconnect(self, wire: Wire) -> None:
        """Take a wire away."""
        if wire in self._scene.wires:
            self._do(lambda: steps.disconnect(self._document, self._network, wire))

    def cut(self, wires: Iterable[Wire]) -> None:
        """Take several wires away in one step."""
        there = [wire for wire in wires if wire in self._scene.wires]
        if not there:
            return
        text = "Cut 1 wire" if len(there) == 1 else f"Cut {len(there)} wires"

        def step() -> Step:
            return replace(steps.delete(self._document, self._network, (), there), text=text)

        self._do(step)

    def take_off(self) -> None:
        """All wires of the selected nodes."""
        names = self._scene.selection.names
        wires = dict.fromkeys(
            wire
            for name in names
            for wire in (*self._scene.wires_into(name), *self._scene.wires_out_of(name))
        )
        if wires:
            self.cut(wires)
        else:
            self._canvas.refuse("Nothing is wired to what is selected.")

    def swap(self, by: int) -> None:
        """The selected wire takes its neighbour's place among the inputs of its node."""
        wire = self._scene.selection.wire
        if wire is None:
            self._canvas.refuse(NO_WIRE)
            return
        ports = [port.name for port in self._scene.face(wire.target).inputs]
        at = ports.index(wire.target_port) + by if wire.target_port in ports else -1
        if not 0 <= at < len(ports):
            self._canvas.refuse(f"{wire.target} has no further input on that side.")
            return
        other = self._scene.wire_at(wire.target, ports[at])
        moved, mine = replace(wire, target_port=ports[at]), self.route(wire)
        gesture = self._canvas.commands.gesture("swap")
        document, network = self._document, self._network
        self._do(lambda: steps.disconnect(document, network, wire), gesture)
        laid = {moved: mine}
        if other is not None:
            back = replace(other, target_port=wire.target_port)
            laid[back] = self.route(other)
            self._do(lambda: steps.disconnect(document, network, other), gesture)
            self._do(lambda: steps.connect(document, network, back), gesture)
        if self._do(lambda: steps.connect(document, network, moved), gesture):
            drawn = {one: route for one, route in laid.items() if route != PLAIN}
            if drawn:
                self._do(lambda: steps.set_routes(document, network, drawn), gesture)
            self._scene.selection.set(wires=(moved,))

    # How a wire is drawn

    def route(self, wire: Wire) -> Route:
        """How the document has a wire drawn."""
        return self._scene.model.routes.get(wire, PLAIN)

    def set_points(self, wire: Wire, points: Sequence[Place], text: str) -> bool:
        """The points that a wire runs through."""
        return self._set((wire,), lambda old: replace(old, points=tuple(points)), text)

    def add_point(self, wire: Wire | None = None, place: Place | None = None) -> None:
        """A new point on a wire, at a place or in its middle; it is selected."""
        wire = wire if wire is not None else self._scene.selection.wire
        if wire is None or wire not in self._scene.wires:
            self._canvas.refuse(NO_WIRE)
            return
        if self.route(wire).link:
            self._canvas.refuse("A link has no line to bend. Show it as a line first.")
            return
        at = place if place is not None else self._scene.wires[wire].path.middle()
        points = list(self.route(wire).points)
        index = self._scene.routing.leg_at(wire, at)
        points.insert(index, snapped(*at))
        if self.set_points(wire, points, "Add a point to the wire"):
            self._scene.selection.set(wires=(wire,), point=index)

    def remove_point(self, wire: Wire, index: int) -> None:
        """One point fewer; the wire stays selected."""
        points = list(self.route(wire).points)
        if 0 <= index < len(points):
            del points[index]
            if self.set_points(wire, points, "Remove a point of the wire"):
                self._scene.selection.set(wires=(wire,), point=min(index, len(points) - 1))

    def nudge_point(self, dx: int, dy: int) -> None:
        """Move the selected point by steps of the grid; one run of nudges is one step."""
        selection = self._scene.selection
        wire, index = selection.wire, selection.point
        if wire is None or not 0 <= index < len(self.route(wire).points):
            return
        points = list(self.route(wire).points)
        x, y = points[index]
        points[index] = (x + dx * GRID, y + dy * GRID)
        self._set(
            (wire,),
            lambda old: replace(old, points=tuple(points)),
            "Move a point of the wire",
            f"canvas-point-{wire}-{index}",
        )

    def step_point(self, by: int) -> None:
        """Select the next point of the selected wire, or the one before it."""
        selection = self._scene.selection
        wire = selection.wire
        count = len(self.route(wire).points) if wire is not None else 0
        if wire is None or not count:
            self._canvas.refuse("The wire has no points yet. R adds one." if wire else NO_WIRE)
            return
        at = selection.point + by if selection.point >= 0 else (0 if by > 0 else -1)
        selection.set(wires=(wire,), point=at % count)

    def straighten(self, wires: Iterable[Wire]) -> None:
        """Take all points away."""
        self._set(tuple(wires), lambda old: replace(old, points=()), "Remove the wire's points")

    def set_style(self, wires: Iterable[Wire], style: str) -> None:
        """Curved, straight, orthogonal, or "" for the window's choice."""
        self._set(tuple(wires), lambda old: replace(old, style=style), "Change the wire's style")

    def ask_link(self, wire: Wire | None = None) -> None:
        """Show a wire as a link of a name that is typed; a link becomes a line again."""
        wire = wire if wire is not None else self._scene.selection.wire
        if wire is None:
            self._canvas.refuse(NO_WIRE)
        elif self.route(wire).link:
            self.unlink(wire)
        else:
            self._canvas.popups.name_link(wire, self._free_link(wire))

    def set_link(self, wire: Wire, name: str) -> bool:
        """Show a wire as two stubs of a name."""
        title = " ".join(name.split())
        if not title:
            self._canvas.refuse("A link needs a name, so that both ends can be told.")
            return False
        text = f"Show the wire as link {title}"
        return self._set((wire,), lambda old: replace(old, link=title), text)

    def unlink(self, wire: Wire) -> None:
        """Show a link as a line again."""
        self._set((wire,), lambda old: replace(old, link=""), "Show the link as a line")

    def follow_link(self, wire: Wire, side: str) -> None:
        """Go from one end of a link to the other."""
        other = wire.target if side == "out" else wire.source
        self._scene.selection.set(wires=(wire,))
        box = self._scene.bounds((other,))
        self._canvas.steered = True
        self._canvas.camera.centre_on(box.center())
        self._canvas.message.emit(f"{self.route(wire).link}: {wire.source} → {wire.target}")

    def _free_link(self, wire: Wire) -> str:
        taken = {route.link for route in self._scene.model.routes.values()}
        number = 1
        while f"{wire.source}_{number}" in taken:
            number += 1
        return wire.source if wire.source not in taken else f"{wire.source}_{number}"

    def _set(
        self,
        wires: Sequence[Wire],
        change: Callable[[Route], Route],
        text: str,
        gesture: str = "",
    ) -> bool:
        after = {wire: change(self.route(wire)) for wire in wires if wire in self._scene.wires}
        changed = {wire: route for wire, route in after.items() if route != self.route(wire)}
        if not changed:
            return False

        def step() -> Step:
            return replace(steps.set_routes(self._document, self._network, changed), text=text)

        return self._do(step, gesture)

    def _do(self, make: Callable[[], Step], gesture: str = "") -> bool:
        return self._canvas.commands.do(make, gesture)
