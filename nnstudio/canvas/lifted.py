"""Many nodes in the hand: one kept picture of them and of the wires between them, pushed along.

To paint a hundred nodes and to find a way for a hundred wires at each step would cost more than a
frame has. What is lifted leaves Qt's scene, and comes back when it is put down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from graph_compiler.model import Wire
from nnstudio.canvas.look import Look, look
from nnstudio.canvas.spatial import union

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

MANY = 20
"""From so many nodes on they are lifted."""
Z_HAND = 30.0
AROUND = 0.3
"""How much of what is out of view the picture shows as well, in widths and heights of the view."""
ROOM = 16.0

Place = tuple[float, float]


class LiftedItem(QGraphicsItem):
    """The picture of the nodes that are moved together; invisible while there are none."""

    def __init__(self, scene: NetworkScene) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_HAND)
        self.setVisible(False)
        self._scene = scene
        self.nodes: dict[str, None] = {}
        self.wires: dict[Wire, None] = {}
        """The wires from one of them to another."""
        self.edge: tuple[Wire, ...] = ()
        """The wires from one of them to a node that stays."""
        self._by: Place = (0.0, 0.0)
        self._bounds = QRectF()
        self._picture: QPixmap | None = None
        self._shown = QRectF()
        """What the picture shows, in places of the document."""
        self._made_for: tuple[float, Look] | None = None

    def carries(self, places: Mapping[str, Place]) -> bool:
        """Whether nodes can be moved by being lifted: many at once, all of them alike."""
        scene = self._scene
        if len(places) < MANY or scene.presence.everything or scene.tints.isVisible():
            return False
        return _common(scene, places) is not None

    def carry(self, places: Mapping[str, Place]) -> None:
        """Lift nodes that are not in the hand yet, and have all of them stand elsewhere."""
        by = _common(self._scene, places)
        assert by is not None
        if self.nodes.keys() != places.keys():
            self.put_down()
            self._lift(places)
        self._by = by
        self.setPos(*by)

    def put_down(self) -> None:
        """Nothing is in the hand any longer; who calls brings nodes and wires back."""
        if self.nodes:
            self.nodes, self.wires, self.edge = {}, {}, ()
            self.forget()
            self.setVisible(False)

    def forget(self) -> None:
        """What is in the hand looks different now."""
        self._picture = None
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def _lift(self, names: Iterable[str]) -> None:
        scene = self._scene
        self.nodes = dict.fromkeys(names)
        around = {wire: None for name in self.nodes for wire in scene.wiring.around(name)}
        self.wires = {
            wire: None
            for wire in around
            if wire.source in self.nodes and wire.target in self.nodes and wire in scene.wires
        }
        self.edge = tuple(w for w in around if w not in self.wires and w in scene.wires)
        boxes = [_home(scene, name) for name in self.nodes]
        left, top, right, bottom = union(boxes + [scene.wires[wire].box() for wire in self.wires])
        self.prepareGeometryChange()
        self._bounds = QRectF(left, top, right - left, bottom - top).adjusted(
            -ROOM, -ROOM, ROOM, ROOM
        )
        scene.presence.leave(self.nodes, self.wires)
        self.setVisible(True)

    # Painting

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if widget is None:
            self._paint(painter, option, None, self._bounds)
            return
        transform = painter.worldTransform()
        ratio = painter.device().devicePixelRatioF()
        scale = transform.m11()
        seen = transform.inverted()[0].mapRect(QRectF(widget.rect())).intersected(self._bounds)
        fits = self._made_for == (scale, look()) and self._shown.contains(seen)
        if self._picture is None or not fits:
            self._make(seen, scale, ratio, option, widget)
        if self._picture is not None:
            corner = transform.map(self._shown.topLeft())
            place = QPointF(round(corner.x() * ratio) / ratio, round(corner.y() * ratio) / ratio)
            painter.setWorldMatrixEnabled(False)
            painter.drawPixmap(place, self._picture)
            painter.setWorldMatrixEnabled(True)

    def _make(
        self,
        seen: QRectF,
        scale: float,
        ratio: float,
        option: QStyleOptionGraphicsItem,
        widget: QWidget,
    ) -> None:
        self._picture = None
        if seen.isEmpty():
            return
        wide, high = AROUND * widget.width() / scale, AROUND * widget.height() / scale
        shown = seen.adjusted(-wide, -high, wide, high).intersected(self._bounds)
        dots = QTransform.fromScale(scale * ratio, scale * ratio).mapRect(shown).toAlignedRect()
        made = QPixmap(dots.size())
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing
        )
        painter.translate(-dots.x() / ratio, -dots.y() / ratio)
        painter.scale(scale, scale)
        self._paint(painter, option, widget, shown)
        painter.end()
        dot = 1 / (scale * ratio)
        self._shown = QRectF(
            dots.x() * dot, dots.y() * dot, dots.width() * dot, dots.height() * dot
        )
        self._picture, self._made_for = made, (scale, look())

    def _paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None,
        shown: QRectF,
    ) -> None:
        scene = self._scene
        for wire in self.wires:
            item = scene.wires.get(wire)
            if item is not None and item.boundingRect().intersects(shown):
                item.paint(painter, option, widget)
        for name in self.nodes:
            node = scene.nodes.get(name)
            if node is None:
                continue
            x, y = node.document_place
            if node.boundingRect().translated(x, y).intersects(shown):
                painter.save()
                painter.translate(x, y)
                node.paint(painter, option, widget)
                painter.restore()


def _home(scene: NetworkScene, name: str) -> tuple[float, float, float, float]:
    """Where the document has a node."""
    item = scene.nodes[name]
    (x, y), face = item.document_place, item.known_face
    return (x, y, x + face.width, y + face.height)


def _common(scene: NetworkScene, places: Mapping[str, Place]) -> Place | None:
    """By how much nodes stand elsewhere than in the document; None where not all alike."""
    found: Place | None = None
    for name, (x, y) in places.items():
        item = scene.nodes.get(name)
        if item is None:
            return None
        home = item.document_place
        by = (x - home[0], y - home[1])
        if found is None:
            found = by
        elif abs(by[0] - found[0]) > 1e-6 or abs(by[1] - found[1]) > 1e-6:
            return None
    return found
