"""Edits of whole drawings: a network or block comes, goes, gets another name, other parameters.

A drawing that an edit holds is its own copy, never the one that the project goes on changing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph_compiler.model import Network, Project, Variable
from nnstudio.document.edits import Edit, Refused, network_of, same, stale
from nnstudio.document.events import (
    BlockParamsChanged,
    Event,
    NetworkAdded,
    NetworkRemoved,
    NetworkRenamed,
)


def copied(network: Network) -> Network:
    """The drawing with dictionaries of its own."""
    return replace(
        network,
        nodes=dict(network.nodes),
        wires=dict(network.wires),
        frames=dict(network.frames),
        params=None if network.params is None else dict(network.params),
        routes=dict(network.routes),
        notes=dict(network.notes),
    )


def same_drawing(one: Network | None, other: Network | None) -> bool:
    """Whether two drawings are equal, whatever was drawn first in each."""
    if one is None or other is None:
        return one is other
    return (
        same(_rest(one), _rest(other))
        and one.wires.keys() == other.wires.keys()
        and one.frames == other.frames
        and one.routes == other.routes
        and one.notes == other.notes
        and one.nodes.keys() == other.nodes.keys()
        and all(same(node, other.nodes[name]) for name, node in one.nodes.items())
    )


def _rest(drawing: Network) -> Network:
    """All of a drawing but what may stand in another order."""
    return replace(drawing, nodes={}, wires={}, frames={}, routes={}, notes={})


@dataclass(frozen=True, slots=True)
class PutNetwork:
    """Put a drawing into the project, or take it out: None stands for no drawing."""

    name: str
    before: Network | None
    after: Network | None

    @property
    def key(self) -> tuple[str, ...] | None:
        return None

    def apply(self, project: Project) -> tuple[Event, ...]:
        found = project.networks.get(self.name)
        if not same_drawing(found, self.before):
            raise stale(self.name)
        if self.after is None:
            if found is None:
                return ()
            del project.networks[self.name]
            return (NetworkRemoved(self.name),)
        if found is not None or self.after.name != self.name:
            raise stale(self.name)
        project.networks[self.name] = copied(self.after)
        return (NetworkAdded(self.name),)

    def inverse(self) -> PutNetwork:
        return PutNetwork(self.name, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        return None

    @property
    def nothing(self) -> bool:
        return same_drawing(self.before, self.after)


@dataclass(frozen=True, slots=True)
class RenameNetwork:
    """Give a drawing another name; what names it elsewhere is changed by edits of its own."""

    old: str
    new: str

    @property
    def key(self) -> tuple[str, ...] | None:
        return None

    def apply(self, project: Project) -> tuple[Event, ...]:
        network_of(project, self.old)
        if self.new in project.networks:
            raise Refused(f"There is already a drawing “{self.new}”. Choose another name.")
        # In place and in order, for the checkers hold the very dictionary.
        drawings = list(project.networks.values())
        project.networks.clear()
        for drawing in drawings:
            if drawing.name == self.old:
                drawing.name = self.new
            project.networks[drawing.name] = drawing
        return (NetworkRenamed(self.old, self.new),)

    def inverse(self) -> RenameNetwork:
        return RenameNetwork(self.new, self.old)

    def merged(self, later: Edit) -> Edit | None:
        return None

    @property
    def nothing(self) -> bool:
        return self.old == self.new


@dataclass(frozen=True, slots=True)
class PutBlockParams:
    """Replace all parameters of a block, in order."""

    network: str
    before: tuple[Variable, ...]
    after: tuple[Variable, ...]

    @property
    def key(self) -> tuple[str, ...] | None:
        return ("block parameters", self.network)

    def apply(self, project: Project) -> tuple[Event, ...]:
        block = network_of(project, self.network)
        if block.params is None or not same(tuple(block.params.values()), self.before):
            raise stale(self.network)
        block.params.clear()
        block.params.update((variable.name, variable) for variable in self.after)
        return (BlockParamsChanged(self.network),)

    def inverse(self) -> PutBlockParams:
        return PutBlockParams(self.network, self.after, self.before)

    def merged(self, later: Edit) -> Edit | None:
        if not isinstance(later, PutBlockParams) or later.network != self.network:
            return None
        return PutBlockParams(self.network, self.before, later.after)

    @property
    def nothing(self) -> bool:
        return same(self.before, self.after)
