"""Joins the panel “Runs” with the run at hand and with the queue, and takes up what waits.

Looks at folders in a thread, once a second while the panel can be seen. When a run has come to its
end here, the next that waits begins; one that a person stopped starts no other.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.figures import size
from nnstudio.app.link import Link
from nnstudio.panels.runs import CheckpointRow, QueueRow
from nnstudio.panels.text import number

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor
    from nnstudio.runs.kept import Kept
    from nnstudio.runs.queue import Entry

EVERY = 1000
"""Milliseconds between two looks."""
GOES_ON = ("done", "failed")
"""Ends of a run behind which the next begins by itself."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has found."""

    kept: tuple[Kept, ...]
    keep: int
    queue: tuple[QueueRow, ...]
    turn: bool
    """Whether a run of the queue has its turn, in whatever window."""


class RunsPage(QObject):
    """Keeps the panel up to date and does what a person wants there."""

    def __init__(self, editor: Editor, link: Link) -> None:
        super().__init__(editor)
        self._editor, self._link, self._panel = editor, link, editor.runs
        self._run = editor.run
        self._timer = QTimer(self)
        self._timer.setObjectName("look at runs")
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        panel = self._panel
        panel.fork_wanted.connect(self._fork)
        panel.remove_wanted.connect(self._remove)
        panel.keep_wanted.connect(self._keep)
        panel.queue_wanted.connect(self.queue_project)
        panel.start_wanted.connect(self._start_next)
        panel.first_wanted.connect(self._first)
        panel.leave_wanted.connect(self._leave)
        self._run.run_changed.connect(lambda _: self.look())
        self._run.phase_changed.connect(self._phase_changed)
        self._run.ended.connect(self._ended)
        editor.docks["runs"].visibilityChanged.connect(lambda seen: seen and self.look())

    def dispose(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Bring the panel up to date, if it can be seen."""
        if not self._editor.docks["runs"].isVisible():
            return
        path = self._run.path
        self._link.look(self, lambda: _seen(path), lambda seen: self._show(path, seen))

    def queue_project(self) -> None:
        """Freeze the project as it is into a run that waits."""
        hindrance = self._run.hindrance()
        if hindrance:
            self._run.refused_to_start.emit(hindrance)
            return
        from nnstudio.app.snapshot import snapshot
        from nnstudio.runs.trust import is_trusted

        document = self._editor.document
        project = snapshot(document.project)
        if not is_trusted(project):
            self._run.trust_needed.emit(project, self.queue_project)
            return
        options: dict[str, Any] = {
            "base": document.path.parent if document.path else None,
            "device": self._run.device,
            "threads": self._run.threads or None,
            "processes": self._run.processes,
        }

        def create() -> Entry:
            from nnstudio.runs.create import create_run
            from nnstudio.runs.queue import add

            return add(create_run(project, **options))

        self._link.work(create, self._queued, self._failed)

    def _queued(self, entry: Entry) -> None:
        live = self._run.live
        when = "It begins when this run is done." if live else "Start it in the panel “Runs”."
        self._editor.say(f"{entry.run.name} waits. {when}")
        self._editor.show_panel("runs")
        self.look()

    def _start_next(self) -> None:
        if self._run.live:
            return
        from nnstudio.runs.queue import take_turn

        self._link.work(take_turn, self._take_up, self._failed)

    def _take_up(self, entry: Entry | None) -> None:
        """Have the worker take a run that has its turn, and show it."""
        if entry is None:
            self.look()
            return
        if self._run.live:  # somebody pressed Run meanwhile
            from nnstudio.runs.queue import give_back

            give_back(entry)
            return
        self._editor.say(f"{entry.run.name} has its turn.")
        self._run.begin_fork(lambda: (entry.run, False), None)

    def _phase_changed(self, phase: Any) -> None:
        self._panel.show_rest(not self._run.live)
        self.look()

    def _ended(self, state: Any) -> None:
        self.look()
        if state is not None and state.status in GOES_ON:
            self._start_next()

    def _fork(self, name: str, changed: bool) -> None:
        path = self._run.path
        if path is None or self._run.live:
            return
        from nnstudio.app.snapshot import snapshot

        hindrance = self._run.hindrance() if changed else ""
        if hindrance:
            self._run.refused_to_start.emit(hindrance)
            return
        project = snapshot(self._editor.document.project) if changed else None

        def create() -> tuple[Path, bool]:
            from nnstudio.runs.fork import fork_run

            return fork_run(path, project, at=name)

        self._run.begin_fork(create, project.data if project is not None else None)

    def _remove(self, name: str) -> None:
        from nnstudio.runs.kept import remove

        path = self._run.path
        if path is not None:
            self._link.work(lambda: remove(path, name), lambda _: self.look(), self._failed)

    def _keep(self, count: int) -> None:
        path = self._run.path
        if path is not None:
            self._link.work(lambda: _thin(path, count), lambda _: self.look(), self._failed)

    def _first(self, number: int) -> None:
        from nnstudio.runs.queue import first

        self._link.work(lambda: first(number), lambda _: self.look(), self._failed)

    def _leave(self, number: int) -> None:
        from nnstudio.runs.queue import remove

        self._link.work(lambda: remove(number), lambda _: self.look(), self._failed)

    def _show(self, path: Path | None, seen: Seen) -> None:
        if path != self._run.path:
            return
        self._panel.show_checkpoints([self._row(seen, one) for one in seen.kept], seen.keep)
        may_start = not self._run.live and not seen.turn
        self._panel.show_queue(seen.queue, self._run.hindrance(), may_start)
        self._editor.training.show_kept([one.step for one in seen.kept if not one.best])

    def _row(self, seen: Seen, one: Kept) -> CheckpointRow:
        newest = max((other.step for other in seen.kept if not other.best), default=-1)
        words = f"best, after {number(one.step)}" if one.best else number(one.step)
        removable = not one.best and one.step != newest
        return CheckpointRow(one.name, (words, self._loss(one.step), size(one.size)), removable)

    def _loss(self, step: int) -> str:
        """The training loss of the last step before so many were done."""
        if self._run.reader is None:
            return ""
        steps, values = self._run.reader.series("train_loss")
        place = int(steps.searchsorted(step - 1)) if len(steps) else 0
        return f"{values[place]:.4g}" if place < len(steps) and steps[place] == step - 1 else ""

    def _failed(self, error: Exception) -> None:
        from nnstudio.runs.create import RunRefused

        told = error.problems[0].text if isinstance(error, RunRefused) else str(error)
        self._editor.say(told)
        self.look()


def _seen(path: Path | None) -> Seen:
    """Look at the folder of a run and at the queue."""
    from nnstudio.runs.kept import budget_of, kept_of
    from nnstudio.runs.queue import entries

    found = entries()
    kept = tuple(kept_of(path)) if path is not None else ()
    keep = budget_of(path).count if path is not None else 0
    rows = tuple(_queue_row(one) for one in found)
    return Seen(kept, keep, rows, any(one.turn for one in found))


def _queue_row(entry: Entry) -> QueueRow:
    from nnstudio.runs.info import read_info
    from nnstudio.runs.layout import RunError
    from nnstudio.runs.queue import state_of

    epochs = ""
    with suppress(RunError, OSError):
        epochs = number(read_info(entry.run).epochs)
    state = state_of(entry.run) if entry.turn else None
    words = "waits" if not entry.turn else state.status if state is not None else "gone"
    words = "starting" if words == "new" else words
    return QueueRow(entry.number, (entry.run.name, epochs, words), not entry.turn)


def _thin(path: Path, count: int) -> None:
    from nnstudio.runs.kept import Budget, budget_of, set_budget, thin
    from nnstudio.runs.layout import CHECKPOINTS

    budget = Budget(count, budget_of(path).room)
    set_budget(path, budget)
    thin(path / CHECKPOINTS, budget)
