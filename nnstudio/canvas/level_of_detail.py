"""How much of a drawing is worth painting at a zoom."""

from __future__ import annotations

from enum import IntEnum

MIDDLE_BELOW, FAR_BELOW = 0.5, 0.25
"""Zooms below which no parameters, and no words at all, can be read."""
MANY, FAR_BELOW_MANY = 300, 0.4
"""From so many nodes on, names are too many and too small to be of use somewhat earlier."""

CLOSEST, FARTHEST = 4.0, 0.04
"""The limits of the zoom."""


class Detail(IntEnum):
    """What is painted: coloured boxes in bulk, boxes with a name, or everything."""

    FAR = 0
    MIDDLE = 1
    NEAR = 2


def detail_at(zoom: float, nodes: int = 0) -> Detail:
    """The level of detail at a zoom, for a drawing of so many nodes.

    A zoom of 1 is one pixel for one unit of the canvas.
    """
    if zoom < (FAR_BELOW_MANY if nodes > MANY else FAR_BELOW):
        return Detail.FAR
    return Detail.MIDDLE if zoom < MIDDLE_BELOW else Detail.NEAR


def limited(zoom: float) -> float:
    """The nearest zoom that is allowed."""
    return max(FARTHEST, min(CLOSEST, zoom))
