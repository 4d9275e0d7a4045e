"""Painted points change while a run goes: it ends with a checkpoint, another goes on from there.

The other run learns from the new points with the weights, the optimizer and the epochs so far. Owns
the waiting: for the hand to rest, and for the first run to end.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.run_control import RunControl, when_over
from nnstudio.document.document import Document
from nnstudio.document.events import DataChanged, Event

REST = 600
"""Milliseconds without another change after which the run follows."""
PATIENCE = 30.0
"""Seconds that the first run gets to end."""
FOLLOWED = "painted"
"""The source whose changes a run follows."""


class Continuing(QObject):
    """Has the run in hand go on with points as they are painted."""

    def __init__(self, document: Document, control: RunControl) -> None:
        super().__init__(control)
        self._document, self._control = document, control
        self._timer = QTimer(self)
        self._timer.setObjectName("painting rests")
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._follow)
        self._unsubscribe = document.subscribe(self._heard)

    def dispose(self) -> None:
        """Follow no more."""
        self._timer.stop()
        self._unsubscribe()

    def _heard(self, event: Event) -> None:
        if isinstance(event, DataChanged) and self._differs():
            self._timer.start()

    def _differs(self) -> bool:
        """Whether a run is in hand that learns from other painted points."""
        known, now = self._control.data, self._document.project.data
        if not self._control.live or known is None or known == now:
            return False
        return known.source == FOLLOWED == now.source

    def _follow(self) -> None:
        if not self._differs() or self._control.refused("stop"):
            return
        hindrance = self._control.hindrance()
        if hindrance or self._document.purpose.data is None:
            told = hindrance or "Paint points of at least two classes."
            self._control.message.emit(f"The run keeps the points it began with. {told}")
            return
        path = self._control.path
        assert path is not None
        self._control.stop()
        when_over(self._control, lambda: self._go_on(path), PATIENCE)

    def _go_on(self, path: Path) -> None:
        from nnstudio.app.snapshot import snapshot

        if self._control.live or self._control.path != path:
            return
        project = snapshot(self._document.project)

        def create() -> tuple[Path, bool]:
            from nnstudio.runs.fork import fork_run

            return fork_run(path, project)

        self._control.message.emit("The run goes on with the new points and what it has learned.")
        self._control.begin_fork(create, project.data)
