"""Where the cards of a graph of operations stand: layers from left to right.

Ranks and order come from fast-sugiyama; places are our own, since they depend on the cards' sizes.
Must not import Qt or know what an operation is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nnstudio.plotdata.curves import stack

_SWEEPS = 8
_LIGHT = 1e-6
"""Weight of a satellite's wish for its place beside that of other nodes."""
_BEND = 4.0
"""Height that a long edge takes where it passes a layer."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Upper left corners by id; each edge's points from a card's right side to the next's left."""

    places: Mapping[str, tuple[float, float]]
    routes: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    width: float
    height: float
    layers: tuple[tuple[str, ...], ...]
    """Ids by layer from left to right, each from top to bottom."""


def lay_out(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str]],
    satellites: Collection[str] = (),
    across: float = 56.0,
    between: float = 24.0,
) -> Layout:
    """Lay out cards of given (width, height): edges run left to right, nothing overlaps.

    `across` is the room between layers, `between` that between neighbours in one. Edges among
    unknown ids and self-loops are passed over.
    """
    known = [(s, t) for s, t in edges if s in sizes and t in sizes and s != t]
    if not sizes:
        return Layout({}, {}, 0.0, 0.0, ())
    moons = _moons(satellites, known)
    core = tuple(node for node in sizes if node not in moons)
    layers, chains = _layers(core, [e for e in known if e[0] not in moons])
    _add_moons(layers, moons, known)
    chains |= {(moon, planet): [] for moon, planet in moons.items()}
    heights = {n: sizes[n][1] if n in sizes else _BEND for layer in layers for n in layer}
    middles = _middles(layers, chains, heights, moons, between)
    lefts, x = [], 0.0
    widths = [max(sizes[n][0] for n in layer if n in sizes) for layer in layers]
    for width in widths:
        lefts.append(x)
        x += width + across
    rank = {node: k for k, layer in enumerate(layers) for node in layer}
    top = min(middles[n] - heights[n] / 2 for n in heights)
    places = {
        node: (
            lefts[rank[node]] + (widths[rank[node]] - size[0]) / 2,
            middles[node] - size[1] / 2 - top,
        )
        for node, size in sizes.items()
    }
    routes = {}
    for edge in known:
        source, target = edge
        points = [(places[source][0] + sizes[source][0], middles[source] - top)]
        for bend in chains[edge]:
            y = middles[bend] - top
            left = lefts[rank[bend]]
            points += [(left, y), (left + widths[rank[bend]], y)]
        points.append((places[target][0], middles[target] - top))
        routes[edge] = tuple(points)
    bottom = max(middles[n] + heights[n] / 2 for n in heights) - top
    kept = tuple(tuple(n for n in layer if n in sizes) for layer in layers)
    return Layout(places, routes, x - across, bottom, kept)


def _moons(satellites: Collection[str], edges: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Each satellite that nothing enters and that has one target, with its target."""
    targets: dict[str, set[str]] = {}
    for source, target in edges:
        targets.setdefault(source, set()).add(target)
    entered = {target for _, target in edges}
    return {
        node: next(iter(targets[node]))
        for node in satellites
        if node not in entered and len(targets.get(node, ())) == 1
    }


def _add_moons(
    layers: list[list[str]], moons: Mapping[str, str], edges: Sequence[tuple[str, str]]
) -> None:
    """Put satellites into the layer before their target, below its other inputs there."""
    rank = {node: k for k, layer in enumerate(layers) for node in layer}
    if any(rank.get(planet, 0) == 0 for planet in moons.values()):
        layers.insert(0, [])
        rank = {node: k + 1 for node, k in rank.items()}
    last: dict[str, str] = {}
    for source, target in edges:
        if source not in moons and rank.get(source) == rank[target] - 1:
            known = last.get(target)
            layer = layers[rank[source]]
            if known is None or layer.index(source) > layer.index(known):
                last[target] = source
    for moon, planet in moons.items():
        layer = layers[rank[planet] - 1]
        place = layer.index(last[planet]) + 1 if planet in last else len(layer)
        layer.insert(place, moon)
        last[planet] = moon


def _layers(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]]
) -> tuple[list[list[str]], dict[tuple[str, str], list[str]]]:
    """Nodes and the bends of long edges by layer, in order, and each edge's bends."""
    import fast_sugiyama

    chains: dict[tuple[str, str], list[str]] = {edge: [] for edge in edges}
    ranks: dict[int, list[str]] = {}
    for part, members in enumerate(_components(nodes, edges)):
        numbers = {node: k for k, node in enumerate(members)}
        inside = [(numbers[s], numbers[t]) for s, t in chains if s in numbers]
        if not inside:
            ranks.setdefault(0, []).extend(members)
            continue
        # One part at a time, numbered from 0: else bends would share numbers with nodes.
        ((positions, _, _, drawn),) = fast_sugiyama.from_edges(
            inside, ranking_type="minimize", dummy_vertices=True, dummy_size=1.0
        )
        names = {n: members[n] if n < len(members) else f"bend {part} {n}" for n, _ in positions}
        levels = {y: k for k, y in enumerate(sorted({y for _, (_, y) in positions}))}
        rank = {names[n]: levels[y] for n, (_, y) in positions}
        if sum(rank[members[t]] - rank[members[s]] for s, t in inside) < 0:
            rank = {node: len(levels) - 1 - level for node, level in rank.items()}
        for n, _ in sorted(positions, key=lambda place: place[1][0]):
            ranks.setdefault(rank[names[n]], []).append(names[n])
        after: dict[str, list[str]] = {}
        for source, target in drawn or ():
            after.setdefault(names[source], []).append(names[target])
        _trace(after, set(members), chains)
    return [ranks[k] for k in sorted(ranks)], chains


def _components(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The connected parts, each in the order of `nodes`."""
    parent = {node: node for node in nodes}

    def root(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for source, target in edges:
        parent[root(target)] = root(source)
    parts: dict[str, list[str]] = {}
    for node in nodes:
        parts.setdefault(root(node), []).append(node)
    return list(parts.values())


def _trace(
    after: Mapping[str, Sequence[str]], nodes: set[str], chains: dict[tuple[str, str], list[str]]
) -> None:
    """Follow each edge over its bends to its target."""
    for source in nodes & set(after):
        for first in after[source]:
            bends, here = [], first
            while here not in nodes:
                bends.append(here)
                here = after[here][0]
            if (source, here) in chains:
                chains[source, here] = bends


def _middles(
    layers: Sequence[Sequence[str]],
    chains: Mapping[tuple[str, str], Sequence[str]],
    heights: Mapping[str, float],
    moons: Mapping[str, str],
    between: float,
) -> dict[str, float]:
    """Vertical middles: every node near the mean of its neighbours, in order and apart."""
    pairs = []
    for (source, target), bends in chains.items():
        path = [source, *bends, target]
        pairs += list(pairwise(path))
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for source, target in pairs:
        after.setdefault(source, []).append(target)
        if source not in moons:
            before.setdefault(target, []).append(source)
    middles: dict[str, float] = {}
    for layer in layers:
        total, y = sum(heights[n] + between for n in layer), 0.0
        for node in layer:
            middles[node] = y + heights[node] / 2 - total / 2
            y += heights[node] + between
    for sweep in range(_SWEEPS):
        near = before if sweep % 2 == 0 else after
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            _settle(layer, near, middles, heights, moons, between)
    for layer in layers:
        _settle(layer, {m: [p] for m, p in moons.items()}, middles, heights, moons, between)
    return middles


def _settle(
    layer: Sequence[str],
    near: Mapping[str, Sequence[str]],
    middles: dict[str, float],
    heights: Mapping[str, float],
    moons: Mapping[str, str],
    between: float,
) -> None:
    """Move one layer's nodes towards their neighbours; their order stays."""
    wanted: list[float] = []
    for node in layer:
        around = [middles[n] for n in near.get(node, ())]
        wanted.append(sum(around) / len(around) if around else middles[node])
    sizes = [heights[node] + between for node in layer]
    weights = [_LIGHT if node in moons else 1.0 for node in layer]
    for node, middle in zip(layer, stack(wanted, sizes, weights), strict=True):
        middles[node] = middle
