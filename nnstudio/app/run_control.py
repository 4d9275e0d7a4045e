"""The run shown in the window: starts, pauses, steps and stops it, and follows what it writes.

Owns the run's state as people see it. Talks to the worker through the run's directory alone; a
timer reads what is new there some twenty times a second. Never imports the engine.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.app.link import Link
from nnstudio.document.planned import planned_networks
from nnstudio.document.sources import no_data

if TYPE_CHECKING:
    from graph_compiler.model import DataSource
    from nnstudio.document.document import Document
    from nnstudio.runs.reader import RunReader, RunState

POLL = 50
"""Milliseconds between looks at the run."""


START_PATIENCE = 60
"""Seconds that a worker may take until it says that it has resumed."""


class Phase(StrEnum):
    """What the toolbar shows."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


LIVE = frozenset({Phase.STARTING, Phase.RUNNING, Phase.PAUSED, Phase.STOPPING})
_PHASE_OF = {
    "new": Phase.STARTING,
    "running": Phase.RUNNING,
    "paused": Phase.PAUSED,
    "stopped": Phase.STOPPED,
    "done": Phase.FINISHED,
    "failed": Phase.FAILED,
    "lost": Phase.LOST,
}


class RunControl(QObject):
    """Drives at most one run at a time; every signal carries what it names."""

    phase_changed = Signal(object)
    progressed = Signal()
    run_changed = Signal(object)
    """The reader of the run now shown, or None."""
    refused_to_start = Signal(str)
    ended = Signal(object)
    """The `RunState` of a run that has just ended, however it did."""
    message = Signal(str)
    trust_needed = Signal(object, object)
    """A project whose code would run, and what to do once somebody trusts it."""
    run_trust_needed = Signal(object, object)
    """The same for a run that keeps code which nobody has trusted."""

    def __init__(self, document: Document, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._link = document, link
        self.phase = Phase.IDLE
        self.reader: RunReader | None = None
        self.path: Path | None = None
        self.state: RunState | None = None
        self.device = "auto"
        self.threads = 0
        """Threads of the next run on the processor; 0 for all cores but one."""
        self.processes = 1
        self.speed: float | None = None
        self.batch_size = 0
        self.data: DataSource | None = None
        """What the run started here learns from; None for one that was started elsewhere."""
        self.started_with: dict[str, Any] = {}
        """What the worker said of device and threads when it started."""
        self.last_failure: dict[str, Any] = {}
        self._seed: int | None = None
        self._requested = 0
        self._steps: deque[tuple[float, int]] = deque(maxlen=60)
        self._timer = QTimer(self)
        self._timer.setObjectName("run poll")
        self._timer.setInterval(POLL)
        self._timer.timeout.connect(self.poll)

    # What can be done, and why not

    @property
    def live(self) -> bool:
        """Whether a worker has the run in its hands."""
        return self.phase in LIVE

    @property
    def toggle_text(self) -> str:
        """The word on the Run button."""
        if self.phase in (Phase.RUNNING, Phase.STARTING):
            return "Pause"
        return "Continue" if self.phase is Phase.PAUSED else "Run"

    def refused(self, question: str) -> str:
        """Why `toggle`, `step`, `stop`, `reset` or `resume` cannot be done now; "" where it can."""
        if question in ("toggle", "step"):
            if self.phase is Phase.STOPPING:
                return "The run is stopping."
            if self.phase is Phase.STARTING and question == "step":
                return "The run is starting."
            return ""
        if question == "stop":
            return "" if self.live and self.phase is not Phase.STOPPING else "Nothing is running."
        if question == "reset":
            return "" if self.reader is not None or self.live else "There is no run to reset."
        if question == "resume":
            able = (Phase.STOPPED, Phase.LOST, Phase.FAILED)
            return "" if self.phase in able else "Only a run that was cut short can be resumed."
        raise ValueError(question)

    def hindrance(self) -> str:
        """Why the project cannot run as it is: its first error; "" where it can.

        Only what the plan trains is in the way; a block is judged where it is used.
        """
        networks = self._document.project.networks
        for name in planned_networks(self._document.project):
            if name not in networks or networks[name].is_block:
                continue
            for problem in self._document.report(name).problems:
                if problem.severity == "error":
                    return problem.text
        return no_data(self._document.project.data)

    # Doing

    def toggle(self) -> None:
        """Run, pause or continue, whatever the button says."""
        if self.phase in (Phase.RUNNING, Phase.STARTING):
            self._ask("pause")
        elif self.phase is Phase.PAUSED:
            self._ask("continue")
        else:
            self.start()

    def step(self) -> None:
        """One training step; a run that goes is paused first, one that is not starts paused."""
        if self.phase is Phase.RUNNING:
            self._ask("pause")
        elif self.phase is Phase.PAUSED:
            self._ask("step")
        else:
            self.start(paused=True)

    def start(self, *, paused: bool = False) -> None:
        """Freeze the project as it is into a new run and have the worker take it."""
        hindrance = self.hindrance()
        if hindrance:
            self.refused_to_start.emit(hindrance)
            return
        from nnstudio.app.snapshot import snapshot
        from nnstudio.runs.trust import is_trusted

        project = snapshot(self._document.project)
        if not is_trusted(project):
            self.trust_needed.emit(project, lambda: self.start(paused=paused))
            return
        device, seed, speed = self.device, self._seed, self.speed
        options: dict[str, Any] = {"threads": self.threads or None, "processes": self.processes}
        base = self._document.path.parent if self._document.path else None

        def create() -> Path:
            from nnstudio.runs.create import create_run
            from nnstudio.runs.requests import send

            path = create_run(project, base=base, device=device, seed=seed, **options)
            if speed is not None:
                send(path, "speed", steps_per_second=speed)
            if paused:
                send(path, "pause")
                send(path, "step")
            return path

        self.begin(create, project.data)

    def begin(self, create: Callable[[], Path], data: DataSource) -> None:
        """Have a run made in a thread, which learns from `data`, and have the worker take it."""
        self.begin_fork(lambda: (create(), False), data)

    def begin_fork(self, create: Callable[[], tuple[Path, bool]], data: DataSource | None) -> None:
        """The same for a run that may go on from the checkpoint that it was given."""
        self._forget_run()
        self.data = data
        self._enter(Phase.STARTING)
        self._link.work(create, lambda made: self._created(*made), self._not_created)

    def stop(self) -> None:
        """End the run with a checkpoint."""
        if self.live and self.path is not None:
            self._ask("stop")
            self._enter(Phase.STOPPING)

    def reset(self, new_weights: bool) -> None:
        """Back to an untrained network; the next run starts with new weights or with the same."""
        self.stop()
        if new_weights:
            self._seed = (self._seed if self._seed is not None else self._last_seed()) + 1
            self.message.emit(f"The next run starts with new weights (seed {self._seed}).")
        else:
            self.message.emit("The next run starts with the same weights.")
        self._forget_run()
        self._enter(Phase.IDLE)

    def resume(self) -> None:
        """Have a new worker continue the run from its last checkpoint."""
        if self.path is None:
            return
        from nnstudio.runs.layout import RunError
        from nnstudio.runs.trust import TrustNeeded, require_of_run

        try:
            require_of_run(self.path)
        except TrustNeeded:
            self.run_trust_needed.emit(self.path, self.resume)
            return
        except RunError as error:
            self.message.emit(str(error))
            return
        self._resumed_at = time.time()
        self._enter(Phase.STARTING)
        self._link.train(self.path, self._worker_failed, resume=True)
        self._timer.start()

    def set_speed(self, steps_per_second: float | None) -> None:
        """Slow down to so many steps a second; None is full speed."""
        self.speed = steps_per_second
        if self.live and self.path is not None:
            self._ask("speed", steps_per_second=steps_per_second)

    def watch(self, path: Path) -> None:
        """Show the run at `path`, whoever started it."""
        from nnstudio.runs.reader import RunReader

        self._forget_run()
        self._show(path, RunReader(path))

    def close(self) -> None:
        """Stop looking; the run itself goes on."""
        self._timer.stop()
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    # Following

    def poll(self) -> None:
        """Take in what the run has written since the last look."""
        if self.reader is None:
            return
        events = self.reader.poll()
        for event in events:
            self._heard(event)
        self.state = self.reader.state()
        self._steps.append((time.monotonic(), self.state.step))
        phase = _PHASE_OF.get(self.state.status, Phase.RUNNING)
        waits_to_resume = self.phase is Phase.STARTING and phase not in LIVE
        started = any(event["event"] == "started" for event in events)
        if waits_to_resume and not started and time.time() - self._resumed_at < START_PATIENCE:
            return
        if self.phase is Phase.STOPPING and phase in LIVE:
            phase = Phase.STOPPING
        changed = phase is not self.phase
        if changed:
            self._enter(phase)
        self.progressed.emit()
        if changed and phase not in LIVE:
            self._timer.stop()
            self.ended.emit(self.state)

    @property
    def rate(self) -> float:
        """Steps a second over the last three seconds; 0 while that is not known."""
        if len(self._steps) < 2:
            return 0.0
        (t0, s0), (t1, s1) = self._steps[0], self._steps[-1]
        return max(0.0, (s1 - s0) / (t1 - t0)) if t1 > t0 else 0.0

    @property
    def steps_in_all(self) -> int:
        """Steps of the whole run; 0 while that is not known."""
        return self.state.planned_steps if self.state else 0

    def _heard(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "started":
                self.started_with = event
            case "failed":
                self.last_failure = event
            case "lost":
                self.last_failure = event
            case "answered" if not event.get("ok", True):
                self.message.emit(str(event.get("message", "")))

    # Inside

    _resumed_at = 0.0

    def _created(self, path: Path, resume: bool) -> None:
        from nnstudio.runs.reader import RunReader

        self._show(path, RunReader(path))
        self._link.train(path, self._worker_failed, resume=resume, after=0)

    def _show(self, path: Path, reader: RunReader) -> None:
        self.path, self.reader = path, reader
        self.batch_size = self._batch_size()
        self.run_changed.emit(reader)
        self._timer.start()
        self.poll()

    def _not_created(self, error: Exception) -> None:
        from nnstudio.runs.create import RunRefused

        self._enter(Phase.IDLE)
        told = error.problems[0].text if isinstance(error, RunRefused) else str(error)
        self.refused_to_start.emit(told)

    def _worker_failed(self, reason: str) -> None:
        self.last_failure = {"event": "failed", "text": reason, "node": "", "detail": ""}
        self._timer.stop()
        self._enter(Phase.FAILED)
        self.ended.emit(self.state)

    def _forget_run(self) -> None:
        self._timer.stop()
        if self.reader is not None:
            self.reader.close()
        self.reader, self.path, self.state, self.data = None, None, None, None
        self.started_with, self.last_failure = {}, {}
        self._steps.clear()
        self.run_changed.emit(None)

    def _ask(self, do: str, **values: Any) -> None:
        from nnstudio.runs.requests import send

        if self.path is not None:
            try:
                self._requested = send(self.path, do, **values)
            except OSError as error:
                self.message.emit(f"The run could not be reached: {error}")

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            if phase is not Phase.RUNNING:
                self._steps.clear()
            self.phase_changed.emit(phase)

    def _settings(self) -> dict[str, Any]:
        from nnstudio.document.recipes import stage_settings

        project = self._document.project
        try:
            return dict(stage_settings(project.plan.stages[0], project.variables))
        except Exception:  # a plan that cannot be evaluated is a problem elsewhere, not here
            return {}

    def _batch_size(self) -> int:
        size = self._settings().get("batch_size", 1)
        return size if isinstance(size, int) else 1

    def _last_seed(self) -> int:
        seed = self._settings().get("seed", 0)
        return seed if isinstance(seed, int) else 0


def when_over(control: RunControl, then: Callable[[], None], patience: float) -> None:
    """Call `then` once the run has ended, or after `patience` seconds."""
    end = time.monotonic() + patience
    timer = QTimer(control)
    timer.setObjectName("waiting for the run to end")
    timer.setInterval(POLL)

    def look() -> None:
        control.poll()
        if not control.live or time.monotonic() > end:
            timer.stop()
            timer.deleteLater()
            then()

    timer.timeout.connect(look)
    timer.start()
