"""Place a new layer: a ghost under the mouse that shows what it would be dropped on.

On a wire it is inserted, on a port it is wired, on the void it just stands there.
"""

from __future__ import annotations

from graph_compiler.model import Wire
from nnstudio.canvas.face import preview_face
from nnstudio.canvas.fits import End
from nnstudio.canvas.hits import port_at, wire_at
from nnstudio.canvas.node_item import NodeItem
from nnstudio.canvas.placement import Place, snapped
from nnstudio.canvas.tools.tool import Pointer, Tool

Z_GHOST = 70.0
WIRE_REACH = 14.0


class PlaceTool(Tool):
    """Carries a layer that is not in the document yet."""

    def start(self, type: str) -> None:
        """Take a layer in hand; it shows once the mouse is over the canvas."""
        self._type = type
        self._ghost: NodeItem | None = None
        self._wire: Wire | None = None
        self._port: End | None = None
        self.begin()

    def move(self, pointer: Pointer) -> None:
        if self._ghost is None:
            self._ghost = NodeItem(
                preview_face(self._type, types=self.canvas.drawing.document.types)
            )
            self._ghost.setOpacity(0.85)
            self._ghost.set_selected(True)
            self._ghost.setZValue(Z_GHOST)
            self.canvas.drawing.addItem(self._ghost)
        self._ghost.setPos(*self._place(pointer))
        self._find(pointer)

    def leave(self) -> None:
        """The mouse is no longer over the canvas."""
        self._unmark()
        if self._ghost is not None:
            self.canvas.drawing.removeItem(self._ghost)
            self._ghost = None

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        at, wire, port, type = self._place(pointer), self._wire, self._port, self._type
        self.finish()
        self.canvas.commands.place(type, at, wire, port)

    def clean_up(self) -> None:
        self.leave()

    def _place(self, pointer: Pointer) -> Place:
        """The ghost hangs at its middle."""
        face = (
            preview_face(self._type, types=self.canvas.drawing.document.types)
            if self._ghost is None
            else self._ghost.face
        )
        return snapped(pointer.scene.x() - face.width / 2, pointer.scene.y() - face.height / 2)

    def _find(self, pointer: Pointer) -> None:
        self._unmark()
        scene, zoom = self.canvas.drawing, self.canvas.camera.zoom
        layer = scene.document.types.get(self._type)
        x, y = pointer.scene.x(), pointer.scene.y()
        port = port_at(scene, x, y, zoom)
        if port is not None and layer is not None:
            usable = layer.inputs if port.side == "out" else layer.outputs
            if usable:
                self._port = End(port.node, port.side, port.port)
                scene.nodes[port.node].set_marks({(port.side, port.port): "target"})
                return
        if layer is not None and layer.inputs and layer.outputs:
            wire = wire_at(scene, x, y, WIRE_REACH / zoom)
            if wire is not None:
                self._wire = wire
                scene.wires[wire].mark(hovered=True, highlighted=True)

    def _unmark(self) -> None:
        scene = self.canvas.drawing
        if self._port is not None and self._port.node in scene.nodes:
            scene.nodes[self._port.node].set_marks({})
        if self._wire is not None and self._wire in scene.wires:
            lit = {self._wire.source, self._wire.target} & set(scene.selection.nodes)
            scene.wires[self._wire].mark(hovered=False, highlighted=bool(lit))
        self._port = self._wire = None
