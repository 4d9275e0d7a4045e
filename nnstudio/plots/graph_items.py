"""Cards and edges of the computational graph.

Owns how an operation and its edges look. Must not lay out or select: `nnstudio.plots.graph_view`
does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.plotdata.opgraph import Operation, numbers_text, shape_text, short_number
from nnstudio.plots import look
from nnstudio.theme import current
from nnstudio.theme.style import mono, sans
from nnstudio.theme.tokens import RADIUS_NODE, TYPE_BODY, TYPE_SMALL

WIDTH = 196.0
_HEAD, _ROW, _FOOT = 32.0, 17.0, 8.0
_SIDE = 11.0
FAR = 0.55
"""Below this zoom a card shows its title alone, as large as fits."""

_FAMILIES = (
    ("convolution", ("conv",)),
    ("pooling", ("pool",)),
    ("activation", ("relu", "tanh", "sigmoid", "softmax", "silu", "gelu", "step", "sign")),
    ("dense", ("linear", "addmm", "matmul", "mm", "bmm")),
    ("shape", ("flatten", "view", "reshape", "permute", "transpose", "squeeze")),
    ("regularization", ("dropout", "norm")),
)


@dataclass(frozen=True, slots=True)
class Shows:
    """What the cards show."""

    values: bool = True
    gradients: bool = True
    shapes: bool = True
    parameters: bool = True


def family(operation: Operation, target: Operation | None = None) -> str:
    """The layer family of an operation, by its label; a parameter has that of what it goes into."""
    if operation.kind == "input":
        return "io"
    if operation.kind == "parameter" and target is not None:
        return family(target)
    label = operation.label.lower()
    for name, words in _FAMILIES:
        if any(word in label for word in words):
            return name
    return "operation"


def title(operation: Operation) -> str:
    """A card's heading: the node's name, for a parameter with the parameter's."""
    if operation.kind == "loss":
        return "loss"
    if operation.kind == "parameter" and operation.node and "." not in operation.label:
        return f"{operation.node}.{operation.label}"
    return operation.node if operation.kind == "operation" and operation.node else operation.label


def rows(operation: Operation, shows: Shows) -> list[tuple[str, str, str]]:
    """What a card says below its heading, as (name, text, colour token)."""
    found = []
    if shows.shapes:
        found.append(("shape", shape_text(operation.shape), "text"))
    if shows.values:
        value = operation.value
        found.append(
            ("value", numbers_text(value, _room("value")) if value else "not kept", "text")
        )
        if value is not None and value.size > 1:
            spread = f"{short_number(value.low)} … {short_number(value.high)}"
            found.append((f"mean {short_number(value.mean)}", spread, "muted"))
    if shows.gradients:
        gradient = operation.gradient
        text = numbers_text(gradient, _room("gradient")) if gradient else "none"
        found.append(("gradient", text, "gradient" if gradient else "muted"))
    return found


def _room(name: str) -> int:
    """Characters of numbers that a row holds beside its name."""
    free = WIDTH - 2 * _SIDE - look.width(name, look.small_font()) - 10
    return int(free / look.width("0", look.number_font()))


def height(operation: Operation, shows: Shows) -> float:
    """A card's height."""
    return _HEAD + _ROW * len(rows(operation, shows)) + _FOOT


class Card(QGraphicsItem):
    """One operation; its origin is its upper left corner."""

    def __init__(self, operation: Operation, tint: str, shows: Shows) -> None:
        super().__init__()
        self.operation = operation
        self.tint = tint
        """Layer family, or `loss`."""
        self.current = False
        self.chosen = False
        """Whether its node is selected."""
        self._shows = shows
        self._rows = rows(operation, shows)
        self._size = QRectF(0, 0, WIDTH, height(operation, shows))
        self.setZValue(2)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setCacheMode(QGraphicsItem.CacheMode.NoCache)

    def boundingRect(self) -> QRectF:
        """The card and its ring."""
        return self._size.adjusted(-5, -5, 5, 5)

    def rect(self) -> QRectF:
        """The card itself."""
        return self._size

    def show_operation(self, operation: Operation) -> None:
        """Show newer numbers of the same operation."""
        self.operation = operation
        self._rows = rows(operation, self._shows)
        self.update()

    def texts(self) -> tuple[str, ...]:
        """Everything the card says, for screen readers and tests."""
        head = [title(self.operation)]
        if self._subtitle():
            head.append(self._subtitle())
        return (*head, *(f"{name} {text}" for name, text, _ in self._rows))

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Ring, card, family tick, heading and rows; from far off the heading alone."""
        theme = current()
        scale = p.worldTransform().m11()
        if self.chosen or self.current:
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.setPen(QPen(look.colour("accent"), max(2.0, min(1.8 / scale, 5.0))))
            p.drawRoundedRect(self._size.adjusted(-3, -3, 3, 3), RADIUS_NODE + 3, RADIUS_NODE + 3)
        p.setPen(QPen(look.colour("accent" if self.current else "line"), 1.0))
        p.setBrush(look.colour("raised"))
        p.drawRoundedRect(self._size, RADIUS_NODE, RADIUS_NODE)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(
            look.colour("bad") if self.tint == "loss" else look.hex_colour(theme.family(self.tint))
        )
        if scale < FAR:
            p.drawRoundedRect(QRectF(_SIDE, 0, WIDTH - 2 * _SIDE, 7), 2, 2)
            self._paint_far(p)
            return
        p.drawRoundedRect(QRectF(_SIDE, -1, 32, 3), 1.5, 1.5)
        self._paint_head(p)
        self._paint_rows(p)

    def _paint_far(self, p: QPainter) -> None:
        text = title(self.operation)
        room = self._size.adjusted(8, 10, -8, -4)
        font = sans(TYPE_BODY, QFont.Weight.DemiBold, scaled=False)
        fits = TYPE_BODY * 0.92 * room.width() / max(look.width(text, font), 1.0)
        font.setPixelSize(max(int(min(fits, room.height() * 0.6, 26)), 1))
        p.setFont(font)
        p.setPen(look.colour("text"))
        p.drawText(room, Qt.AlignmentFlag.AlignCenter, text)

    def _subtitle(self) -> str:
        operation = self.operation
        if operation.kind == "parameter":
            return ""
        label = "input" if operation.kind == "input" else operation.label
        return label if label != title(operation) else ""

    def _paint_head(self, p: QPainter) -> None:
        line = QRectF(_SIDE, 8, WIDTH - 2 * _SIDE, 20)
        right = self._subtitle()
        small = look.small_font()
        bold = sans(TYPE_BODY, QFont.Weight.DemiBold, scaled=False)
        room = line.width() - (look.width(right, small) + 8 if right else 0)
        p.setFont(bold)
        p.setPen(look.colour("text"))
        heading = look.elided(title(self.operation), bold, room)
        p.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, heading)
        p.setFont(small)
        p.setPen(look.colour("muted"))
        p.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)

    def _paint_rows(self, p: QPainter) -> None:
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        names = sans(TYPE_SMALL, scaled=False)
        numbers = mono(TYPE_SMALL, scaled=False)
        for place, (name, text, token) in enumerate(self._rows):
            line = QRectF(_SIDE, _HEAD + place * _ROW, WIDTH - 2 * _SIDE, _ROW)
            p.setFont(names)
            p.setPen(look.colour(token if token == "gradient" else "muted"))
            p.drawText(line, left, name)
            p.setFont(numbers)
            p.setPen(look.colour(token))
            used = look.width(name, names) + 8
            p.drawText(line, right, look.elided(text, numbers, line.width() - used))


class Edge(QGraphicsPathItem):
    """An edge from left to right, solid; or, as a gradient's way, dashed from right to left."""

    def __init__(
        self, source: str, target: str, route: Sequence[tuple[float, float]], backward: bool
    ) -> None:
        super().__init__()
        self.source, self.target = source, target
        self.backward = backward
        self.near = False
        """Whether it touches the current card."""
        points = [QPointF(x, y + (7 if backward else 0)) for x, y in route]
        self._end = points[0]
        self.setPath(_path(points))
        self.setZValue(1 if backward else 0)

    def boundingRect(self) -> QRectF:
        """The path and its arrow head."""
        return super().boundingRect().adjusted(-8, -8, 8, 8)

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """The line, and an arrow head where a gradient arrives."""
        token = "gradient" if self.backward else "accent" if self.near else "wire"
        far = max(1.0, min(0.7 / p.worldTransform().m11(), 3.0))
        pen = QPen(look.colour(token), (2.2 if self.near else 1.6) * far)
        if self.backward:
            pen.setDashPattern([4.0, 2.5])
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(pen)
        p.drawPath(self.path())
        if self.backward:
            p.setPen(QPen(pen.color(), pen.widthF()))
            x, y = self._end.x() + 1, self._end.y()
            p.drawPolyline([QPointF(x + 6, y - 4), QPointF(x, y), QPointF(x + 6, y + 4)])


def _path(points: Sequence[QPointF]) -> QPainterPath:
    """A smooth way through the points, level at each of them."""
    path = QPainterPath(points[0])
    for before, after in pairwise(points):
        reach = max((after.x() - before.x()) / 2, 12.0)
        path.cubicTo(
            QPointF(before.x() + reach, before.y()), QPointF(after.x() - reach, after.y()), after
        )
    return path
