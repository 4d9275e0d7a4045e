"""What the document tells its listeners: small frozen values that name what has changed.

Listeners read the new state from the document itself. The events of one step arrive in the order of
its edits, then `ReportChanged` for each network that was re-checked, then `HistoryChanged` as the
last one. A listener that edits in turn has its events delivered after those of the step before; an
event may therefore name a node that is gone by the time it arrives. Must import nothing but the
vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph_compiler.model import Wire


@dataclass(frozen=True, slots=True)
class CodeChanged:
    """A layer written in Python has another text, other ports or rules, or was measured."""

    network: str


@dataclass(frozen=True, slots=True)
class PortsChanged:
    """The ports of a drawing stand in another order."""

    network: str


@dataclass(frozen=True, slots=True)
class NodeAdded:
    """A node has been added to a network."""

    network: str
    node: str


@dataclass(frozen=True, slots=True)
class NodeRemoved:
    """A node has been taken out of a network; its wires went before it."""

    network: str
    node: str


@dataclass(frozen=True, slots=True)
class NodeChanged:
    """A node has another type or parameters, other turns, scan, shares, ties or dismissed hints.

    Also where it was bypassed, or has another colour.
    """

    network: str
    node: str


@dataclass(frozen=True, slots=True)
class NodesMoved:
    """Nodes stand elsewhere on the canvas; nothing else about them has changed."""

    network: str
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeRenamed:
    """A node has another name; wires, routes and frame follow it without events of their own."""

    network: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class WireAdded:
    """A wire has been laid."""

    network: str
    wire: Wire


@dataclass(frozen=True, slots=True)
class WireRemoved:
    """A wire has been taken away."""

    network: str
    wire: Wire


@dataclass(frozen=True, slots=True)
class FrameChanged:
    """A frame has come, gone, or has other nodes or another colour."""

    network: str
    frame: str


@dataclass(frozen=True, slots=True)
class RouteChanged:
    """A wire is drawn in another way."""

    network: str
    wire: Wire


@dataclass(frozen=True, slots=True)
class NoteChanged:
    """A note has come, gone or moved, or has another text, size or colour."""

    network: str
    name: str


@dataclass(frozen=True, slots=True)
class NetworkAdded:
    """A drawing has come, with all that is in it."""

    network: str


@dataclass(frozen=True, slots=True)
class NetworkRemoved:
    """A drawing is gone, with all that was in it."""

    network: str


@dataclass(frozen=True, slots=True)
class NetworkRenamed:
    """A drawing has another name; the nodes that use it are told of by `NodeChanged`."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class BlockParamsChanged:
    """The parameters of a block are other ones, have other defaults or another order."""

    network: str


@dataclass(frozen=True, slots=True)
class VariablesChanged:
    """The project's variables are other ones, or in another order."""


@dataclass(frozen=True, slots=True)
class DataChanged:
    """The description of the data has changed."""


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The stages of training have changed."""


@dataclass(frozen=True, slots=True)
class ProjectChanged:
    """Name, description, tags or variants have changed, or a drawing's title or description."""


@dataclass(frozen=True, slots=True)
class ReportChanged:
    """Facts or problems of these nodes are other ones; "" stands for the whole network."""

    network: str
    nodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class HistoryChanged:
    """A step was done, undone or redone: what can be undone and whether the document is dirty."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The document lies in its file as it is now."""


Event = (
    NodeAdded
    | NodeRemoved
    | NodeChanged
    | NodesMoved
    | NodeRenamed
    | WireAdded
    | WireRemoved
    | FrameChanged
    | RouteChanged
    | NoteChanged
    | NetworkAdded
    | NetworkRemoved
    | NetworkRenamed
    | BlockParamsChanged
    | CodeChanged
    | PortsChanged
    | VariablesChanged
    | DataChanged
    | PlanChanged
    | ProjectChanged
    | ReportChanged
    | HistoryChanged
    | Saved
)
