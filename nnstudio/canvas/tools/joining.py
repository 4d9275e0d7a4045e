"""Nodes that are dragged into a frame or out of one: what would happen is shown before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.canvas.tools.tool import Pointer

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView


class Joining:
    """Watches one move of nodes."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._names: tuple[str, ...] = ()
        self._boxes: dict[str, tuple[float, float, float, float]] = {}
        self.frame = ""
        """The frame that the nodes would join."""
        self.leaves = False

    def start(self, names: tuple[str, ...]) -> None:
        """These nodes are taken along; frames count where they stand now."""
        scene = self._canvas.drawing
        self._names, self.frame, self.leaves = names, "", False
        self._boxes = {name: item.frame_box for name, item in scene.frames.items()}

    def look(self, pointer: Pointer) -> None:
        """The mouse is here with the nodes."""
        held = self._canvas.frames.holding(self._names)
        leaves = pointer.shift and bool(held)
        frame = "" if pointer.shift else self._under(pointer)
        if frame != self.frame:
            self._mark(self.frame, on=False)
            self._mark(frame, on=True)
        self.frame, self.leaves = frame, leaves
        if frame:
            self._canvas.say(f"Joins frame {frame}", pointer.place)
        elif leaves:
            self._canvas.say(f"Leaves frame {held[0]}", pointer.place)
        else:
            self._canvas.card.hide()

    def finish(self, gesture: str) -> None:
        """The nodes are dropped."""
        if self.frame:
            self._canvas.frames.put_into(self.frame, self._names, gesture)
        elif self.leaves:
            self._canvas.frames.take_out(self._names, gesture)

    def clear(self) -> None:
        """Take the signs away."""
        self._mark(self.frame, on=False)
        self._canvas.card.hide()

    def _under(self, pointer: Pointer) -> str:
        """The smallest frame under the mouse that does not hold all of the nodes yet."""
        frames, (x, y) = self._canvas.drawing.model.frames, pointer.scene.toTuple()
        found = [
            (_area(box), name)
            for name, box in self._boxes.items()
            if name in frames
            and box[0] <= x <= box[2]
            and box[1] <= y <= box[3]
            and not set(self._names) <= set(frames[name].nodes)
        ]
        return min(found)[1] if found else ""

    def _mark(self, name: str, *, on: bool) -> None:
        item = self._canvas.drawing.frames.get(name)
        if item is not None:
            item.mark(target=on)


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
