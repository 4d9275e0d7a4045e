"""Runs that wait for their turn: a folder of small files, one a run, in the order of their numbers.

A run is frozen when it is queued; the file only names it. A turn is taken under a lock and noted by
a rename before the worker is started, so that two windows never start the same run and an end in
the middle loses none: a turn that nobody made use of goes back to the queue.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nnstudio import places
from nnstudio.document.lock import Lock
from nnstudio.runs import jsonl
from nnstudio.runs.layout import RunError, read_small
from nnstudio.runs.reader import RunReader
from nnstudio.runs.state import RunState

FOLDER = "queue"
GRACE = 60.0
"""Seconds that a taken turn gets until a worker must be at the run."""
_NAME = re.compile(r"([0-9]{6,9})\.(wait|turn)")
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One run in the queue: its number, its folder, and whether it is its turn."""

    number: int
    run: Path
    turn: bool
    file: Path


def place() -> Path:
    """The folder of the queue."""
    return places.home() / FOLDER


def entries(folder: Path | None = None) -> list[Entry]:
    """What waits or has its turn, in order; files that cannot be believed are passed over."""
    where = folder or place()
    found = []
    with suppress(OSError):
        for path in itertools.islice(where.iterdir(), _MOST):
            if (match := _NAME.fullmatch(path.name)) and (run := _run_in(path)) is not None:
                found.append(Entry(int(match[1]), run, match[2] == "turn", path))
    return sorted(found, key=lambda one: one.number)


def add(run: Path, folder: Path | None = None) -> Entry:
    """Put a run that was made, and has not begun, at the end of the queue."""
    where = folder or place()
    where.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(max((one.number for one in entries(where)), default=0) + 1):
        claimed = where / f"{number:06d}.new"
        try:
            handle = os.open(claimed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            continue
        with open(handle, "wb") as file:
            file.write(jsonl.line({"run": str(run.resolve())}))
        final = where / f"{number:06d}.wait"
        if final.exists() or (where / f"{number:06d}.turn").exists():
            claimed.unlink()
            continue
        os.rename(claimed, final)
        return Entry(number, run.resolve(), False, final)
    raise AssertionError("unreachable")


def remove(number: int, folder: Path | None = None) -> Entry:
    """Take a waiting run out of the queue; its directory stays. Raises `RunError`."""
    found = entries(folder)
    entry = next((one for one in found if one.number == number), None)
    if entry is None or entry.turn:
        waiting = ", ".join(str(one.number) for one in found if not one.turn) or "none there"
        got = f"{number}, which runs" if entry is not None else str(number)
        raise RunError("queue", f"the number of a waiting run ({waiting})", got, "Choose one.")
    entry.file.unlink(missing_ok=True)
    return entry


def first(number: int, folder: Path | None = None) -> None:
    """Let a waiting run be the next; the others keep their order. Raises `RunError`."""
    where = folder or place()
    with _locked(where) as held:
        if not held:
            raise RunError("queue", "a queue that rests", "one that is being changed", "Try again.")
        waiting = [one for one in entries(where) if not one.turn]
        wanted = [one for one in waiting if one.number == number]
        if not wanted:
            remove(number, where)  # it tells why it cannot
        for one in (*wanted, *(one for one in waiting if one.number != number)):
            # An end in the middle leaves two files for a run, of which the second does nothing.
            add(one.run, where)
            one.file.unlink(missing_ok=True)


def take_turn(folder: Path | None = None) -> Entry | None:
    """The next run to be started by the caller; None where one runs or none waits.

    What has run is taken out of the queue, and a turn that nobody made use of is given anew.
    """
    where = folder or place()
    if not where.is_dir():
        return None
    with _locked(where) as held:
        if not held or any(_holds_its_turn(one) for one in entries(where) if one.turn):
            return None
        for entry in entries(where):
            state = state_of(entry.run)
            if state is None or state.live or state.status != "new":
                drop(entry)  # its directory was removed, or somebody else has started it
                continue
            turn = entry.file.with_suffix(".turn")
            os.rename(entry.file, turn)
            os.utime(turn)
            return Entry(entry.number, entry.run, True, turn)
    return None


def give_back(entry: Entry) -> None:
    """Let a run wait again whose turn could not be used."""
    with suppress(OSError):
        os.rename(entry.file, entry.file.with_suffix(".wait"))


def drop(entry: Entry) -> None:
    """Take a run out whose turn is over."""
    entry.file.unlink(missing_ok=True)


def state_of(run: Path) -> RunState | None:
    """How a run stands; None where there is none that can be read."""
    try:
        reader = RunReader(run)
        reader.poll()
    except (RunError, OSError):
        return None
    state = reader.state()
    reader.close()
    return state


def _holds_its_turn(entry: Entry) -> bool:
    """Whether a run that has its turn goes on with it; one that does not leaves the queue."""
    state = state_of(entry.run)
    if state is not None and state.live:
        return True
    if state is not None and state.status == "new":
        with suppress(OSError):
            if time.time() - entry.file.stat().st_mtime < GRACE:
                return True
        give_back(entry)
        return False
    drop(entry)
    return False


def _run_in(path: Path) -> Path | None:
    try:
        run = jsonl.parse(read_small(path, 65536)).get("run")
    except (OSError, RunError, ValueError):
        return None
    return Path(run) if isinstance(run, str) and run and "\0" not in run else None


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the queue for a moment; False where somebody else does."""
    lock = Lock(folder / FOLDER)
    held = lock.acquire()
    try:
        yield held
    finally:
        if held:
            lock.release()
