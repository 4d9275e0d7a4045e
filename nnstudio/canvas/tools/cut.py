"""Cut wires: a line drawn across them with Alt held down, or with Ctrl and the right button.

What the line crosses lights up while it is drawn, and goes in one step when it ends.
"""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from graph_compiler.model import Wire
from nnstudio.canvas.look import look
from nnstudio.canvas.scene import NetworkScene
from nnstudio.canvas.tools.tool import Pointer, Tool

Z_KNIFE = 92.0


class CutTool(Tool):
    """Draws the line and cuts what it crosses."""

    def start(self, pointer: Pointer) -> None:
        """Set the knife down."""
        self._from = pointer
        self._points = [pointer.scene]
        self._item: QGraphicsPathItem | None = None
        self._crossed: dict[Wire, None] = {}
        self.begin()

    def move(self, pointer: Pointer) -> None:
        if self._item is None:
            if not pointer.far_from(self._from):
                return
            self._item = self._make()
        before = self._points[-1]
        self._points.append(pointer.scene)
        path = QPainterPath(self._points[0])
        for point in self._points[1:]:
            path.lineTo(point)
        self._item.setPath(path)
        for wire in crossed(self.canvas.drawing, before, pointer.scene):
            if wire not in self._crossed:
                self._crossed[wire] = None
                self.canvas.drawing.wires[wire].set_draft("refused")
        count = len(self._crossed)
        self.canvas.say(_words(count), pointer.place, "error" if count else "")

    def release(self, pointer: Pointer) -> None:
        wires = tuple(self._crossed)
        self.finish()
        if wires:
            self.canvas.wires.cut(wires)

    def clean_up(self) -> None:
        scene = self.canvas.drawing
        if self._item is not None:
            scene.removeItem(self._item)
            self._item = None
        for wire in self._crossed:
            if wire in scene.wires:
                scene.wires[wire].set_draft("")
        self._crossed.clear()
        self.canvas.card.hide()

    def _make(self) -> QGraphicsPathItem:
        item = QGraphicsPathItem()
        pen = QPen(look().bad, 1.5)
        pen.setCosmetic(True)
        pen.setDashPattern([5, 3])
        item.setPen(pen)
        item.setZValue(Z_KNIFE)
        self.canvas.drawing.addItem(item)
        return item


def crossed(scene: NetworkScene, one: QPointF, two: QPointF) -> list[Wire]:
    """The wires that a straight line crosses."""
    a, b = (one.x(), one.y()), (two.x(), two.y())
    box = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
    found = []
    for wire in scene.wire_places.within(box):
        pieces = scene.wires[wire].lines()
        if any(_cross(a, b, c, d) for line in pieces for c, d in pairwise(line)):
            found.append(wire)
    return found


_Point = tuple[float, float]


def _cross(a: _Point, b: _Point, c: _Point, d: _Point) -> bool:
    """Whether two pieces of line share a point."""
    return _turn(a, b, c) * _turn(a, b, d) <= 0 and _turn(c, d, a) * _turn(c, d, b) <= 0


def _turn(a: _Point, b: _Point, c: _Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _words(count: int) -> str:
    if not count:
        return "Draw across the wires to cut."
    return "Cuts 1 wire" if count == 1 else f"Cuts {count} wires"
