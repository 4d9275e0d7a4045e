"""Runs the commands of the key table: walking, nudging, and the canvas's own methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nnstudio.canvas import walking

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

Way = Literal["left", "right", "up", "down"]
FAR = 6
"""How many grid steps a long nudge is."""
_WAYS: dict[str, tuple[Way, int, int]] = {
    "left": ("left", -1, 0),
    "right": ("right", 1, 0),
    "up": ("up", 0, -1),
    "down": ("down", 0, 1),
}


class Keyboard:
    """The keyboard's half of the canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas

    def run(self, command: str) -> None:
        """Do what a key stands for."""
        kind, _, rest = command.partition("_")
        way, _, extra = rest.partition("_")
        if kind == "walk" and self._walks_points(way):
            self._canvas.wires.step_point(1 if way == "right" else -1)
        elif kind == "walk":
            self.walk(_WAYS[way][0], adding=extra == "adding")
        elif kind == "nudge":
            _, dx, dy = _WAYS[way]
            by = FAR if extra == "far" else 1
            self._canvas.commands.nudge(dx * by, dy * by)
        elif kind == "grow":
            _, dx, dy = _WAYS[way]
            self._canvas.notes.grow(dx, dy)
        elif kind == "swap":
            self._canvas.wires.swap(_WAYS[way][2])
        else:
            part, _, name = command.rpartition(".")
            getattr(getattr(self._canvas, part) if part else self._canvas, name)()

    def _walks_points(self, way: str) -> bool:
        """Left and right go from point to point while a wire with points is all that is chosen."""
        wire = self._canvas.drawing.selection.wire
        if wire is None or way not in ("left", "right"):
            return False
        return bool(self._canvas.wires.route(wire).points)

    def walk(self, way: Way, *, adding: bool = False) -> None:
        """Select the next node in a direction."""
        scene = self._canvas.drawing
        here = scene.selection.last
        there = walking.step(scene, here, way) if here else walking.first(scene)
        if there is None:
            return
        if adding and here is not None:
            names = [name for name in scene.selection.names if name != there]
            scene.selection.set((*names, there))
        else:
            scene.selection.set((there,))
        self._canvas.camera.reveal(scene.bounds((there,)))
