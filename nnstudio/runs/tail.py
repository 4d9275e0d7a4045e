"""Following files that another process appends to: whole lines, whole values, only what is new.

Reads into memory of its own, never through a mapping: a file that shrinks must not take the reader
along. Owns the caps on a line, on one read and on a column.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.runs.layout import open_inside

MAX_LINE = 1 << 20
"""Bytes of one event; longer ones are passed over."""
MAX_CHUNK = 64 << 20
"""Bytes of one file taken in one read; the rest comes with the next."""
MAX_COLUMN = 1 << 30
"""Bytes of one column that are ever read: 268 million values of four bytes."""


class LineTail:
    """The lines of a growing text file, each once, without the one that is still being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shrunk = False
        self._offset = 0
        self._rest = b""
        self._skipping = False

    def read(self) -> list[bytes | None]:
        """The new lines without their ends; None for each that was too long."""
        data = self._new_bytes()
        if not data:
            return []
        *whole, self._rest = (self._rest + data).split(b"\n")
        lines: list[bytes | None] = []
        for line in whole:
            if self._skipping:
                self._skipping = False
                lines.append(None)
            else:
                lines.append(line if len(line) <= MAX_LINE else None)
        if len(self._rest) > MAX_LINE:
            self._skipping, self._rest = True, b""
        elif self._skipping:
            self._rest = b""
        return lines

    def _new_bytes(self) -> bytes:
        try:
            handle = open_inside(self.path)
        except FileNotFoundError:
            self.shrunk = self.shrunk or self._offset > 0
            return b""
        with open(handle, "rb", buffering=0) as file:
            size = os.fstat(handle).st_size
            if size < self._offset:
                self.shrunk = True
                return b""
            file.seek(self._offset)
            data = _read_up_to(file.fileno(), min(size - self._offset, MAX_CHUNK))
        self._offset += len(data)
        return data


class Growing:
    """An array that grows at its end; what it gave out before stays as it was."""

    def __init__(self, dtype: str) -> None:
        self._array: NDArray[np.generic] = np.empty(1024, dtype)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def room(self, count: int) -> NDArray[np.generic]:
        """The place for the next `count` values, to be filled before `grow`."""
        need = self._used + count
        if need > len(self._array):
            larger = np.empty(max(need, 2 * len(self._array)), self._array.dtype)
            larger[: self._used] = self._array[: self._used]
            self._array = larger
        return self._array[self._used : need]

    def grow(self, count: int) -> None:
        """Take `count` values of the room as part of the array."""
        self._used += count

    def extend(self, values: NDArray[np.generic]) -> None:
        """Append values."""
        self.room(len(values))[:] = values
        self._used += len(values)

    def view(self) -> NDArray[np.generic]:
        """All values so far; not writable."""
        view = self._array[: self._used]
        view.flags.writeable = False
        return view


class ColumnTail:
    """The values of a growing column of numbers, without the one that is still being written."""

    def __init__(self, path: Path, dtype: str) -> None:
        self.path = path
        self.values = Growing(dtype)
        self.width = np.dtype(dtype).itemsize
        self.shrunk = False
        self.capped = False

    def read(self) -> None:
        """Take in what was appended since the last call."""
        try:
            handle = open_inside(self.path)
        except FileNotFoundError:
            return
        with open(handle, "rb", buffering=0) as file:
            offset = len(self.values) * self.width
            size = os.fstat(handle).st_size
            self.shrunk = self.shrunk or size < offset
            self.capped = size > MAX_COLUMN
            count = (min(size, MAX_COLUMN, offset + MAX_CHUNK) - offset) // self.width
            if count <= 0:
                return
            room = memoryview(self.values.room(count)).cast("B")
            file.seek(offset)
            self.values.grow(_fill(file.fileno(), room) // self.width)


def _read_up_to(handle: int, count: int) -> bytes:
    room = bytearray(count)
    return bytes(room[: _fill(handle, memoryview(room))])


def _fill(handle: int, room: memoryview) -> int:
    """Reads until `room` is full or the file ends; returns how many bytes came."""
    done = 0
    while done < len(room):
        data = os.read(handle, min(len(room) - done, 1 << 20))
        if not data:
            break
        room[done : done + len(data)] = data
        done += len(data)
    return done
