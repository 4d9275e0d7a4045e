"""The shapes along the wires that are selected or under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from graph_compiler.model import Wire
from nnstudio.canvas.level_of_detail import Detail, detail_at
from nnstudio.canvas.look import font, look, metrics
from nnstudio.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

Z_LABEL = 40.0
MOST_LABELS = 40
"""More selected wires than these go without a label each."""


class WireLabels:
    """The labels of one scene."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self._labels: list[WireLabel] = []
        self._hovered: Wire | None = None

    def hover(self, wire: Wire | None) -> None:
        """The mouse is over a wire, or over none."""
        if wire != self._hovered:
            for one, on in ((self._hovered, False), (wire, True)):
                if one in self._scene.wires:
                    self._scene.wires[one].mark(hovered=on)
            self._hovered = wire
            self.show()

    def show(self) -> None:
        """Bring the labels up to date."""
        scene = self._scene
        if self._hovered not in scene.wires:
            self._hovered = None
        wanted = list(scene.selection.wires)[:MOST_LABELS]
        if self._hovered is not None:
            wanted.append(self._hovered)
        if not wanted and not self._labels:
            return
        for label in self._labels:
            scene.removeItem(label)
        self._labels.clear()
        for wire in dict.fromkeys(wanted):
            item = scene.wires.get(wire)
            if item is not None and item.label and wire not in scene.lifted.wires:
                made = WireLabel(item)
                self._labels.append(made)
                scene.addItem(made)

    def forget(self) -> None:
        """The scene lets all its items go."""
        self._labels.clear()
        self._hovered = None


class WireLabel(QGraphicsItem):
    """The shape along a wire, above all nodes, so that a short wire can be read as well."""

    def __init__(self, wire: WireItem) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_LABEL)
        self._text = wire.label
        self._strong = wire.selected
        x, y = wire.middle()
        wide = metrics("foot").horizontalAdvance(self._text) + 14
        self._box = QRectF(-wide / 2, -10, wide, 20)
        length = wire.path.bounds()[2] - wire.path.bounds()[0]
        # Where the wire is shorter than its label, the label stands above it.
        self.setPos(x, y - (20 if length < wide + 16 else 0))

    def boundingRect(self) -> QRectF:
        return self._box.adjusted(-1, -1, 1, 1)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if detail_at(painter.worldTransform().m11()) is not Detail.NEAR:
            return
        shades = look()
        painter.setPen(QPen(shades.accent if self._strong else shades.border, 1))
        painter.setBrush(shades.body)
        painter.drawRoundedRect(self._box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(font("foot"))
        painter.setPen(shades.text)
        painter.drawText(self._box, Qt.AlignmentFlag.AlignCenter, self._text)
