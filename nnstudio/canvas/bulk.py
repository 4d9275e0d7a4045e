"""Hands whole arrays to Qt's painter: thousands of boxes or lines by one call, none of them copied.

Qt reads the array's own memory as an array of `QRectF` or `QLineF`, which are four doubles each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter
from shiboken6 import Shiboken

Floats = NDArray[np.float64]


def draw_rects(painter: QPainter, boxes: Floats) -> None:
    """Draw rows of left, top, width, height with the painter's pen and brush."""
    if len(boxes):
        held = np.ascontiguousarray(boxes, np.float64)
        painter.drawRects(Shiboken.wrapInstance(held.ctypes.data, QRectF), len(held))


def draw_lines(painter: QPainter, lines: Floats) -> None:
    """Draw rows of x1, y1, x2, y2 with the painter's pen."""
    if len(lines):
        held = np.ascontiguousarray(lines, np.float64)
        painter.drawLines(Shiboken.wrapInstance(held.ctypes.data, QLineF), len(held))
