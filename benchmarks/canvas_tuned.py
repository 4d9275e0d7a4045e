"""One item a node, tuned as far as that goes: the yardstick that a bulk canvas has to beat.

Level of detail, a device cache near, no items for ports, straight wires far away, no antialiasing
far away, smallest updates. Kept to measure against.
"""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsScene,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QWidget,
)

from graph_compiler.model import Network

WIDE, HIGH = 150.0, 90.0
FAR_BELOW = 0.4
BODY, LINE, EDGE, TEXT = QColor("#22262d"), QColor("#7b8494"), QColor("#3a404a"), QColor("#e8eaed")
FACE = QFont("sans-serif", 10)


class TunedNode(QGraphicsItem):
    """A node that is one filled box far away."""

    def __init__(self, name: str, kind: str, values: list[tuple[str, str]]) -> None:
        super().__init__()
        self.name, self.kind, self.values = name, kind, values
        self.wires: list[TunedWire] = []
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        return QRectF(-6, -2, WIDE + 12, HIGH + 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if painter.worldTransform().m11() < FAR_BELOW and widget is not None:
            painter.fillRect(QRectF(0, 0, WIDE, HIGH), EDGE)
            return
        painter.setPen(QPen(EDGE, 1))
        painter.setBrush(BODY)
        painter.drawRoundedRect(QRectF(0, 0, WIDE, HIGH), 8, 8)
        painter.drawEllipse(QPointF(0, 24), 5, 5)
        painter.drawEllipse(QPointF(WIDE, 24), 5, 5)
        painter.setPen(TEXT)
        painter.setFont(FACE)
        painter.drawText(QPointF(10, 21), self.name)
        painter.drawText(QPointF(90, 21), self.kind)
        for row, (label, value) in enumerate(self.values[:2]):
            painter.drawText(QPointF(10, 44 + 17 * row), label)
            painter.drawText(QPointF(100, 44 + 17 * row), value)
        painter.drawText(QPointF(10, HIGH - 8), "16×28×28")

    def move_to(self, x: float, y: float) -> None:
        """Stand elsewhere, wires along."""
        self.setPos(x, y)
        for wire in self.wires:
            wire.follow()


class TunedWire(QGraphicsItem):
    """A curve near, a straight line far away."""

    def __init__(self, source: TunedNode, target: TunedNode) -> None:
        super().__init__()
        self.source, self.target = source, target
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(-1)
        self.path, self.line, self.bounds = QPainterPath(), QLineF(), QRectF()
        source.wires.append(self)
        target.wires.append(self)
        self.follow()

    def follow(self) -> None:
        """Run from where the one is to where the other is."""
        self.prepareGeometryChange()
        start = self.source.pos() + QPointF(WIDE, 24)
        end = self.target.pos() + QPointF(0, 24)
        reach = QPointF(max(40.0, abs(end.x() - start.x()) / 2), 0)
        self.path = QPainterPath(start)
        self.path.cubicTo(start + reach, end - reach, end)
        self.line = QLineF(start, end)
        self.bounds = self.path.controlPointRect().adjusted(-2, -2, 2, 2)

    def boundingRect(self) -> QRectF:
        return self.bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if painter.worldTransform().m11() < FAR_BELOW:
            painter.setPen(QPen(LINE, 0))
            painter.drawLine(self.line)
        else:
            painter.setPen(QPen(LINE, 2))
            painter.drawPath(self.path)


class TunedView(QGraphicsView):
    """A view that paints as little as it can."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.nodes: dict[str, TunedNode] = {}
        self.near = False
        scene = QGraphicsScene(self)
        for node in network.nodes.values():
            values = [(key, str(value)) for key, value in node.params.items()]
            item = self.nodes[node.name] = TunedNode(node.name, node.type, values)
            item.setPos(*node.at)
            scene.addItem(item)
        for wire in network.wires:
            scene.addItem(TunedWire(self.nodes[wire.source], self.nodes[wire.target]))
        self.setScene(scene)
        self.setSceneRect(QRectF(-200_000, -200_000, 400_000, 400_000))
        self.setBackgroundBrush(QColor("#14161a"))
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)

    def set_near(self, near: bool) -> None:
        """Antialiasing and the items' own pictures are for the near view alone."""
        if near != self.near:
            self.near = near
            self.setRenderHint(QPainter.RenderHint.Antialiasing, near)
            mode = QGraphicsItem.CacheMode
            for item in self.nodes.values():
                item.setCacheMode(mode.DeviceCoordinateCache if near else mode.NoCache)
