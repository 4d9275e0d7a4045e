"""The canvas: shows one network, hands the mouse to tools and keys to commands.

Changes the project only by the document's steps. What is under the mouse it asks `hits`, never Qt's
items, so no item ever handles an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from graph_compiler.model import Wire
from nnstudio import theme
from nnstudio.canvas import ground, menus, words
from nnstudio.canvas.camera import Camera
from nnstudio.canvas.cards import Card, EmptyState, FocusRing
from nnstudio.canvas.commands import Commands
from nnstudio.canvas.edge_pan import EdgePan
from nnstudio.canvas.fits import End
from nnstudio.canvas.hits import VOID, Hit, hit
from nnstudio.canvas.keyboard import Keyboard
from nnstudio.canvas.keys import command_of
from nnstudio.canvas.level_of_detail import detail_at
from nnstudio.canvas.look import look
from nnstudio.canvas.popups import Popups
from nnstudio.canvas.scene import NetworkScene
from nnstudio.canvas.tools.band import BandTool
from nnstudio.canvas.tools.move import MoveTool
from nnstudio.canvas.tools.pan import PanTool
from nnstudio.canvas.tools.place import PlaceTool
from nnstudio.canvas.tools.tool import Pointer, Tool
from nnstudio.canvas.tools.wire import WireTool
from nnstudio.document import steps
from nnstudio.document.document import Document

WORLD = QRectF(-200_000, -200_000, 400_000, 400_000)
WHEEL_STEP = 1.0015
"""Zoom for one eighth of a degree of the wheel; a notch is 120 of them."""
BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


class CanvasView(QGraphicsView):
    """The node editor of one network."""

    selection_changed = Signal(object)
    """The names of the selected nodes, as a tuple."""
    message = Signal(str)
    """Something to be told in the status line: why a step was refused, what was copied."""
    search_requested = Signal(object)
    """The search for a layer has opened at a place of the scene."""
    inspect_requested = Signal(str)
    """The user wants to edit this node's parameters."""
    fix_applied = Signal(object)
    """A `Fix` has been applied."""

    def __init__(
        self, document: Document, network: str = "main", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.drawing = NetworkScene(document, network, self)
        self._set_up()
        self.camera = Camera(self)
        self.commands = Commands(self)
        self.keyboard = Keyboard(self)
        self.popups = Popups(self)
        self.card = Card(self)
        self.empty = EmptyState(self)
        self.ring = FocusRing(self)
        self._edge_pan = EdgePan(self, self._pan_along)
        self.panning, self.banding = PanTool(self), BandTool(self)
        self.moving, self.wiring, self.placing = MoveTool(self), WireTool(self), PlaceTool(self)
        self._tool: Tool | None = None
        for tool in (self.panning, self.banding, self.moving, self.wiring, self.placing):
            tool.finished.connect(self._tool_ended)
            tool.cancelled.connect(self._tool_ended)
        self._hovered = VOID
        self._space = False
        self._badge_pressed = ""
        self._no_menu = False
        self._last_place: QPoint | None = None
        self._framed_once = False
        self._user_moved = False
        self._names: tuple[str, ...] = ()
        self.setScene(self.drawing)
        self.camera.moved.connect(self._camera_moved)
        self.drawing.selection.changed.connect(self._selection_changed)
        self.drawing.mirrored.connect(self._mirrored)
        theme.notifier.theme_changed.connect(self._theme_changed)
        self._theme_changed(theme.current())
        self._mirrored()
        self._describe()

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSceneRect(WORLD)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setRenderHints(
            QPainter.RenderHint.Antialiasing
            | QPainter.RenderHint.TextAntialiasing
            | QPainter.RenderHint.SmoothPixmapTransform
        )
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState, False)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        # The ground covers all, so Qt may push the picture when panning and paint only the edge.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def dispose(self) -> None:
        """Stop listening to the document and to the theme; the canvas is of no use afterwards."""
        if self._tool is not None:
            self._tool.cancel()
        self.popups.close()
        self._edge_pan.stop()
        theme.notifier.theme_changed.disconnect(self._theme_changed)
        self.drawing.selection.changed.disconnect(self._selection_changed)
        self.drawing.mirrored.disconnect(self._mirrored)
        self.drawing.dispose()

    # The selection

    def select(self, names: Iterable[str]) -> None:
        """Select nodes, those that are there, and nothing else; bring them into view."""
        known = [name for name in names if name in self.drawing.nodes]
        self.drawing.selection.set(known)
        if known and self.isVisible():
            self.camera.reveal(self.drawing.bounds(known))

    def selected(self) -> tuple[str, ...]:
        """The selected nodes, in the order they were chosen."""
        return self.drawing.selection.names

    def select_all(self) -> None:
        """Select every node."""
        self.drawing.selection.set(self.drawing.nodes)

    def go_to(self, name: str) -> None:
        """Select one node and put it into the middle."""
        if name in self.drawing.nodes:
            self.drawing.selection.set((name,))
            self.camera.centre_on(self.drawing.bounds((name,)).center())

    # The camera

    def frame_selection(self) -> None:
        """See what is selected as large as it fits; everything where nothing is."""
        selection = self.drawing.selection
        names = selection.names
        if selection.frame and not names:
            names = self.drawing.model.frames[selection.frame].nodes
        self._user_moved = True
        self.camera.frame(self.drawing.bounds(names) if names else self.drawing.bounds())

    def frame_all(self) -> None:
        """See everything."""
        self._user_moved = False
        self.camera.frame(self.drawing.bounds())

    def zoom_in(self) -> None:
        """One step nearer."""
        self._user_moved = True
        self.camera.zoom_in()

    def zoom_out(self) -> None:
        """One step away."""
        self._user_moved = True
        self.camera.zoom_out()

    def zoom_reset(self) -> None:
        """One pixel for one unit."""
        self._user_moved = True
        self.camera.zoom_to(1.0)

    # Editing

    def edit(self, make: Callable[[], steps.Step], gesture: str = "") -> bool:
        """Do a step of the document; False, and the reason told, where it is refused."""
        return self.commands.do(make, gesture)

    def append(self, type: str) -> str | None:
        """A new layer behind the selected node, wired; the new node's name."""
        self._end_gesture()
        return self.commands.append(type)

    def delete_selection(self) -> None:
        """Delete what is selected."""
        self.commands.delete()

    def dissolve_selection(self) -> None:
        """Take the selected nodes out and heal the wires."""
        self.commands.dissolve()

    def copy(self) -> None:
        """The selected nodes to the clipboard, as readable text."""
        self.commands.copy()

    def cut(self) -> None:
        """Copy and delete."""
        self.commands.cut()

    def paste(self) -> None:
        """The clipboard's nodes at the mouse, or in the middle where it is elsewhere."""
        place = self.mapToScene(self._cursor())
        self.commands.paste((round(place.x() / 4) * 4.0, round(place.y() / 4) * 4.0))

    def duplicate(self) -> None:
        """Copies of the selected nodes beside them."""
        self.commands.duplicate()

    def make_frame(self) -> None:
        """A frame around the selected nodes; its title can be typed at once."""
        made = self.commands.make_frame()
        if made is not None and self.isVisible():
            self.rename_frame(made)

    def undo(self) -> None:
        """Take the last step back."""
        self.commands.undo()

    def redo(self) -> None:
        """Do it again."""
        self.commands.redo()

    # Placing from the palette

    def start_placing(self, type: str) -> None:
        """A layer is being dragged towards the canvas."""
        self._end_gesture()
        self._tool = self.placing
        self.placing.start(type)

    def move_placing(self, global_pos: QPoint) -> None:
        """The drag is at a point of the screen."""
        if self._tool is self.placing:
            pointer = self._global_pointer(global_pos)
            if self.viewport().rect().contains(pointer.place):
                self.placing.move(pointer)
            else:
                self.placing.leave()

    def finish_placing(self, global_pos: QPoint) -> None:
        """The layer is dropped; outside the canvas nothing comes of it."""
        if self._tool is self.placing:
            pointer = self._global_pointer(global_pos)
            if self.viewport().rect().contains(pointer.place):
                self.placing.release(pointer)
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.placing.cancel()

    def cancel_placing(self) -> None:
        """The drag was given up."""
        if self._tool is self.placing:
            self.placing.cancel()

    # Popups

    def open_search(self, place: QPoint | None = None) -> None:
        """The search for a layer, at a point of the view or at the mouse."""
        self.popups.search(place if place is not None else self._cursor())

    def search_for_wire(self, fixed: End, pointer: Pointer) -> None:
        """The search for a layer that a wire let go in the void could lead to."""
        self.popups.search_for_wire(fixed, pointer)

    def open_insert(self, wire: Wire, place: QPoint) -> None:
        """The search for a layer to put on a wire."""
        self.popups.insert(wire, place)

    def open_replace(self, name: str) -> None:
        """The search for a layer to put in a node's place."""
        self.popups.replace(name)

    def open_wiring(self) -> None:
        """The ports that the selected node could be wired to."""
        self.popups.wiring()

    def open_fixes(self, name: str = "") -> None:
        """The problems of a node, or of the selected one, with their fixes."""
        self.popups.fixes(name or self.drawing.selection.last or "")

    def rename_selection(self) -> None:
        """Type another name for the selected node or frame."""
        selection = self.drawing.selection
        if selection.last is not None:
            self.popups.rename_node(selection.last)
        elif selection.frame:
            self.popups.rename_frame(selection.frame)

    def rename_frame(self, name: str) -> None:
        """Type another name for a frame."""
        self.popups.rename_frame(name)

    def inspect_selection(self) -> None:
        """Ask for the selected node's parameters."""
        if self.drawing.selection.last is not None:
            self.inspect_requested.emit(self.drawing.selection.last)

    # Telling

    def say(self, text: str, place: QPoint, severity: str = "") -> None:
        """Show a card near a point of the view."""
        self.card.say(text, place, severity)

    def refuse(self, reason: str, place: QPoint | None = None) -> None:
        """Tell why something was not done, near the mouse and in the status line."""
        self.say(reason, place if place is not None else self._cursor(), "error")
        self.message.emit(reason)

    # Where things are, in pixels of the viewport: for popups, tours and tests

    def node_rect(self, name: str) -> QRect:
        """Where a node is seen."""
        return self.mapFromScene(self.drawing.bounds((name,))).boundingRect()

    def node_position(self, name: str) -> QPoint:
        """A point of a node by which it can be taken."""
        left, _, right, bottom = self.drawing.nodes[name].box()
        return self.mapFromScene(QPointF((left + right) / 2, bottom - 10))

    def port_position(self, name: str, port: str) -> QPoint:
        """A port's place; an input where both sides have one of that name."""
        face = self.drawing.face(name)
        side = "in" if face.port("in", port) else "out"
        return self.mapFromScene(QPointF(*self.drawing.port(name, side, port)))

    def wire_position(self, wire: Wire) -> QPoint:
        """The middle of a wire."""
        return self.mapFromScene(QPointF(*self.drawing.wires[wire].path.middle()))

    def badge_position(self, name: str) -> QPoint:
        """A node's badge."""
        return self.mapFromScene(self.drawing.nodes[name].badge_place())

    def frame_position(self, name: str) -> QPoint:
        """A frame's title."""
        left, top, _, bottom = self.drawing.frames[name].title_box()
        return self.mapFromScene(QPointF(left + 30, (top + bottom) / 2))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        pointer = self._pointer(event)
        self._no_menu = False
        self.popups.close()
        self.card.hide()
        self.ring.hide()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        button = event.button()
        if button == _MIDDLE or (button == _LEFT and self._space):
            self._end_gesture(keep=self.placing)
            self._user_moved = True
            self._take(self.panning)
            self.panning.start(pointer)
        elif button == _LEFT and self._tool is not None:
            self._tool.press(pointer)
        elif button == _LEFT:
            self._press(pointer, self._hit(pointer))
        elif self._tool is not None:
            # The other button gives the gesture up, and asks for no menu this time.
            self._tool.cancel()
            self._no_menu = True
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pointer = self._pointer(event)
        at = self._hit(pointer)
        if event.button() != _LEFT or self._tool is not None or pointer.ctrl or pointer.shift:
            self.mousePressEvent(event)
        elif at.kind == "void":
            self.open_search(pointer.place)
        elif at.kind == "frame":
            self.rename_frame(at.frame)
        elif at.kind == "node":
            self.drawing.selection.set((at.node,))
            self.inspect_requested.emit(at.node)
        else:
            self.mousePressEvent(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pointer = self._pointer(event)
        self._last_place = pointer.place
        if self._tool is not None:
            self._tool.move(pointer)
            if self._tool is not None and self._tool.pans_at_edges and event.buttons():
                self._edge_pan.follow(pointer.place, self.viewport().rect())
        else:
            self._hover(self._hit(pointer), pointer.place)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pointer = self._pointer(event)
        self._edge_pan.stop()
        if event.button() == _LEFT and self._badge_pressed:
            name, self._badge_pressed = self._badge_pressed, ""
            if self._hit(pointer) == Hit("badge", node=name):
                self.open_fixes(name)
        elif self._tool is not None and event.button() in (_LEFT, _MIDDLE):
            self._tool.release(pointer)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.popups.close()
        self._user_moved = True
        pixels = event.pixelDelta()
        fingers = not pixels.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase
        zooming = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if fingers and not zooming:
            self.camera.pan(pixels.x(), pixels.y())
        else:
            turn = pixels.y() * 2 if fingers else event.angleDelta().y()
            self.camera.pan(0 if fingers else event.angleDelta().x() // 2, 0)
            self.camera.zoom_at(event.position().toPoint(), WHEEL_STEP**turn)
        self._after_camera(event.position().toPoint())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._no_menu:
            self._no_menu = False
            event.accept()
            return
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        last = self.drawing.selection.last
        if keyboard and last is not None:
            at, place = Hit("node", node=last), self.node_rect(last).center()
        else:
            place = self._cursor() if keyboard else event.pos()
            at = hit(self.drawing, *self._scene_point(place), self.camera.zoom)
        self._end_gesture()
        self._select_for_menu(at)
        menus.build(self, at, place).popup(self.viewport().mapToGlobal(place))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and (
            event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self._user_moved = True
            self.camera.zoom_at(event.position().toPoint(), 1.0 + event.value())
            return True
        if event.type() == QEvent.Type.ToolTip:
            if self._tool is None and self._hovered.kind != "badge" and not self.popups.open:
                text = words.hover_text(self.drawing, self._hovered)
                if text and self._last_place is not None:
                    self.say(text, self._last_place)
            return True
        if event.type() == QEvent.Type.Leave and self._tool is None:
            self._hover(VOID, QPoint())
        return bool(super().viewportEvent(event))

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escape()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif event.key() != Qt.Key.Key_Space:
            command = command_of(event)
            if not command:
                super().keyPressEvent(event)
                return
            self._end_gesture()
            self.card.hide()
            self.keyboard.run(command)
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            if self._tool is not self.panning:
                self.viewport().unsetCursor()
        super().keyReleaseEvent(event)

    def escape(self) -> None:
        """End the running gesture, else a popup, else the selection."""
        if self._tool is not None:
            self._tool.cancel()
        elif self.popups.open:
            self.popups.close()
        else:
            self.drawing.selection.clear()
        self.card.hide()

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Tab opens the search; Shift+Tab and F6 leave the canvas.
        if forward and self.hasFocus():
            return False
        return bool(super().focusNextPrevChild(forward))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.ring.setVisible(event.reason() in BY_KEYBOARD)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        self.ring.hide()
        super().focusOutEvent(event)

    # Widget

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        ground.draw(painter, QRectF(rect), look(), self.camera.zoom)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._framed_once:
            self._framed_once = True
            if not self._user_moved:
                self.frame_all()

    def hideEvent(self, event: QHideEvent) -> None:
        self._end_gesture()
        self.popups.close()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.rect()
        self.ring.setGeometry(room)
        self.empty.move(room.center() - self.empty.rect().center())
        if self._framed_once and not self._user_moved and self.isVisible():
            self.camera.frame(self.drawing.bounds())

    # Inside

    def _press(self, pointer: Pointer, at: Hit) -> None:
        self._user_moved = True
        self._hover(VOID, pointer.place)
        selection = self.drawing.selection
        if at.kind == "badge":
            self._badge_pressed = at.node
            selection.set((at.node,))
        elif at.kind == "port":
            self._take(self.wiring)
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
            nodes = self.drawing.model.frames[at.frame].nodes
            self._take(self.moving)
            self.moving.start(pointer, nodes, nodes[0] if nodes else "", "")
        else:
            self._take(self.banding)
            self.banding.start(pointer)

    def _press_node(self, pointer: Pointer, name: str) -> None:
        selection = self.drawing.selection
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
        self._take(self.moving)
        self.moving.start(pointer, selection.names, name, on_click)

    def _take(self, tool: Tool) -> None:
        if self._tool is not None and self._tool is not tool:
            self._tool.cancel()
        self._tool = tool

    def _tool_ended(self) -> None:
        self._tool = None
        self._edge_pan.stop()

    def _end_gesture(self, keep: Tool | None = None) -> None:
        if self._tool is not None and self._tool is not keep:
            self._tool.cancel()
        self._badge_pressed = ""

    def _select_for_menu(self, at: Hit) -> None:
        selection = self.drawing.selection
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
        scene = self.drawing
        scene.hover_wire(at.wire)
        if before.kind == "port" and before.node in scene.nodes:
            scene.nodes[before.node].set_marks({})
        if at.kind == "port":
            scene.nodes[at.node].set_marks({(at.side, at.port): "hover"})
        for hovered, on in ((before.frame, False), (at.frame, True)):
            if hovered in scene.frames:
                scene.frames[hovered].mark(hovered=on)
        if at.kind == "badge":
            text = words.problem_text(scene, at.node)
            self.say(text, place, scene.face(at.node).severity)
        else:
            self.card.hide()
        if not self._space:
            shapes = {
                "port": Qt.CursorShape.CrossCursor,
                "badge": Qt.CursorShape.PointingHandCursor,
                "frame": Qt.CursorShape.SizeAllCursor,
            }
            self.viewport().setCursor(shapes.get(at.kind, Qt.CursorShape.ArrowCursor))

    def _hit(self, pointer: Pointer) -> Hit:
        return hit(self.drawing, pointer.scene.x(), pointer.scene.y(), self.camera.zoom)

    def _pointer(self, event: QMouseEvent) -> Pointer:
        place = event.position().toPoint()
        return Pointer(place, self.mapToScene(place), event.modifiers())

    def _global_pointer(self, global_pos: QPoint) -> Pointer:
        place = self.viewport().mapFromGlobal(global_pos)
        return Pointer(place, self.mapToScene(place))

    def _scene_point(self, place: QPoint) -> tuple[float, float]:
        point = self.mapToScene(place)
        return (point.x(), point.y())

    def _cursor(self) -> QPoint:
        """The mouse, where it was last seen over the canvas; else the middle."""
        if self._last_place is not None and self.viewport().rect().contains(self._last_place):
            return self._last_place
        return self.viewport().rect().center()

    def _pan_along(self, dx: int, dy: int) -> None:
        self.camera.pan(dx, dy)
        if self._tool is not None and self._last_place is not None:
            self._tool.move(Pointer(self._last_place, self.mapToScene(self._last_place)))

    def _after_camera(self, place: QPoint) -> None:
        self._last_place = place
        if self._tool is not None and self._tool is not self.panning:
            self._tool.move(Pointer(place, self.mapToScene(place)))

    def _camera_moved(self) -> None:
        self.drawing.set_detail(detail_at(self.camera.zoom))
        self.popups.follow()

    def _selection_changed(self) -> None:
        names = self.drawing.selection.names
        self._describe()
        if names != self._names:
            self._names = names
            self.selection_changed.emit(names)

    def _mirrored(self) -> None:
        """The document has changed: what was under the mouse or in hand may be gone."""
        if self._tool is not None and self._tool is not self.panning:
            self._tool.cancel()
        self._hovered = VOID
        self.empty.setVisible(not self.drawing.nodes)
        self.popups.check()
        self._describe()

    def _describe(self) -> None:
        text = words.describe(self.drawing)
        if text != self.accessibleName():
            self.setAccessibleName(text)

    def _theme_changed(self, _theme: object) -> None:
        self.setBackgroundBrush(look().ground)
        self.drawing.repaint_all()
        self.viewport().update()
