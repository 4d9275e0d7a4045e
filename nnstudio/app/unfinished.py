"""What earlier windows left: unsaved work, and runs that still go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.figures import ago, count
from nnstudio.app.questions import ask

if TYPE_CHECKING:
    from nnstudio.app.files import Files
    from nnstudio.app.window import Window
    from nnstudio.document.autosave import Recovery

AGAIN = 1000
"""Milliseconds between looks at runs while the start page lists some."""


class Unfinished(QObject):
    """Finds it, and has the start page list it."""

    def __init__(self, window: Window, files: Files) -> None:
        super().__init__(files)
        self._window, self._files = window, files
        self._listed: object = None
        self._again = QTimer(self)
        self._again.setObjectName("look for runs again")
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN)
        self._again.timeout.connect(self.look)

    def look(self) -> None:
        """Find unsaved work and runs still going, and list them on the start page."""

        def find() -> tuple[Any, Any]:
            from nnstudio.document.autosave import find_recoveries
            from nnstudio.runs.listing import list_runs

            return find_recoveries(), [run for run in list_runs() if run.state.live]

        def found(both: tuple[Any, Any]) -> None:
            recoveries, runs = both
            now = time.time()
            unsaved = [(one.name, ago(now - one.time), one) for one in recoveries]
            going = [(run.info.project_name, _progress(run.state), run) for run in runs]
            shown = [row[:2] for row in (*unsaved, *going)]
            if shown != self._listed:
                self._listed = shown
                self._window.start.show_recoveries(unsaved)
                self._window.start.show_running(going)
            if going and self._window.start.isVisible():
                self._again.start()
            self._window.start_refreshed.emit()

        self._window.link.look(self, find, found)

    def close(self) -> None:
        """Look no more."""
        self._again.stop()

    def watch_run(self, run: Any) -> None:
        """Open the project of a run that is still going, and follow the run."""
        self._files.opening.open_run_drawing(run.path, watch=True)

    def stop_run(self, run: Any) -> None:
        """End a run that is still going, with a checkpoint."""
        from nnstudio.runs.requests import send

        send(run.path, "stop")
        self._again.start()

    def discard(self, recovery: Recovery) -> None:
        """Let unsaved work go, after asking."""

        def answered(answer: str) -> None:
            if answer == "discard":
                recovery.discard()
                self.look()

        if not self._window.settings.asks("discard"):
            answered("discard")
            return
        ask(
            self._window,
            "discard_recovery",
            f"Discard the unsaved work on {recovery.name}?",
            "It cannot be brought back.",
            (("cancel", "Keep it", "cancel"), ("discard", "Discard it", "danger")),
            answered,
            lambda: self._window.settings.set_asked("discard", False),
        )


def _progress(state: Any) -> str:
    now = "paused" if state.status == "paused" else f"epoch {state.epoch} of {state.epochs}"
    return f"{now} · step {count(state.step)} · {state.device.upper() or 'starting'}"
