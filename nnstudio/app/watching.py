"""Watches the file of the open project: changed, replaced, deleted or taken over by others.

It tells in a strip with what can be done; nothing is read in or overwritten unasked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from nnstudio.app.questions import ask

if TYPE_CHECKING:
    from nnstudio.app.files import Files
    from nnstudio.app.window import Window

KEY = "changed"


class Watching(QObject):
    """Looks at the file of one window's project."""

    def __init__(self, window: Window, files: Files) -> None:
        super().__init__(files)
        self._window, self._files = window, files
        self._told: object = None
        """What was told last, so that it is told once."""

    def look(self) -> None:
        """See whether the file is as it was when it was opened or saved."""
        document, editor = self._files.document, self._window.editor
        busy = self._files.saving.busy or self._files.leaving.asking
        if document is None or editor is None or document.path is None or busy:
            return
        path = document.path
        if document.gone_from_disk:
            self._tell_once((document, "gone"), lambda: self._gone(path))
        elif document.changed_on_disk:
            self._tell_once((document, _seen(path)), lambda: self._changed(path))
        elif self._told is not None:
            self._told = None
            editor.notices.clear(KEY)

    def _tell_once(self, what: object, tell: Any) -> None:
        if what != self._told:
            self._told = what
            tell()

    def _gone(self, path: Path) -> None:
        self._document().mark_unsaved()
        self._say(
            "warning",
            f"{path.name} is not there any more: it was deleted, moved or renamed.",
            ("Save it again", "save_again", lambda: self._files.saving.save(overwrite=True)),
            ("Save elsewhere…", "save_elsewhere", self._files.saving.save_as),
        )

    def _changed(self, path: Path) -> None:
        def job() -> Any:
            from graph_compiler.files import load_project

            return load_project(path)

        self._window.link.work(
            job, lambda _: self._readable(path), lambda error: self._broken(path, error)
        )

    def _readable(self, path: Path) -> None:
        document = self._files.document
        if document is None or document.path != path:
            return
        mine = " Changes of yours are not saved yet." if document.dirty else ""
        self._say(
            "warning",
            f"{path.name} was changed by another program.{mine}",
            ("Reload", "reload_file", self.reload),
            ("Keep mine", "keep_mine", self._keep),
            ("Compare…", "compare_file", self._compare),
        )

    def _broken(self, path: Path, error: Exception) -> None:
        document = self._files.document
        if document is None or document.path != path:
            return
        document.mark_unsaved()
        self._say(
            "error",
            f"{path.name} was replaced by something that is no project. {error}",
            ("Keep mine", "keep_mine", self._keep),
            ("Save elsewhere…", "save_elsewhere", self._files.saving.save_as),
        )

    def _say(self, kind: str, text: str, *buttons: Any) -> None:
        editor = self._window.editor
        if editor is not None:
            editor.notices.show_notice(KEY, kind, text, *buttons)

    def _document(self) -> Any:
        return self._files.document

    def _keep(self) -> None:
        """What is open counts; the next save writes it over the file."""
        document, editor = self._files.document, self._window.editor
        if document is None or editor is None:
            return
        document.keep_mine()
        document.mark_unsaved()
        editor.notices.clear(KEY)
        self._told = None
        editor.say("Yours is kept. Saving writes it over the other one.")

    def _compare(self) -> None:
        from nnstudio.app.compare.view import open_compare

        if self._window.editor is not None:
            open_compare(self._window)

    def reload(self) -> None:
        """Read the file in again, after asking about changes that are not saved."""
        document = self._files.document
        if document is None or document.path is None:
            return
        if not document.dirty:
            self._files.reload()
            return
        ask(
            self._window,
            "reload_question",
            f"Reload {document.path.name}?",
            "Your changes that are not saved are lost.",
            (("cancel", "Keep mine", "cancel"), ("reload", "Reload", "danger")),
            lambda answer: self._files.reload() if answer == "reload" else None,
        )

    def look_at_lock(self) -> None:
        """Was the file taken over by another window?"""
        document, editor, lock = self._files.document, self._window.editor, self._files.lock
        if document is None or editor is None or lock is None or not lock.lost:
            return
        self._files.give_up_lock()
        name = document.path.name if document.path is not None else "The project"
        reason = f"Another window has taken {name} over, so it is read only here."
        editor.set_read_only(reason)
        editor.notices.show_notice(
            "read_only",
            "warning",
            reason,
            ("Save a copy…", "save_copy", self._files.saving.save_as),
        )


def _seen(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
