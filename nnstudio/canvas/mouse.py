"""Hands the mouse to tools: what is under it decides which tool takes a press.

What is there it asks `hits`, never Qt's items, so no item ever handles an event and each can vanish
at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent

from graph_compiler.model import Wire
from nnstudio.canvas import menus
from nnstudio.canvas.edge_pan import EdgePan
from nnstudio.canvas.hits import VOID, Hit, hit
from nnstudio.canvas.hovering import Hovering
from nnstudio.canvas.tools.band import BandTool
from nnstudio.canvas.tools.bend import BendTool
from nnstudio.canvas.tools.cut import CutTool
from nnstudio.canvas.tools.move import MoveTool
from nnstudio.canvas.tools.note import NoteTool
from nnstudio.canvas.tools.pan import PanTool
from nnstudio.canvas.tools.place import PlaceTool
from nnstudio.canvas.tools.scrub import ScrubTool
from nnstudio.canvas.tools.tool import Pointer, Tool
from nnstudio.canvas.tools.wire import WireTool

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

WHEEL_STEP = 1.0015
"""Zoom for one eighth of a degree of the wheel; a notch is 120 of them."""
_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
_RIGHT = Qt.MouseButton.RightButton


class Mouse(QObject):
    """The mouse's half of the canvas: the tools, the one that is running, and what is hovered."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._edge_pan = EdgePan(self, self._pan_along)
        self.panning, self.banding = PanTool(canvas), BandTool(canvas)
        self.moving, self.wiring = MoveTool(canvas), WireTool(canvas)
        self.placing, self.cutting = PlaceTool(canvas), CutTool(canvas)
        self.bending, self.noting = BendTool(canvas), NoteTool(canvas)
        self.scrubbing = ScrubTool(canvas)
        tools: tuple[Tool, ...] = (
            self.panning, self.banding, self.moving, self.wiring, self.placing, self.cutting,
            self.bending, self.noting, self.scrubbing,
        )  # fmt: skip
        for tool in tools:
            tool.finished.connect(self._tool_ended)
            tool.cancelled.connect(self._tool_ended)
        self.tool: Tool | None = None
        self.space = False
        """Whether the space bar is down: a left drag then pans."""
        self.hovering = Hovering(canvas)
        self._pressed = VOID
        """A badge or a link's tag that acts when the button is up again."""
        self._followed = False
        """Whether the last click led elsewhere, so that a second one is none on what is there."""
        self._no_menu = False

    # Events

    def press(self, event: QMouseEvent) -> None:
        """A button goes down."""
        pointer = self._pointer(event)
        self._no_menu = False
        button = event.button()
        if button == _MIDDLE or (button == _LEFT and self.space):
            self.end_gesture(keep=self.placing)
            self._canvas.steered = True
            self.take(self.panning)
            self.panning.start(pointer)
        elif button == _RIGHT and pointer.ctrl and self.tool is None:
            self._cut(pointer)
            self._no_menu = True
        elif button == _LEFT and self.tool is not None:
            self.tool.press(pointer)
        elif button == _LEFT:
            self._press_on(pointer, self._hit(pointer))
        elif self.tool is not None:
            # The other button gives the gesture up, and asks for no menu this time.
            self.tool.cancel()
            self._no_menu = True

    def double_click(self, event: QMouseEvent) -> bool:
        """The second click of two; False where it is only another press."""
        pointer = self._pointer(event)
        if self._followed:
            return True
        at = self._hit(pointer)
        if event.button() != _LEFT or self.tool is not None or pointer.ctrl or pointer.shift:
            return False
        canvas, place = self._canvas, (pointer.scene.x(), pointer.scene.y())
        if at.kind == "void":
            canvas.open_search(pointer.place)
        elif at.kind == "frame":
            canvas.popups.rename_frame(at.frame)
        elif at.kind == "note":
            canvas.popups.write_note(at.note)
        elif at.kind == "wire":
            canvas.wires.add_point(at.wire, place)
        elif at.kind == "point" and at.wire is not None:
            canvas.wires.remove_point(at.wire, at.point)
        elif at.kind == "node" and at.row >= 0:
            canvas.drawing.selection.set((at.node,))
            canvas.values.open(at.node, canvas.drawing.face(at.node).rows[at.row].param)
        elif at.kind == "node":
            canvas.drawing.selection.set((at.node,))
            canvas.open_node(at.node)
        else:
            return False
        return True

    def move(self, event: QMouseEvent) -> None:
        """The mouse has moved."""
        pointer = self._pointer(event)
        self._canvas.last_place = pointer.place
        if self.tool is None:
            self.hovering.over(self._hit(pointer), pointer.place, cursor=not self.space)
            return
        self.tool.move(pointer)
        if self.tool is not None and self.tool.pans_at_edges and event.buttons():
            self._edge_pan.follow(pointer.place, self._canvas.viewport().rect())

    def release(self, event: QMouseEvent) -> None:
        """A button is up."""
        pointer = self._pointer(event)
        self._edge_pan.stop()
        if event.button() == _LEFT and self._pressed != VOID:
            at, self._pressed = self._pressed, VOID
            if self._hit(pointer) == at:
                self._act(at)
        elif self.tool is not None and (
            event.button() in (_LEFT, _MIDDLE) or self.tool is self.cutting
        ):
            self.tool.release(pointer)

    def wheel(self, event: QWheelEvent) -> None:
        """A wheel zooms at the mouse, two fingers push the picture, with Ctrl they zoom."""
        camera, place = self._canvas.camera, event.position().toPoint()
        self._canvas.steered = True
        pixels, turn = event.pixelDelta(), event.angleDelta()
        fingers = not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase
        if fingers and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            camera.pan(pixels.x(), pixels.y())
        elif fingers:
            camera.zoom_at(place, WHEEL_STEP ** (pixels.y() * 2))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            camera.pan((turn.x() or turn.y()) // 2, 0)
        else:
            camera.pan(turn.x() // 2, 0)
            camera.zoom_at(place, WHEEL_STEP ** turn.y())
        self._canvas.last_place = place
        if self.tool is not None and self.tool is not self.panning:
            self.tool.move(self.pointer_at(place))

    def menu(self, event: QContextMenuEvent) -> None:
        """The menu for what is under the mouse, or for the selection when a key asks for it."""
        if self._no_menu:
            self._no_menu = False
            return
        canvas = self._canvas
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        if by_key:
            at, place = menus.chosen(canvas)
        else:
            place = event.pos()
            at = self._hit(self.pointer_at(place))
        self.end_gesture()
        menus.select_for(canvas, at)
        menus.build(canvas, at, place).popup(canvas.viewport().mapToGlobal(place))

    def rest(self) -> None:
        """The mouse has stood still for a while: say what it is on."""
        place = self._canvas.last_place
        if self.tool is None and place is not None:
            self.hovering.rest(place)

    def leave(self) -> None:
        """The mouse is no longer over the canvas."""
        if self.tool is None:
            self.hovering.over(VOID, QPoint(), cursor=not self.space)

    def hold_space(self, down: bool) -> None:
        """The space bar turns the left button into a hand."""
        self.space = down
        if down:
            self._canvas.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.tool is not self.panning:
            self._canvas.viewport().unsetCursor()

    # Tools

    def take(self, tool: Tool) -> None:
        """Put a tool into the hand; another that is running ends without a change."""
        if self.tool is not None and self.tool is not tool:
            self.tool.cancel()
        self.tool = tool

    def end_gesture(self, keep: Tool | None = None) -> None:
        """End what is running without a change."""
        if self.tool is not None and self.tool is not keep:
            self.tool.cancel()
        self._edge_pan.stop()
        self._pressed = VOID

    def forget(self) -> None:
        """The document has changed: what was in hand or under the mouse may be gone."""
        if self.tool is not None and self.tool is not self.panning and not self.tool.survives:
            self.tool.cancel()
        self.hovering.forget()

    def pointer_at(self, place: QPoint) -> Pointer:
        """The mouse at a point of the view, with nothing held down."""
        return Pointer(place, self._canvas.mapToScene(place))

    def _pointer(self, event: QMouseEvent) -> Pointer:
        place = event.position().toPoint()
        return Pointer(place, self._canvas.mapToScene(place), event.modifiers())

    def _hit(self, pointer: Pointer) -> Hit:
        zoom = self._canvas.camera.zoom
        return hit(self._canvas.drawing, pointer.scene.x(), pointer.scene.y(), zoom)

    def _press_on(self, pointer: Pointer, at: Hit) -> None:
        canvas, selection = self._canvas, self._canvas.drawing.selection
        canvas.steered = True
        self._followed = False
        self.hovering.over(VOID, pointer.place, cursor=not self.space)
        if pointer.alt and at.kind in ("void", "wire", "point", "frame", "note", "corner"):
            self._cut(pointer)
        elif at.kind == "badge":
            self._pressed = at
            selection.set((at.node,))
        elif at.kind == "port":
            self.take(self.wiring)
            self.wiring.start(pointer, at)
        elif at.kind == "node":
            self._press_node(pointer, at.node, at.row)
        elif at.wire is not None:
            self._press_wire(pointer, at, at.wire)
        elif at.note:
            selection.set(note=at.note)
            self.take(self.noting)
            self.noting.start(pointer, at.note, resizing=at.kind == "corner")
        elif at.kind == "frame":
            selection.set(frame=at.frame)
            nodes = canvas.drawing.model.frames[at.frame].nodes
            self.take(self.moving)
            self.moving.start(pointer, nodes, nodes[0] if nodes else "", "", joins=False)
        else:
            self.take(self.banding)
            self.banding.start(pointer)

    def _press_wire(self, pointer: Pointer, at: Hit, wire: Wire) -> None:
        selection = self._canvas.drawing.selection
        if pointer.ctrl:
            selection.toggle(wires=(wire,))
        elif pointer.shift:
            selection.add(wires=(wire,))
        else:
            selection.set(wires=(wire,), point=at.point)
            if at.kind == "link":
                self._pressed = at
            else:
                self.take(self.bending)
                self.bending.start(pointer, wire, at.point)

    def _cut(self, pointer: Pointer) -> None:
        self.hovering.over(VOID, pointer.place)
        self.take(self.cutting)
        self.cutting.start(pointer)

    def _act(self, at: Hit) -> None:
        """A click on what acts by itself."""
        if at.kind == "badge":
            self._canvas.open_fixes(at.node)
        elif at.wire is not None:
            self._followed = True
            self._canvas.wires.follow_link(at.wire, at.side)

    def _press_node(self, pointer: Pointer, name: str, row: int) -> None:
        selection = self._canvas.drawing.selection
        number = self._canvas.values.number(name, row) if row >= 0 else None
        alone = name not in selection.nodes or len(selection.nodes) == 1
        if number is not None and alone and not (pointer.ctrl or pointer.shift):
            selection.set((name,))
            self.take(self.scrubbing)
            self.scrubbing.start(pointer, name, *number)
            return
        on_click = ""
        if pointer.ctrl:
            selection.toggle((name,))
            if name not in selection.nodes:
                return
        elif pointer.shift:
            selection.add((name,))
        elif name in selection.nodes:
            on_click = name
        else:
            selection.set((name,))
        self.take(self.moving)
        self.moving.start(pointer, selection.names, name, on_click)

    def _tool_ended(self) -> None:
        self.tool = None
        self._edge_pan.stop()

    def _pan_along(self, dx: int, dy: int) -> None:
        self._canvas.camera.pan(dx, dy)
        if self.tool is not None and self._canvas.last_place is not None:
            self.tool.move(self.pointer_at(self._canvas.last_place))
