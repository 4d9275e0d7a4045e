"""The drawn graph of operations: zoom, pan, the current card, the selected nodes.

Owns the scene and the mouse and keyboard on it. Must not read probes: it is given a checked graph.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from nnstudio.plotdata.opgraph import OpGraph
from nnstudio.plotdata.oplayout import Layout, lay_out
from nnstudio.plots import look
from nnstudio.plots.graph_items import FAR, WIDTH, Card, Edge, Shows, family, height
from nnstudio.theme import notifier

_MARGIN = 28.0
_SMALLEST, _LARGEST = 0.05, 4.0
_READABLE = 0.9
"""The zoom at which a graph opens that is too large to be read as a whole."""
_CLICK = 4
"""A press that moves fewer pixels is a click."""


class GraphView(QGraphicsView):
    """`current_changed` carries an operation's id or None; `node_activated` a node's path."""

    current_changed = Signal(object)
    node_activated = Signal(str)
    far_changed = Signal(bool)
    """Whether the cards are so small that they show their names alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.far = False
        self.setObjectName("graph_view")
        self.setAccessibleName("Computational graph")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setScene(QGraphicsScene(self))
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.graph = OpGraph()
        self.layout_ = Layout({}, {}, 0.0, 0.0, ())
        self.cards: dict[str, Card] = {}
        self.edges: list[Edge] = []
        self.shows = Shows()
        self.current: str | None = None
        self._nodes: frozenset[str] = frozenset()
        self._pressed: QPoint | None = None
        self._dragged = False
        self._space = False
        self._fitted = True
        """Whether the whole graph is to stay in view while the size changes."""
        self._drawn: frozenset[str] = frozenset()
        """The operations of the graph drawn last, also when it is cleared."""
        self._listens = True
        notifier.theme_changed.connect(self._recolour)
        self._recolour()

    def dispose(self) -> None:
        """Stop listening to the theme; a second call does nothing."""
        if self._listens:
            self._listens = False
            notifier.theme_changed.disconnect(self._recolour)

    def show_graph(self, graph: OpGraph, shows: Shows) -> None:
        """Draw a graph; newer numbers of the same graph keep the view as it is."""
        same = self._structure(graph) == self._structure(self.graph) and shows == self.shows
        full, self.graph = graph, graph if shows.parameters else graph.without("parameter")
        if same and self.cards:
            for key, card in self.cards.items():
                card.show_operation(self.graph.operations[key])
            return
        self.shows = shows
        self._draw(full)
        known, self._drawn = self._drawn, frozenset(full.operations)
        if known != self._drawn:
            self.show_start()
        elif self._fitted:
            self.show_all()

    def _structure(self, graph: OpGraph) -> object:
        shown = graph if self.shows.parameters else graph.without("parameter")
        return [
            (op.id, op.inputs, op.kind, op.gradient is None) for op in shown.operations.values()
        ]

    def _draw(self, full: OpGraph) -> None:
        scene = self.scene()
        scene.clear()
        graph = self.graph
        edges = graph.edges()
        sizes = {key: (WIDTH, height(op, self.shows)) for key, op in graph.operations.items()}
        moons = [key for key, op in graph.operations.items() if op.kind == "parameter"]
        self.layout_ = lay_out(sizes, edges, moons)
        into = {source: full.operations[target] for source, target in reversed(edges)}
        self.cards, self.edges = {}, []
        for key, op in graph.operations.items():
            tint = "loss" if op.kind == "loss" else family(op, into.get(key))
            card = Card(op, tint, self.shows)
            card.setPos(*self.layout_.places[key])
            scene.addItem(card)
            self.cards[key] = card
        for source, target in edges:
            route = self.layout_.routes[source, target]
            self._add_edge(Edge(source, target, route, backward=False))
            if self.shows.gradients and graph.operations[source].gradient is not None:
                self._add_edge(Edge(source, target, route, backward=True))
        width, depth = self.layout_.width, self.layout_.height
        scene.setSceneRect(-4 * width - 4000, -4000, 9 * width + 8000, depth + 8000)
        self._mark()
        self.set_current(self.current if self.current in self.cards else None)

    def _add_edge(self, edge: Edge) -> None:
        self.scene().addItem(edge)
        self.edges.append(edge)

    def clear(self) -> None:
        """Show nothing."""
        self.graph = OpGraph()
        self.cards, self.edges = {}, []
        self.scene().clear()
        self.set_current(None)

    def select_nodes(self, names: Iterable[str]) -> None:
        """Mark all operations of these nodes, and bring them into view."""
        self._nodes = frozenset(names)
        self._mark()
        chosen = [card for card in self.cards.values() if card.chosen]
        if chosen and not any(self._in_view(card) for card in chosen):
            self.centerOn(chosen[0].mapToScene(chosen[0].rect().center()))
            self._fitted = False

    def selected_nodes(self) -> frozenset[str]:
        """The nodes whose operations are marked."""
        return self._nodes

    def set_current(self, key: str | None) -> None:
        """Make one operation the current one; None for none."""
        changed = key != self.current
        self.current = key
        for other, card in self.cards.items():
            if card.current != (other == key):
                card.current = other == key
                card.update()
        for edge in self.edges:
            near = key is not None and key in (edge.source, edge.target)
            if edge.near != near:
                edge.near = near
                edge.update()
        if key is not None:
            self.setAccessibleDescription(", ".join(self.cards[key].texts()))
        if changed:
            self.current_changed.emit(key)

    def activate(self, key: str) -> None:
        """Make an operation current, mark its node's operations and tell the node."""
        self._fitted = False  # the pane that opens must not move what was clicked
        self.set_current(key)
        node = self.graph.operations[key].node
        self._nodes = frozenset({node} if node else ())
        self._mark()
        if node:
            self.node_activated.emit(node)

    def card_at(self, place: QPoint) -> str | None:
        """The operation under a point of the widget."""
        point = self.mapToScene(place)
        found = (k for k, c in self.cards.items() if c.rect().contains(c.mapFromScene(point)))
        return next(found, None)

    def show_all(self) -> None:
        """Bring the whole graph into view, no larger than 100 %."""
        self._fitted = True
        if not self.cards:
            return
        width, depth = self.layout_.width + 2 * _MARGIN, self.layout_.height + 2 * _MARGIN
        room = self.viewport().size()
        scale = min(room.width() / width, room.height() / depth, 1.0)
        self._set_scale(max(scale, _SMALLEST))
        self.centerOn(self.layout_.width / 2, self.layout_.height / 2)

    def show_start(self) -> None:
        """The whole graph if it can be read so, else its first operations, large enough to read."""
        self.show_all()
        if self.far and self.cards:
            self._fitted = False
            self._set_scale(_READABLE)
            room = self.viewport().size() / _READABLE
            deep = min(self.layout_.height, room.height() - 2 * _MARGIN)
            self.centerOn(room.width() / 2 - _MARGIN, deep / 2)

    def read(self) -> None:
        """Come near enough to read: the current or selected operation, else the first ones."""
        if self.current is not None or any(card.chosen for card in self.cards.values()):
            self.show_current()
        else:
            self.show_start()

    def show_current(self) -> None:
        """Bring the current card, or the selected ones, into view at 100 %."""
        wanted = self.cards.get(self.current or "")
        wanted = wanted or next((c for c in self.cards.values() if c.chosen), None)
        if wanted is not None:
            self._fitted = False
            self._set_scale(1.0)
            self.centerOn(wanted.mapToScene(wanted.rect().center()))

    def zoom(self, factor: float, place: QPointF | None = None) -> None:
        """Zoom about a point of the widget, its middle if none is given."""
        at = place if place is not None else QPointF(self.viewport().rect().center())
        before = self.mapToScene(at.toPoint())
        scale = self.transform().m11()
        self._set_scale(min(max(scale * factor, _SMALLEST), _LARGEST))
        moved = self.mapToScene(at.toPoint()) - before
        self.translate(moved.x(), moved.y())
        self._fitted = False

    def _set_scale(self, scale: float) -> None:
        self.resetTransform()
        self.scale(scale, scale)
        if self.far != (scale < FAR):
            self.far = not self.far
            self.far_changed.emit(self.far)

    def _in_view(self, card: Card) -> bool:
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        return seen.intersects(card.mapRectToScene(card.rect()))

    def _mark(self) -> None:
        for card in self.cards.values():
            chosen = bool(card.operation.node) and card.operation.node in self._nodes
            if card.chosen != chosen:
                card.chosen = chosen
                card.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms at the cursor; two fingers on a touchpad pan."""
        if not event.pixelDelta().isNull() and not event.modifiers():
            self._pan(QPointF(event.pixelDelta()))
        else:
            self.zoom(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a pan."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed = event.position().toPoint()
            self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan while a button is down."""
        if self._pressed is None:
            over = self.card_at(event.position().toPoint()) is not None
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
            return
        moved = event.position().toPoint() - self._pressed
        if self._dragged or moved.manhattanLength() > _CLICK:
            self._dragged = True
            self._pressed = event.position().toPoint()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pan(QPointF(moved))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click makes a card current; beside the cards it clears."""
        if self._pressed is None:
            return
        clicked, self._pressed = not self._dragged, None
        self.viewport().unsetCursor()
        if clicked and event.button() == Qt.MouseButton.LeftButton:
            key = self.card_at(event.position().toPoint())
            if key is not None:
                self.activate(key)
            else:
                self.clear_selection()

    def clear_selection(self) -> None:
        """No current card and no selected node."""
        self._nodes = frozenset()
        self._mark()
        self.set_current(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk edges and layers, Home shows all, F the current one, Escape clears."""
        key = event.key()
        arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        if key in arrows:
            self._walk(key)
        elif key == Qt.Key.Key_Home:
            self.show_all()
        elif key == Qt.Key.Key_F:
            self.show_current()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.25)
        elif key == Qt.Key.Key_Minus:
            self.zoom(0.8)
        elif key == Qt.Key.Key_Escape and (self.current is not None or self._nodes):
            self.clear_selection()
        else:
            event.ignore()

    def _walk(self, key: int) -> None:
        if not self.cards:
            return
        following = self._neighbour(key) if self.current else self.layout_.layers[0][0]
        if following is None:
            return
        self.activate(following)
        card = self.cards[following]
        if not self._in_view(card):
            self.centerOn(card.mapToScene(card.rect().center()))

    def _neighbour(self, key: int) -> str | None:
        here = self.current
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            layer = next(layer for layer in self.layout_.layers if here in layer)
            place = layer.index(here or "") + (1 if key == Qt.Key.Key_Down else -1)
            return layer[place] if 0 <= place < len(layer) else None
        forward = key == Qt.Key.Key_Right
        found = [
            (target if forward else source)
            for source, target in self.graph.edges()
            if here == (source if forward else target)
        ]
        order = {"input": 0, "operation": 0, "loss": 0, "parameter": 1}
        return min(found, key=lambda k: order[self.graph.operations[k].kind], default=None)

    def _pan(self, moved: QPointF) -> None:
        scale = self.transform().m11()
        self.translate(moved.x() / scale, moved.y() / scale)
        self._fitted = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole graph in view until the user zooms or pans."""
        super().resizeEvent(event)
        card = self.cards.get(self.current or "")
        if self._fitted:
            self.show_all()
        elif card is not None and not self._in_view(card):
            self.centerOn(card.mapToScene(card.rect().center()))

    def _recolour(self, theme: object = None) -> None:
        self.setBackgroundBrush(look.colour("ground"))
        self.viewport().update()
