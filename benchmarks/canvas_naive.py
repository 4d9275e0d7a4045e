"""The usual first way to draw a graph: one item a node, a port, a wire, each painted in full.

What tutorials and most node editors in Python do; kept to measure against. It paints less than the
program does (no badges, no marks), so the comparison is in its favour.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QGraphicsEllipseItem,
    QGraphicsItem,
    QGraphicsPathItem,
    QGraphicsScene,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QWidget,
)

from graph_compiler.model import Network

WIDE, HIGH, PORT = 150.0, 90.0, 5.0


class NaiveNode(QGraphicsItem):
    """A node that paints itself in full at every zoom, with an item for each port."""

    def __init__(self, name: str, kind: str, values: list[tuple[str, str]]) -> None:
        super().__init__()
        self.name, self.kind, self.values = name, kind, values
        self.wires: list[NaiveWire] = []
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsMovable)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemSendsGeometryChanges)
        for x in (0.0, WIDE):
            port = QGraphicsEllipseItem(x - PORT, 24 - PORT, 2 * PORT, 2 * PORT, self)
            port.setPen(QPen(QColor("#9aa4b2"), 2))
            port.setBrush(QColor("#14161a"))

    def boundingRect(self) -> QRectF:
        return QRectF(-4, -4, WIDE + 8, HIGH + 8)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setPen(QPen(QColor("#4c8dff") if self.isSelected() else QColor("#3a404a"), 1))
        painter.setBrush(QColor("#22262d"))
        painter.drawRoundedRect(QRectF(0, 0, WIDE, HIGH), 8, 8)
        painter.setPen(QColor("#e8eaed"))
        painter.setFont(QFont("sans-serif", 10))
        painter.drawText(QPointF(10, 21), self.name)
        painter.drawText(QPointF(90, 21), self.kind)
        for row, (label, value) in enumerate(self.values[:2]):
            painter.drawText(QPointF(10, 44 + 17 * row), label)
            painter.drawText(QPointF(100, 44 + 17 * row), value)
        painter.drawText(QPointF(10, HIGH - 8), "16×28×28")

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: object) -> object:
        if change == QGraphicsItem.GraphicsItemChange.ItemPositionHasChanged:
            for wire in self.wires:
                wire.follow()
        return super().itemChange(change, value)


class NaiveWire(QGraphicsPathItem):
    """A curve from one node to another, made anew whenever one of them moves."""

    def __init__(self, source: NaiveNode, target: NaiveNode) -> None:
        super().__init__()
        self.source, self.target = source, target
        self.setPen(QPen(QColor("#7b8494"), 2))
        self.setZValue(-1)
        source.wires.append(self)
        target.wires.append(self)
        self.follow()

    def follow(self) -> None:
        """Run from where the one is to where the other is."""
        start = self.source.pos() + QPointF(WIDE, 24)
        end = self.target.pos() + QPointF(0, 24)
        path = QPainterPath(start)
        reach = QPointF(max(40.0, abs(end.x() - start.x()) / 2), 0)
        path.cubicTo(start + reach, end - reach, end)
        self.setPath(path)


class NaiveView(QGraphicsView):
    """A view as Qt's examples set it up."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.nodes: dict[str, NaiveNode] = {}
        scene = QGraphicsScene(self)
        for node in network.nodes.values():
            values = [(key, str(value)) for key, value in node.params.items()]
            item = self.nodes[node.name] = NaiveNode(node.name, node.type, values)
            item.setPos(*node.at)
            scene.addItem(item)
        for wire in network.wires:
            scene.addItem(NaiveWire(self.nodes[wire.source], self.nodes[wire.target]))
        self.setScene(scene)
        self.setSceneRect(QRectF(-200_000, -200_000, 400_000, 400_000))
        self.setBackgroundBrush(QColor("#14161a"))
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
