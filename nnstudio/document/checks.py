"""What is found out about a project while it changes: shapes, problems, summaries, Python.

Owns one incremental checker a drawing, and what follows from their reports, each kept until an edit
makes it stale. Hears of every edit right after it; `settle` then tells what there is news of.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph_compiler.blocks import types_of
from graph_compiler.checker import Caller, Checker
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Project, Purpose, Value, Wire
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts, Report
from graph_compiler.source import Source
from graph_compiler.summary import Summary, summarize_network
from nnstudio.document.events import (
    BlockParamsChanged,
    CodeChanged,
    DataChanged,
    Event,
    NetworkAdded,
    NetworkRemoved,
    NetworkRenamed,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    NodeRenamed,
    NodesMoved,
    NoteChanged,
    PlanChanged,
    ProjectChanged,
    ReportChanged,
    RouteChanged,
    VariablesChanged,
    WireAdded,
    WireRemoved,
)
from nnstudio.document.looking import call_by, first_calls
from nnstudio.document.planned import planned_networks, planned_source
from nnstudio.document.sources import purpose


class Checks:
    """The checks of one project, which its document alone changes."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.purpose = Purpose()
        """What the networks are for: the data's facts, the recipe and the loss."""
        self._checkers: dict[str, Checker] = {}
        self._renamed: dict[str, set[str]] = {}
        """By network: what must be told anew because a node has another name."""
        self._reports: dict[str, Report] = {}
        self._summaries: dict[str, tuple[Report, Summary]] = {}
        self._sources: dict[str, Source | None] = {}
        self._blocks_stale = False
        self._way: tuple[str, tuple[str, ...]] = ("", ())
        """The network and the nodes through which blocks are looked at."""
        self._types: Mapping[str, Layer] | None = None
        self.begin()

    def begin(self) -> None:
        """Check everything anew, whatever was known."""
        self._types = None
        self._blocks_stale = False
        self.purpose = purpose(self._project)
        self._checkers = {
            name: self._checker(network) for name, network in self._project.networks.items()
        }
        self._settle_blocks()
        self._renamed.clear()
        self._reports.clear()
        self._sources.clear()

    def hear(self, event: Event) -> None:
        """Tell the checker right after the edit, while the network is as the event says."""
        match event:
            case NodesMoved() | RouteChanged() | NoteChanged():
                return
            case NodeChanged(network, node):
                self._checkers[network].node_changed(node)
                self._sources.pop(network, None)
                if self._project.networks[network].is_block:
                    self._block_changed()
                return
            case NodeAdded(network, node):
                self._checkers[network].node_added(node)
            case NodeRemoved(network, node):
                self._checkers[network].node_removed(node)
                # No other node may hear of it, and the network as a whole is another one.
                self._renamed.setdefault(network, set()).add("")
            case WireAdded(network, wire):
                self._checkers[network].wire_added(wire)
            case WireRemoved(network, wire):
                self._checkers[network].wire_removed(wire)
            case NodeRenamed(network, old, _):
                self._check_renamed(network, old)
            case NetworkAdded() | NetworkRemoved() | NetworkRenamed():
                self._check_drawings(event)
            case BlockParamsChanged(network) if self._project.networks[network].code is None:
                self._checkers[network].variables_changed()
            case CodeChanged(network) | BlockParamsChanged(network):
                self._check_renamed(network, "")
            case ProjectChanged():
                self._block_changed()
            case VariablesChanged():
                for checker in self._checkers.values():
                    checker.variables_changed()
        if isinstance(event, VariablesChanged | DataChanged | PlanChanged):
            self._purpose_changed()
        name = getattr(event, "network", None)
        if name in self._project.networks and self._project.networks[name].is_block:
            self._block_changed()
        self._reports.clear()
        self._sources.clear()

    def settle(self) -> list[Event]:
        """Bring every check up to date; events name the nodes of which there is news."""
        events: list[Event] = []
        for name, names in self._settle_blocks().items():
            changed = frozenset(names | self._renamed.pop(name, set()))
            if changed:
                self._reports.pop(name, None)
                events.append(ReportChanged(name, changed))
        return events

    def look_along(self, network: str, nodes: tuple[str, ...]) -> list[Event]:
        """Check the blocks on a way as they are called there; the news of it."""
        if (network, nodes) == self._way:
            return []
        self._way = (network, nodes)
        return self.settle()

    # Asking

    @property
    def trained(self) -> str:
        """The network that the plan's first stage trains: the one that runs and is exported."""
        stages = self._project.plan.stages
        return stages[0].network if stages else "main"

    def report(self, network: str = "main") -> Report:
        """Problems and facts of a whole network."""
        if network not in self._reports:
            self._reports[network] = self._checkers[network].report()
        return self._reports[network]

    def summary(self, network: str = "main") -> Summary:
        """Work, memory, depth and receptive field; a walk over all nodes, done once a report."""
        report = self.report(network)
        known = self._summaries.get(network)
        if known is None or known[0] is not report:
            checker, drawings = self._checkers[network], self._project.networks
            known = (report, summarize_network(drawings[network], checker, drawings))
            self._summaries[network] = known
        return known[1]

    @property
    def types(self) -> Mapping[str, Layer]:
        """Every type that a drawing of this project may name: the layers, and its own blocks."""
        if self._types is None:
            self._types = types_of(self._project.networks)
        return self._types

    def layer(self, network: str, node: str) -> Layer | None:
        """The layer or block that a node is; None for a type that this program does not know."""
        return self.types.get(self._project.networks[network].nodes[node].type)

    def facts(self, network: str, node: str) -> NodeFacts | None:
        """Shapes, weights and cost of one node; None where they could not be told."""
        return self._checkers[network].facts(node)

    def values(self, network: str) -> Mapping[str, Value]:
        """What variables and a block's parameters stand for there, as the drawing is looked at."""
        return self._checkers[network].values

    def problems(self, network: str, node: str) -> tuple[Problem, ...]:
        """What is wrong with one node; "" asks for what concerns the network as a whole."""
        return self._checkers[network].problems(node)

    def accepts(self, network: str, wire: Wire) -> Problem | None:
        """What would be wrong with that wire; None where it fits."""
        checker = self._checkers[network]
        return checker.accepts(wire.source, wire.source_port, wire.target, wire.target_port)

    def source(self, network: str = "main") -> Source | None:
        """The network's Python; None while it has errors."""
        if network not in self._sources:
            self._sources[network] = self._emit(network)
        return self._sources[network]

    def planned_source(self) -> Source | None:
        """The Python of all that the plan trains; None while something of it has errors."""
        names = planned_networks(self._project)
        if not all(name in self._checkers and self.report(name).ok for name in names):
            return None
        if len(names) == 1:
            return self.source(names[0])
        return planned_source(self._project)

    # Inside

    def _check_renamed(self, network: str, old: str) -> None:
        """Any text may name the node, so nothing that was found under its old name is kept."""
        self._checkers[network] = self._checker(self._project.networks[network])
        self._renamed.setdefault(network, {old}).update(self._project.networks[network].nodes)

    def _check_drawings(self, event: NetworkAdded | NetworkRemoved | NetworkRenamed) -> None:
        """One checker a drawing, under the drawing's name; what of it is told is all of it."""
        match event:
            case NetworkRemoved(name):
                new = ""
            case NetworkRenamed(name, new):
                pass
            case NetworkAdded(new):
                name = ""
        self._checkers.pop(name, None)
        self._renamed.pop(name, None)
        if new:
            drawing = self._project.networks[new]
            self._checkers[new] = self._checker(drawing)
            self._renamed[new] = {"", *drawing.nodes}
        self._block_changed()

    def _block_changed(self) -> None:
        """What a block is from outside, and in every drawing that uses it, is to be told anew."""
        self._blocks_stale = True
        self._types = None
        self._sources.clear()

    def _settle_blocks(self) -> dict[str, frozenset[str]]:
        """Brings every check up to date; by network, the nodes of which there is news.

        Whoever uses a block that changed is checked anew, and blocks as their first caller sees.
        """
        if self._blocks_stale:
            self._blocks_stale = False
            for checker in self._checkers.values():
                checker.blocks_changed()
        changed = {name: checker.settle() for name, checker in self._checkers.items()}
        networks = self._project.networks
        if any(network.is_block for network in networks.values()):
            calls: dict[str, Caller] = {}
            for name, checker in sorted(self._checkers.items()):
                if not networks[name].is_block:
                    first_calls(checker.structured(), networks, calls, set())
            calls |= self._chosen_calls()
            for name, checker in self._checkers.items():
                if networks[name].is_block:
                    checker.called_by(calls.get(name))
                    changed[name] |= checker.settle()
        return changed

    def _chosen_calls(self) -> dict[str, Caller]:
        """The blocks on the way that is looked along, as they are called on it."""
        network, nodes = self._way
        if not nodes or network not in self._checkers:
            return {}
        first = self._checkers[network].looked_into(nodes[0])
        found = [
            call_by(nodes[: many + 1], {nodes[0]: first} if first else {})
            for many in range(len(nodes))
        ]
        return dict(one for one in found if one is not None)

    def _purpose_changed(self) -> None:
        self.purpose = purpose(self._project)
        for name, checker in self._checkers.items():
            checker.purpose_changed(self._purpose_of(name))

    def _checker(self, network: Network) -> Checker:
        purpose = self._purpose_of(network.name)
        checker = Checker(network, self._project.variables, purpose, self._project.networks)
        checker.settle()
        return checker

    def _purpose_of(self, network: str) -> Purpose | None:
        """The purpose, for the network that has it; the others have none."""
        return self.purpose if network == (self.purpose.network or self.trained) else None

    def _emit(self, network: str) -> Source | None:
        if not self.report(network).ok:
            return None
        from graph_compiler.emission import EmitError, emit_network, title_of

        drawn, checker = self._project.networks[network], self._checkers[network]
        title = drawn.title or self._project.name or network
        try:
            return emit_network(
                drawn,
                self._project.variables,
                title,
                title_of(self._project, network),
                checker=checker,
                blocks=self._project.networks,
            )
        except EmitError:
            return None
