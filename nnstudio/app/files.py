"""What the window holds of a project: file, lock, autosave; and who does what with files.

`Files` joins the parts: opening, saving, exporting, leaving, and what earlier windows left.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from nnstudio.app.exporting import Exporting
from nnstudio.app.leaving import Leaving
from nnstudio.app.opening import Opening
from nnstudio.app.saving import Saving
from nnstudio.app.unfinished import Unfinished
from nnstudio.app.watching import Watching

if TYPE_CHECKING:
    from nnstudio.app.window import Window
    from nnstudio.document.autosave import Autosave, Recovery
    from nnstudio.document.document import Document
    from nnstudio.document.lock import Lock

CLOCK = 500
"""Milliseconds between looks at the autosave."""
WATCH = 4
"""Looks at the autosave between two looks at the file."""


class Files(QObject):
    """The open project's file and what can be done with files."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._autosave: Autosave | None = None
        self.lock: Lock | None = None
        self._ticks = 0
        self.leaving = Leaving(window, self)
        self.opening = Opening(window, self)
        self.saving = Saving(window, self)
        self.exporting = Exporting(window)
        self.unfinished = Unfinished(window, self)
        self.watching = Watching(window, self)
        self._clock = QTimer(self)
        self._clock.setObjectName("autosave clock")
        self._clock.setInterval(CLOCK)
        self._clock.timeout.connect(self._tick)

    @property
    def document(self) -> Document | None:
        """The open document."""
        return self._window.editor.document if self._window.editor is not None else None

    def show(
        self,
        document: Document,
        lock: Lock | None,
        then: Callable[[], None] | None = None,
        adopted: Recovery | None = None,
    ) -> None:
        """Hold a document and build its editor; `adopted` is the recovery it was opened from."""
        from nnstudio.document.autosave import Autosave

        self.let_go()
        self.lock = lock
        self._autosave = Autosave(document, adopted)
        self.use_delay()
        self._clock.start()
        self._window.show_document(document, then)

    def use_delay(self) -> None:
        """Keep changes as soon as the settings say."""
        if self._autosave is not None:
            self._autosave.delay = float(self._window.settings.autosave)

    def follow_lock(self, document: Document, path: Path) -> None:
        """Lock the file that the document is being saved to, and no other."""
        from nnstudio.document.lock import Lock

        if path != document.path or self.lock is None:
            if self.lock is not None:
                self.lock.release()
            self.lock = Lock(path)
            self.lock.acquire()

    def give_up_lock(self) -> None:
        """The file belongs to another window now."""
        self.lock = None

    def reload(self) -> None:
        """Read the project's file in again, and show it as it was shown."""
        from nnstudio.app.session import state_of

        document = self.document
        if document is None or document.path is None:
            return
        self._window.returning = state_of(self._window)
        path = document.path
        self.forget_changes()
        if self.lock is not None:
            self.lock.release()
            self.lock = None
        self.opening.reopen(path)

    def forget_changes(self) -> None:
        """The person does not want what is not saved."""
        if self._autosave is not None:
            self._autosave.close(discard=True)
            self._autosave = None

    def keep_recoverable(self) -> None:
        """Write what is not saved to its recovery file, now."""
        if self._autosave is not None:
            self._autosave.close()
            self._autosave = None

    def let_go(self) -> None:
        """Let go of file, lock and autosave."""
        self._clock.stop()
        if self._autosave is not None:
            document = self.document
            self._autosave.close(discard=document is None or not document.dirty)
            self._autosave = None
        if self.lock is not None:
            self.lock.release()
            self.lock = None

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % WATCH == 0:
            self.watching.look()
            self.watching.look_at_lock()
        if self._autosave is not None and self._autosave.due():
            self._autosave.write()
            if self._autosave.error and self._window.editor is not None:
                self._window.editor.say(f"Autosave: {self._autosave.error}")
