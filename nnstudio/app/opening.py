"""Opening projects: files, templates, tables, recovered work, the drawing of a run.

Reading happens in a thread; whatever would be lost is asked about first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from nnstudio.app.dialogs import file_dialog
from nnstudio.app.drops import PICTURES, is_data
from nnstudio.app.figures import ago
from nnstudio.app.questions import ask, tell

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from nnstudio.app.files import Files
    from nnstudio.app.window import Window
    from nnstudio.document.autosave import Recovery
    from nnstudio.document.document import Document
    from nnstudio.document.lock import Lock

DATA_FILTER = "Tables (*.csv *.tsv *.txt *.parquet);;All files (*)"
OPEN_FILTER = "Projects, pictures of them, tables (*.nns *.png *.svg *.csv);;All files (*)"


class Opening(QObject):
    """Brings projects into the window."""

    def __init__(self, window: Window, files: Files) -> None:
        super().__init__(files)
        self._window, self._files = window, files
        self.coming: Path | None = None
        """The file that is being opened."""

    def open_target(self, target: str) -> None:
        """Open what the command line names: a file or `template:ID`, either with `@VARIANT`."""
        if target.startswith("template:"):
            self._load_target(target, target)
        elif is_data(Path(target)):
            self.open_dropped(Path(target))
        elif "@" in target and not Path(target).exists():
            self._load_target(target, "")
        elif self._in_another_window(Path(target)):
            self._back()
        else:
            self._open_file(Path(target))

    def _in_another_window(self, path: Path) -> bool:
        """Bring the window to the front that shows a file already."""
        from nnstudio.app.windows import activate

        other = self._window.group.showing(path, self._window)
        if other is None:
            return False
        activate(other)
        self._window.show_message(f"{path.name} is open in the window now in front.")
        return True

    def open_template(self, id: str) -> None:
        """Open a template's demo, which trains at once."""
        self._files.leaving.ask(lambda: self._load_target(f"template:{id}", f"template:{id}"))

    def new(self) -> None:
        """An empty project."""
        self._files.leaving.ask(self._new)

    def open(self) -> None:
        """Ask for a file and open it."""
        dialog = file_dialog(
            self._window, "open_dialog", "Open file", OPEN_FILTER, self._window.settings.folder
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self.open_dropped(Path(chosen)))
        dialog.open()

    def open_path(self, path: Path) -> None:
        """Open a project file, or bring the window to the front that shows it."""
        if self._in_another_window(path) or self._in_this_window(path):
            return
        self._files.leaving.ask(lambda: self._open_file(path))

    def _in_this_window(self, path: Path) -> bool:
        document = self._files.document
        own = document.path if document is not None else None
        if document is None or own is None or own.resolve() != path.resolve():
            return False
        self._window.show_editor()
        if document.changed_on_disk:
            self._files.watching.reload()
        else:
            self._window.show_message(f"{path.name} is open here already.")
        return True

    def reopen(self, path: Path) -> None:
        """Read the file of this window in again."""
        self._open_file(path)

    def open_dropped(self, path: Path) -> None:
        """Open a project, also one that a picture carries, or take a table or folder as data."""
        editor = self._window.editor
        at_hand = editor.document.project.data.source if editor is not None else ""
        if path.suffix.lower() in PICTURES:
            self._files.leaving.ask(lambda: self._load_target(str(path), ""))
        elif not is_data(path, at_hand):
            self.open_path(path)
        elif editor is not None:
            self._use_data(path)
        elif path.is_dir():
            self._start_with_folder(path)
        else:
            self._start_with(path)

    def open_data(self) -> None:
        """Ask for a table and start a project with it."""
        dialog = file_dialog(
            self._window,
            "open_data_dialog",
            "Start from your data",
            DATA_FILTER,
            self._window.settings.folder,
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(
            lambda chosen: self._files.leaving.ask(lambda: self._start_with(Path(chosen)))
        )
        dialog.open()

    def _start_with(self, path: Path) -> None:
        """A new project on a table, with a network that fits it; first the worker reads it."""
        from nnstudio.app.from_table import payload, project_for
        from nnstudio.app.proposal_page import ProposalPage
        from nnstudio.document.proposal import proposal_of

        def read(result: Any) -> None:
            try:
                proposal = proposal_of(result)
            except ValueError as error:
                self._not_opened(path, error)
                return
            page = ProposalPage(self._window, proposal)
            page.accepted.connect(lambda: self._make(path, lambda: project_for(path, proposal)))
            page.rejected.connect(self._back)
            page.open()

        self._ask("propose", path, payload(path), read)

    def _start_with_folder(self, path: Path) -> None:
        """A new project on a folder of pictures or sounds, with a network that fits them."""
        from nnstudio.app.from_folder import payload, project_for

        def read(result: Any) -> None:
            self._make(path, lambda: project_for(path, result))

        self._ask("preview", path, payload(path), read)

    def _ask(
        self, kind: str, path: Path, payload: dict[str, Any], read: Callable[[Any], None]
    ) -> None:
        """Have the worker look at data of the user's."""

        def refused(reason: str) -> None:
            self._not_opened(path, ValueError(reason))

        self._window.show_opening(f"Reading {path.name}…")
        self._window.link.request(kind, payload, read, refused)

    def _make(self, path: Path, project: Callable[[], Project]) -> None:
        """Show a new project on data of the user's, and the data."""
        from nnstudio.document.document import Document

        def show(document: Document) -> None:
            document.mark_unsaved()
            self._files.show(document, None, self._show_data)

        self._window.link.work(lambda: Document(project()), show, partial(self._not_opened, path))

    def _show_data(self) -> None:
        if self._window.editor is not None:
            self._window.editor.show_panel("data")

    def _use_data(self, path: Path) -> None:
        editor = self._window.editor
        if editor is None:
            return
        if editor.read_only_reason:
            editor.say(editor.read_only_reason)
            return
        editor.show_panel("data")
        editor.data.choose_file(str(path))

    def _new(self, then: Callable[[], None] | None = None) -> None:
        from graph_compiler.model import Network, Project
        from nnstudio.document.document import Document

        project = Project(name="Untitled", networks={"main": Network("main", "Network")})
        self._files.show(Document(project), None, then)

    def _load_target(
        self, target: str, origin: str, then: Callable[[], None] | None = None
    ) -> None:
        self._window.show_opening("Opening…")

        def load() -> Document:
            from nnstudio.document.document import Document
            from nnstudio.document.templates import load_target

            return Document(load_target(target), None, origin)

        self._window.link.work(
            load, lambda made: self._files.show(made, None, then), partial(self._not_opened, None)
        )

    def _open_file(self, path: Path, *, anyway: bool = False) -> None:
        self._window.show_opening(f"Opening {path.name}…")
        self.coming = path

        def load() -> tuple[Document, Recovery | None, Lock]:
            from nnstudio.document.autosave import recovery_of
            from nnstudio.document.document import Document
            from nnstudio.document.lock import Lock

            document = Document.open(path)
            lock = Lock(path)
            lock.acquire()
            return document, recovery_of(path), lock

        self._window.link.work(
            load, lambda found: self._opened(path, *found), partial(self._not_opened, path)
        )

    def _opened(
        self, path: Path, document: Document, recovery: Recovery | None, lock: Lock
    ) -> None:
        self.coming = None
        self._window.settings.add_recent(path)
        if lock.holder is not None:
            self._ask_about_lock(document, lock)
        elif recovery is not None:
            self._ask_about_recovery(document, recovery, lock)
        else:
            self._files.show(document, lock)

    def _ask_about_lock(self, document: Document, lock: Lock) -> None:
        path = document.path

        def answered(answer: str) -> None:
            if answer == "read_only":
                reason = "Another window has this project open, so it is read only here."
                self._files.show(document, None, lambda: self._read_only(reason))
            elif answer == "take":
                lock.take()
                self._files.show(document, lock)
            else:
                self._back()

        ask(
            self._window,
            "locked",
            f"{path.name if path else 'The project'} is open in another window.",
            f"It is held by {lock.holder_words}{_since(lock.since)}. Two windows that save the "
            "same file would undo each other's work.",
            (
                ("read_only", "Open read only", "yes"),
                ("take", "Open here all the same", "danger"),
                ("cancel", "Cancel", "cancel"),
            ),
            answered,
        )

    def _read_only(self, reason: str) -> None:
        editor = self._window.editor
        if editor is not None:
            editor.set_read_only(reason)
            editor.notices.show_notice(
                "read_only",
                "warning",
                reason,
                ("Save a copy…", "save_copy", self._files.saving.save_as),
            )

    def _ask_about_recovery(self, document: Document, recovery: Recovery, lock: Lock) -> None:
        def answered(answer: str) -> None:
            if answer == "restore":
                self.restore(recovery, lock)
            elif answer == "discard":
                recovery.discard()
                self._files.show(document, lock)
            else:
                lock.release()
                self._back()

        ask(
            self._window,
            "recover",
            f"There is unsaved work on {recovery.name}.",
            f"It was kept {ago(time.time() - recovery.time)}, when the window ended unexpectedly.",
            (
                ("restore", "Restore it", "yes"),
                ("discard", "Discard it", "danger"),
                ("cancel", "Cancel", "cancel"),
            ),
            answered,
        )

    def restore(self, recovery: Recovery, lock: Lock | None = None) -> None:
        """Open unsaved work; it stays unsaved until the person saves it."""

        def load() -> Document:
            from graph_compiler.files import load_project
            from nnstudio.document.document import Document

            document = Document(load_project(recovery.autosave), recovery.path)
            document.mark_unsaved()
            return document

        def show(document: Document) -> None:
            held = lock
            if held is None and document.path is not None:
                from nnstudio.document.lock import Lock

                held = Lock(document.path)
                held.acquire()
            self._files.show(document, held, adopted=recovery)

        self._window.show_opening(f"Restoring {recovery.name}…")
        self._window.link.work(load, show, partial(self._not_opened, None))

    def _not_opened(self, path: Path | None, error: Exception) -> None:
        self.coming = self._window.returning = None
        self._back()
        if path is not None and not path.exists():
            self._show_recent()
        details = "" if type(error).__name__.endswith("Error") else repr(error)
        tell(self._window, "not_opened", "This could not be opened.", str(error), details)

    def _back(self) -> None:
        """To what was there before something was to be opened."""
        editor = self._window.editor
        if editor is not None:
            self._window.show_editor()
        else:
            self._window.show_start()

    def remove_recent(self, path: Path) -> None:
        """Take a file off the list."""
        self._window.settings.remove_recent(path)
        self._show_recent()

    def pin_recent(self, path: Path, pinned: bool) -> None:
        """Keep a file on the list, or let it go with the others."""
        self._window.settings.pin(path, pinned)
        self._show_recent()

    def clear_recent(self) -> None:
        """Empty the list, but for what is pinned."""
        self._window.settings.clear_recent()
        self._show_recent()

    def _show_recent(self) -> None:
        settings = self._window.settings
        self._window.start.show_recent(settings.recent, settings.pinned)
        self._window.actions_made.refresh_soon()

    def show_start(self) -> None:
        """Close the project and go to the start page."""

        def leave() -> None:
            self._files.let_go()
            self._window.close_editor()
            self._window.show_start()

        self._files.leaving.ask(leave)

    def open_run_drawing(self, run: Path, *, watch: bool = False) -> None:
        """Open the project as a run has it."""

        def load() -> Document:
            from graph_compiler.files import load_project
            from nnstudio.document.document import Document

            return Document(load_project(run / "project.nns"))

        def show(document: Document) -> None:
            self._files.show(document, None, lambda: self._watch(run))

        def leave() -> None:
            self._window.show_opening("Opening…")
            self._window.link.work(load, show, partial(self._not_opened, None))

        self._files.leaving.ask(leave, run_goes_on=not watch)

    def _watch(self, run: Path) -> None:
        if self._window.editor is not None:
            self._window.editor.run.watch(run)


def _since(moment: float) -> str:
    return f", opened {ago(max(0.0, time.time() - moment))}" if moment > 0 else ""
