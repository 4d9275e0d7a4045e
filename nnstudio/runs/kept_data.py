"""What is kept of data on this computer: fetched sets, tables from the web, packed rows.

Owns the list of it, which of it a run at work or in the queue reads, and deleting. Reads only its
own folders; what a run reads is not deleted.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from nnstudio import downloads, places, web_tables
from nnstudio.runs import heartbeat, queue
from nnstudio.runs.layout import RUN, SCRIPT, RunError, read_small

SET, TABLE, ROWS = "set", "table", "rows"
MOST_SCRIPT = 4 << 20
MOST_ABOUT = 100_000
_PACKED = re.compile(r"[0-9a-f]{16}(?:\.([0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class KeptData:
    """One thing that is kept: its kind and name, where it lies, how large it is, from when."""

    kind: str
    name: str
    """Of a set, or the address of a table, or the folder's name of packed rows."""
    title: str
    place: Path
    size: int
    when: float
    """Seconds since 1970."""
    source: str = ""
    """The table that packed rows were made of, where it is known."""


class InUse(Exception):
    """Why something is not deleted: `<name>: expected …, got …. <remedy>.`"""


def kept() -> tuple[KeptData, ...]:
    """All that is kept: sets by name, then tables and rows, the newest first."""
    sets = [
        KeptData(SET, one.name, downloads.SETS[one.name].title, one.folder, one.size, one.fetched)
        for one in downloads.kept()
    ]
    tables = [
        KeptData(TABLE, one.address, one.file, one.path, one.size, one.fetched)
        for one in web_tables.kept()
    ]
    return (*sets, *tables, *packed())


def packed() -> tuple[KeptData, ...]:
    """Rows of large tables that were packed for training, the newest first."""
    found = []
    for folder in places.packed().glob("*/"):
        if not _PACKED.fullmatch(folder.name):
            continue
        with suppress(OSError):
            files = [file.stat() for file in folder.iterdir() if file.is_file()]
            size, when = (
                sum(f.st_size for f in files),
                max(f.st_mtime for f in files or [folder.stat()]),
            )
            source = _source(folder)
            title = f"rows of {Path(source).name}" if source else "rows that are not whole"
            found.append(KeptData(ROWS, folder.name, title, folder, size, when, source))
    return tuple(sorted(found, key=lambda one: (-one.when, one.name)))


def named(name: str) -> KeptData | None:
    """What is kept under a name, an address, or the folder of packed rows."""
    for one in kept():
        if name in (one.name, str(one.place)):
            return one
    return None


def listed() -> tuple[tuple[KeptData, str], ...]:
    """All that is kept, each with why it cannot be deleted now; "" where it can."""
    runs = unfinished()
    return tuple((one, refused(one, runs)) for one in kept())


def readers(one: KeptData, runs: Sequence[Path]) -> tuple[str, ...]:
    """Those of the runs that read it, by their ids; a process that packs rows."""
    packing = _PACKED.fullmatch(one.name) if one.kind == ROWS else None
    if packing and packing[1] and psutil.pid_exists(int(packing[1])):
        return (f"process {packing[1]}",)
    place = one.source if one.kind == ROWS else str(one.place)
    return tuple(run.name for run in runs if place and _reads(run, place))


def refused(one: KeptData, runs: Sequence[Path]) -> str:
    """Why it cannot be deleted while these runs are not done; "" where it can."""
    found = readers(one, runs)
    if not found:
        return ""
    who = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    which = "a run" if len(found) == 1 else "runs"
    return (
        f"{one.name}: expected data that no run reads, got {which} at work or waiting ({who}). "
        "Wait for the end, or stop it."
    )


def forget(one: KeptData) -> bool:
    """Delete it; whether it was there. Raises `InUse` where a run reads it."""
    if reason := refused(one, unfinished()):
        raise InUse(reason)
    if one.kind == TABLE:
        return web_tables.forget(one.name)
    there = one.place.is_dir()
    if one.kind == SET:
        downloads.forget(one.name)
    elif one.place.parent == places.packed() and _PACKED.fullmatch(one.name):
        shutil.rmtree(one.place, ignore_errors=True)
    return there


def _source(folder: Path) -> str:
    try:
        with open(folder / "about.json", "rb") as file:
            return str(json.loads(file.read(MOST_ABOUT))["path"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def unfinished() -> list[Path]:
    """The folders of the runs that are at work, and of those that wait for their turn."""
    found = {one.run.resolve() for one in queue.entries()}
    with suppress(OSError):
        for run in places.runs().iterdir():
            if (run / RUN).is_file() and heartbeat.alive(run):
                found.add(run.resolve())
    return sorted(found)


def _reads(run: Path, place: str) -> bool:
    """Whether a run's script names a place; one whose script cannot be read may do so."""
    try:
        text = read_small(run / SCRIPT, MOST_SCRIPT).decode("utf-8", "replace")
    except FileNotFoundError:
        return False
    except (OSError, RunError):
        return True
    return place in text or place.replace("\\", "\\\\") in text
