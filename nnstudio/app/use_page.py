"""Joins the panel “Use it” with the run of its editor: which weights there are, what was seen.

Looks at the run's folder in a thread, and only while the panel can be seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.link import Link

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor

EVERY = 1000
"""Milliseconds between two looks at the run's folder, at least."""


class UsePage(QObject):
    """Keeps the panel at the run at hand."""

    def __init__(self, editor: Editor, link: Link) -> None:
        super().__init__(editor)
        self._editor, self._link, self._panel = editor, link, editor.use
        self._run: Path | None = None
        self._steps: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        editor.run.run_changed.connect(self._run_changed)
        editor.run.progressed.connect(self._look_later)
        editor.run.phase_changed.connect(self._look_soon)
        editor.run.ended.connect(self._look_soon)
        editor.docks["use"].visibilityChanged.connect(self._look_soon)
        self._panel.look_wanted.connect(self._show_look)
        self._panel.trust_wanted.connect(self._ask_for_trust)

    def dispose(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._run = None

    def _run_changed(self, reader: Any) -> None:
        path = self._editor.run.path
        self._run = Path(path) if path is not None else None
        self._steps = []
        self._panel.set_run(self._run)
        self._look_soon()

    def _look_soon(self, *_: Any) -> None:
        if self._run is not None:
            self._timer.start(0)

    def _look_later(self) -> None:
        if self._run is not None and not self._timer.isActive():
            self._timer.start(EVERY)

    def look(self) -> None:
        """Look which weights and moments the run has by now."""
        run = self._run
        if run is None or not self._panel.isVisible():
            return

        def read() -> tuple[list[dict[str, Any]], list[int]]:
            from nnstudio.plotdata.seen import steps_of
            from nnstudio.runs.weights import weights_of

            return weights_of(run), steps_of(run)

        def found(result: tuple[list[dict[str, Any]], list[int]]) -> None:
            if run == self._run:
                weights, self._steps = result
                self._panel.show_weights(weights, self._editor.run.live)
                self._panel.seen.show_moments(self._steps)

        self._link.look(self, read, found)

    def _show_look(self, place: int) -> None:
        run, steps = self._run, self._steps
        if run is None or not 0 <= place < len(steps):
            return

        def read() -> dict[str, Any]:
            from nnstudio.plotdata.seen import look_at

            return look_at(run, steps[place])

        seen = self._panel.seen
        self._link.look((self, "seen"), read, lambda look: seen.show_look(place, look))

    def _ask_for_trust(self) -> None:
        if self._run is not None:
            from nnstudio.app.trust import when_run_trusted

            when_run_trusted(self._editor, self._run, self._panel.again_button.click)
