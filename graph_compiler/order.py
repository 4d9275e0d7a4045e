"""A topological order that is kept while wires come and go.

Owns positions and ordered neighbours of slots, after Pearce and Kelly, A dynamic topological sort
algorithm for directed acyclic graphs, 2006. Knows nothing of layers.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph_compiler.model import Network, Wire
    from graph_compiler.slots import Slot


class Order:
    """Slots in a row, each in front of all that it feeds."""

    def __init__(self) -> None:
        self.row: list[Slot | None] = []
        self._holes = 0

    def append(self, slot: Slot) -> None:
        """Puts a slot without wires at the end."""
        slot.position = len(self.row)
        self.row.append(slot)

    def remove(self, slot: Slot) -> None:
        """Takes a slot out, and with it all its ordered neighbours."""
        for other in slot.after:
            del other.before[slot]
        for other in slot.before:
            del other.after[slot]
        slot.after.clear()
        slot.before.clear()
        self.row[slot.position] = None
        self._holes += 1
        if self._holes > 64 and self._holes * 2 > len(self.row):
            self.row = [kept for kept in self.row if kept is not None]
            self._holes = 0
            for position, kept in enumerate(self.row):
                if kept is not None:
                    kept.position = position

    def connect(self, source: Slot, target: Slot) -> bool:
        """Orders source before target; False, and nothing done, where that would close a cycle."""
        if source is target:
            return False
        if source.position > target.position and not self._move(source, target):
            return False
        source.after[target] = source.after.get(target, 0) + 1
        target.before[source] = target.before.get(source, 0) + 1
        return True

    def disconnect(self, source: Slot, target: Slot) -> None:
        """Takes back one `connect`."""
        count = source.after[target] - 1
        if count:
            source.after[target] = target.before[source] = count
        else:
            del source.after[target], target.before[source]

    def _move(self, source: Slot, target: Slot) -> bool:
        """Moves what lies between, so that source comes before target; False for a cycle."""
        low, high = target.position, source.position
        forward = {target}
        waiting = [target]
        while waiting:
            for other in waiting.pop().after:
                if other is source:
                    return False
                if other.position < high and other not in forward:
                    forward.add(other)
                    waiting.append(other)
        backward = {source}
        waiting = [source]
        while waiting:
            for other in waiting.pop().before:
                if other.position > low and other not in backward:
                    backward.add(other)
                    waiting.append(other)
        moved = [*_by_position(backward), *_by_position(forward)]
        for position, slot in zip(sorted(slot.position for slot in moved), moved, strict=True):
            slot.position = position
            self.row[position] = slot
        return True


def _by_position(slots: Iterable[Slot]) -> list[Slot]:
    return sorted(slots, key=lambda slot: slot.position)


def topological(names: Iterable[str], after: dict[str, list[str]]) -> list[str]:
    """The names with sources before targets, but for the wires that close cycles."""
    finished: list[str] = []
    seen: set[str] = set()
    for start in names:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(after.get(start, ())))]
        while path:
            name, targets = path[-1]
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    path.append((target, iter(after.get(target, ()))))
                    break
            else:
                finished.append(name)
                path.pop()
    finished.reverse()
    return finished


def canonical(names: Iterable[str], wires: Iterable[Wire]) -> list[str]:
    """The same for nodes and wires, in an order that does not hang on which came first."""
    after: dict[str, list[str]] = {}
    for wire in wires:
        after.setdefault(wire.source, []).append(wire.target)
    known = sorted(names, reverse=True)
    for targets in after.values():
        targets.sort(reverse=True)
    members = set(known)
    return [name for name in topological(known, after) if name in members]


def to_outputs(network: Network, feeds: Mapping[str, tuple[Wire, ...]]) -> list[str]:
    """The nodes from which an output can be reached, sources before targets, ties by name."""
    return _single_path(network, feeds) or ordered(network, feeds, live(network, feeds))


def _single_path(network: Network, feeds: Mapping[str, tuple[Wire, ...]]) -> list[str]:
    """The nodes on the way to the only output, where there is but one way; else none."""
    path = [name for name in feeds if network.nodes[name].type == "Output"]
    if len(path) != 1:
        return []
    while row := feeds[path[-1]]:
        if len(row) > 1 or row[0].source not in feeds or len(path) > len(feeds):
            return []
        path.append(row[0].source)
    path.reverse()
    return path


def live(network: Network, feeds: Mapping[str, tuple[Wire, ...]]) -> set[str]:
    """Names of the nodes from which an output can be reached."""
    reached = {name for name in feeds if network.nodes[name].type == "Output"}
    waiting = list(reached)
    while waiting:
        for wire in feeds[waiting.pop()]:
            if wire.source in feeds and wire.source not in reached:
                reached.add(wire.source)
                waiting.append(wire.source)
    return reached


def ordered(network: Network, feeds: Mapping[str, tuple[Wire, ...]], names: set[str]) -> list[str]:
    """The names with sources before targets, ties by name; nodes on a cycle are left out."""
    missing: dict[str, int] = {}
    after: dict[str, list[str]] = {}
    ready: list[str] = []
    for name in names:
        row = feeds[name]
        missing[name] = len(row)
        if not row:
            ready.append(name)
        for wire in row:
            if wire.source in after:
                after[wire.source].append(name)
            else:
                after[wire.source] = [name]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for target in after.get(name, ()):
            missing[target] -= 1
            if missing[target] == 0:
                heapq.heappush(ready, target)
    return order


def on_cycles(edges: dict[str, list[str]]) -> list[tuple[str, ...]]:
    """The groups of names that lie on cycles together, each sorted, in sorted order."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_edges_from((name, target) for name, targets in edges.items() for target in targets)
    groups = [
        tuple(sorted(group))
        for group in nx.strongly_connected_components(graph)
        if len(group) > 1 or graph.has_edge(*(2 * tuple(group)))
    ]
    return sorted(groups)
