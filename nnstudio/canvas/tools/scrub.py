"""Change a number by dragging it sideways where it stands on its node; one drag is one step."""

from __future__ import annotations

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.canvas.tools.tool import Pointer, Tool
from nnstudio.document import steps
from nnstudio.fields.scrubbing import PIXELS
from nnstudio.fields.stepping import next_gesture, pace, stepped


class ScrubTool(Tool):
    """Sets the parameter while the mouse moves; Escape takes it back."""

    survives = True

    def start(self, pointer: Pointer, node: str, param: Param, value: Value) -> None:
        """The button goes down on a number."""
        self._from, self._last = pointer, pointer.place.x()
        self._node, self._param, self._value = node, param, value
        self._shown: Value = value
        self._ways = 0.0
        self._gesture = ""
        self.begin()

    def move(self, pointer: Pointer) -> None:
        if not self._gesture:
            if abs(pointer.place.x() - self._from.place.x()) < PIXELS:
                return
            self._gesture = next_gesture("scrub")
        self._ways += (pointer.place.x() - self._last) / PIXELS * pace(pointer.modifiers)
        self._last = pointer.place.x()
        self._set(stepped(self._param, self._value, self._ways))

    def release(self, pointer: Pointer) -> None:
        if not self._gesture:
            # A click: of several selected nodes the clicked one stays.
            self.canvas.drawing.selection.set((self._node,))
        self.finish()

    def cancel(self) -> None:
        if self.running and self._gesture:
            self._set(self._value)
        super().cancel()

    def _set(self, value: Value) -> None:
        scene = self.canvas.drawing
        if value != self._shown and self._node in scene.nodes:
            self._shown = value
            name = self._param.name
            self.canvas.edit(
                lambda: steps.set_param(scene.document, scene.network, self._node, name, value),
                self._gesture,
            )
