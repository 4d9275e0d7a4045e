"""Projects and their files in the window: new, open, save, export, recover, leave.

Owns which file is open, its lock, its autosave, and the questions before something is lost. Reading
and writing happen in threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from nnstudio.app.exporting import Exporting
from nnstudio.app.figures import ago
from nnstudio.app.questions import ask, tell
from nnstudio.app.run_control import when_over
from nnstudio.app.snapshot import snapshot

if TYPE_CHECKING:
    from nnstudio.app.window import Window
    from nnstudio.document.autosave import Autosave, Recovery
    from nnstudio.document.document import Document
    from nnstudio.document.lock import Lock

FILTER = "NN Studio projects (*.nns)"
OPEN_FILTER = "Projects and tables (*.nns *.csv);;All files (*)"
CLOCK = 500
"""Milliseconds between looks at the autosave."""

STOP_PATIENCE = 10.0
"""Seconds that a stopping run may take before the window closes all the same."""


class Files(QObject):
    """What a window does with files."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._autosave: Autosave | None = None
        self._lock: Lock | None = None
        self._asking = False
        self.saving = False
        self.exporting = Exporting(window)
        self._clock = QTimer(self)
        self._clock.setObjectName("autosave clock")
        self._clock.setInterval(CLOCK)
        self._clock.timeout.connect(self._tick)

    # Opening

    def open_target(self, target: str) -> None:
        """Open what the command line names: a file or `template:ID`, either with `@VARIANT`."""
        if target.startswith("template:"):
            self._load_target(target, target)
        elif Path(target).suffix.lower() == ".csv":
            self.open_dropped(Path(target))
        elif "@" in target and not Path(target).exists():
            self._load_target(target, "")
        else:
            self._open_file(Path(target))

    def open_template(self, id: str) -> None:
        """Open a template's demo, which trains at once."""
        self.ask_before_leaving(lambda: self._load_target(f"template:{id}", f"template:{id}"))

    def new(self) -> None:
        """An empty project."""
        self.ask_before_leaving(self._new)

    def open(self) -> None:
        """Ask for a file and open it."""
        dialog = self._dialog("open_dialog", "Open file", OPEN_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self.open_dropped(Path(chosen)))
        dialog.open()

    def open_path(self, path: Path) -> None:
        """Open a project file."""
        self.ask_before_leaving(lambda: self._open_file(path))

    def open_dropped(self, path: Path) -> None:
        """Open a project, or take a table as the data of the open project or of a new one."""
        if path.suffix.lower() != ".csv":
            self.open_path(path)
        elif self._window.editor is not None:
            self._use_table(path)
        else:
            self._new(lambda: self._use_table(path))

    def _use_table(self, path: Path) -> None:
        editor = self._window.editor
        if editor is None:
            return
        editor.show_panel("data")
        editor.data.open_csv(path)

    def _new(self, then: Callable[[], None] | None = None) -> None:
        from graph_compiler.model import Network, Project
        from nnstudio.document.document import Document

        project = Project(name="Untitled", networks={"main": Network("main", "Network")})
        self._show(Document(project), None, then)

    def _load_target(self, target: str, origin: str) -> None:
        self._window.show_opening("Opening…")

        def load() -> Document:
            from nnstudio.document.document import Document
            from nnstudio.document.templates import load_target

            return Document(load_target(target), None, origin)

        self._window.link.work(load, lambda d: self._show(d, None), partial(self._not_opened, None))

    def _open_file(self, path: Path, *, anyway: bool = False) -> None:
        self._window.show_opening(f"Opening {path.name}…")

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
        self._window.settings.add_recent(path)
        if lock.holder is not None:
            self._ask_about_lock(document, lock)
        elif recovery is not None:
            self._ask_about_recovery(document, recovery, lock)
        else:
            self._show(document, lock)

    def _ask_about_lock(self, document: Document, lock: Lock) -> None:
        path = document.path

        def answered(answer: str) -> None:
            if answer == "read_only":
                reason = "Another window has this project open, so it is read only here."
                self._show(document, None, lambda: self._read_only(reason))
            elif answer == "take":
                lock.take()
                self._show(document, lock)
            else:
                self._back()

        ask(
            self._window,
            "locked",
            f"{path.name if path else 'The project'} is open in another window.",
            "Two windows that save the same file would undo each other's work.",
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
                "read_only", "warning", reason, ("Save a copy…", "save_copy", self.save_as)
            )

    def _ask_about_recovery(self, document: Document, recovery: Recovery, lock: Lock) -> None:
        def answered(answer: str) -> None:
            if answer == "restore":
                self.restore(recovery, lock)
            elif answer == "discard":
                recovery.discard()
                self._show(document, lock)
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
            self._show(document, held, adopted=recovery)

        self._window.show_opening(f"Restoring {recovery.name}…")
        self._window.link.work(load, show, partial(self._not_opened, None))

    def discard(self, recovery: Recovery) -> None:
        """Let unsaved work go, after asking."""

        def answered(answer: str) -> None:
            if answer == "discard":
                recovery.discard()
                self.list_unfinished()

        ask(
            self._window,
            "discard_recovery",
            f"Discard the unsaved work on {recovery.name}?",
            "It cannot be brought back.",
            (("cancel", "Keep it", "cancel"), ("discard", "Discard it", "danger")),
            answered,
        )

    def _show(
        self,
        document: Document,
        lock: Lock | None,
        then: Callable[[], None] | None = None,
        adopted: Recovery | None = None,
    ) -> None:
        from nnstudio.document.autosave import Autosave

        self._let_go()
        self._lock = lock
        self._autosave = Autosave(document, adopted)
        self._clock.start()
        self._window.show_document(document, then)

    def _not_opened(self, path: Path | None, error: Exception) -> None:
        self._back()
        if path is not None and not path.exists():
            self._window.start.show_recent(self._window.settings.recent)
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
        self._window.start.show_recent(self._window.settings.recent)

    def show_start(self) -> None:
        """Close the project and go to the start page."""

        def leave() -> None:
            self._let_go()
            self._window.close_editor()
            self._window.show_start()

        self.ask_before_leaving(leave)

    # Runs and recoveries of earlier windows

    def list_unfinished(self) -> None:
        """Find unsaved work and runs still going, and list them on the start page."""

        def look() -> tuple[Any, Any]:
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

        self._window.link.work(look, found, lambda error: None)

    def watch_run(self, run: Any) -> None:
        """Open the project of a run that is still going, and follow the run."""
        self.open_run_drawing(run.path, watch=True)

    def stop_run(self, run: Any) -> None:
        """End a run that is still going, with a checkpoint."""
        from nnstudio.runs.requests import send

        send(run.path, "stop")
        QTimer.singleShot(1500, self, self.list_unfinished)

    def open_run_drawing(self, run: Path, *, watch: bool = False) -> None:
        """Open the project as a run has it."""

        def load() -> Document:
            from graph_compiler.files import load_project
            from nnstudio.document.document import Document

            return Document(load_project(run / "project.nns"))

        def show(document: Document) -> None:
            self._show(document, None, lambda: self._watch(run))

        def leave() -> None:
            self._window.show_opening("Opening…")
            self._window.link.work(load, show, partial(self._not_opened, None))

        self.ask_before_leaving(leave, run_goes_on=not watch)

    def _watch(self, run: Path) -> None:
        if self._window.editor is not None:
            self._window.editor.run.watch(run)

    # Saving

    def save(self, then: Callable[[], None] | None = None, *, overwrite: bool = False) -> None:
        """Write the project to its file, or ask for one."""
        document = self._document()
        if document is None:
            return
        if document.path is None:
            self.save_as(then)
        else:
            self._write(document.path, then, overwrite=overwrite)

    def save_as(self, then: Callable[[], None] | None = None) -> None:
        """Ask for a file and write the project to it."""
        document = self._document()
        if document is None:
            return
        dialog = self._dialog("save_dialog", "Save project", FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("nns")
        stem = document.path.stem if document.path else _file_stem(document.project.name)
        dialog.selectFile(f"{stem}.nns")
        dialog.fileSelected.connect(lambda chosen: self._write(Path(chosen), then, overwrite=True))
        dialog.open()

    def _write(self, path: Path, then: Callable[[], None] | None, *, overwrite: bool) -> None:
        from nnstudio.document import events

        document = self._document()
        if document is None or self.saving:
            return
        project, own = snapshot(document.project), path == document.path
        changed = own and not overwrite and document.changed_on_disk
        if changed:
            self._ask_about_change(path, then)
            return
        edited: list[bool] = []
        unsubscribe = document.subscribe(
            lambda e: edited.append(True) if isinstance(e, events.HistoryChanged) else None
        )
        self.saving = True
        self._show_saved()

        def job() -> Any:
            from graph_compiler.files import save_project
            from nnstudio.document.on_disk import Fingerprint

            save_project(project, path)
            return Fingerprint.of(path)

        def done(written: Any) -> None:
            unsubscribe()
            self.saving = False
            self._follow_lock(document, path)
            document.note_saved(path, written, current=not edited)
            self._window.settings.add_recent(path)
            self._window.settings.folder = path.parent
            if self._window.editor is not None:
                self._window.editor.notices.clear("save_failed")
                self._window.editor.notices.clear("read_only")
                self._window.editor.set_read_only("")
            self._show_saved()
            if then is not None:
                then()

        def failed(error: Exception) -> None:
            unsubscribe()
            self.saving = False
            self._show_saved()
            self._save_failed(path, error)

        self._window.link.work(job, done, failed)

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

    def _follow_lock(self, document: Document, path: Path) -> None:
        if path != document.path or self._lock is None:
            from nnstudio.document.lock import Lock

            if self._lock is not None:
                self._lock.release()
            self._lock = Lock(path)
            self._lock.acquire()

    def _ask_about_change(self, path: Path, then: Callable[[], None] | None) -> None:
        def answered(answer: str) -> None:
            if answer == "overwrite":
                self._write(path, then, overwrite=True)
            elif answer == "elsewhere":
                self.save_as(then)

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

    def look_at_disk(self) -> None:
        """When the window comes to the front: was the file changed behind our back?"""
        document = self._document()
        if document is None or self.saving or self._asking or not document.changed_on_disk:
            return
        path = document.path
        editor = self._window.editor
        if path is None or editor is None:
            return
        editor.notices.show_notice(
            "changed",
            "warning",
            f"{path.name} was changed by another program since it was opened.",
            ("Open it again", "open_again", lambda: self.open_path(path)),
            ("Save elsewhere…", "save_elsewhere", self.save_as),
        )

    # Exporting

    def export_model(self) -> None:
        """Ask for a file and write the network's Python to it."""
        self.exporting.model()

    def export_script(self) -> None:
        """Ask for a folder and write model.py and train.py into it."""
        self.exporting.script()

    # Leaving

    def ask_before_leaving(
        self, then: Callable[[], None], *, leaving: bool = False, run_goes_on: bool = False
    ) -> None:
        """Ask about a run still going and about what is not saved, each once, then go on."""
        if self._asking:
            return
        editor = self._window.editor
        if editor is not None and editor.run.live and not run_goes_on:
            self._ask_about_run(lambda: self._ask_about_changes(then), leaving)
        else:
            self._ask_about_changes(then)

    def _ask_about_run(self, then: Callable[[], None], leaving: bool) -> None:
        self._asking = True

        def answered(answer: str) -> None:
            self._asking = False
            editor = self._window.editor
            if answer == "stop" and editor is not None:
                editor.run.stop()
                when_over(editor.run, then, STOP_PATIENCE)
            elif answer == "keep":
                then()

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
        )

    def _ask_about_changes(self, then: Callable[[], None]) -> None:
        document = self._document()
        if document is None or not document.dirty:
            then()
            return
        self._asking = True

        def answered(answer: str) -> None:
            self._asking = False
            if answer == "save":
                self.save(then)
            elif answer == "discard":
                if self._autosave is not None:
                    self._autosave.close(discard=True)
                    self._autosave = None
                then()

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

    def keep_recoverable(self) -> None:
        """Write what is not saved to its recovery file, now."""
        if self._autosave is not None:
            self._autosave.close()
            self._autosave = None

    def close(self) -> None:
        """Let go of file, lock and clock."""
        self._let_go()
        self.exporting.close()

    def _let_go(self) -> None:
        self._clock.stop()
        if self._autosave is not None:
            document = self._document()
            self._autosave.close(discard=document is None or not document.dirty)
            self._autosave = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _tick(self) -> None:
        if self._autosave is not None and self._autosave.due():
            self._autosave.write()
            if self._autosave.error and self._window.editor is not None:
                self._window.editor.say(f"Autosave: {self._autosave.error}")

    def _show_saved(self) -> None:
        if self._window.editor is not None:
            self._window.editor.show_saved()

    def _document(self) -> Document | None:
        return self._window.editor.document if self._window.editor is not None else None

    def _dialog(self, name: str, title: str, kinds: str) -> QFileDialog:
        from nnstudio.app.dialogs import file_dialog

        return file_dialog(self._window, name, title, kinds, self._window.settings.folder)


def _progress(run: Any) -> str:
    return f"epoch {run.epoch} of {run.epochs} · step {run.step}"


def _file_stem(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_ " else " " for c in name)
    return "-".join(kept.split())[:60].lower() or "untitled"
