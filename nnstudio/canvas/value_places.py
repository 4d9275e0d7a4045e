"""Where the values of a node's rows stand, for the mouse and for the field that edits them.

Only near to: further away no rows are painted.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF

from nnstudio.canvas.face import HEADER, PADDING, ROW, NodeFace
from nnstudio.canvas.level_of_detail import Detail, detail_at
from nnstudio.canvas.look import width

MARGIN = 3.0


def value_box(face: NodeFace, index: int) -> QRectF:
    """The place of a row's value, from the node's corner."""
    row = face.rows[index]
    wide = width("value", row.value) + (width("value", f" = {row.result}") if row.result else 0.0)
    wide = min(wide, face.width - 2 * PADDING - 24) + 2 * MARGIN
    right = face.width - PADDING + MARGIN
    return QRectF(right - wide, HEADER + index * ROW, wide, ROW)


def value_at(face: NodeFace, x: float, y: float, zoom: float, nodes: int = 0) -> int:
    """The row whose value is at a point from the node's corner; -1 for none."""
    if detail_at(zoom, nodes) is not Detail.NEAR:
        return -1
    index = int((y - HEADER) // ROW)
    if not 0 <= index < len(face.rows) or not face.rows[index].param:
        return -1
    return index if value_box(face, index).contains(x, y) else -1
