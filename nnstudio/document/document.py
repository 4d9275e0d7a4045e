"""The open project: the one place that changes it, tells who listens, and keeps what can be undone.

Edits go in as steps, events come out, and shapes and problems follow by the incremental checker.
Knows no Qt and no torch; one thread at a time.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from graph_compiler.blocks import types_of
from graph_compiler.checker import Caller, Checker
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Project, Purpose, Wire
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts, Report
from graph_compiler.source import Source
from nnstudio.document.edits import Edit, Step, network_of
from nnstudio.document.events import (
    BlockParamsChanged,
    CodeChanged,
    DataChanged,
    Event,
    HistoryChanged,
    NetworkAdded,
    NetworkRemoved,
    NetworkRenamed,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    NodeRenamed,
    NodesMoved,
    PlanChanged,
    ProjectChanged,
    ReportChanged,
    Saved,
    VariablesChanged,
    WireAdded,
    WireRemoved,
)
from nnstudio.document.history import Entry, History
from nnstudio.document.looking import call_by, first_calls
from nnstudio.document.on_disk import ChangedOnDisk, Fingerprint
from nnstudio.document.sources import purpose

Listener = Callable[[Event], None]


class Document:
    """A project with its file, its history, its checks and its listeners.

    `project` is for reading: whoever changes it does so by `do`. `path` is None while there is no
    file; `origin` names the template it was opened from.
    """

    def __init__(self, project: Project, path: Path | None = None, origin: str = "") -> None:
        self.project = project
        self.path = path
        self.origin = origin
        self._history = History()
        self._listeners: list[Listener] = []
        self._waiting: deque[Event] = deque()
        self._telling = False
        self._purpose = Purpose()
        self._checkers: dict[str, Checker] = {}
        self._on_disk = Fingerprint.of(path) if path is not None else None
        self._renamed: dict[str, set[str]] = {}
        """By network: what must be told anew because a node has another name."""
        self._reports: dict[str, Report] = {}
        self._sources: dict[str, Source | None] = {}
        self._blocks_stale = False
        self._way: tuple[str, tuple[str, ...]] = ("", ())
        """The network and the nodes through which blocks are looked at."""
        self._types: Mapping[str, Layer] | None = None
        self._check_anew()

    @classmethod
    def open(cls, path: Path) -> Document:
        """The document of a file; raises `ProjectError`."""
        from graph_compiler.files import load_project

        before = Fingerprint.of(path)
        document = cls(load_project(path), path)
        document._on_disk = before
        return document

    # Listening

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with every event from now on; the returned call ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    @property
    def listener_count(self) -> int:
        """How many listeners there are, for tests of parts that must leave none behind."""
        return len(self._listeners)

    # Changing

    def do(self, step: Step, gesture: str = "") -> None:
        """Apply all edits of `step` or, raising `Refused`, none.

        Steps of the same `gesture` in a row are one for undo; what ends where it began leaves no
        trace.
        """
        edits = tuple(edit for edit in step.edits if not edit.nothing)
        if not edits:
            return
        events = self._apply(edits)
        self._history.record(Step(step.text, edits), gesture)
        self._tell(events)

    def undo(self) -> None:
        """Take the last step back; nothing happens where there is none."""
        step = self._history.last
        if step is not None:
            events = self._apply(tuple(edit.inverse() for edit in reversed(step.edits)))
            self._history.undone()
            self._tell(events)

    def redo(self) -> None:
        """Do the step again that was taken back last; nothing happens where there is none."""
        step = self._history.next
        if step is not None:
            events = self._apply(step.edits)
            self._history.redone()
            self._tell(events)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self._history.last is not None

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return self._history.next is not None

    @property
    def undo_text(self) -> str:
        """What undo takes back, for the menu; "" where there is nothing."""
        return self._history.last.text if self._history.last else ""

    @property
    def redo_text(self) -> str:
        """What redo does again, for the menu; "" where there is nothing."""
        return self._history.next.text if self._history.next else ""

    # Saving

    @property
    def dirty(self) -> bool:
        """Whether the project is another one than the saved."""
        return self._history.dirty

    def mark_saved(self) -> None:
        """Note that the file holds the project as it is now."""
        self._history.mark_saved(self._history.state)
        self._tell([Saved(), HistoryChanged()])

    def mark_unsaved(self) -> None:
        """Note that no file holds the project as it is now: it was recovered or lost its file."""
        self._history.mark_unsaved()
        self._tell([HistoryChanged()])

    @property
    def changed_on_disk(self) -> bool:
        """Whether somebody else has written the file since; one that is gone was not."""
        if self.path is None:
            return False
        now = Fingerprint.of(self.path, self._on_disk)
        return now is not None and now != self._on_disk

    def save(self, path: Path | None = None, *, overwrite: bool = False) -> None:
        """Write the project to `path`, which becomes its file.

        Raises `ChangedOnDisk` where somebody else has written the file since, unless told to
        `overwrite`; `ProjectError` and `SaveError` as `save_project` does. Whatever is raised, the
        document stays dirty.
        """
        from graph_compiler.files import save_project

        target = path or self.path
        if target is None:
            raise ValueError("a project without a file needs a path to be saved to")
        if target == self.path and not overwrite and self.changed_on_disk:
            raise ChangedOnDisk(target)
        save_project(self.project, target)
        self.path = target
        self._on_disk = Fingerprint.of(target)
        self.mark_saved()

    @property
    def state(self) -> object:
        """Stands for the project as it is now, for who writes it while it goes on changing."""
        return self._history.state

    def note_saved(self, path: Path, written: Fingerprint | None, state: object) -> None:
        """Note that a thread has written the project to `path` as it was at that `state`."""
        assert state is None or isinstance(state, Entry)
        self.path = path
        self._on_disk = written
        self._history.mark_saved(state)
        self._tell([*(() if self.dirty else (Saved(),)), HistoryChanged()])

    # Asking

    @property
    def purpose(self) -> Purpose:
        """What the networks are for: the data's facts, the recipe and the loss."""
        return self._purpose

    def network(self, name: str = "main") -> Network:
        """The network `name`; raises `Refused` where there is none."""
        return network_of(self.project, name)

    def report(self, network: str = "main") -> Report:
        """Problems and facts of a whole network."""
        if network not in self._reports:
            self._reports[network] = self._checkers[network].report()
        return self._reports[network]

    @property
    def types(self) -> Mapping[str, Layer]:
        """Every type that a drawing of this project may name: the layers, and its own blocks."""
        if self._types is None:
            self._types = types_of(self.project.networks)
        return self._types

    def layer(self, network: str, node: str) -> Layer | None:
        """The layer or block that a node is; None for a type that this program does not know."""
        return self.types.get(self.project.networks[network].nodes[node].type)

    def facts(self, network: str, node: str) -> NodeFacts | None:
        """Shapes, weights and cost of one node; None where they could not be told."""
        return self._checkers[network].facts(node)

    def problems(self, network: str, node: str) -> tuple[Problem, ...]:
        """What is wrong with one node; "" asks for what concerns the network as a whole."""
        return self._checkers[network].problems(node)

    def accepts(self, network: str, wire: Wire) -> Problem | None:
        """What would be wrong with that wire; None where it fits."""
        checker = self._checkers[network]
        return checker.accepts(wire.source, wire.source_port, wire.target, wire.target_port)

    def look_along(self, network: str, nodes: tuple[str, ...]) -> None:
        """Show the blocks on a way as they are called there, all others as by their first use.

        The way leads from a network through nodes that are blocks. Nothing of the project changes.
        """
        if (network, nodes) == self._way:
            return
        self._way = (network, nodes)
        events = self._settle()
        if events:
            self._tell([*events, HistoryChanged()])

    @property
    def trained(self) -> str:
        """The network that the plan's first stage trains: the one that runs and is exported."""
        stages = self.project.plan.stages
        return stages[0].network if stages else "main"

    def source(self, network: str = "main") -> Source | None:
        """The network's Python; None while it has errors."""
        if network not in self._sources:
            self._sources[network] = self._emit(network)
        return self._sources[network]

    # Inside

    def _apply(self, edits: tuple[Edit, ...]) -> list[Event]:
        events: list[Event] = []
        applied: list[Edit] = []
        try:
            for edit in edits:
                new = edit.apply(self.project)
                applied.append(edit)
                for event in new:
                    self._check(event)
                events += new
            events += self._settle()
        except Exception:
            for edit in reversed(applied):
                edit.inverse().apply(self.project)
            self._check_anew()
            raise
        events.append(HistoryChanged())
        return events

    def _check(self, event: Event) -> None:
        """Tell the checker right after the edit, while the network is as the event says."""
        match event:
            case NodesMoved():
                return
            case NodeChanged(network, node):
                self._checkers[network].node_changed(node)
                self._sources.pop(network, None)
                if self.project.networks[network].is_block:
                    self._block_changed()
                return
            case NodeAdded(network, node):
                self._checkers[network].node_added(node)
            case NodeRemoved(network, node):
                self._checkers[network].node_removed(node)
            case WireAdded(network, wire):
                self._checkers[network].wire_added(wire)
            case WireRemoved(network, wire):
                self._checkers[network].wire_removed(wire)
            case NodeRenamed(network, old, _):
                self._check_renamed(network, old)
            case NetworkAdded() | NetworkRemoved() | NetworkRenamed():
                self._check_drawings(event)
            case BlockParamsChanged(network) if self.project.networks[network].code is None:
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
        if name in self.project.networks and self.project.networks[name].is_block:
            self._block_changed()
        self._reports.clear()
        self._sources.clear()

    def _check_renamed(self, network: str, old: str) -> None:
        """Any text may name the node, so nothing that was found under its old name is kept."""
        self._checkers[network] = self._checker(self.project.networks[network])
        self._renamed.setdefault(network, {old}).update(self.project.networks[network].nodes)

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
            drawing = self.project.networks[new]
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
        networks = self.project.networks
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

    def _check_anew(self) -> None:
        self._types = None
        self._blocks_stale = False
        self._purpose = self._find_purpose()
        self._checkers = {
            name: self._checker(network) for name, network in self.project.networks.items()
        }
        self._settle_blocks()
        self._renamed.clear()
        self._reports.clear()
        self._sources.clear()

    def _purpose_changed(self) -> None:
        self._purpose = self._find_purpose()
        for name, checker in self._checkers.items():
            checker.purpose_changed(self._purpose_of(name))

    def _settle(self) -> list[Event]:
        events: list[Event] = []
        for name, names in self._settle_blocks().items():
            changed = frozenset(names | self._renamed.pop(name, set()))
            if changed:
                self._reports.pop(name, None)
                events.append(ReportChanged(name, changed))
        return events

    def _checker(self, network: Network) -> Checker:
        purpose = self._purpose_of(network.name)
        checker = Checker(network, self.project.variables, purpose, self.project.networks)
        checker.settle()
        return checker

    def _purpose_of(self, network: str) -> Purpose | None:
        """The purpose, for the network that the first stage trains; the others have none."""
        return self._purpose if network == self.trained else None

    def _find_purpose(self) -> Purpose:
        return purpose(self.project)

    def _emit(self, network: str) -> Source | None:
        if not self.report(network).ok:
            return None
        from graph_compiler.emission import EmitError, emit_network, title_of

        drawn, checker = self.project.networks[network], self._checkers[network]
        title = drawn.title or self.project.name or network
        try:
            return emit_network(
                drawn,
                self.project.variables,
                title,
                title_of(self.project, network),
                checker=checker,
                blocks=self.project.networks,
            )
        except EmitError:
            return None

    def _tell(self, events: list[Event]) -> None:
        self._waiting.extend(events)
        if self._telling:
            return
        self._telling = True
        try:
            while self._waiting:
                event = self._waiting.popleft()
                for listener in tuple(self._listeners):
                    try:
                        listener(event)
                    except Exception as error:
                        # The step is done; one broken part must not keep the others from hearing of
                        # it.
                        sys.excepthook(type(error), error, error.__traceback__)
        finally:
            self._telling = False
