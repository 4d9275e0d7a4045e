"""What earlier windows left: unsaved work, and runs that still go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.figures import ago
from nnstudio.app.questions import ask

if TYPE_CHECKING:
    from nnstudio.app.files import Files
    from nnstudio.app.window import Window
    from nnstudio.document.autosave import Recovery


class Unfinished(QObject):
    """Finds it, and has the start page list it."""

    def __init__(self, window: Window, files: Files) -> None:
        super().__init__(files)
        self._window, self._files = window, files

    def look(self) -> None:
        """Find unsaved work and runs still going, and list them on the start page."""

        def find() -> tuple[Any, Any]:
            from nnstudio.document.autosave import find_recoveries
            from nnstudio.runs.listing import list_runs

            return find_recoveries(), [run for run in list_runs() if run.live]

        def found(both: tuple[Any, Any]) -> None:
            recoveries, runs = both
            now = time.time()
            start = self._window.start
            start.show_recoveries([(r.name, ago(now - r.time), r) for r in recoveries])
            start.show_running([(r.project_name, _progress(r), r) for r in runs])
            self._window.start_refreshed.emit()

        self._window.link.work(find, found, lambda error: None)

    def watch_run(self, run: Any) -> None:
        """Open the project of a run that is still going, and follow the run."""
        self._files.opening.open_run_drawing(run.path, watch=True)

    def stop_run(self, run: Any) -> None:
        """End a run that is still going, with a checkpoint."""
        from nnstudio.runs.requests import send

        send(run.path, "stop")
        QTimer.singleShot(1500, self, self.look)

    def discard(self, recovery: Recovery) -> None:
        """Let unsaved work go, after asking."""

        def answered(answer: str) -> None:
            if answer == "discard":
                recovery.discard()
                self.look()

        ask(
            self._window,
            "discard_recovery",
            f"Discard the unsaved work on {recovery.name}?",
            "It cannot be brought back.",
            (("cancel", "Keep it", "cancel"), ("discard", "Discard it", "danger")),
            answered,
        )


def _progress(run: Any) -> str:
    return f"epoch {run.epoch} of {run.epochs} · step {run.step}"
