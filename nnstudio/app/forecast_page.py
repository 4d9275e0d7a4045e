"""Joins the forecast under the plan with the project: memory after each edit, time when asked for.

Works in threads; the steps that are timed run in a process of their own, which ends with the first
edit, with the first run, and when a person wants it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.link import Link
from nnstudio.app.run_control import Phase

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from nnstudio.app.editor import Editor
    from nnstudio.document.events import Event
    from nnstudio.runs.pace import Calibration, Pace

REST = 500
"""Milliseconds without another edit after which the forecast follows."""


class ForecastPage(QObject):
    """Keeps the forecast of one editor."""

    def __init__(self, editor: Editor, link: Link) -> None:
        super().__init__(editor)
        self._editor, self._link, self._line = editor, link, editor.plan.forecast
        self._calibration: Calibration | None = None
        self._number = 0
        self._rest = QTimer(self)
        self._rest.setObjectName("forecast rests")
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.look)
        self._line.time_wanted.connect(self.time)
        self._line.cancel_wanted.connect(self.cancel)
        editor.docks["plan"].visibilityChanged.connect(lambda seen: seen and self._rest.start())
        editor.run.phase_changed.connect(self._phase_changed)
        self._unsubscribe = editor.document.subscribe(self._heard)
        self._rest.start()

    def dispose(self) -> None:
        """Forecast no more."""
        self._rest.stop()
        self.cancel()
        self._unsubscribe()

    def look(self) -> None:
        """Work out what the project as it is will need of memory."""
        if not self._editor.docks["plan"].isVisible():
            return
        from nnstudio.app.snapshot import snapshot

        project, device = snapshot(self._editor.document.project), self._editor.run.device
        self._number += 1
        number = self._number

        def show(told: tuple[str, bool]) -> None:
            if number == self._number:
                self._line.show_memory(*told)

        self._link.work(lambda: _memory(project, device), show, lambda _: show(("", False)))

    def time(self) -> None:
        """Have some steps of the project timed."""
        if hindrance := self._editor.run.hindrance():
            self._line.show_time(hindrance)
            return
        from graph_compiler.files import project_text
        from nnstudio.app.snapshot import snapshot
        from nnstudio.runs.pace import Calibration
        from nnstudio.runs.trust import is_trusted

        document, run = self._editor.document, self._editor.run
        project = snapshot(document.project)
        if not is_trusted(project):
            run.trust_needed.emit(project, self.time)
            return
        self.cancel()
        base = str(document.path.parent) if document.path else ""
        one = Calibration(project_text(project), base, run.device, run.threads)
        self._calibration = one
        self._line.show_timing()

        def ended(words: str) -> None:
            if self._calibration is one:
                self._calibration = None
                self._line.show_time(words)

        def found(pace: Pace) -> None:
            ended(f"{pace.words[:1].upper()}{pace.words[1:]}.")

        self._link.work(one.result, found, lambda error: ended(f"Not known: {error}"))

    def cancel(self) -> None:
        """Stop timing, if something is being timed; what was found goes as well."""
        one, self._calibration = self._calibration, None
        if one is not None:
            one.cancel()
        self._line.show_time("")

    def _heard(self, event: Event) -> None:
        from nnstudio.document import events

        changes = (
            events.ReportChanged, events.PlanChanged, events.DataChanged, events.VariablesChanged,
            events.ProjectChanged,
        )  # fmt: skip
        if isinstance(event, changes):
            self.cancel()
            self._rest.start()

    def _phase_changed(self, phase: Any) -> None:
        if phase is Phase.STARTING and self._calibration is not None:
            self.cancel()


def _memory(project: Project, device: str) -> tuple[str, bool]:
    """What a run needs of memory, in words, and whether it is too much."""
    from nnstudio.runs.forecast import forecasts
    from nnstudio.runs.readiness import reports
    from nnstudio.runs.room import memory_words, room_faults, room_here, trains_here

    known = reports(project)
    found = forecasts(project, known)
    if not found:
        return "", False
    here = trains_here(device)
    room = room_here()
    faults = tuple(room_faults(project, known, room)) if here else ()
    if faults:
        return faults[0].text, True
    return f"Needs {memory_words(found, room if here else 0)}.", False
