"""Autosave: what is not saved yet lies in a recovery file, at most two seconds behind.

The recovery file of a project with a file is `.NAME.autosave` beside it, never the file itself;
that of a project without one, or in a folder that cannot be written to, lies in the user's recovery
folder. There each recovery has a note as well, from which the start page learns of it. A recovery
file stays until a save succeeds or the user lets it go. The owner of the window's clock asks `due`
twice a second and calls `write`, which only copies dictionaries; text and disk are a worker
thread's. Standard library alone until a document is at hand, because the start page asks for
recoveries before anything else is loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import queue
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio import places
from nnstudio.document.lock import Owner

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from nnstudio.document.document import Document
    from nnstudio.document.events import Event

DELAY = 1.0
"""Seconds from an edit until it is due; with a clock of half a second, below two in all."""

_MAX_NOTE = 100_000


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a window left behind that was not closed: offered on the start page."""

    name: str
    """The project's name."""
    autosave: Path
    """The recovery file, a project file like any other."""
    path: Path | None
    """The project's own file; None where it never had one."""
    time: float
    """When it was written, in seconds since 1970."""
    note: Path | None = None

    def discard(self) -> None:
        """The user does not want it."""
        for file in (self.autosave, self.note):
            if file is not None:
                with contextlib.suppress(OSError):
                    file.unlink()


def beside(path: Path) -> Path:
    """The recovery file beside a project's file."""
    return path.with_name(f".{path.name}.autosave")


def recovery_of(path: Path) -> Recovery | None:
    """What was left behind for this very file, asked for when it is opened."""
    note = _note_for(path)
    recovery = _recovery(note)
    if recovery is not None or _is_alive(note):
        return recovery
    autosave = beside(path)
    if autosave.is_file():
        return Recovery(path.stem, autosave, path, autosave.stat().st_mtime)
    return None


def find_recoveries() -> tuple[Recovery, ...]:
    """Everything left behind by windows that are gone, the newest first."""
    folder = places.recovery()
    notes = sorted(folder.glob("*.json")) if folder.is_dir() else []
    found = [one for one in map(_recovery, notes) if one is not None]
    return tuple(sorted(found, key=lambda one: -one.time))


def _recovery(note: Path) -> Recovery | None:
    """What a note tells of, unless its window is alive; a note of nothing is taken away."""
    match _read_note(note):
        case {"name": str(name), "autosave": str(autosave), "path": str() | None as path}:
            file = Path(autosave)
        case _:
            return None
    if _is_alive(note):
        return None
    if not file.is_file():
        with contextlib.suppress(OSError):
            note.unlink()
        return None
    return Recovery(name, file, Path(path) if path else None, file.stat().st_mtime, note)


def _is_alive(note: Path) -> bool:
    owner = Owner.read(_read_note(note).get("owner"))
    return owner is not None and owner.alive


class Autosave:
    """Keeps the recovery file of one document.

    `adopted` is the recovery that the document was opened from: its file is written on, and stays
    as it is until then. `close` joins the thread; without `discard` what is not saved stays
    recoverable.
    """

    def __init__(
        self,
        document: Document,
        adopted: Recovery | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._document, self._clock = document, clock
        self.delay = DELAY
        """Seconds from an edit until it is due."""
        self._adopted = adopted
        self._id = adopted.note.stem if adopted and adopted.note else secrets.token_hex(8)
        self._newest = 0
        self._since: float | None = None
        """When the oldest edit was made that no recovery file holds yet."""
        self._written: set[Path] = {adopted.autosave} if adopted else set()
        self._notes: set[Path] = {adopted.note} if adopted and adopted.note else set()
        self.error = ""
        """Why the last write failed, in words; "" where it did not."""
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="autosave", daemon=True)
        self._thread.start()
        self._unsubscribe = document.subscribe(self._heard)
        if document.dirty:
            self._since = clock()

    def due(self) -> bool:
        """Whether an edit has waited long enough for `write`."""
        return self._since is not None and self._clock() - self._since >= self.delay

    def write(self) -> None:
        """Hand the project as it is now to the thread that writes it."""
        self._since = None
        if not self._document.dirty:
            self._forget()
            return
        self._newest += 1
        number, path = self._newest, self._document.path
        project = _snapshot(self._document.project)
        self._jobs.put(lambda: self._save(number, project, path))

    def wait(self) -> None:
        """Return when everything handed over so far lies on the disk."""
        done = threading.Event()
        self._jobs.put(done.set)
        done.wait(30)

    def close(self, *, discard: bool = False) -> None:
        """End the thread; `discard` lets go of what is not saved."""
        self._unsubscribe()
        if discard or not self._document.dirty:
            self._forget()
        elif self._since is not None:
            self.write()
        self._jobs.put(None)
        self._thread.join()

    def _heard(self, event: Event) -> None:
        from nnstudio.document.events import HistoryChanged, Saved

        if isinstance(event, Saved):
            self._since = None
            self._forget()
        elif isinstance(event, HistoryChanged):
            if self._document.dirty:
                self._since = self._clock() if self._since is None else self._since
            else:
                self._since = None
                self._forget()

    def _forget(self) -> None:
        """The document lies safe in its file, or is not wanted: its recoveries go, in turn."""
        self._jobs.put(self._remove)

    # On the thread

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _remove(self) -> None:
        for file in (*self._written, *self._notes):
            with contextlib.suppress(OSError):
                file.unlink()
        self._written.clear()
        self._notes.clear()

    def _save(self, number: int, project: Project, path: Path | None) -> None:
        from graph_compiler.files import ProjectError, project_text

        if number != self._newest:
            return  # a newer state is waiting already
        try:
            text = project_text(project)
        except ProjectError as error:
            self.error = str(error)
            return
        reason = ""
        for autosave in (*((beside(path),) if path else ()), places.recovery() / f"{self._id}.nns"):
            try:
                self._put(autosave, text, project.name, path)
            except OSError as error:
                reason = str(error)
                continue
            self.error = ""
            return
        self.error = reason

    def _put(self, autosave: Path, text: str, name: str, path: Path | None) -> None:
        from graph_compiler.safe_io import safe_write

        places.recovery().mkdir(parents=True, exist_ok=True)
        note = _note_for(path) if path else places.recovery() / f"{self._id}.json"
        content = {
            "name": name,
            "autosave": str(autosave.absolute()),
            "path": str(path.absolute()) if path else None,
            "owner": Owner.me().as_json(),
        }
        # The note first: a window killed between the two leaves no work that nothing tells of.
        safe_write(note, json.dumps(content), backup=False)
        safe_write(autosave, text, backup=False)
        for old in (self._written - {autosave}) | (self._notes - {note}):
            with contextlib.suppress(OSError):
                old.unlink()
        self._written, self._notes = {autosave}, {note}


def _snapshot(project: Project) -> Project:
    """The project as it is now, for another thread; nodes and wires are values and shared."""
    from dataclasses import replace

    from nnstudio.document.drawing_edits import copied

    return replace(
        project,
        networks={name: copied(one) for name, one in project.networks.items()},
        variables=dict(project.variables),
        variants=dict(project.variants),
    )


def _note_for(path: Path) -> Path:
    name = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return places.recovery() / f"{name}.json"


def _read_note(note: Path) -> dict[str, Any]:
    try:
        with open(note, "rb") as file:
            raw = json.loads(file.read(_MAX_NOTE))
    except (OSError, ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}
