"""Hands the mouse to tools: what is under it decides which tool takes a press.

What is there it asks `hits`, never Qt's items, so no item ever handles an event and each can vanish
at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent

from nnstudio.canvas import menus, words
from nnstudio.canvas.edge_pan import EdgePan
from nnstudio.canvas.hits import VOID, Hit, hit
from nnstudio.canvas.tools.band import BandTool
from nnstudio.canvas.tools.move import MoveTool
from nnstudio.canvas.tools.pan import PanTool
from nnstudio.canvas.tools.place import PlaceTool
from nnstudio.canvas.tools.tool import Pointer, Tool
from nnstudio.canvas.tools.wire import WireTool

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

WHEEL_STEP = 1.0015
"""Zoom for one eighth of a degree of the wheel; a notch is 120 of them."""
_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
_CURSORS = {
    "port": Qt.CursorShape.CrossCursor,
    "badge": Qt.CursorShape.PointingHandCursor,
    "frame": Qt.CursorShape.SizeAllCursor,
}


class Mouse(QObject):
    """The mouse's half of the canvas: the tools, the one that is running, and what is hovered."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._edge_pan = EdgePan(self, self._pan_along)
        self.panning, self.banding = PanTool(canvas), BandTool(canvas)
        self.moving, self.wiring = MoveTool(canvas), WireTool(canvas)
        self.placing = PlaceTool(canvas)
        for tool in (self.panning, self.banding, self.moving, self.wiring, self.placing):
            tool.finished.connect(self._tool_ended)
            tool.cancelled.connect(self._tool_ended)
        self.tool: Tool | None = None
        self.space = False
        """Whether the space bar is down: a left drag then pans."""
        self._hovered = VOID
        self._badge_pressed = ""
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
        at = self._hit(pointer)
        if event.button() != _LEFT or self.tool is not None or pointer.ctrl or pointer.shift:
            return False
        if at.kind == "void":
            self._canvas.open_search(pointer.place)
        elif at.kind == "frame":
            self._canvas.popups.rename_frame(at.frame)
        elif at.kind == "node":
            self._canvas.drawing.selection.set((at.node,))
            self._canvas.open_node(at.node)
        return at.kind in ("void", "frame", "node")

    def move(self, event: QMouseEvent) -> None:
        """The mouse has moved."""
        pointer = self._pointer(event)
        self._canvas.last_place = pointer.place
        if self.tool is None:
            self._hover(self._hit(pointer), pointer.place)
            return
        self.tool.move(pointer)
        if self.tool is not None and self.tool.pans_at_edges and event.buttons():
            self._edge_pan.follow(pointer.place, self._canvas.viewport().rect())

    def release(self, event: QMouseEvent) -> None:
        """A button is up."""
        pointer = self._pointer(event)
        self._edge_pan.stop()
        if event.button() == _LEFT and self._badge_pressed:
            name, self._badge_pressed = self._badge_pressed, ""
            if self._hit(pointer) == Hit("badge", node=name):
                self._canvas.open_fixes(name)
        elif self.tool is not None and event.button() in (_LEFT, _MIDDLE):
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
        last = canvas.drawing.selection.last
        if by_key and last is not None:
            at, place = Hit("node", node=last), canvas.node_rect(last).center()
        else:
            place = canvas.cursor_place() if by_key else event.pos()
            at = self._hit(self.pointer_at(place))
        self.end_gesture()
        self._select_for_menu(at)
        menus.build(canvas, at, place).popup(canvas.viewport().mapToGlobal(place))

    def rest(self) -> None:
        """The mouse has stood still for a while: say what it is on."""
        place = self._canvas.last_place
        if self.tool is None and self._hovered.kind != "badge" and place is not None:
            text = words.hover_text(self._canvas.drawing, self._hovered)
            if text and self._canvas.popups.open is None:
                self._canvas.say(text, place)

    def leave(self) -> None:
        """The mouse is no longer over the canvas."""
        if self.tool is None:
            self._hover(VOID, QPoint())

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
        self._badge_pressed = ""

    def forget(self) -> None:
        """The document has changed: what was in hand or under the mouse may be gone."""
        if self.tool is not None and self.tool is not self.panning:
            self.tool.cancel()
        self._hovered = VOID

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
        self._hover(VOID, pointer.place)
        if at.kind == "badge":
            self._badge_pressed = at.node
            selection.set((at.node,))
        elif at.kind == "port":
            self.take(self.wiring)
            self.wiring.start(pointer, at)
        elif at.kind == "node":
            self._press_node(pointer, at.node)
        elif at.kind == "wire" and at.wire is not None:
            if pointer.ctrl:
                selection.toggle(wires=(at.wire,))
            elif pointer.shift:
                selection.add(wires=(at.wire,))
            else:
                selection.set(wires=(at.wire,))
        elif at.kind == "frame":
            selection.set(frame=at.frame)
            nodes = canvas.drawing.model.frames[at.frame].nodes
            self.take(self.moving)
            self.moving.start(pointer, nodes, nodes[0] if nodes else "", "")
        else:
            self.take(self.banding)
            self.banding.start(pointer)

    def _press_node(self, pointer: Pointer, name: str) -> None:
        selection = self._canvas.drawing.selection
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

    def _select_for_menu(self, at: Hit) -> None:
        selection = self._canvas.drawing.selection
        if at.node and at.node not in selection.nodes:
            selection.set((at.node,))
        elif at.wire is not None:
            selection.set(wires=(at.wire,))
        elif at.frame:
            selection.set(frame=at.frame)

    def _hover(self, at: Hit, place: QPoint) -> None:
        if at == self._hovered:
            return
        before, self._hovered = self._hovered, at
        scene = self._canvas.drawing
        scene.labels.hover(at.wire)
        if before.kind == "port" and before.node in scene.nodes:
            scene.nodes[before.node].set_marks({})
        if at.kind == "port":
            scene.nodes[at.node].set_marks({(at.side, at.port): "hover"})
        for name, on in ((before.frame, False), (at.frame, True)):
            if name in scene.frames:
                scene.frames[name].mark(hovered=on)
        if at.kind == "badge":
            text = words.problem_text(scene, at.node)
            self._canvas.say(text, place, scene.face(at.node).severity)
        else:
            self._canvas.card.hide()
        if not self.space:
            shape = _CURSORS.get(at.kind, Qt.CursorShape.ArrowCursor)
            self._canvas.viewport().setCursor(shape)
