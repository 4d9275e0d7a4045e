"""The open project: the one place that changes it, tells who listens, and keeps what can be undone.

Edits go in as steps, events come out; what is found out about the project follows in `checks`, who
hears of it is kept by `listening`. Knows no Qt and no torch; one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from graph_compiler.layer import Layer
from graph_compiler.model import Network, Project, Purpose, Value, Wire
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts, Report
from graph_compiler.source import Source
from graph_compiler.summary import Summary
from nnstudio.document.checks import Checks
from nnstudio.document.edits import Edit, Step, network_of
from nnstudio.document.events import Event, HistoryChanged, ReportChanged, Saved
from nnstudio.document.history import Entry, History
from nnstudio.document.listening import Listener, Listeners
from nnstudio.document.on_disk import ChangedOnDisk, Fingerprint


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
        self._listeners = Listeners()
        self._checks = Checks(project)
        self._on_disk = Fingerprint.of(path) if path is not None else None

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
        return self._listeners.add(listener)

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
        self._listeners.tell(events)

    def undo(self) -> None:
        """Take the last step back; nothing happens where there is none."""
        step = self._history.last
        if step is not None:
            events = self._apply(tuple(edit.inverse() for edit in reversed(step.edits)))
            self._history.undone()
            self._listeners.tell(events)

    def redo(self) -> None:
        """Do the step again that was taken back last; nothing happens where there is none."""
        step = self._history.next
        if step is not None:
            events = self._apply(step.edits)
            self._history.redone()
            self._listeners.tell(events)

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
        self._listeners.tell([Saved(), HistoryChanged()])

    def mark_unsaved(self) -> None:
        """Note that no file holds the project as it is now: it was recovered or lost its file."""
        self._history.mark_unsaved()
        self._listeners.tell([HistoryChanged()])

    @property
    def gone_from_disk(self) -> bool:
        """Whether the file that was opened or saved is not there any more."""
        return self.path is not None and self._on_disk is not None and not self.path.exists()

    def keep_mine(self) -> None:
        """What lies on the disk is known and not wanted: the next save may write over it."""
        if self.path is not None:
            self._on_disk = Fingerprint.of(self.path)

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
        self._listeners.tell([*(() if self.dirty else (Saved(),)), HistoryChanged()])

    # Asking

    @property
    def purpose(self) -> Purpose:
        """What the networks are for: the data's facts, the recipe and the loss."""
        return self._checks.purpose

    def network(self, name: str = "main") -> Network:
        """The network `name`; raises `Refused` where there is none."""
        return network_of(self.project, name)

    def report(self, network: str = "main") -> Report:
        """Problems and facts of a whole network."""
        return self._checks.report(network)

    def summary(self, network: str = "main") -> Summary:
        """Work, memory, depth and receptive field; a walk over all nodes, done once a report."""
        return self._checks.summary(network)

    @property
    def types(self) -> Mapping[str, Layer]:
        """Every type that a drawing of this project may name: the layers, and its own blocks."""
        return self._checks.types

    def layer(self, network: str, node: str) -> Layer | None:
        """The layer or block that a node is; None for a type that this program does not know."""
        return self._checks.layer(network, node)

    def facts(self, network: str, node: str) -> NodeFacts | None:
        """Shapes, weights and cost of one node; None where they could not be told."""
        return self._checks.facts(network, node)

    def values(self, network: str) -> Mapping[str, Value]:
        """What variables and a block's parameters stand for there, as the drawing is looked at."""
        return self._checks.values(network)

    def problems(self, network: str, node: str) -> tuple[Problem, ...]:
        """What is wrong with one node; "" asks for what concerns the network as a whole."""
        return self._checks.problems(network, node)

    def accepts(self, network: str, wire: Wire) -> Problem | None:
        """What would be wrong with that wire; None where it fits."""
        return self._checks.accepts(network, wire)

    def errors_of(self, step: Step) -> tuple[Problem, ...]:
        """The errors that a step would bring; nothing changes, and nobody is told.

        Raises `Refused` where the step cannot be done at all.
        """
        edits = tuple(edit for edit in step.edits if not edit.nothing)
        changed = [one for one in self._apply(edits) if isinstance(one, ReportChanged)]
        places = [
            (one.network, node)
            for one in changed
            for node in ("", *self.project.networks[one.network].nodes)
            if node in one.nodes
        ]
        after = {place: self.problems(*place) for place in places}
        self._apply(tuple(edit.inverse() for edit in reversed(edits)))
        found: list[Problem] = []
        for (network, node), problems in after.items():
            there = network in self.project.networks
            before = self.problems(network, node) if there else ()
            known = {(one.node, one.port, one.code) for one in before}
            found += (
                one
                for one in problems
                if one.severity == "error" and (one.node, one.port, one.code) not in known
            )
        return tuple(found)

    def look_along(self, network: str, nodes: tuple[str, ...]) -> None:
        """Show the blocks on a way as they are called there, all others as by their first use.

        The way leads from a network through nodes that are blocks. Nothing of the project changes.
        """
        events = self._checks.look_along(network, nodes)
        if events:
            self._listeners.tell([*events, HistoryChanged()])

    @property
    def trained(self) -> str:
        """The network that the plan's first stage trains: the one that runs and is exported."""
        return self._checks.trained

    def source(self, network: str = "main") -> Source | None:
        """The network's Python; None while it has errors."""
        return self._checks.source(network)

    def planned_source(self) -> Source | None:
        """The Python of all that the plan trains; None while something of it has errors."""
        return self._checks.planned_source()

    # Inside

    def _apply(self, edits: tuple[Edit, ...]) -> list[Event]:
        events: list[Event] = []
        applied: list[Edit] = []
        try:
            for edit in edits:
                new = edit.apply(self.project)
                applied.append(edit)
                for event in new:
                    self._checks.hear(event)
                events += new
            events += self._checks.settle()
        except Exception:
            for edit in reversed(applied):
                edit.inverse().apply(self.project)
            self._checks.begin()
            raise
        events.append(HistoryChanged())
        return events
