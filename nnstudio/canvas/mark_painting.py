"""Paints how a node is built: the stack of a repeat, the chips for turns and time, the double
outline of a block, a colour of its own, the way around a node that is bypassed.

Told apart by shape and words, never by a colour alone.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from nnstudio.canvas import glyphs, tints
from nnstudio.canvas.look import Look, font, width
from nnstudio.canvas.marks import Marks
from nnstudio.theme.tokens import RADIUS_NODE

SHEETS = (8.0, 4.0)
"""How far the sheets of a stack stand out, the hindmost first."""
CHIP = 16.0
CHIP_GAP, CHIP_PADDING = 4.0, 6.0
INSET = 3.5
BYPASSED = "bypassed"
SCANS = {"forward": ("loop", "→"), "backward": ("loop-backward", "←")}


def draw_stack(painter: QPainter, box: QRectF, shades: Look) -> None:
    """The sheets behind a node that stands several times."""
    painter.setPen(QPen(shades.border, 1))
    painter.setBrush(shades.body)
    for by in SHEETS:
        painter.drawRoundedRect(box.translated(by, by), RADIUS_NODE, RADIUS_NODE)


def draw_inner_outline(painter: QPainter, box: QRectF, shades: Look) -> None:
    """The second line of a node that holds a drawing."""
    painter.setPen(QPen(shades.control, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = box.adjusted(INSET, INSET, -INSET, -INSET)
    painter.drawRoundedRect(inner, RADIUS_NODE - INSET, RADIUS_NODE - INSET)


def draw_chips(painter: QPainter, marks: Marks, right: float, shades: Look, scale: float) -> float:
    """The chips on the upper edge, from `right` to the left: turns, then time; where they end."""
    if marks.turns:
        wide = width("value", marks.turns) + 2 * CHIP_PADDING
        _chip(painter, QRectF(right - wide, -CHIP / 2, wide, CHIP), shades)
        painter.setFont(font("value"))
        painter.setPen(shades.text)
        painter.drawText(QPointF(right - wide + CHIP_PADDING, 4.0), marks.turns)
        right -= wide + CHIP_GAP
    if marks.scan in SCANS:
        icon, arrow = SCANS[marks.scan]
        wide = 2 * CHIP_PADDING + 12 + 3 + width("value", arrow)
        _chip(painter, QRectF(right - wide, -CHIP / 2, wide, CHIP), shades)
        place = QRectF(right - wide + CHIP_PADDING, -6.0, 12.0, 12.0)
        glyphs.draw_icon(painter, icon, shades.text.name(), place, scale)
        painter.setFont(font("value"))
        painter.setPen(shades.text)
        painter.drawText(QPointF(place.right() + 3, 4.0), arrow)
        right -= wide + CHIP_GAP
    return right


def edge(tint: str, shades: Look) -> QColor:
    """The line around a node: stronger in a colour that was chosen."""
    return tints.ground(tint, shades, 0.6) if tint else shades.border


def draw_bypass(
    painter: QPainter, box: QRectF, right: float, shades: Look, scale: float, *, far: bool
) -> None:
    """The sign of a bypassed node: an arrow around a box, and from near the word on a chip."""
    if far:
        side = min(28.0, box.height() / 2)
        place = QRectF(box.left() + 4, box.top() + 4, side, side)
        glyphs.draw_icon(painter, "bypass", shades.text.name(), place, scale)
        return
    wide = 2 * CHIP_PADDING + 12 + 3 + width("label", BYPASSED)
    left = right - wide
    _chip(painter, QRectF(left, -CHIP / 2, wide, CHIP), shades)
    place = QRectF(left + CHIP_PADDING, -6.0, 12.0, 12.0)
    glyphs.draw_icon(painter, "bypass", shades.text.name(), place, scale)
    painter.setFont(font("label"))
    painter.setPen(shades.text)
    painter.drawText(QPointF(place.right() + 3, 4.0), BYPASSED)


def _chip(painter: QPainter, box: QRectF, shades: Look) -> None:
    painter.setPen(QPen(shades.control, 1))
    painter.setBrush(shades.chip)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), CHIP / 2, CHIP / 2)
