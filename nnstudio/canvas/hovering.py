"""What the mouse is over: marks it, gives the cursor its shape, and explains it after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt

from nnstudio.canvas import words
from nnstudio.canvas.hits import VOID, Hit

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

_Shape = Qt.CursorShape
_CURSORS = {
    "port": _Shape.CrossCursor,
    "badge": _Shape.PointingHandCursor,
    "link": _Shape.PointingHandCursor,
    "point": _Shape.SizeAllCursor,
    "note": _Shape.SizeAllCursor,
    "corner": _Shape.SizeFDiagCursor,
    "frame": _Shape.SizeAllCursor,
}


class Hovering:
    """The thing under the mouse while no tool is running."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self.at = VOID

    def over(self, at: Hit, place: QPoint, *, cursor: bool = True) -> None:
        """The mouse is over this now."""
        if at == self.at:
            return
        before, self.at = self.at, at
        self._mark(before, on=False)
        self._mark(at, on=True)
        scene = self._canvas.drawing
        scene.labels.hover(at.wire)
        if at.kind == "badge":
            text = words.problem_text(scene, at.node)
            self._canvas.say(text, place, scene.face(at.node).severity)
        else:
            self._canvas.card.hide()
        if cursor:
            shape = _CURSORS.get(at.kind, _Shape.ArrowCursor)
            if at.row >= 0:
                dragged = self._canvas.values.number(at.node, at.row) is not None
                shape = _Shape.SizeHorCursor if dragged else _Shape.PointingHandCursor
            self._canvas.viewport().setCursor(shape)

    def rest(self, place: QPoint) -> None:
        """The mouse has stood still for a while: say what it is on."""
        if self.at.kind != "badge" and self._canvas.popups.open is None:
            text = words.hover_text(self._canvas.drawing, self.at)
            if text:
                scene = self._canvas.drawing
                inside = scene.face(self.at.node).inside if self.at.kind == "node" else None
                self._canvas.say(text, place, inside=inside)

    def forget(self) -> None:
        """What was there may be gone."""
        self.at = VOID

    def _mark(self, at: Hit, *, on: bool) -> None:
        scene = self._canvas.drawing
        if at.kind == "port" and at.node in scene.nodes:
            scene.nodes[at.node].set_marks({(at.side, at.port): "hover"} if on else {})
        if at.frame in scene.frames:
            scene.frames[at.frame].mark(hovered=on)
        if at.note in scene.notes:
            scene.notes[at.note].mark(hovered=on)
