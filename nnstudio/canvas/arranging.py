"""Where nodes go when a person asks for order: tidied in layers, aligned, spread evenly.

Pure: boxes and wires in, places out, in canvas units. Knows no scene, no document, no Qt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

import networkx as nx

from nnstudio.canvas.face import GRID, PORT_Y
from nnstudio.plotdata.oplayout import lay_out

Place = tuple[float, float]
Side = Literal["left", "right", "top", "bottom", "middle", "ports"]
Way = Literal["across", "down"]

ACROSS, BETWEEN = 40.0, 28.0
"""Room between layers, and between neighbours in one."""
INSET, HEAD = 16.0, 34.0
"""Room that a frame takes around its nodes, and above them for its title."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it stands: upper left corner, width, height, and how far down its ports are."""

    x: float
    y: float
    width: float
    height: float
    port: float = PORT_Y

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height


def tidy(
    boxes: Mapping[str, Box],
    wires: Iterable[tuple[str, str]],
    groups: Mapping[str, Collection[str]] | None = None,
    way: Way = "across",
) -> dict[str, Place]:
    """Nodes in layers along their wires, without overlaps, groups kept together.

    Wires into one node come in the order of its ports. The upper left corner of the whole stays
    where it was. A group is passed over where it shares
    nodes with an earlier one, or where wires leave it and come back.
    """
    if not boxes:
        return {}
    edges = [(s, t) for s, t in wires if s in boxes and t in boxes and s != t]
    kept = _groups(boxes, edges, groups or {})
    home = {node: name for name, nodes in kept.items() for node in nodes}
    inside = {
        name: _layered({n: boxes[n] for n in nodes}, edges, way) for name, nodes in kept.items()
    }
    cards: dict[str, Box] = {}
    for node, box in boxes.items():
        if node not in home:
            cards[node] = box
        elif _id(home[node]) not in cards:
            cards[_id(home[node])] = _around(inside[home[node]], boxes)
    outer = [(_id(home[s]) if s in home else s, _id(home[t]) if t in home else t) for s, t in edges]
    places = _layered(cards, [e for e in dict.fromkeys(outer) if e[0] != e[1]], way)
    for name, inner in inside.items():
        x, y = places.pop(_id(name))
        frame = _around(inner, boxes)
        for node, (dx, dy) in inner.items():
            places[node] = (x + dx - frame.x, y + dy - frame.y)
    left, top = min(b.x for b in boxes.values()), min(b.y for b in boxes.values())
    here = min(x for x, _ in places.values()), min(y for _, y in places.values())
    return {
        node: _snapped(x - here[0] + left, y - here[1] + top)
        for node, (x, y) in ((node, places[node]) for node in boxes)
    }


def align(boxes: Mapping[str, Box], side: Side) -> dict[str, Place]:
    """Nodes with one edge in line; `ports` puts the ports of a row at one height."""
    left, right = min(b.x for b in boxes.values()), max(b.right for b in boxes.values())
    top, bottom = min(b.y for b in boxes.values()), max(b.bottom for b in boxes.values())
    to: dict[Side, dict[str, Place]] = {
        "left": {n: (left, b.y) for n, b in boxes.items()},
        "right": {n: (right - b.width, b.y) for n, b in boxes.items()},
        "middle": {n: ((left + right - b.width) / 2, b.y) for n, b in boxes.items()},
        "top": {n: (b.x, top) for n, b in boxes.items()},
        "bottom": {n: (b.x, bottom - b.height) for n, b in boxes.items()},
        "ports": {n: (b.x, _median([one.y for one in boxes.values()])) for n, b in boxes.items()},
    }
    return {node: _snapped(*at) for node, at in to[side].items()}


def distribute(boxes: Mapping[str, Box], way: Way) -> dict[str, Place]:
    """The same room between neighbours; the first and the last stay where they are."""
    across = way == "across"
    row = sorted(
        boxes, key=lambda n: (boxes[n].x, boxes[n].y) if across else (boxes[n].y, boxes[n].x)
    )
    if len(row) < 3:
        return {n: (boxes[n].x, boxes[n].y) for n in row}
    sizes = [boxes[n].width if across else boxes[n].height for n in row]
    first = boxes[row[0]].x if across else boxes[row[0]].y
    last = boxes[row[-1]].x if across else boxes[row[-1]].y
    room = (last - first - sum(sizes[:-1])) / (len(row) - 1)
    places, here = {}, first
    for node, size in zip(row, sizes, strict=True):
        box = boxes[node]
        places[node] = _snapped(here, box.y) if across else _snapped(box.x, here)
        here += size + room
    return places


def _layered(
    boxes: Mapping[str, Box], edges: Sequence[tuple[str, str]], way: Way
) -> dict[str, Place]:
    """Layers of nodes whose ports stand at one height where a wire joins them."""
    inner = [(s, t) for s, t in edges if s in boxes and t in boxes]
    if way == "down":
        turned = lay_out({n: (b.height, b.width) for n, b in boxes.items()}, inner,
                         across=ACROSS, between=BETWEEN)  # fmt: skip
        return {n: (y, x) for n, (x, y) in turned.places.items()}
    # A card as high above its ports as below them has its ports in its middle, where wires arrive.
    half = {n: max(b.height - b.port, b.port) for n, b in boxes.items()}
    laid = lay_out({n: (b.width, 2 * half[n]) for n, b in boxes.items()}, inner,
                   across=ACROSS, between=0.0)  # fmt: skip
    lanes = {n: y + half[n] for n, (_, y) in laid.places.items()}
    layers = laid.layers
    if _against_the_ports(lanes, inner):
        lanes = {n: -lane for n, lane in lanes.items()}
        layers = tuple(layer[::-1] for layer in layers)
    _turn_twins(layers, lanes, half, inner)
    layers = tuple(tuple(sorted(layer, key=lanes.__getitem__)) for layer in layers)
    tight = _tightened(layers, boxes, {n: lane - boxes[n].port for n, lane in lanes.items()})
    return {n: (x, tight[n]) for n, (x, _) in laid.places.items()}


def _turn_twins(
    layers: Iterable[Sequence[str]],
    lanes: dict[str, float],
    half: Mapping[str, float],
    edges: Sequence[tuple[str, str]],
) -> None:
    """Nodes of one height between the same neighbours stand in the order of the ports they feed."""
    before: dict[str, set[str]] = {}
    after: dict[str, dict[str, int]] = {}
    for k, (source, target) in enumerate(edges):
        before.setdefault(target, set()).add(source)
        after.setdefault(source, {}).setdefault(target, k)
    for layer in layers:
        alike: dict[tuple[frozenset[str], frozenset[str], float], list[str]] = {}
        for node in layer:
            feeds = after.get(node, {})
            if feeds:
                key = (frozenset(before.get(node, ())), frozenset(feeds), half[node])
                alike.setdefault(key, []).append(node)
        for twins in alike.values():
            free = sorted(lanes[n] for n in twins)
            first = {n: min(after[n].values()) for n in twins}
            lanes.update(zip(sorted(twins, key=first.__getitem__), free, strict=True))


def _against_the_ports(lanes: Mapping[str, float], edges: Iterable[tuple[str, str]]) -> bool:
    """Whether wires into a node come rather from below to its upper ports than from above."""
    into: dict[str, list[float]] = {}
    for source, target in edges:
        into.setdefault(target, []).append(lanes[source])
    crossed = sum(
        (above > below) - (above < below)
        for arriving in into.values()
        for above, below in combinations(arriving, 2)
    )
    return crossed > 0


def _tightened(
    layers: Sequence[Sequence[str]], boxes: Mapping[str, Box], tops: Mapping[str, float]
) -> dict[str, float]:
    """Upper edges with at least the least room between neighbours of a layer."""
    places = dict(tops)
    for layer in layers:
        for above, here in pairwise(layer):
            least = places[above] + boxes[above].height + BETWEEN
            places[here] = max(places[here], least)
    return places


def _groups(
    boxes: Mapping[str, Box],
    edges: Sequence[tuple[str, str]],
    groups: Mapping[str, Collection[str]],
) -> dict[str, tuple[str, ...]]:
    """The groups that can stand together: apart from one another, and entered before left."""
    kept: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for name, nodes in groups.items():
        here = tuple(n for n in nodes if n in boxes)
        if len(here) > 1 and not taken & set(here):
            kept[name] = here
            taken |= set(here)
    while True:
        home = {node: _id(name) for name, nodes in kept.items() for node in nodes}
        outer = nx.DiGraph()
        outer.add_edges_from(
            (home.get(s, s), home.get(t, t)) for s, t in edges if home.get(s, s) != home.get(t, t)
        )
        turning = {n for part in nx.strongly_connected_components(outer) if len(part) > 1
                   for n in part}  # fmt: skip
        bad = [name for name in kept if _id(name) in turning]
        if not bad:
            return kept
        for name in bad:
            del kept[name]


def _id(group: str) -> str:
    return f"group {group}"


def _around(places: Mapping[str, Place], boxes: Mapping[str, Box]) -> Box:
    """The box that a frame draws around its nodes, with the ports of its first node."""
    left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
    right = max(x + boxes[n].width for n, (x, _) in places.items())
    bottom = max(y + boxes[n].height for n, (_, y) in places.items())
    lane = places[next(iter(places))][1] + boxes[next(iter(places))].port
    wide, high = right - left + 2 * INSET, bottom - top + HEAD + INSET
    return Box(left - INSET, top - HEAD, wide, high, lane - top + HEAD)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _snapped(x: float, y: float) -> Place:
    return (round(x / GRID) * GRID, round(y / GRID) * GRID)
