"""The canvas to look at: shows one network, zooms, pans, selects, tells. Changes nothing.

What can be edited comes with `CanvasView`, the only class that builds on this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from graph_compiler.model import Wire
from nnstudio import theme
from nnstudio.canvas import accessible, ground, words
from nnstudio.canvas.camera import Camera
from nnstudio.canvas.cards import Card, EmptyState, FocusRing
from nnstudio.canvas.inside import Inside
from nnstudio.canvas.legend import Key, Legend
from nnstudio.canvas.level_of_detail import detail_at
from nnstudio.canvas.look import look
from nnstudio.canvas.scene import NetworkScene
from nnstudio.canvas.stretched import Stretched
from nnstudio.canvas.tint_item import Tint
from nnstudio.document.document import Document
from nnstudio.theme import focus

WORLD = QRectF(-200_000, -200_000, 400_000, 400_000)


class Surface(QGraphicsView):
    """A view of one network."""

    selection_changed = Signal(object)
    """The names of the selected nodes, as a tuple."""
    message = Signal(str)
    """Something to be told in the status line: why a step was refused, what was copied."""

    def __init__(self, document: Document, network: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        accessible.install()
        self.setProperty(focus.OWN_MARK, True)
        self.setObjectName("canvas")
        self.drawing = NetworkScene(document, network, self, watched=True)
        self._set_up()
        self.camera = Camera(self)
        self.stretched = Stretched(self)
        self.card = Card(self)
        self.empty = EmptyState(self)
        self.ring = FocusRing(self)
        self.legend = Legend(self)
        self.last_place: QPoint | None = None
        """Where in the view the mouse was last seen."""
        self.steered = False
        """Whether the user has chosen what to see; until then everything is kept in view."""
        self._framed_once = False
        self._pushed: list[tuple[int, int]] | None = None
        """What the scroll bars were pushed by, while both are moved together."""
        self._names: tuple[str, ...] = ()
        self.setScene(self.drawing)
        self.camera.moved.connect(self._camera_moved)
        self.camera.about_to_zoom.connect(self.stretched.begin)
        self.camera.rested.connect(self.stretched.rest)
        self.drawing.selection.changed.connect(self._selection_changed)
        self.drawing.mirrored.connect(self._mirrored)
        theme.notifier.theme_changed.connect(self._theme_changed)
        theme.notifier.scale_changed.connect(self._scale_changed)
        self._theme_changed(theme.current())
        self._mirrored()

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
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        # The ground covers all, so Qt may push the picture when panning and paint only the edge.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def dispose(self) -> None:
        """Stop listening to the document and to the theme; the view is of no use afterwards."""
        theme.notifier.theme_changed.disconnect(self._theme_changed)
        theme.notifier.scale_changed.disconnect(self._scale_changed)
        self.drawing.selection.changed.disconnect(self._selection_changed)
        self.drawing.mirrored.disconnect(self._mirrored)
        self.camera.moved.disconnect(self._camera_moved)
        self.camera.about_to_zoom.disconnect(self.stretched.begin)
        self.camera.rested.disconnect(self.stretched.rest)
        self.stretched.forget()
        self.drawing.dispose()

    # Marks

    def show_marks(
        self,
        nodes: Mapping[str, Tint],
        wires: Mapping[Wire, Tint] | None = None,
        key: Key | None = None,
    ) -> None:
        """Mark these nodes and wires and no others; the legend says what it means."""
        self.drawing.tints.show_tints(nodes, wires or {})
        before = self.legend.room()
        if key is not None:
            self.legend.say(key)
        else:
            self.legend.hide()
        if self.isVisible() and not self.steered and self.legend.room() != before:
            self.frame_all()

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
        self.steered = True
        self.camera.frame(self.drawing.bounds(names) if names else self.drawing.bounds())

    def frame_all(self) -> None:
        """See everything."""
        self.steered = False
        self.camera.frame(self.drawing.bounds(), self.legend.room())

    def zoom_in(self) -> None:
        """One step nearer."""
        self.steered = True
        self.camera.zoom_in()

    def zoom_out(self) -> None:
        """One step away."""
        self.steered = True
        self.camera.zoom_out()

    def zoom_reset(self) -> None:
        """One pixel for one unit."""
        self.steered = True
        self.camera.zoom_to(1.0)

    def view_state(self) -> tuple[float, QPointF] | None:
        """What is seen, for a canvas that takes this one's place; None for everything."""
        if not self.steered:
            return None
        return (self.camera.zoom, self.camera.visible().center())

    def restore_view(self, state: tuple[float, QPointF] | None) -> None:
        """See what another canvas saw."""
        if state is not None:
            self.steered = True
            self.camera.zoom_to(state[0])
            self.camera.centre_on(state[1])

    # Telling

    def say(
        self, text: str, place: QPoint, severity: str = "", inside: Inside | None = None
    ) -> None:
        """Show a card near a point of the view, with the picture of a block where one is given."""
        self.card.say(text, place, severity, inside)

    def refuse(self, reason: str, place: QPoint | None = None) -> None:
        """Tell why something was not done, near the mouse and in the status line."""
        self.say(reason, place if place is not None else self.cursor_place(), "error")
        self.message.emit(reason)

    # Where things are, in pixels of the viewport: for popups, tours and tests

    def cursor_place(self) -> QPoint:
        """The mouse, where it was last seen over the canvas; else the middle."""
        if self.last_place is not None and self.viewport().rect().contains(self.last_place):
            return self.last_place
        return self.viewport().rect().center()

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
        return self.mapFromScene(QPointF(*self.drawing.wires[wire].middle()))

    def badge_position(self, name: str) -> QPoint:
        """A node's badge."""
        return self.mapFromScene(self.drawing.nodes[name].badge_place())

    def frame_position(self, name: str) -> QPoint:
        """A frame's title."""
        left, top, _, bottom = self.drawing.frames[name].title_box()
        return self.mapFromScene(QPointF(left + 30, (top + bottom) / 2))

    # Widget

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        ground.draw(painter, QRectF(rect), look(), self.camera.zoom)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.stretched.paint(event, super().paintEvent):
            super().paintEvent(event)

    def push(self, dx: int, dy: int) -> None:
        """Push the picture by pixels, both ways at once: to push it twice costs twice the time."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        self._pushed = pushed = []
        across.setValue(across.value() - dx)
        down.setValue(down.value() - dy)
        self._pushed = None
        if pushed:
            self.scrollContentsBy(sum(x for x, _ in pushed), sum(y for _, y in pushed))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if self._pushed is not None:
            self._pushed.append((dx, dy))
            return
        # Qt pushes the picture only where nothing lies over it, and paints all anew otherwise. So
        # what lies over it is left out of account, and its own places are painted anew after.
        shown = Qt.WidgetAttribute.WA_WState_Visible
        over = [w for w in self._lying_over() if w.isVisible()]
        for widget in over:
            widget.setAttribute(shown, False)
        super().scrollContentsBy(dx, dy)
        for widget in over:
            widget.setAttribute(shown, True)
            place = widget.geometry()
            self.viewport().update(place)
            self.viewport().update(place.translated(dx, dy))

    def _lying_over(self) -> list[QWidget]:
        """What stands in front of the drawing: cards, legend, small picture."""
        return [
            one
            for one in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
            if one is not self.viewport()
        ]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._framed_once:
            self._framed_once = True
            if not self.steered:
                self.frame_all()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.stretched.forget()
        self._look()
        room = self.rect()
        self.ring.setGeometry(room)
        self.empty.move(room.center() - self.empty.rect().center())
        self.legend.place()
        if self._framed_once and not self.steered and self.isVisible():
            self.camera.frame(self.drawing.bounds(), self.legend.room())

    # Following

    def _camera_moved(self) -> None:
        self.drawing.hurried = self.camera.zooming
        self._look()

    def _look(self) -> None:
        detail = detail_at(self.camera.zoom, len(self.drawing.nodes))
        self.drawing.look_at(self.camera.visible(), detail)

    def _selection_changed(self) -> None:
        names = self.drawing.selection.names
        self._describe()
        if names != self._names:
            self._names = names
            self.selection_changed.emit(names)
            accessible.selected(self)

    def _mirrored(self) -> None:
        self.stretched.forget()
        self._look()
        self.empty.setVisible(not self.drawing.nodes)
        self._describe()

    def _describe(self) -> None:
        text = words.describe(self.drawing)
        if text != self.accessibleName():
            self.setAccessibleName(text)

    def _scale_changed(self) -> None:
        self._theme_changed(theme.current())

    def _theme_changed(self, _theme: object) -> None:
        self.stretched.forget()
        self.setBackgroundBrush(look().ground)
        self.drawing.repaint_all()
        self.viewport().update()
