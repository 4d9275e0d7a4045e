"""What is painted on a wire besides its line: the points it runs through, and its shape."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from nnstudio.canvas.look import Look, font, width
from nnstudio.canvas.wire_path import Point, WirePath

SMALL, LARGE, CHOSEN = 3.5, 5.0, 6.0
ROOM, HIGH = 28.0, 14.0
LEVEL = 12.0
"""How far a line may rise below a label that stands on it."""


def draw_points(
    painter: QPainter,
    points: Sequence[Point],
    chosen: int,
    pen: QPen,
    shades: Look,
    *,
    strong: bool,
) -> None:
    """The points of a wire: discs that grow when it is selected; the selected one is filled."""
    for index, point in enumerate(points):
        radius = CHOSEN if index == chosen else LARGE if strong else SMALL
        painter.setPen(QPen(shades.accent if index == chosen else pen.color(), 2))
        filled = shades.accent if index == chosen else shades.ground if strong else pen.color()
        painter.setBrush(filled)
        painter.drawEllipse(QPointF(*point), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_label(painter: QPainter, place: Point, text: str, shades: Look) -> None:
    """The shape on the line itself."""
    wide = width("foot", text) + 8
    box = QRectF(place[0] - wide / 2, place[1] - HIGH / 2, wide, HIGH)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shades.ground)
    painter.drawRect(box)
    painter.setFont(font("foot"))
    painter.setPen(shades.muted)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def label_place(path: WirePath, text: str) -> Point | None:
    """The middle of the longest level piece of a path; None where none has room for the text."""
    needed = width("foot", text) + ROOM
    left, _, right, _ = path.bounds()
    if right - left < needed:
        return None
    best: tuple[float, Point] | None = None
    points = path.points()
    run = points[:1]
    for point in points[1:]:
        level = abs(point[1] - run[0][1]) <= LEVEL
        onward = len(run) < 2 or (point[0] - run[-1][0]) * (run[1][0] - run[0][0]) >= 0
        if not (level and onward):
            run = [run[-1]]
        run.append(point)
        long = abs(run[-1][0] - run[0][0])
        if long >= needed and (best is None or long > best[0]):
            best = (long, ((run[0][0] + point[0]) / 2, (run[0][1] + point[1]) / 2))
    return best[1] if best is not None else None
