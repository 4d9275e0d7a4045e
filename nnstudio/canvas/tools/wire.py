"""Draw a wire from port to port, by a drag or by two clicks; pull one off an input.

While it is drawn, ports that fit light up, and the others say why not.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint

from graph_compiler.model import Wire
from nnstudio.canvas.fits import End, Fits, wire_between
from nnstudio.canvas.hits import Hit, node_at, port_at
from nnstudio.canvas.tools.tool import Pointer, Tool
from nnstudio.canvas.wire_item import WireItem
from nnstudio.canvas.wire_path import Point, route

Z_DRAFT = 60.0
ANYWAY = "\nShift: wire it all the same."


class WireTool(Tool):
    """The wire tool; what a finished wire does is the canvas's `commands`."""

    pans_at_edges = True

    def start(self, pointer: Pointer, at: Hit) -> None:
        """Begin at a port; at an input with a wire, the wire's other end is what stays fixed."""
        scene = self.canvas.drawing
        self._from = pointer
        self._begun_at = End(at.node, at.side, at.port)
        self._pulled = scene.wire_at(at.node, at.port) if at.side == "in" else None
        self._fixed = (
            End(self._pulled.source, "out", self._pulled.source_port)
            if self._pulled
            else self._begun_at
        )
        self._draft: WireItem | None = None
        self._fits: Fits | None = None
        self._marked: set[str] = set()
        self._target: End | None = None
        self._clicked = False
        self.begin()

    @property
    def fixed(self) -> End:
        """The end that the wire is drawn from."""
        return self._fixed

    def press(self, pointer: Pointer) -> None:
        if self._clicked:
            self._from = pointer
            self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        if self._draft is None:
            if not pointer.far_from(self._from):
                return
            self._show()
        scene = self.canvas.drawing
        self._target, reason = self._find(pointer)
        self._mark(reason)
        place: Point = (pointer.scene.x(), pointer.scene.y())
        if self._target is not None:
            place = scene.port(self._target.node, self._target.side, self._target.port)
        anchor = scene.port(self._fixed.node, self._fixed.side, self._fixed.port)
        ends = (anchor, place) if self._fixed.side == "out" else (place, anchor)
        if self._draft is not None:
            self._draft.set_path(route(*ends))
            self._draft.set_draft("refused" if reason else "fits" if self._target else "open")
        self._explain(reason, pointer.place)

    def release(self, pointer: Pointer) -> None:
        if self._draft is None and not self._clicked:
            self._click()
            return
        if self._draft is None:
            # The second click came without a move of the mouse in between.
            self._show()
        target, reason = self._find(pointer)
        forced = pointer.shift and target is not None and self._possible(target)
        pulled, fixed = self._pulled, self._fixed
        self.finish()
        wires = self.canvas.wires
        if target is not None and (not reason or forced):
            wire = wire_between(fixed, target)
            if wire is not None:
                wires.lay(wire, instead_of=pulled)
        elif reason:
            self.canvas.refuse(reason, pointer.place)
        elif pulled is not None:
            wires.disconnect(pulled)
        else:
            self.canvas.popups.search_for_wire(fixed, pointer)

    def clean_up(self) -> None:
        scene = self.canvas.drawing
        if self._draft is not None:
            scene.removeItem(self._draft)
            self._draft = None
        for name in self._marked:
            if name in scene.nodes:
                scene.nodes[name].set_marks({})
        self._marked.clear()
        if self._pulled is not None and self._pulled in scene.wires:
            item = scene.wires[self._pulled]
            item.hidden_for_drag = False
            item.update()
        self.canvas.card.hide()

    def _click(self) -> None:
        """A click and no drag: select the wire that is there, or go on to a second click."""
        if self._pulled is not None:
            wire: Wire = self._pulled
            self.finish()
            self.canvas.drawing.selection.set(wires=(wire,))
            return
        self._clicked = True
        self._show()
        self._mark("")

    def _show(self) -> None:
        scene = self.canvas.drawing
        self._fits = Fits(scene, self._fixed, self._pulled)
        anchor = scene.port(self._fixed.node, self._fixed.side, self._fixed.port)
        self._draft = WireItem(route(anchor, anchor))
        self._draft.set_draft("open")
        self._draft.setZValue(Z_DRAFT)
        scene.addItem(self._draft)
        if self._pulled is not None:
            scene.wires[self._pulled].hidden_for_drag = True
            scene.wires[self._pulled].update()

    def _find(self, pointer: Pointer) -> tuple[End | None, str]:
        """The end under the mouse, and why it does not fit."""
        scene, fits = self.canvas.drawing, self._fits
        x, y = pointer.scene.x(), pointer.scene.y()
        if fits is None:
            return None, ""
        zoom = self.canvas.camera.zoom
        opposite = "in" if self._fixed.side == "out" else "out"
        port = port_at(scene, x, y, zoom, opposite) or port_at(scene, x, y, zoom)
        if port is not None:
            end = End(port.node, port.side, port.port)
            if end == self._fixed:
                return None, ""
            return end, fits.why_not(end)
        node = node_at(scene, x, y)
        if node is None or node == self._fixed.node:
            return None, ""
        free = fits.first_free(node)
        return (free, "") if free is not None else (None, fits.why_not_node(node))

    def _possible(self, end: End) -> bool:
        return self._fits is not None and not self._fits.structural(end)

    def _mark(self, reason: str) -> None:
        """Light up what fits among the nodes in view."""
        scene, fits = self.canvas.drawing, self._fits
        if fits is None:
            return
        seen = self.canvas.camera.visible()
        names = scene.node_places.within((seen.left(), seen.top(), seen.right(), seen.bottom()))
        for name in names:
            marks: dict[tuple[str, str], str] = {}
            fitting = name == self._fixed.node
            for port in scene.nodes[name].face.ports:
                end = End(name, port.side, port.name)
                if end == self._fixed:
                    marks[port.side, port.name] = "fits"
                elif not fits.why_not(end):
                    marks[port.side, port.name] = "target" if end == self._target else "fits"
                    fitting = True
                else:
                    bad = end == self._target and bool(reason)
                    marks[port.side, port.name] = "bad" if bad else "refuses"
            scene.nodes[name].set_marks(marks, faded=not fitting)
        self._marked.update(names)

    def _explain(self, reason: str, place: QPoint) -> None:
        if not reason:
            self.canvas.card.hide()
            return
        possible = self._target is not None and self._possible(self._target)
        self.canvas.say(reason + (ANYWAY if possible else ""), place, "error")
