"""Saving: in a thread, atomic, never over somebody else's change; a failure says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from nnstudio.app.dialogs import file_dialog
from nnstudio.app.questions import ask
from nnstudio.app.snapshot import snapshot

if TYPE_CHECKING:
    from nnstudio.app.files import Files
    from nnstudio.app.window import Window
    from nnstudio.document.document import Document
    from nnstudio.document.lock import Lock

FILTER = "NN Studio projects (*.nns)"


class Saving(QObject):
    """Writes the open project to files."""

    def __init__(self, window: Window, files: Files) -> None:
        super().__init__(files)
        self._window, self._files = window, files
        self.busy = False
        """Whether a thread is writing."""
        self._waiting: list[Callable[[], None]] = []
        """What is to be written once the thread is done, in the order in which it was asked."""

    def save(self, then: Callable[[], None] | None = None, *, overwrite: bool = False) -> None:
        """Write the project to its file, or ask for one."""
        document = self._files.document
        if document is None:
            return
        if document.path is None:
            self.save_as(then)
        else:
            self._write(document.path, then, overwrite=overwrite)

    def save_as(self, then: Callable[[], None] | None = None) -> None:
        """Ask for a file and write the project to it."""
        document = self._files.document
        if document is None:
            return
        dialog = file_dialog(
            self._window, "save_dialog", "Save project", FILTER, self._window.settings.folder
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("nns")
        stem = document.path.stem if document.path else _file_stem(document.project.name)
        dialog.selectFile(f"{stem}.nns")
        dialog.fileSelected.connect(lambda chosen: self._write_as(Path(chosen), then))
        dialog.rejected.connect(self._files.leaving.stayed)
        dialog.open()

    def _write_as(self, path: Path, then: Callable[[], None] | None) -> None:
        """Write to a file that was chosen, after a question where another window holds it."""
        from nnstudio.document.lock import Lock

        document, lock = self._files.document, Lock(path)
        known = document.path if document is not None else None
        own = known is not None and known.resolve() == path.resolve()
        if not own and not lock.acquire():
            self._ask_about_holder(path, lock, then)
            return
        lock.release()
        self._write(path, then, overwrite=True)

    def _ask_about_holder(self, path: Path, lock: Lock, then: Callable[[], None] | None) -> None:
        def answered(answer: str) -> None:
            if answer == "elsewhere":
                self.save_as(then)
            elif answer == "take":
                lock.take()
                lock.release()
                self._write(path, then, overwrite=True)
            else:
                self._files.leaving.stayed.emit()

        ask(
            self._window,
            "held_elsewhere",
            f"{path.name} is open in another window.",
            f"It is held by {lock.holder_words}. Saving here would undo what is done there.",
            (
                ("elsewhere", "Save elsewhere…", "yes"),
                ("take", "Save here all the same", "danger"),
                ("cancel", "Cancel", "cancel"),
            ),
            answered,
        )

    def _write(self, path: Path, then: Callable[[], None] | None, *, overwrite: bool) -> None:
        document = self._files.document
        if document is None:
            return
        if self.busy:
            self._waiting.append(
                lambda: self._write_later(document, path, then, overwrite=overwrite)
            )
            return
        project, state = snapshot(document.project), document.state
        own = path == document.path
        changed = own and not overwrite and document.changed_on_disk
        if changed:
            self._ask_about_change(path, then)
            return
        self.busy = True
        self._show_saved()

        def job() -> Any:
            from graph_compiler.files import save_project
            from nnstudio.document.on_disk import Fingerprint

            save_project(project, path)
            return Fingerprint.of(path)

        def done(written: Any) -> None:
            self.busy = False
            if self._files.document is document:
                self._files.follow_lock(document, path)
            document.note_saved(path, written, state)
            self._window.settings.add_recent(path)
            self._window.settings.folder = path.parent
            if self._window.editor is not None and self._files.document is document:
                self._window.editor.notices.clear("save_failed")
                self._window.editor.notices.clear("read_only")
                self._window.editor.set_read_only("")
            self._show_saved()
            if then is not None:
                then()
            self._write_next()

        def failed(error: Exception) -> None:
            self.busy = False
            self._show_saved()
            self._save_failed(path, error)
            self._files.leaving.stayed.emit()
            self._write_next()

        self._window.link.work(job, done, failed)

    def _write_next(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one()

    def _write_later(
        self, document: Document, path: Path, then: Callable[[], None] | None, *, overwrite: bool
    ) -> None:
        """Write what was asked for while a thread was writing, if it is still open."""
        if self._files.document is document:
            self._write(path, then, overwrite=overwrite)

    def _save_failed(self, path: Path, error: Exception) -> None:
        editor = self._window.editor
        if editor is not None:
            editor.notices.show_notice(
                "save_failed",
                "error",
                f"Not saved. {error}",
                ("Save elsewhere…", "save_elsewhere", self.save_as),
                ("Try again", "save_again", lambda: self._write(path, None, overwrite=False)),
            )

    def _ask_about_change(self, path: Path, then: Callable[[], None] | None) -> None:
        def answered(answer: str) -> None:
            if answer == "overwrite":
                self._write(path, then, overwrite=True)
            elif answer == "elsewhere":
                self.save_as(then)
            else:
                self._files.leaving.stayed.emit()

        ask(
            self._window,
            "changed_on_disk",
            f"{path.name} was changed by another program.",
            "Saving here would undo that change.",
            (
                ("elsewhere", "Save elsewhere…", "yes"),
                ("overwrite", "Overwrite it", "danger"),
                ("cancel", "Cancel", "cancel"),
            ),
            answered,
        )

    def _show_saved(self) -> None:
        if self._window.editor is not None:
            self._window.editor.show_saved()


def _file_stem(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_ " else " " for c in name)
    return "-".join(kept.split())[:60].lower() or "untitled"
