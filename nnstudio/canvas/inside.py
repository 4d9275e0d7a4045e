"""The small picture of what a block holds: boxes in their families' colours, wires as lines.

A frozen value read from the block, so that two nodes with equal pictures look the same. Painted as
a part of the node, whose own picture is kept: nothing of it is drawn anew in each frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from graph_compiler.layer import Layer
from graph_compiler.model import Network
from nnstudio.canvas.look import Look

STRIP = 44.0
"""How tall the picture is on a node."""
MOST = 120
"""Nodes; of a larger drawing the first in reading order are shown."""
_WIDE, _TALL = 130.0, 60.0
"""About how large a node is in its own drawing."""
_SMALLEST = 3.0
_LEAST, _TALLEST = 24.0, 168.0
"""How tall the picture is that stands alone."""
_SCALE = 0.5
"""Nothing is shown larger than this."""

Box = tuple[float, float, float, float, str]
"""Left, top, width, height and family, in units of the drawing."""
Line = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Inside:
    """A block's drawing in brief; its left top corner is at the origin."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def inside_of(block: Network, types: Mapping[str, Layer]) -> Inside | None:
    """The picture of a block; None where there is nothing to see."""
    nodes = sorted(block.nodes.values(), key=lambda node: (node.at, node.name))[:MOST]
    if not nodes:
        return None
    left, top = min(node.at[0] for node in nodes), min(node.at[1] for node in nodes)
    boxes: dict[str, Box] = {}
    for node in nodes:
        layer = types.get(node.type)
        x, y = node.at[0] - left, node.at[1] - top
        boxes[node.name] = (x, y, _WIDE, _TALL, layer.family if layer is not None else "")
    lines = tuple(
        (start[0] + _WIDE, start[1] + _TALL / 2, end[0], end[1] + _TALL / 2)
        for wire in sorted(block.wires)
        if (start := boxes.get(wire.source)) and (end := boxes.get(wire.target))
    )
    width = max(box[0] for box in boxes.values()) + _WIDE
    height = max(box[1] for box in boxes.values()) + _TALL
    return Inside(width, height, tuple(boxes.values()), lines)


def draw(painter: QPainter, inside: Inside, room: QRectF, shades: Look, line: float = 1.0) -> None:
    """Paint the picture as large as it fits into a room, in its middle."""
    scale = min(room.width() / inside.width, room.height() / inside.height, _SCALE)
    # Long chains would be threads: they take the height that they need to be seen.
    tall = max(scale, min(room.height() / inside.height, 8.0 / _TALL))
    x = room.center().x() - inside.width * scale / 2
    y = room.center().y() - inside.height * tall / 2
    painter.setPen(QPen(shades.wire, line))
    painter.drawLines(
        [
            QLineF(x + x1 * scale, y + y1 * tall, x + x2 * scale, y + y2 * tall)
            for x1, y1, x2, y2 in inside.lines
        ]
    )
    painter.setPen(Qt.PenStyle.NoPen)
    for left, top, wide, high, family in inside.boxes:
        painter.setBrush(shades.family(family))
        box = QRectF(
            x + left * scale,
            y + top * tall,
            max(wide * scale, _SMALLEST),
            max(high * tall, _SMALLEST),
        )
        corner = min(2.0, box.height() / 3)
        painter.drawRoundedRect(box, corner, corner)


def picture_of(inside: Inside, shades: Look, ratio: float, widest: float) -> QPixmap:
    """The picture by itself, at most so wide, to be kept."""
    scale = min(_SCALE, widest / inside.width)
    wide = inside.width * scale
    tall = min(max(inside.height * scale, _LEAST), _TALLEST)
    made = QPixmap(ceil(wide * ratio), ceil(tall * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter, inside, QRectF(0, 0, wide, tall), shades)
    painter.end()
    return made
