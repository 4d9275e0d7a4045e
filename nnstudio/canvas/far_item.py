"""Everything at once, from far away: coloured boxes and straight wires drawn in bulk.

One item in place of thousands: far away a node is a few pixels, and asking each one to paint itself
would cost more than the whole picture. While nodes move, what stands still is one kept picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.canvas.bulk import draw_lines, draw_rects
from nnstudio.canvas.far_table import FAULTS, FarTable, Flags, Floats
from nnstudio.canvas.look import Look, look
from nnstudio.canvas.note_item import PAPER

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene

Z_FAR = 15.0
EVERYWHERE = QRectF(-2e6, -2e6, 4e6, 4e6)
CORNER, OUT = 44.0, (30.0, 14.0)
"""The size of a fault's corner, and how far it stands out to the right and above."""
SHEETS = (24.0, 12.0)
INNER = 6.0
GAP, HALO = 4.0, 8.0
"""Room between a selected node and its halo, and the halo's width; at least a pixel, and two."""
FEW = 400
"""So many wires may stand out by their width as well."""
OUTLINE = 10.0
FILM = 0.16
"""How much of its colour a frame or a note shows."""


class FarItem(QGraphicsItem):
    """The picture of everything; shown only while the items themselves are not."""

    def __init__(self, scene: NetworkScene) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(Z_FAR)
        self.setVisible(False)
        self.table = FarTable()
        self._scene = scene
        self._moving: dict[str, None] = {}
        self._moving_frames: set[str] = set()
        self._seen = QRectF()
        """Where what moves was painted last."""
        self._still: QPixmap | None = None
        self._still_at = QTransform()

    # What has changed

    def invalidate(self) -> None:
        """The drawing has changed."""
        self._still = None
        if self.isVisible():
            self.update()

    def follow(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Nodes stand elsewhere for the time of a move."""
        self.table.move_nodes(places)
        if not places.keys() <= self._moving.keys():
            self._moving.update(dict.fromkeys(places))
            self._moving_frames = self._scene.framing.holding(self._moving)
            self._still = None
        if self.isVisible():
            now = self._around_moving()
            self.update(now.united(self._seen))
            self._seen = now

    def rest(self) -> None:
        """Nothing moves any longer."""
        if self._moving:
            self._moving.clear()
            self._moving_frames = set()
            self._seen = QRectF()
            self.invalidate()

    def boundingRect(self) -> QRectF:
        return EVERYWHERE

    # Painting

    def paint_all(self, painter: QPainter, area: QRectF) -> None:
        """Paint everything in a part of the scene, for a small picture of it."""
        self._paint(painter, area, still=True, moving=True)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        exposed = option.exposedRect
        if self._moving and widget is not None:
            self._paint_still(painter, widget)
            self._paint(painter, exposed, still=False, moving=True)
        else:
            self._paint(painter, exposed, still=True, moving=True)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _paint_still(self, painter: QPainter, widget: QWidget) -> None:
        """What does not move, from one picture that is kept while the view stays as it is."""
        transform = painter.worldTransform()
        if self._still is None or self._still_at != transform:
            ratio = widget.devicePixelRatioF()
            made = QPixmap(widget.size() * ratio)
            made.setDevicePixelRatio(ratio)
            made.fill(look().ground)
            inner = QPainter(made)
            inner.setWorldTransform(transform)
            seen = transform.inverted()[0].mapRect(QRectF(widget.rect()))
            self._paint(inner, seen, still=True, moving=False)
            inner.end()
            self._still, self._still_at = made, transform
        painter.setWorldMatrixEnabled(False)
        painter.drawPixmap(0, 0, self._still)
        painter.setWorldMatrixEnabled(True)

    def _paint(self, painter: QPainter, exposed: QRectF, *, still: bool, moving: bool) -> None:
        table, shades = self.table, look()
        rows, lines = table.nodes_there(), table.ends[:, 0] >= 0
        if not (still and moving):
            moved = table.rows_of(self._moving)
            along = table.touching(moved)
            rows, lines = (rows & ~moved, lines & ~along) if still else (rows & moved, along)
        rows &= _near(table.boxes, exposed)
        if still:
            self._draw_notes(painter, shades)
        self._draw_frames(painter, shades, still=still, moving=moving)
        lit = table.lit()
        painter.setPen(QPen(shades.wire, 0))
        draw_lines(painter, _crossing(table.pieces(lines & ~lit), exposed))
        bold = _crossing(table.pieces(lines & lit), exposed)
        accent = QPen(shades.accent, 2 if len(bold) <= FEW else 0)
        accent.setCosmetic(True)
        painter.setPen(accent)
        draw_lines(painter, bold)
        self._draw_halos(painter, table.boxes[rows & table.chosen], shades)
        self._draw_boxes(painter, rows, shades)

    def _draw_halos(self, painter: QPainter, boxes: Floats, shades: Look) -> None:
        """Rings around selected nodes, with a gap: a node may have the colour of the ring."""
        pixel = 1 / painter.worldTransform().m11()
        gap = max(GAP, pixel)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shades.accent)
        draw_rects(painter, _grown(boxes, gap + max(HALO, 2 * pixel)))
        painter.setBrush(shades.ground)
        draw_rects(painter, _grown(boxes, gap))

    def _draw_boxes(self, painter: QPainter, rows: Flags, shades: Look) -> None:
        table = self.table
        filled = rows & ~table.bypassed
        tones = [(number, _tone(tone, shades)) for number, tone in enumerate(table.tones)]
        for number, colour in tones if table.turns.any() else ():
            held = table.boxes[filled & table.turns & (table.tone == number)]
            painter.setPen(QPen(shades.ground, 0))
            painter.setBrush(colour)
            for by in SHEETS:
                draw_rects(painter, np.add(held, (by, by, 0.0, 0.0)))
        painter.setPen(Qt.PenStyle.NoPen)
        for number, colour in tones:
            painter.setBrush(colour)
            draw_rects(painter, table.boxes[filled & (table.tone == number)])
        for number, colour in tones if table.bypassed.any() else ():
            held = table.boxes[rows & table.bypassed & (table.tone == number)]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shades.ground)
            draw_rects(painter, held)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, OUTLINE))
            draw_rects(painter, _grown(held, -OUTLINE / 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(shades.ground, INNER))
        draw_rects(painter, _grown(table.boxes[rows & table.block], -2 * INNER))
        painter.setPen(Qt.PenStyle.NoPen)
        for number, severity in enumerate(FAULTS):
            if severity:
                painter.setBrush(shades.severities[severity])
                draw_rects(painter, _corners(table.boxes[rows & (table.fault == number)]))

    def _draw_frames(self, painter: QPainter, shades: Look, *, still: bool, moving: bool) -> None:
        films: dict[tuple[str, bool], list[tuple[float, float, float, float]]] = {}
        for name, frame in self._scene.frames.items():
            if moving if name in self._moving_frames else still:
                left, top, right, bottom = frame.frame_box
                box = (left, top, right - left, bottom - top)
                films.setdefault((frame.colour, frame.selected), []).append(box)
        _draw_films(painter, films, shades)

    def _draw_notes(self, painter: QPainter, shades: Look) -> None:
        films: dict[tuple[str, bool], list[tuple[float, float, float, float]]] = {}
        for note in self._scene.model.notes.values():
            films.setdefault((note.colour or PAPER, False), []).append((*note.at, *note.size))
        _draw_films(painter, films, shades)

    def _around_moving(self) -> QRectF:
        """A box around what moves: nodes with all that stands out, wires, frames."""
        table = self.table
        rows = table.rows_of(self._moving)
        lines = table.pieces(table.touching(rows))
        boxes = _grown(table.boxes[rows], CORNER)
        xs = np.concatenate((boxes[:, 0], boxes[:, 0] + boxes[:, 2], lines[:, 0], lines[:, 2]))
        ys = np.concatenate((boxes[:, 1], boxes[:, 1] + boxes[:, 3], lines[:, 1], lines[:, 3]))
        found = QRectF(xs.min(), ys.min(), np.ptp(xs), np.ptp(ys)) if len(xs) else QRectF()
        for name in self._moving_frames:
            if name in self._scene.frames:
                left, top, right, bottom = self._scene.frames[name].frame_box
                found = found.united(QRectF(left, top, right - left, bottom - top))
        return found.adjusted(-CORNER, -CORNER, CORNER, CORNER)


def _near(boxes: Floats, seen: QRectF) -> Flags:
    """The boxes that may show in a part of the scene, with all that stands out of them."""
    left, top = seen.left() - CORNER, seen.top() - CORNER
    right, bottom = seen.right() + CORNER, seen.bottom() + CORNER
    return (
        (boxes[:, 0] <= right)
        & (boxes[:, 0] + boxes[:, 2] >= left)
        & (boxes[:, 1] <= bottom)
        & (boxes[:, 1] + boxes[:, 3] >= top)
    )


def _crossing(lines: Floats, seen: QRectF) -> Floats:
    """The lines that may show in a part of the scene."""
    low, high = np.minimum(lines[:, :2], lines[:, 2:]), np.maximum(lines[:, :2], lines[:, 2:])
    inside = (
        (low[:, 0] <= seen.right())
        & (high[:, 0] >= seen.left())
        & (low[:, 1] <= seen.bottom())
        & (high[:, 1] >= seen.top())
    )
    return lines[inside]


def _grown(boxes: Floats, by: float) -> Floats:
    return np.add(boxes, (-by, -by, 2 * by, 2 * by))


def _corners(boxes: Floats) -> Floats:
    found = np.full_like(boxes, CORNER)
    found[:, 0] = boxes[:, 0] + boxes[:, 2] - OUT[0]
    found[:, 1] = boxes[:, 1] - OUT[1]
    return found


def _tone(tone: str, shades: Look) -> QColor:
    """The colour of a family, or of a tint that the user has chosen."""
    if tone.startswith("tint:"):
        return _tint(tone.removeprefix("tint:"), shades)
    return shades.family(tone)


def _tint(name: str, shades: Look) -> QColor:
    return QColor(shades.theme.tint(name)) if name else shades.muted


def _draw_films(
    painter: QPainter,
    films: Mapping[tuple[str, bool], list[tuple[float, float, float, float]]],
    shades: Look,
) -> None:
    """Tinted boxes with a thin line around them, by the name of their tint."""
    for (tint, chosen), held in films.items():
        colour, boxes = _tint(tint, shades), np.array(held)
        fill = QColor(colour)
        fill.setAlphaF(FILM)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        draw_rects(painter, boxes)
        edge = QPen(shades.accent if chosen else colour, 2 if chosen else 0)
        edge.setCosmetic(True)
        painter.setPen(edge)
        draw_lines(painter, _edges(boxes))


def _edges(boxes: Floats) -> Floats:
    """The four lines around each box."""
    left, top = boxes[:, 0], boxes[:, 1]
    right, bottom = left + boxes[:, 2], top + boxes[:, 3]
    sides = (
        (left, top, right, top),
        (right, top, right, bottom),
        (right, bottom, left, bottom),
        (left, bottom, left, top),
    )
    return np.concatenate([np.column_stack(side) for side in sides])
