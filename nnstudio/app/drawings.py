"""The middle of the window: one canvas for each drawing that has been looked at, one of them shown.

Owns the way into blocks and which drawing is shown. Each canvas keeps its own camera and selection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from nnstudio.app import trail as ways
from nnstudio.app.trail import Place, Trail
from nnstudio.canvas import CanvasView
from nnstudio.document import events
from nnstudio.panels.python_editor import PythonEditor

if TYPE_CHECKING:
    from nnstudio.document.document import Document
    from nnstudio.document.events import Event

FIRST = "main"


class Drawings(QWidget):
    """The canvases of a project's drawings."""

    shown_changed = Signal(str)
    """Another drawing is shown, or the way to it is another one."""
    chosen_changed = Signal()
    """Something else is selected on the drawing shown, be it a wire, a frame or a note."""
    selection_changed = Signal(object)
    """The selected nodes of the drawing shown, as a tuple."""
    message = Signal(str)
    inspect_requested = Signal(str)
    canvas_made = Signal(object)
    """A canvas that is new and not shown yet."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawings")
        self._document = document
        self._made: dict[str, CanvasView] = {}
        self._editors: dict[str, PythonEditor] = {}
        """For layers written in Python, what stands in the place of a canvas."""
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._read_only = ""
        self._touched: dict[str, set[str]] | None = None
        """While a step is undone: the drawings it changes, and their nodes."""
        self.trail: Trail = (Place(self._first()),)
        self._stack.addWidget(self._canvas_of(self.shown))
        self._unsubscribe = document.subscribe(self._heard)

    def dispose(self) -> None:
        """Let all canvases go."""
        self._unsubscribe()
        for canvas in self._made.values():
            canvas.dispose()
        self._made.clear()
        for editor in self._editors.values():
            editor.dispose()
        self._editors.clear()

    # What is shown

    @property
    def shown(self) -> str:
        """The name of the drawing shown."""
        return self.trail[-1].drawing

    @property
    def root(self) -> str:
        """The network that the drawing shown is a part of; `main` for a block nobody uses."""
        first = self.trail[0].drawing
        return first if not self._document.project.networks[first].is_block else self._first()

    @property
    def canvas(self) -> CanvasView:
        """The canvas shown."""
        return self._canvas_of(self.shown)

    def canvases(self) -> tuple[CanvasView, ...]:
        """Every canvas that has been made."""
        return tuple(self._made.values())

    def by_name(self) -> dict[str, CanvasView]:
        """Every canvas that has been made, by its drawing."""
        return dict(self._made)

    def show_drawing(self, name: str) -> None:
        """Show a drawing, by the way that leads there now or by the shortest one."""
        if name not in self._document.project.networks:
            return
        for index, place in enumerate(self.trail):
            if place.drawing == name:
                self.go(self.trail[: index + 1])
                return
        self.go(ways.way_to(self._document.project.networks, name))

    def go(self, trail: Trail) -> None:
        """Show the drawing at the end of a way."""
        if trail == self.trail:
            return
        had_keyboard = self.canvas.hasFocus()
        before, self.trail = self.shown, trail
        self._look()
        canvas = self._canvas_of(self.shown)
        self._stack.setCurrentWidget(self._front())
        if self.shown != before and had_keyboard:
            canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self.shown_changed.emit(self.shown)

    def _look(self) -> None:
        """Blocks show the shapes that they have where they were entered."""
        nodes = tuple(place.node for place in self.trail[1:])
        self._document.look_along(self.trail[0].drawing, nodes)

    def enter(self, node: str) -> bool:
        """Go into the block that a node of the drawing shown is; False where it is none."""
        networks = self._document.project.networks
        found = networks[self.shown].nodes.get(node)
        if found is None or found.type not in networks:
            return False
        self.go((*self.trail, Place(found.type, node)))
        return True

    def leave(self) -> None:
        """Go up to the drawing that holds the one shown; its node is selected there."""
        if len(self.trail) > 1:
            node = self.trail[-1].node
            self.go(self.trail[:-1])
            self.canvas.select((node,))
        elif self.shown != self.root:
            self.go((Place(self.root),))

    def go_to(self, path: str, network: str = "") -> str:
        """Show the drawing that a node's path leads to and select the node; its name there."""
        networks = self._document.project.networks
        start = network if network in networks else self.root
        above = self.trail if start == self.shown else ways.way_to(networks, start)
        trail, name = ways.down(networks, above, path)
        self.go(trail)
        known = name in networks[self.shown].nodes
        self.canvas.select((name,) if known else ())
        return name if known else ""

    # Undo goes where the change is

    def undo(self) -> None:
        """Take the last step back and show where."""
        self._watch(self._document.undo)

    def redo(self) -> None:
        """Do the step again that was taken back last, and show where."""
        self._watch(self._document.redo)

    def _watch(self, change: Callable[[], None]) -> None:
        self._touched = {}
        try:
            change()
        finally:
            touched, self._touched = self._touched, None
        networks = self._document.project.networks
        there = [name for name in touched if name in networks]
        if there and self.shown not in touched:
            self.show_drawing(there[0])
            self.canvas.select(touched[there[0]])

    # Canvases

    def set_read_only(self, reason: str) -> None:
        """Let no canvas change anything; "" lifts it."""
        self._read_only = reason
        for canvas in self._made.values():
            canvas.setProperty("read_only", bool(reason))
        for editor in self._editors.values():
            editor.set_read_only(bool(reason))

    def _first(self) -> str:
        networks = self._document.project.networks
        return FIRST if FIRST in networks else next(iter(networks), FIRST)

    def _canvas_of(self, name: str) -> CanvasView:
        canvas = self._made.get(name)
        if canvas is None:
            canvas = self._made[name] = CanvasView(self._document, name)
            canvas.setProperty("read_only", bool(self._read_only))
            canvas.selection_changed.connect(lambda names: self._selected(canvas, names))
            canvas.drawing.selection.changed.connect(self.chosen_changed)
            canvas.message.connect(self.message)
            canvas.inspect_requested.connect(self.inspect_requested)
            canvas.open_requested.connect(self.enter)
            canvas.leave_requested.connect(self.leave)
            self._stack.addWidget(canvas)
            self.canvas_made.emit(canvas)
        return canvas

    def _front(self) -> QWidget:
        """What shows the drawing: its canvas, or the editor of a layer written in Python."""
        canvas, name = self.canvas, self.shown
        network = self._document.project.networks.get(name)
        if network is None or network.code is None:
            return canvas
        editor = self._editors.get(name)
        if editor is None:
            editor = self._editors[name] = PythonEditor(self._document, name)
            editor.set_read_only(bool(self._read_only))
            canvas.setFocusProxy(editor)
            self._stack.addWidget(editor)
        return editor

    def commit(self) -> None:
        """Make steps of Python that is typed and is none yet."""
        for editor in self._editors.values():
            editor.commit()

    def _selected(self, canvas: CanvasView, names: tuple[str, ...]) -> None:
        if self._made.get(self.shown) is canvas:
            self.selection_changed.emit(names)

    def _drop(self, name: str) -> None:
        editor = self._editors.pop(name, None)
        if editor is not None:
            editor.dispose()
            self._stack.removeWidget(editor)
            editor.hide()
            editor.deleteLater()
        canvas = self._made.pop(name, None)
        if canvas is not None:
            canvas.dispose()
            self._stack.removeWidget(canvas)
            canvas.hide()
            canvas.deleteLater()

    # Following the document

    def _heard(self, event: Event) -> None:
        match event:
            case events.NetworkRemoved(name):
                self._drop(name)
                if name == self.shown:
                    self._go_somewhere()
            case events.NetworkRenamed(old, new):
                self._rename(old, new)
            case events.NodeRenamed(network, old, new):
                self.trail = ways.node_renamed(self.trail, network, old, new)
                self._note(network, new)
            case events.NodesMoved(network, nodes):
                self._note(network, *nodes)
            case (
                events.NodeAdded(network, node)
                | events.NodeRemoved(network, node)
                | events.NodeChanged(network, node)
            ):
                self._note(network, node)
            case events.WireAdded(network, wire) | events.WireRemoved(network, wire):
                self._note(network, wire.target)
            case (
                events.FrameChanged(network, _)
                | events.BlockParamsChanged(network)
                | events.CodeChanged(network)
                | events.PortsChanged(network)
            ):
                self._note(network)
            case events.NetworkAdded(network):
                self._note(network)
            case events.HistoryChanged():
                self._check_way()

    def _note(self, network: str, *nodes: str) -> None:
        if self._touched is not None:
            self._touched.setdefault(network, set()).update(nodes)

    def _check_way(self) -> None:
        """The nodes by which the drawing was entered may be gone or be something else."""
        networks = self._document.project.networks
        if not ways.holds(networks, self.trail):
            self.go(ways.way_to(networks, self.shown))
        elif self._front() is not self._stack.currentWidget():
            self._stack.setCurrentWidget(self._front())
            self.shown_changed.emit(self.shown)

    def _go_somewhere(self) -> None:
        """The drawing shown is gone: the nearest above that is left, or the first."""
        networks = self._document.project.networks
        left = self.trail[:-1]
        while left and not ways.holds(networks, left):
            left = left[:-1]
        self.trail = left or (Place(self._first()),)
        self._look()
        self._stack.setCurrentWidget(self._front())
        self.shown_changed.emit(self.shown)

    def _rename(self, old: str, new: str) -> None:
        """A canvas belongs to a name: another one takes its place and looks where it looked."""
        self.trail = ways.renamed(self.trail, old, new)
        before = self._made.get(old)
        if before is not None:
            view, chosen = before.view_state(), before.selected()
            self._drop(old)
            canvas = self._canvas_of(new)
            canvas.restore_view(view)
            canvas.select(chosen)
        if self.shown == new:
            self._stack.setCurrentWidget(self._front())
            self.shown_changed.emit(new)
