"""Wires through points, straight and with right angles: pure geometry, no Qt.

A curved wire without points is left to `wire_path`, which knows the ways around nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot

from nnstudio.canvas.spatial import Box
from nnstudio.canvas.wire_path import Point, Segment, WirePath, lane_over, route, runs_forward

STYLES = ("curved", "straight", "orthogonal")
"""The ways to draw a wire, as files name them; the first is the window's at the beginning."""

STUB, CORNER = 14.0, 8.0
_ARC = 0.4477
"""How far from its corner a quarter circle's control points lie, in radii."""


def shaped(
    start: Point,
    end: Point,
    points: Sequence[Point] = (),
    style: str = "curved",
    source: Box | None = None,
    target: Box | None = None,
    obstacles: Iterable[Box] = (),
) -> WirePath:
    """The path of a style from an output to an input, through points."""
    if style == "straight":
        return _lines((start, *points, end))
    if style == "orthogonal":
        corners = (
            _corners_through(start, end, points)
            if points
            else _corners(start, end, source, target, list(obstacles))
        )
        return _rounded(corners)
    if points:
        return _smooth((start, *points, end))
    return route(start, end, source, target, obstacles)


def nearest_leg(start: Point, end: Point, points: Sequence[Point], place: Point) -> int:
    """Before which point a new one belongs that lies at `place`; the end counts as the last."""
    legs = list(pairwise((start, *points, end)))

    def detour(leg: tuple[Point, Point]) -> float:
        one, two = leg
        return _apart(one, place) + _apart(place, two) - _apart(one, two)

    return min(range(len(legs)), key=lambda index: detour(legs[index]))


def _apart(one: Point, two: Point) -> float:
    return hypot(two[0] - one[0], two[1] - one[1])


def _line(one: Point, two: Point) -> Segment:
    return (one, two, two)


def _lines(points: Sequence[Point]) -> WirePath:
    return WirePath(points[0], tuple(_line(one, two) for one, two in pairwise(points)))


def _smooth(points: Sequence[Point]) -> WirePath:
    """One curve through all points that leaves and arrives level."""
    ways: list[Point] = [(1.0, 0.0)]
    for before, after in zip(points, points[2:], strict=False):
        long = _apart(before, after) or 1.0
        ways.append(((after[0] - before[0]) / long, (after[1] - before[1]) / long))
    ways.append((1.0, 0.0))
    segments: list[Segment] = []
    for (one, two), (go, come) in zip(pairwise(points), pairwise(ways), strict=True):
        handle = _apart(one, two) * 0.36
        segments.append(
            (
                (one[0] + go[0] * handle, one[1] + go[1] * handle),
                (two[0] - come[0] * handle, two[1] - come[1] * handle),
                two,
            )
        )
    return WirePath(points[0], tuple(segments))


def _corners(
    start: Point, end: Point, source: Box | None, target: Box | None, blocked: list[Box]
) -> list[Point]:
    (x1, y1), (x2, y2) = start, end
    if runs_forward(start, end) and not blocked:
        middle = round((x1 + x2) / 2)
        return [start, (middle, y1), (middle, y2), end]
    lane = lane_over(start, end, source, target, blocked)
    return [start, (x1 + STUB, y1), (x1 + STUB, lane), (x2 - STUB, lane), (x2 - STUB, y2), end]


def _corners_through(start: Point, end: Point, points: Sequence[Point]) -> list[Point]:
    """Across and then down or up to each point, and from the last one on as it comes."""
    corners = [start]
    for x, y in points:
        corners += [(x, corners[-1][1]), (x, y)]
    (x, y), before = points[-1], corners[-3][1]
    if (y - before) * (end[1] - y) >= 0:
        return [*corners, (x, end[1]), end]
    middle = round((x + end[0]) / 2)
    return [*corners, (middle, y), (middle, end[1]), end]


def _rounded(corners: Sequence[Point]) -> WirePath:
    """Lines between corners, with the corners cut round."""
    kept = _without_idle(corners)
    segments: list[Segment] = []
    here = kept[0]
    for before, corner, after in zip(kept, kept[1:], kept[2:], strict=False):
        room = min(CORNER, _apart(before, corner) / 2, _apart(corner, after) / 2)
        come, go = _towards(corner, before, room), _towards(corner, after, room)
        segments.append(_line(here, come))
        near = room * _ARC
        segments.append((_towards(corner, before, near), _towards(corner, after, near), go))
        here = go
    segments.append(_line(here, kept[-1]))
    return WirePath(kept[0], tuple(segments))


def _without_idle(corners: Sequence[Point]) -> list[Point]:
    """The corners at which the line turns, and its ends."""
    kept = [corners[0]]
    for corner in corners[1:]:
        if _apart(kept[-1], corner) < 0.5:
            continue
        if len(kept) > 1 and _straight_on(kept[-2], kept[-1], corner):
            kept.pop()
        kept.append(corner)
    if len(kept) == 1:
        kept.append(corners[-1])
    kept[-1] = corners[-1]
    return kept


def _straight_on(one: Point, two: Point, three: Point) -> bool:
    across = one[0] == two[0] == three[0] and (two[1] - one[1]) * (three[1] - two[1]) > 0
    along = one[1] == two[1] == three[1] and (two[0] - one[0]) * (three[0] - two[0]) > 0
    return across or along


def _towards(corner: Point, other: Point, by: float) -> Point:
    long = _apart(corner, other) or 1.0
    share = by / long
    return (
        corner[0] + (other[0] - corner[0]) * share,
        corner[1] + (other[1] - corner[1]) * share,
    )
