"""Before something is left: a run still going and changes not saved are asked about, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from nnstudio.app.questions import ask
from nnstudio.app.run_control import when_over

if TYPE_CHECKING:
    from nnstudio.app.files import Files
    from nnstudio.app.window import Window

STOP_PATIENCE = 10.0
"""Seconds that a stopping run may take before the window goes on all the same."""


class Leaving(QObject):
    """Asks, then goes on."""

    stayed = Signal()
    """A person wants to stay, or what was to be saved first was not."""

    def __init__(self, window: Window, files: Files) -> None:
        super().__init__(files)
        self._window, self._files = window, files
        self.asking = False
        """Whether a question is open."""

    def ask(
        self, then: Callable[[], None], *, leaving: bool = False, run_goes_on: bool = False
    ) -> None:
        """Ask about a run still going and about what is not saved, each once, then go on."""
        if self.asking:
            return
        editor = self._window.editor
        asked = self._window.settings.asks("run")
        if editor is not None and editor.run.live and not run_goes_on and asked:
            self._ask_about_run(lambda: self._ask_about_changes(then), leaving)
        else:
            self._ask_about_changes(then)

    def _ask_about_run(self, then: Callable[[], None], leaving: bool) -> None:
        self.asking = True

        def answered(answer: str) -> None:
            self.asking = False
            editor = self._window.editor
            if answer == "stop" and editor is not None:
                editor.run.stop()
                when_over(editor.run, then, STOP_PATIENCE)
            elif answer == "keep":
                then()
            else:
                self.stayed.emit()

        what = "is closed" if leaving else "shows something else"
        ask(
            self._window,
            "run_question",
            "The run is still going.",
            f"It can go on while the window {what}; the start page lists it.",
            (
                ("keep", "Keep training", "yes"),
                ("stop", "Stop with a checkpoint", "other"),
                ("cancel", "Cancel", "cancel"),
            ),
            answered,
            lambda: self._window.settings.set_asked("run", False),
        )

    def _ask_about_changes(self, then: Callable[[], None]) -> None:
        document = self._files.document
        if document is None or not document.dirty:
            then()
            return
        self.asking = True

        def answered(answer: str) -> None:
            self.asking = False
            if answer == "save":
                self._files.saving.save(then)
            elif answer == "discard":
                self._files.forget_changes()
                then()
            else:
                self.stayed.emit()

        ask(
            self._window,
            "save_question",
            f"Save the changes to {document.project.name}?",
            "They are lost otherwise.",
            (
                ("save", "Save", "yes"),
                ("discard", "Discard", "danger"),
                ("cancel", "Cancel", "cancel"),
            ),
            answered,
        )
