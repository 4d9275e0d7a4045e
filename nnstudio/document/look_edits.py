"""Edits of how a network looks: where nodes, notes and wires lie, and what notes say.

None of them changes what the network computes, so no check follows them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

from graph_compiler.model import Note, Project, Route, Wire
from nnstudio.document.edits import Edit, Refused, network_of, same, stale
from nnstudio.document.events import Event, NodesMoved, NoteChanged, RouteChanged

Place = tuple[float, float]
Moves = tuple[tuple[str, Place, Place], ...]
"""Name, place before, place after."""
_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class MoveNodes:
    """Put nodes and notes elsewhere, and wires that go along with them."""

    network: str
    moves: Moves
    notes: Moves = ()
    routes: tuple[tuple[Wire, Route, Route], ...] = ()
    """Wire, route before, route after."""

    @property
    def key(self) -> tuple[str, ...] | None:
        return None

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        nodes, notes, routes = network.nodes, network.notes, network.routes
        for name, before, _ in self.moves:
            if name not in nodes or nodes[name].at != before:
                raise stale(name)
        for name, before, _ in self.notes:
            if name not in notes or notes[name].at != before:
                raise stale(name)
        for wire, was, _ in self.routes:
            if routes.get(wire) != was:
                raise stale(str(wire))
        for name, _, after in self.moves:
            nodes[name] = replace(nodes[name], at=after)
        for name, _, after in self.notes:
            notes[name] = replace(notes[name], at=after)
        for wire, _, now in self.routes:
            routes[wire] = now
        moved = tuple(name for name, _, _ in self.moves)
        return (
            *((NodesMoved(self.network, moved),) if moved else ()),
            *(RouteChanged(self.network, wire) for wire, _, _ in self.routes),
            *(NoteChanged(self.network, name) for name, _, _ in self.notes),
        )

    def inverse(self) -> MoveNodes:
        return MoveNodes(
            self.network,
            tuple((name, after, before) for name, before, after in self.moves),
            tuple((name, after, before) for name, before, after in self.notes),
            tuple((wire, after, before) for wire, before, after in self.routes),
        )

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, MoveNodes) or later.network != self.network:
            return None
        return MoveNodes(
            self.network,
            _joined(self.moves, later.moves),
            _joined(self.notes, later.notes),
            _joined(self.routes, later.routes),
        )

    @property
    def nothing(self) -> bool:
        changes = (*self.moves, *self.notes, *self.routes)
        return all(same(before, after) for _, before, after in changes)


def _joined(
    earlier: tuple[tuple[_Key, _Value, _Value], ...], later: tuple[tuple[_Key, _Value, _Value], ...]
) -> tuple[tuple[_Key, _Value, _Value], ...]:
    """Each change from where the first began to where the last ended."""
    ends = {key: (before, after) for key, before, after in earlier}
    for key, before, after in later:
        ends[key] = (ends[key][0] if key in ends else before, after)
    return tuple((key, *end) for key, end in ends.items())


@dataclass(frozen=True, slots=True)
class PutRoute:
    """Draw a wire in another way; None leaves it to the window."""

    network: str
    wire: Wire
    before: Route | None
    after: Route | None

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("route", self.network, str(self.wire))

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if self.wire not in network.wires:
            raise Refused(f"There is no wire {self.wire}.")
        if network.routes.get(self.wire) != self.before:
            raise stale(str(self.wire))
        if self.after is None:
            network.routes.pop(self.wire, None)
        else:
            network.routes[self.wire] = self.after
        return (RouteChanged(self.network, self.wire),)

    def inverse(self) -> PutRoute:
        return PutRoute(self.network, self.wire, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutRoute) or later.key != self.key:
            return None
        return PutRoute(self.network, self.wire, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PutNote:
    """Put a note on the canvas, change it, or take it away: None stands for no note."""

    network: str
    name: str
    before: Note | None
    after: Note | None

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("note", self.network, self.name)

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if network.notes.get(self.name) != self.before:
            raise stale(self.name)
        if self.after is None:
            network.notes.pop(self.name, None)
        elif self.after.name != self.name:
            raise stale(self.name)
        else:
            network.notes[self.name] = self.after
        return (NoteChanged(self.network, self.name),)

    def inverse(self) -> PutNote:
        return PutNote(self.network, self.name, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutNote) or later.key != self.key:
            return None
        return PutNote(self.network, self.name, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)
