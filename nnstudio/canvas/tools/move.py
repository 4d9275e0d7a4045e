"""Drag nodes: they follow the mouse on the grid, line up with their neighbours, join frames.

In the document they are moved once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QLineF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsLineItem

from nnstudio.canvas.look import look
from nnstudio.canvas.placement import Place, snapped
from nnstudio.canvas.tools.joining import Joining
from nnstudio.canvas.tools.tool import Pointer, Tool
from nnstudio.document import steps

Z_GUIDE = 80.0
REACH = 5.0
"""Pixels within which an edge jumps to that of a neighbour."""
MOST_NEIGHBOURS = 400


class MoveTool(Tool):
    """Moves nodes; a press without a drag is a click, which `on_click` then handles."""

    pans_at_edges = True

    def start(
        self,
        pointer: Pointer,
        names: Iterable[str],
        lead: str,
        select_on_click: str,
        *,
        joins: bool = True,
    ) -> None:
        """Take hold of nodes; `lead` is the one that snaps; they may join frames where `joins`.

        `select_on_click` becomes the only selected node when it was a click after all.
        """
        scene = self.canvas.drawing
        self._from = pointer
        self._origins = {name: (scene.nodes[name].x(), scene.nodes[name].y()) for name in names}
        self._lead = lead if lead in self._origins else next(iter(self._origins), "")
        self._on_click = select_on_click
        self._dragging = False
        self._joining = Joining(self.canvas) if joins and scene.frames else None
        if self._joining is not None:
            self._joining.start(tuple(self._origins))
        self._guides: list[QGraphicsLineItem] = []
        self._columns: list[tuple[float, float, float]] = []
        self._rows: list[tuple[float, float, float]] = []
        self.begin()

    def move(self, pointer: Pointer) -> None:
        if not self._dragging:
            if not pointer.far_from(self._from) or not self._lead:
                return
            self._dragging = True
            self._find_neighbours()
        x, y = self._origins[self._lead]
        by = pointer.scene - self._from.scene
        wanted = snapped(x + by.x(), y + by.y())
        wanted = self._lined_up(wanted, (x + by.x(), y + by.y()), free=pointer.alt)
        dx, dy = wanted[0] - x, wanted[1] - y
        self.canvas.drawing.preview_places(
            {name: (ox + dx, oy + dy) for name, (ox, oy) in self._origins.items()}
        )
        if self._joining is not None:
            self._joining.look(pointer)

    def release(self, pointer: Pointer) -> None:
        scene = self.canvas.drawing
        if not self._dragging:
            if self._on_click in scene.nodes:
                scene.selection.set((self._on_click,))
            self.finish()
            return
        places = {name: (scene.nodes[name].x(), scene.nodes[name].y()) for name in self._origins}
        moved = {name: at for name, at in places.items() if at != self._origins[name]}
        if self._joining is not None:
            self._joining.look(pointer)
        joining, gesture = self._joining, self.canvas.commands.gesture("move")
        self.finish()
        if moved:
            self.canvas.edit(lambda: steps.move(scene.document, scene.network, moved), gesture)
            if joining is not None:
                joining.finish(gesture)

    def clean_up(self) -> None:
        self.canvas.drawing.end_preview()
        if self._joining is not None and self._dragging:
            self._joining.clear()
        self._show_guides([])

    def _find_neighbours(self) -> None:
        """Edges of the nodes in view that a dragged node may line up with."""
        scene, seen = self.canvas.drawing, self.canvas.camera.visible()
        box = (seen.left(), seen.top(), seen.right(), seen.bottom())
        for name in scene.node_places.within(box)[:MOST_NEIGHBOURS]:
            if name not in self._origins:
                left, top, right, bottom = scene.nodes[name].box()
                self._columns.append((left, top, bottom))
                self._rows.append((top, left, right))

    def _lined_up(self, wanted: Place, exact: Place, *, free: bool) -> Place:
        x, y = wanted
        lines: list[QLineF] = []
        if not free:
            reach = REACH / self.canvas.camera.zoom
            column = min(self._columns, key=lambda one: abs(one[0] - exact[0]), default=None)
            row = min(self._rows, key=lambda one: abs(one[0] - exact[1]), default=None)
            face = self.canvas.drawing.nodes[self._lead].face
            if column is not None and abs(column[0] - exact[0]) <= reach:
                x = column[0]
            if row is not None and abs(row[0] - exact[1]) <= reach:
                y = row[0]
            if column is not None and x == column[0]:
                ends = (column[1], column[2], y, y + face.height)
                lines.append(QLineF(x, min(ends), x, max(ends)))
            if row is not None and y == row[0]:
                ends = (row[1], row[2], x, x + face.width)
                lines.append(QLineF(min(ends), y, max(ends), y))
        self._show_guides(lines)
        return (x, y)

    def _show_guides(self, lines: list[QLineF]) -> None:
        scene = self.canvas.drawing
        while len(self._guides) > len(lines):
            scene.removeItem(self._guides.pop())
        while len(self._guides) < len(lines):
            item = QGraphicsLineItem()
            pen = QPen(look().accent, 1)
            pen.setCosmetic(True)
            pen.setDashPattern([4, 4])
            item.setPen(pen)
            item.setZValue(Z_GUIDE)
            scene.addItem(item)
            self._guides.append(item)
        for item, line in zip(self._guides, lines, strict=True):
            item.setLine(line)
