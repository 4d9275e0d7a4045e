"""Pens, colours and fonts of the plots, from the theme in use.

Owns how a part of the data (training, validation, test) looks in every plot: its colour and its
line style, so that no meaning rests on hue alone. Must not import other modules of
`nnstudio.plots`.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen

from nnstudio.theme import current
from nnstudio.theme.style import mono, sans
from nnstudio.theme.tokens import TYPE_BODY, TYPE_SMALL

_DASHES = {"validation": [5.0, 3.0], "test": [1.0, 2.5], "other": [7.0, 2.5, 1.0, 2.5]}
LINE = 1.75
"""Width of a curve in pixels."""


def colour(name: str, alpha: int = 255) -> QColor:
    """A token of the theme in use (`text`, `training`, …) as a Qt colour."""
    made = QColor(getattr(current(), name))
    made.setAlpha(alpha)
    return made


def part_colour(part: str, alpha: int = 255) -> QColor:
    """The colour of a part of the data; other curves have the muted one."""
    return colour(part if part in ("training", "validation", "test") else "muted", alpha)


def curve_pen(part: str, width: float = LINE) -> QPen:
    """Training solid, validation dashed, test dotted, others dash-dotted."""
    pen = QPen(part_colour(part), width)
    pen.setCapStyle(Qt.PenCapStyle.SquareCap)  # round ones take seven times as long
    if part in _DASHES:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(_DASHES[part])
    return pen


def raw_pen(part: str) -> QPen:
    """The raw values behind a smoothed curve."""
    return QPen(part_colour(part, 96), 1.0)


def grid_pen() -> QPen:
    """Lines of the grid."""
    return QPen(colour("line"), 1.0)


def text_font(bold: bool = False) -> QFont:
    """Names and titles in a plot."""
    weight = QFont.Weight.DemiBold if bold else QFont.Weight.Normal
    return sans(TYPE_BODY if bold else TYPE_SMALL + 0.5, weight)


def small_font() -> QFont:
    """Captions of axes."""
    return sans(TYPE_SMALL)


def number_font() -> QFont:
    """Numbers in a plot."""
    return mono(TYPE_SMALL)


def width(text: str, font: QFont) -> float:
    """Width of a line of text in pixels."""
    return QFontMetricsF(font).horizontalAdvance(text)


def hex_colour(text: str) -> QColor:
    """A colour given as `#rrggbb`, such as a layer family's."""
    return QColor(text)


def elided(text: str, font: QFont, room: float) -> str:
    """A line of text, cut with … where it is longer than `room` pixels."""
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
