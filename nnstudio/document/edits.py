"""Edits: the smallest changes of a project, as frozen values with exact inverses.

Each edit names what it replaces, refuses to apply where that is not what it finds, and keeps the
project sound: wires join nodes that exist, an input takes one wire, a frame holds nodes that exist,
a node lies in one frame at most. No Qt, no files, no knowledge of layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from graph_compiler.model import (
    DataSource,
    Frame,
    Network,
    Node,
    Plan,
    Project,
    Value,
    Variable,
    Wire,
)
from nnstudio.document.events import (
    DataChanged,
    Event,
    FrameChanged,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    NodeRenamed,
    NodesMoved,
    PlanChanged,
    ProjectChanged,
    VariablesChanged,
    WireAdded,
    WireRemoved,
)


class Refused(Exception):
    """A step that cannot be done; `reason` says why and what to do instead. Nothing has changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Edit(Protocol):
    """One change with its inverse."""

    def apply(self, project: Project) -> tuple[Event, ...]:
        """Change `project`; raises `Refused`, and then leaves it as it was."""
        ...

    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        ...

    def merged(self, later: Edit) -> Edit | None:
        """One edit for this one and the `later` one right after it; None where there is none."""
        ...

    @property
    def nothing(self) -> bool:
        """Whether the edit changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one undo takes back: a text for the menu ("Delete fc1") and the edits in order."""

    text: str
    edits: tuple[Edit, ...]


def network_of(project: Project, name: str) -> Network:
    """The network `name`; refused where the project has none."""
    try:
        return project.networks[name]
    except KeyError:
        raise Refused(f"The project has no network “{name}”.") from None


def _same(before: object, after: object) -> bool:
    """Whether two values are equal down to the kind of number: 1, 1.0 and True are three values."""
    return before is after or (before == after and repr(before) == repr(after))


def _stale(place: str) -> Refused:
    return Refused(f"{place} has changed in the meantime. Try again.")


@dataclass(frozen=True, slots=True)
class PutNode:
    """Put a node into its network, change it, or take it out: None stands for no node."""

    network: str
    name: str
    before: Node | None
    after: Node | None

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        found = network.nodes.get(self.name)
        if found is not self.before and found != self.before:
            raise _stale(self.name)
        if self.after is None:
            if self.before is None:
                return ()
            self._refuse_if_used(network)
            del network.nodes[self.name]
            return (NodeRemoved(self.network, self.name),)
        if self.after.name != self.name:
            raise _stale(self.name)
        network.nodes[self.name] = self.after
        if self.before is None:
            return (NodeAdded(self.network, self.name),)
        events: list[Event] = []
        if self.before.at != self.after.at:
            events.append(NodesMoved(self.network, (self.name,)))
        if not (
            self.before.type == self.after.type
            and _same(self.before.params, self.after.params)
            and self.before.dismissed == self.after.dismissed
        ):
            events.append(NodeChanged(self.network, self.name))
        return tuple(events)

    def _refuse_if_used(self, network: Network) -> None:
        if any(self.name in (wire.source, wire.target) for wire in network.wires):
            raise Refused(f"{self.name} still has wires. Take them away first.")
        if any(self.name in frame.nodes for frame in network.frames.values()):
            raise Refused(f"{self.name} still lies in a frame. Take it out first.")

    def inverse(self) -> PutNode:
        return PutNode(self.network, self.name, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutNode) or (later.network, later.name) != (
            self.network,
            self.name,
        ):
            return None
        return PutNode(self.network, self.name, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class MoveNodes:
    """Put nodes elsewhere: a tuple of name, place before, place after."""

    network: str
    moves: tuple[tuple[str, tuple[float, float], tuple[float, float]], ...]

    def apply(self, project: Project) -> tuple[Event, ...]:
        nodes = network_of(project, self.network).nodes
        for name, before, _ in self.moves:
            if name not in nodes or nodes[name].at != before:
                raise _stale(name)
        for name, _, after in self.moves:
            node = nodes[name]
            nodes[name] = Node(node.name, node.type, node.params, after, node.dismissed)
        return (NodesMoved(self.network, tuple(name for name, _, _ in self.moves)),)

    def inverse(self) -> MoveNodes:
        return MoveNodes(
            self.network, tuple((name, after, before) for name, before, after in self.moves)
        )

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, MoveNodes) or later.network != self.network:
            return None
        places = {name: (before, after) for name, before, after in self.moves}
        for name, before, after in later.moves:
            first = places[name][0] if name in places else before
            places[name] = (first, after)
        return MoveNodes(self.network, tuple((name, *place) for name, place in places.items()))

    @property
    def nothing(self) -> bool:
        return all(_same(before, after) for _, before, after in self.moves)


@dataclass(frozen=True, slots=True)
class RenameNode:
    """Give a node another name; its wires and its frame follow, all orders stay."""

    network: str
    old: str
    new: str

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if self.old not in network.nodes:
            raise _stale(self.old)
        if self.new in network.nodes:
            raise Refused(f"There is already a node “{self.new}”. Choose another name.")
        # In place, as are all changes: the checker holds the very dictionaries.
        nodes = list(network.nodes.values())
        network.nodes.clear()
        for node in nodes:
            network.nodes[self._name(node.name)] = (
                replace(node, name=self.new) if node.name == self.old else node
            )
        wires = list(network.wires)
        network.wires.clear()
        network.wires.update((self._wire(wire), None) for wire in wires)
        for frame in tuple(network.frames.values()):
            if self.old in frame.nodes:
                held = tuple(self._name(name) for name in frame.nodes)
                network.frames[frame.name] = replace(frame, nodes=held)
        return (NodeRenamed(self.network, self.old, self.new),)

    def _name(self, name: str) -> str:
        return self.new if name == self.old else name

    def _wire(self, wire: Wire) -> Wire:
        if self.old not in (wire.source, wire.target):
            return wire
        return replace(wire, source=self._name(wire.source), target=self._name(wire.target))

    def inverse(self) -> RenameNode:
        return RenameNode(self.network, self.new, self.old)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, RenameNode) or (later.network, later.old) != (
            self.network,
            self.new,
        ):
            return None
        return RenameNode(self.network, self.old, later.new)

    @property
    def nothing(self) -> bool:
        return self.old == self.new


@dataclass(frozen=True, slots=True)
class PutWire:
    """Lay a wire, or take it away."""

    network: str
    wire: Wire
    lay: bool

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if not self.lay:
            if self.wire not in network.wires:
                raise _stale(str(self.wire))
            del network.wires[self.wire]
            return (WireRemoved(self.network, self.wire),)
        for name in (self.wire.source, self.wire.target):
            if name not in network.nodes:
                raise Refused(f"{self.wire}: there is no node “{name}”. Add it first.")
        place = (self.wire.target, self.wire.target_port)
        if any((wire.target, wire.target_port) == place for wire in network.wires):
            raise Refused(f"{'.'.join(place)} already has a wire. Take it away first.")
        network.wires[self.wire] = None
        return (WireAdded(self.network, self.wire),)

    def inverse(self) -> PutWire:
        return PutWire(self.network, self.wire, not self.lay)

    def merged(self, later: Edit) -> Edit | None:
        return None

    @property
    def nothing(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class PutFrames:
    """Replace all frames of a network."""

    network: str
    before: tuple[Frame, ...]
    after: tuple[Frame, ...]

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if tuple(network.frames.values()) != self.before:
            raise _stale("A frame")
        held: set[str] = set()
        for frame in self.after:
            for name in frame.nodes:
                if name not in network.nodes:
                    raise Refused(f"Frame {frame.name}: there is no node “{name}”. Add it first.")
                if name in held:
                    raise Refused(f"{name} already lies in a frame. Take it out first.")
                held.add(name)
        network.frames.clear()
        network.frames.update((frame.name, frame) for frame in self.after)
        before, after = ({f.name: f for f in frames} for frames in (self.before, self.after))
        names = {**before, **after}
        return tuple(
            FrameChanged(self.network, name)
            for name in names
            if before.get(name) != after.get(name)
        )

    def inverse(self) -> PutFrames:
        return PutFrames(self.network, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutFrames) or later.network != self.network:
            return None
        return PutFrames(self.network, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PutTitle:
    """Give a network another title, from which its class takes the name."""

    network: str
    before: str
    after: str

    def apply(self, project: Project) -> tuple[Event, ...]:
        network = network_of(project, self.network)
        if network.title != self.before:
            raise _stale("The title")
        network.title = self.after
        return (ProjectChanged(),)

    def inverse(self) -> PutTitle:
        return PutTitle(self.network, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutTitle) or later.network != self.network:
            return None
        return PutTitle(self.network, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PutVariables:
    """Replace all variables, in order."""

    before: tuple[Variable, ...]
    after: tuple[Variable, ...]

    def apply(self, project: Project) -> tuple[Event, ...]:
        if tuple(project.variables.values()) != self.before:
            raise _stale("A variable")
        project.variables.clear()
        project.variables.update((variable.name, variable) for variable in self.after)
        return (VariablesChanged(),)

    def inverse(self) -> PutVariables:
        return PutVariables(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutVariables(self.before, later.after) if isinstance(later, PutVariables) else None

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PutData:
    """Replace the description of the data."""

    before: DataSource
    after: DataSource

    def apply(self, project: Project) -> tuple[Event, ...]:
        if project.data != self.before:
            raise _stale("The data")
        project.data = self.after
        return (DataChanged(),)

    def inverse(self) -> PutData:
        return PutData(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutData(self.before, later.after) if isinstance(later, PutData) else None

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PutPlan:
    """Replace the plan."""

    before: Plan
    after: Plan

    def apply(self, project: Project) -> tuple[Event, ...]:
        if project.plan != self.before:
            raise _stale("The plan")
        project.plan = self.after
        return (PlanChanged(),)

    def inverse(self) -> PutPlan:
        return PutPlan(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutPlan(self.before, later.after) if isinstance(later, PutPlan) else None

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


@dataclass(frozen=True, slots=True)
class About:
    """What a project says of itself."""

    name: str
    about: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Project) -> About:
        """The part of `project` that says what it is."""
        return cls(project.name, project.about, project.tags)


@dataclass(frozen=True, slots=True)
class PutAbout:
    """Replace name, description and tags."""

    before: About
    after: About

    def apply(self, project: Project) -> tuple[Event, ...]:
        if About.of(project) != self.before:
            raise _stale("The project's name")
        project.name, project.about, project.tags = (
            self.after.name,
            self.after.about,
            self.after.tags,
        )
        return (ProjectChanged(),)

    def inverse(self) -> PutAbout:
        return PutAbout(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutAbout(self.before, later.after) if isinstance(later, PutAbout) else None

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


Variants = tuple[tuple[str, Mapping[str, Value]], ...]


@dataclass(frozen=True, slots=True)
class PutVariants:
    """Replace all variants, in order."""

    before: Variants
    after: Variants

    def apply(self, project: Project) -> tuple[Event, ...]:
        if tuple(project.variants.items()) != self.before:
            raise _stale("A variant")
        project.variants.clear()
        project.variants.update(self.after)
        return (ProjectChanged(),)

    def inverse(self) -> PutVariants:
        return PutVariants(self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return PutVariants(self.before, later.after) if isinstance(later, PutVariants) else None

    @property
    def nothing(self) -> bool:
        return _same(self.before, self.after)


def merge(earlier: tuple[Edit, ...], later: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits of two steps of one gesture as one sequence, shortened where that is easy."""
    if len(earlier) == len(later) and _independent(earlier) and _independent(later):
        pairs = [first.merged(second) for first, second in zip(earlier, later, strict=True)]
        if all(pair is not None for pair in pairs):
            return tuple(pair for pair in pairs if pair is not None and not pair.nothing)
    edits = list(earlier)
    for edit in later:
        if edits and edits[-1].inverse() == edit:
            edits.pop()
        elif not edit.nothing:
            edits.append(edit)
    return tuple(edits)


def _independent(edits: tuple[Edit, ...]) -> bool:
    """Whether each edit changes another thing, so that their order does not matter."""
    if len(edits) == 1:
        return True
    touched: set[tuple[str, ...]] = set()
    for edit in edits:
        if isinstance(edit, PutNode) and edit.before is not None and edit.after is not None:
            key: tuple[str, ...] = ("node", edit.network, edit.name)
        elif isinstance(edit, PutVariables | PutData | PutPlan | PutAbout | PutVariants):
            key = (type(edit).__name__,)
        elif isinstance(edit, MoveNodes):
            key = ("move", edit.network)
        else:
            return False
        if key in touched:
            return False
        touched.add(key)
    return True
