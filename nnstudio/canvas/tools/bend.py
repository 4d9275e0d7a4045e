"""Bend a wire: drag one of its points, or pull a new one out of the line; both on the grid.

A click without a drag selects the point, or the wire. In the document there is one step at the end.
"""

from __future__ import annotations

from graph_compiler.model import Wire
from nnstudio.canvas.placement import snapped
from nnstudio.canvas.tools.tool import Pointer, Tool


class BendTool(Tool):
    """Moves one point of one wire."""

    pans_at_edges = True

    def start(self, pointer: Pointer, wire: Wire, index: int) -> None:
        """Take hold of a point, or with -1 of the line where the mouse is."""
        self._from = pointer
        self._wire, self._index = wire, index
        self._points: tuple[tuple[float, float], ...] | None = None
        self._new = index < 0
        self.begin()

    def move(self, pointer: Pointer) -> None:
        scene = self.canvas.drawing
        if self._wire not in scene.wires:
            self.cancel()
            return
        if self._points is None and not pointer.far_from(self._from):
            return
        points = list(scene.routing.points(self._wire))
        place = snapped(pointer.scene.x(), pointer.scene.y())
        if self._index < 0:
            grabbed = (self._from.scene.x(), self._from.scene.y())
            self._index = scene.routing.leg_at(self._wire, grabbed)
        if self._new:
            points.insert(self._index, place)
        else:
            points[self._index] = place
        self._points = tuple(points)
        scene.routing.preview(self._wire, self._points)

    def release(self, pointer: Pointer) -> None:
        wire, points, new = self._wire, self._points, self._new
        index = self._index
        self.finish()
        if points is not None and wire in self.canvas.drawing.wires:
            text = "Add a point to the wire" if new else "Move a point of the wire"
            if self.canvas.wires.set_points(wire, points, text):
                self.canvas.drawing.selection.set(wires=(wire,), point=index)

    def clean_up(self) -> None:
        self._points = None
        self.canvas.drawing.routing.end_preview()
