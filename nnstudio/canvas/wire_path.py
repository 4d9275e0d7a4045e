"""The way a wire takes: pure geometry, no Qt.

Forward it is one smooth curve, or an arch where other nodes stand in its way; backward it sweeps
around, along the lane between the two rows, into the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from nnstudio.canvas.spatial import Box

Point = tuple[float, float]
Segment = tuple[Point, Point, Point]
"""Two control points and the end of a cubic curve."""

BULGE, LANE = 40.0, 18.0
NEAREST_LANE, NEXT_LANE, MOST_LANES = 8.0, 7.0, 6
STEPS = 12


@dataclass(frozen=True, slots=True)
class WirePath:
    """A start and the cubic curves that follow one another from there."""

    start: Point
    segments: tuple[Segment, ...]

    @property
    def end(self) -> Point:
        """Where the wire arrives."""
        return self.segments[-1][2]

    def bounds(self) -> Box:
        """A box that holds the whole path: that of its control points."""
        points = [self.start, *(point for segment in self.segments for point in segment)]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return (min(xs), min(ys), max(xs), max(ys))

    def points(self) -> list[Point]:
        """The path as a line of short pieces."""
        found, here = [self.start], self.start
        for one, two, there in self.segments:
            for step in range(1, STEPS + 1):
                found.append(_at(here, one, two, there, step / STEPS))
            here = there
        return found

    def middle(self) -> Point:
        """The point half-way along the path, where its label stands."""
        points = self.points()
        lengths = [((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 for a, b in pairwise(points)]
        left = sum(lengths) / 2
        for (a, b), length in zip(pairwise(points), lengths, strict=True):
            if left <= length and length > 0:
                share = left / length
                return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)
            left -= length
        return points[-1]

    def distance(self, point: Point) -> float:
        """How far a point is from the path."""
        line = self.points()
        return min((_to_piece(point, a, b) for a, b in pairwise(line)), default=1e9)


def runs_forward(start: Point, end: Point) -> bool:
    """Whether the end lies far enough to the right to be reached without a sweep."""
    return end[0] - start[0] >= min(20.0, 2 + abs(end[1] - start[1]) * 0.4)


def strip(start: Point, end: Point) -> Box | None:
    """Where a node would stand in the way of a forward wire; None for one that sweeps back."""
    if not runs_forward(start, end):
        return None
    low, high = sorted((start[1], end[1]))
    return (start[0] + 6, low - 4, end[0] - 6, high + 4)


def route(
    start: Point,
    end: Point,
    source: Box | None = None,
    target: Box | None = None,
    obstacles: Iterable[Box] = (),
) -> WirePath:
    """The path from an output to an input; the boxes are those of the nodes at its ends."""
    if runs_forward(start, end):
        blocked = list(obstacles)
        return _arch(start, end, blocked) if blocked else _forward(start, end)
    return _back(start, end, _lane(start, end, source, target))


def _forward(start: Point, end: Point) -> WirePath:
    (x1, y1), (x2, y2) = start, end
    dx = x2 - x1
    handle = min(dx * 0.5, 24 + abs(y2 - y1) * 0.6 + dx * 0.2)
    return WirePath(start, (((x1 + handle, y1), (x2 - handle, y2), end),))


def _arch(start: Point, end: Point, blocked: list[Box]) -> WirePath:
    (x1, y1), (x2, y2) = start, end
    lane = _around(start, end, blocked)
    reach = min(64.0, (x2 - x1) / 2)
    half = reach / 2
    return WirePath(
        start,
        (
            ((x1 + half, y1), (x1 + half, lane), (x1 + reach, lane)),
            ((x1 + reach, lane), (x2 - reach, lane), (x2 - reach, lane)),
            ((x2 - half, lane), (x2 - half, y2), end),
        ),
    )


def lane_over(
    start: Point, end: Point, source: Box | None, target: Box | None, blocked: list[Box]
) -> float:
    """How high a wire runs that cannot go straight: past what blocks it, or between two rows."""
    if runs_forward(start, end):
        return _around(start, end, blocked)
    return _lane(start, end, source, target)


def _around(start: Point, end: Point, blocked: list[Box]) -> float:
    # A wire over many nodes runs further out than one over few, so that the two do not coincide.
    room = NEAREST_LANE + NEXT_LANE * min(MOST_LANES, len(blocked))
    over = min(box[1] for box in blocked) - room
    under = max(box[3] for box in blocked) + room
    middle = (start[1] + end[1]) / 2
    return over if middle - over <= under - middle else under


def _lane(start: Point, end: Point, source: Box | None, target: Box | None) -> float:
    if source is None or target is None:
        gap = abs(end[1] - start[1])
        return (start[1] + end[1]) / 2 if gap > 48 else max(start[1], end[1]) + 48
    if target[1] > source[3]:
        return (source[3] + target[1]) / 2
    if source[1] > target[3]:
        return (target[3] + source[1]) / 2
    return max(source[3], target[3]) + LANE


def _back(start: Point, end: Point, lane: float) -> WirePath:
    x1, x2 = start[0], end[0]
    right, left = x1 - 12, x2 + 12
    if left > right:
        right = left = (x1 + x2) / 2
    segments = (
        *_turn(start, (right, lane), 1.0),
        ((right, lane), (left, lane), (left, lane)),
        *_turn_back(end, (left, lane)),
    )
    return WirePath(start, segments)


def _turn(port: Point, lane: Point, way: float) -> tuple[Segment, Segment]:
    """From a port out and around to the lane: two quarters that meet where the bend is widest."""
    (x, y), (lx, ly) = port, lane
    half = (ly - y) / 2
    bulge = min(BULGE, max(16.0, abs(half) * 0.9)) * way
    far, middle = x + bulge, y + half
    return (
        ((x + bulge * 0.6, y), (far, y + half * 0.45), (far, middle)),
        ((far, middle + half * 0.55), (lx + (far - lx) * 0.5, ly), (lx, ly)),
    )


def _turn_back(port: Point, lane: Point) -> tuple[Segment, Segment]:
    """From the lane around and into a port."""
    (one, two, middle), (three, four, _) = _turn(port, lane, -1.0)
    return ((four, three, middle), (two, one, port))


def _at(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    s = 1 - t
    k1, k2, k3, k4 = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return (
        k1 * a[0] + k2 * b[0] + k3 * c[0] + k4 * d[0],
        k1 * a[1] + k2 * b[1] + k3 * c[1] + k4 * d[1],
    )


def _to_piece(p: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    size = dx * dx + dy * dy
    t = 0.0 if size == 0 else max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / size))
    return float(((p[0] - a[0] - t * dx) ** 2 + (p[1] - a[1] - t * dy) ** 2) ** 0.5)
