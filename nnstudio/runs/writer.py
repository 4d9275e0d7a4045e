"""The worker's side of a run directory: append events and numbers; nothing is ever changed or cut.

Owns the opening of a new segment. Knows no torch: tensors become numbers before they come here.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nnstudio.runs import jsonl
from nnstudio.runs.events import EVENTS
from nnstudio.runs.layout import (
    COLUMN_NAME,
    COLUMNS,
    SEGMENT,
    SEGMENT_NAME,
    append_inside,
    folder_inside,
)
from nnstudio.runs.layout import EVENTS as EVENTS_FILE

WIDTHS = {"f4": "<f4", "f8": "<f8", "i8": "<i8"}
"""Ending of a column file to the type of its values."""


class RunWriter:
    """Appends to the run at `path`, in a new segment whose dense columns begin with `first_step`.

    Steps count from 0: the first value of a dense column belongs to step `first_step`, which is the
    number of steps done before. Numbers are kept until `flush`; events are written at once, after
    the numbers that came before them.
    """

    def __init__(self, path: str | os.PathLike[str], first_step: int = 0) -> None:
        self.path = Path(path)
        self.first_step = first_step
        self.segment = _new_segment(self.path, first_step)
        self._events = open_for_append(self.path / EVENTS_FILE)
        self._files: dict[str, BinaryIO] = {}
        self._waiting: dict[str, list[bytes]] = {}

    def event(self, name: str, **fields: object) -> None:
        """Append one event of `nnstudio.runs.events`; also flushes the numbers."""
        if name not in EVENTS:
            raise ValueError(f"there is no event {name!r}; add it to nnstudio.runs.events")
        unknown = set(fields) - set(EVENTS[name])
        if unknown:
            raise ValueError(f"the event {name!r} has no field {sorted(unknown)[0]!r}")
        self.flush()
        write_all(self._events, _line(name, fields))

    def append(self, name: str, values: Iterable[float], width: str = "f4") -> None:
        """Append to the dense column `name`: the next value belongs to the next step."""
        self._keep(f"{name}.{width}", name, np.asarray(values, WIDTHS[width]).tobytes())

    def append_at(self, name: str, step: int, value: float, width: str = "f8") -> None:
        """Append to the sparse column `name` a value that belongs to `step`; steps only grow."""
        # Steps first: a reader that sees only them waits; one that sees only values would take the
        # column for a dense one.
        self._keep(f"{name}.at.i8", name, np.asarray([step], "<i8").tobytes())
        self._keep(f"{name}.{width}", name, np.asarray([value], WIDTHS[width]).tobytes())

    def flush(self) -> None:
        """Write the numbers that wait; call it some 30 times a second and before anything ends."""
        for file_name, parts in self._waiting.items():
            if parts:
                write_all(self._file(file_name), b"".join(parts))
                parts.clear()

    def close(self) -> None:
        """Flush and let go of the files."""
        self.flush()
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._events.close()

    def _keep(self, file_name: str, name: str, data: bytes) -> None:
        if not COLUMN_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a column: use a-z, 0-9 and _")
        self._waiting.setdefault(file_name, []).append(data)

    def _file(self, file_name: str) -> BinaryIO:
        if file_name not in self._files:
            self._files[file_name] = _appending(self.segment / file_name)
        return self._files[file_name]


def append_event(path: Path, name: str, **fields: object) -> None:
    """Append one event to a run that has no writer (any more)."""
    with open_for_append(path / EVENTS_FILE) as file:
        write_all(file, _line(name, fields))


def open_for_append(path: Path) -> BinaryIO:
    """The file at its end; a line that a killed writer left unfinished is ended first."""
    file = _appending(path)
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.write(b"\n")
    return file


def _appending(path: Path) -> BinaryIO:
    """A file that writes at its end and at once; whoever asks for it closes it."""
    return open(append_inside(path), "a+b", buffering=0)


def write_all(file: BinaryIO, data: bytes) -> None:
    """Write all of `data` to an unbuffered file, which may take it in pieces."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _line(name: str, fields: Mapping[str, object]) -> bytes:
    return jsonl.line({"t": round(time.time(), 3), "event": name, **fields})


def _new_segment(run: Path, first_step: int) -> Path:
    folder = folder_inside(run / COLUMNS)
    numbers = [int(p.name) for p in folder.iterdir() if SEGMENT_NAME.fullmatch(p.name)]
    number = max(numbers, default=-1) + 1
    # Made aside and renamed, so that no reader meets a segment without its first step.
    made = folder / f".{number:04d}.{secrets.token_hex(4)}"
    made.mkdir()
    (made / SEGMENT).write_bytes(jsonl.line({"first_step": first_step}))
    segment = folder / f"{number:04d}"
    os.rename(made, segment)
    return segment
