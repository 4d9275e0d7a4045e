"""What becomes of the routes of wires when nodes move, come between, or go.

Pure: routes and places in, routes out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from math import hypot

from graph_compiler.model import Route, Wire

Place = tuple[float, float]
Points = tuple[Place, ...]
Box = tuple[Place, Place]
"""The top left and the bottom right corner."""


def moved(
    routes: Mapping[Wire, Route], moves: Iterable[tuple[str, Place, Place]]
) -> tuple[tuple[Wire, Route, Route], ...]:
    """The routes that change: those between nodes that go the same way."""
    if not routes:
        return ()
    ways = {name: (x - was_x, y - was_y) for name, (was_x, was_y), (x, y) in moves}
    found = []
    for wire, route in routes.items():
        way = ways.get(wire.source)
        if route.points and way is not None and way != (0.0, 0.0) and _alike(way, ways, wire):
            found.append((wire, route, shifted(route, *way)))
    return tuple(found)


def _alike(way: Place, ways: Mapping[str, Place], wire: Wire) -> bool:
    other = ways.get(wire.target)
    return other is not None and max(abs(a - b) for a, b in zip(way, other, strict=True)) < 1e-6


def shifted(route: Route, dx: float, dy: float) -> Route:
    """The route with all its points elsewhere."""
    return Route(tuple((x + dx, y + dy) for x, y in route.points), route.style, route.link)


def split(route: Route, start: Place, middle: Place, end: Place) -> tuple[Route, Route]:
    """The two halves of a route when something comes to stand at `middle`.

    The points before the stretch that it is nearest to stay with the first half, the others with
    the second. Two stubs of a name would be four: the longer half keeps them.
    """
    way = (start, *route.points, end)
    nearest = min(range(len(way) - 1), key=lambda number: _distance(middle, *way[number:][:2]))
    first, second = route.points[:nearest], route.points[nearest:]
    late = _length((start, *first, middle)) < _length((middle, *second, end))
    links = ("", route.link) if late else (route.link, "")
    return Route(first, route.style, links[0]), Route(second, route.style, links[1])


def joined(first: Route | None, second: Route | None) -> Route:
    """One route for two wires that become one; what the second says goes before."""
    first, second = first or Route(), second or Route()
    return Route(
        first.points + second.points, second.style or first.style, second.link or first.link
    )


def entering(routes: Collection[Route], box: Box) -> tuple[Route, list[Route]]:
    """Wires from one output into a box, cut at its border: the part outside, and those inside.

    `joined` gives back each of them.
    """
    shared = _common([_while(route.points, box, inside=False) for route in routes])
    style, link = _agreed(route.style for route in routes), _agreed(r.link for r in routes)
    return Route(shared, style, link), [
        Route(route.points[len(shared) :], route.style, "" if link else route.link)
        for route in routes
    ]


def leaving(routes: Collection[Route], box: Box) -> tuple[Route, list[Route]]:
    """Wires from one output out of a box, cut at its border: the part inside, and those outside."""
    shared = _common([_while(route.points, box, inside=True) for route in routes])
    style = _agreed(route.style for route in routes)
    return Route(shared, style), [
        Route(route.points[len(shared) :], route.style, route.link) for route in routes
    ]


def _while(points: Points, box: Box, *, inside: bool) -> Points:
    """The points up to the first one that lies on the other side of the border."""
    for number, (x, y) in enumerate(points):
        (left, top), (right, bottom) = box
        if (left <= x <= right and top <= y <= bottom) is not inside:
            return points[:number]
    return points


def _common(ways: list[Points]) -> Points:
    """What all begin with."""
    shared: list[Place] = []
    for points in zip(*ways, strict=False):
        if any(point != points[0] for point in points):
            break
        shared.append(points[0])
    return tuple(shared)


def _agreed(words: Iterable[str]) -> str:
    """The word that all say; empty where they differ."""
    said = set(words)
    return said.pop() if len(said) == 1 else ""


def _distance(point: Place, start: Place, end: Place) -> float:
    """How far a point is from a straight stretch."""
    (x, y), (ax, ay), (bx, by) = point, start, end
    square = (bx - ax) ** 2 + (by - ay) ** 2
    part = 0.0 if square == 0 else ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square
    part = min(max(part, 0.0), 1.0)
    return hypot(ax + part * (bx - ax) - x, ay + part * (by - ay) - y)


def _length(way: Points) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(way))
