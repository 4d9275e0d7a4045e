"""The canvas: the public face of the node editor, where mouse, keys, popups and commands meet.

Changes the project only by the document's steps.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from nnstudio.canvas.arrange import Arrange
from nnstudio.canvas.commands import Commands
from nnstudio.canvas.frame_commands import FrameCommands
from nnstudio.canvas.keyboard import Keyboard
from nnstudio.canvas.keys import command_of
from nnstudio.canvas.marking import Marking
from nnstudio.canvas.minimap import Minimap
from nnstudio.canvas.mouse import Mouse
from nnstudio.canvas.note_commands import NoteCommands
from nnstudio.canvas.popups import Popups
from nnstudio.canvas.selecting import Selecting
from nnstudio.canvas.surface import Surface
from nnstudio.canvas.value_editing import ValueEditing
from nnstudio.canvas.wire_commands import WireCommands
from nnstudio.canvas.wiring_list import WiringList
from nnstudio.document import steps
from nnstudio.document.document import Document

BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class CanvasView(Surface):
    """The node editor of one network.

    While its dynamic property `read_only` is true, nothing can be changed.
    """

    search_requested = Signal(object)
    """The search for a layer has opened at a place of the scene."""
    inspect_requested = Signal(str)
    """The user wants to edit this node's parameters."""
    open_requested = Signal(str)
    """The user wants to go into the block that this node is."""
    leave_requested = Signal()
    """The user wants to go up to the drawing that holds this one."""
    fix_applied = Signal(object)
    """A `Fix` has been applied."""

    def __init__(
        self, document: Document, network: str = "main", parent: QWidget | None = None
    ) -> None:
        super().__init__(document, network, parent)
        self.commands = Commands(self)
        self.wires, self.frames, self.notes = (
            WireCommands(self),
            FrameCommands(self),
            NoteCommands(self),
        )
        self.marking, self.selecting = Marking(self), Selecting(self)
        self.wiring_list = WiringList(self)
        self.values = ValueEditing(self)
        self.arrange = Arrange(self)
        self.keyboard = Keyboard(self)
        self.popups = Popups(self)
        self.mouse = Mouse(self)
        self.minimap = Minimap(self)
        self.camera.moved.connect(self.popups.follow)
        self.drawing.mirrored.connect(self._document_changed)

    def dispose(self) -> None:
        """Stop listening to the document and to the theme; the canvas is of no use afterwards."""
        self.mouse.end_gesture()
        self.popups.close()
        self.minimap.dispose()
        self.arrange.dispose()
        self.drawing.mirrored.disconnect(self._document_changed)
        super().dispose()

    # Editing

    def edit(self, make: Callable[[], steps.Step], gesture: str = "") -> bool:
        """Do a step of the document; False, and the reason told, where it is refused."""
        return self.commands.do(make, gesture)

    def append(self, type: str) -> str | None:
        """A new layer behind the selected node, wired; the new node's name."""
        self.mouse.end_gesture()
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
        place = self.mapToScene(self.cursor_place())
        self.commands.paste((place.x(), place.y()))

    def duplicate(self) -> None:
        """Copies of the selected nodes beside them."""
        self.commands.duplicate()

    def tidy(self) -> None:
        """The selected nodes, or all, in layers along their wires."""
        self.mouse.end_gesture()
        self.arrange.tidy()

    def make_frame(self) -> None:
        """A frame around the selected nodes; its title can be typed at once."""
        made = self.frames.make()
        if made is not None and self.isVisible():
            self.popups.rename_frame(made)

    def undo(self) -> None:
        """Take the last step back."""
        self.commands.undo()

    def redo(self) -> None:
        """Do it again."""
        self.commands.redo()

    # Placing from the palette

    def start_placing(self, type: str) -> None:
        """A layer is being dragged towards the canvas."""
        self.mouse.end_gesture()
        self.mouse.take(self.mouse.placing)
        self.mouse.placing.start(type)

    def move_placing(self, global_pos: QPoint) -> None:
        """The drag is at a point of the screen."""
        if self.mouse.placing.running:
            place = self.viewport().mapFromGlobal(global_pos)
            if self.viewport().rect().contains(place):
                self.mouse.placing.move(self.mouse.pointer_at(place))
            else:
                self.mouse.placing.leave()

    def finish_placing(self, global_pos: QPoint) -> None:
        """The layer is dropped; outside the canvas nothing comes of it."""
        if self.mouse.placing.running:
            place = self.viewport().mapFromGlobal(global_pos)
            if self.viewport().rect().contains(place):
                self.mouse.placing.release(self.mouse.pointer_at(place))
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.mouse.placing.cancel()

    def cancel_placing(self) -> None:
        """The drag was given up."""
        self.mouse.placing.cancel()

    # What opens

    def open_search(self, place: QPoint | None = None) -> None:
        """The search for a layer, at a point of the view or at the mouse."""
        self.popups.search(place if place is not None else self.cursor_place())

    def open_wiring(self) -> None:
        """The ports that the selected node could be wired to."""
        self.wiring_list.targets()

    def open_fixes(self, name: str = "") -> None:
        """The problems of a node, or of the selected one, with their fixes."""
        self.popups.fixes(name or self.drawing.selection.last or "")

    def rename_selection(self) -> None:
        """Type another name for the selected node, frame or link, or the text of the note."""
        selection = self.drawing.selection
        if selection.last is not None:
            self.popups.rename_node(selection.last)
        elif selection.frame:
            self.popups.rename_frame(selection.frame)
        elif selection.note:
            self.popups.write_note(selection.note)
        elif selection.wire is not None and self.wires.route(selection.wire).link:
            wire = selection.wire
            self.popups.name_link(wire, self.wires.route(wire).link)

    def inspect_selection(self) -> None:
        """Ask for the selected node's parameters."""
        if self.drawing.selection.last is not None:
            self.inspect_requested.emit(self.drawing.selection.last)

    def open_or_inspect(self) -> None:
        """Go into the selected node where it is a block, else ask for its parameters.

        A note is written, and a link followed to its other end.
        """
        selection = self.drawing.selection
        if selection.last is not None:
            self.open_node(selection.last)
        elif selection.note:
            self.popups.write_note(selection.note)
        elif selection.wire is not None and self.wires.route(selection.wire).link:
            self.wires.follow_link(selection.wire, "out")

    def open_node(self, name: str) -> None:
        """Go into a node where it is a block or written in Python, else ask for its parameters."""
        if self.drawing.model.nodes[name].type in self.drawing.document.project.networks:
            self.open_requested.emit(name)
        else:
            self.inspect_requested.emit(name)

    def leave_drawing(self) -> None:
        """Go up to the drawing that holds this one."""
        self.leave_requested.emit()

    def group(self) -> None:
        """The selected nodes become a block, and one use of it takes their place."""
        self.mouse.end_gesture()
        self.commands.group()

    def why_not_group(self) -> str:
        """Why the selected nodes cannot become a block; "" where they can."""
        return self.commands.why_not_group()

    def ungroup(self) -> None:
        """The selected blocks give way to what is in them."""
        self.mouse.end_gesture()
        self.commands.ungroup()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.popups.close()
        self.card.hide()
        self.ring.hide()
        self.arrange.stop()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.mouse.press(event)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self.mouse.double_click(event):
            self.mousePressEvent(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.mouse.move(event)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.mouse.release(event)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.popups.close()
        self.mouse.wheel(event)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.mouse.menu(event)
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and (
            event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.steered = True
            self.camera.zoom_at(event.position().toPoint(), 1.0 + event.value())
            return True
        if event.type() == QEvent.Type.ToolTip:
            self.mouse.rest()
            return True
        if event.type() == QEvent.Type.Leave:
            self.mouse.leave()
        return bool(super().viewportEvent(event))

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escape()
        elif event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.mouse.hold_space(True)
        else:
            command = command_of(event)
            if not command:
                super().keyPressEvent(event)
                return
            self.mouse.end_gesture()
            self.card.hide()
            self.keyboard.run(command)
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.mouse.hold_space(False)
        super().keyReleaseEvent(event)

    def escape(self) -> None:
        """End a gesture or tidying, else close a popup, else select nothing, else go up."""
        if self.mouse.tool is not None:
            self.mouse.tool.cancel()
        elif self.arrange.busy:
            self.arrange.cancel()
        elif self.popups.open is not None:
            self.popups.close()
        elif not self.drawing.selection:
            self.leave_requested.emit()
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
        self.mouse.hold_space(False)
        self.ring.hide()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.mouse.end_gesture()
        self.popups.close()
        super().hideEvent(event)

    def _document_changed(self) -> None:
        self.mouse.forget()
        if not self.values.refresh():
            self.popups.close()
