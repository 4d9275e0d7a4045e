"""Which columns a run has: segments with their first steps, and the column files in each.

Looked for anew at every poll, but only in the newest segment: the older ones no longer change.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from nnstudio.runs import jsonl
from nnstudio.runs.layout import (
    COLUMNS,
    MAX_STEP,
    SEGMENT,
    SEGMENT_NAME,
    RunError,
    is_folder,
    read_small,
)
from nnstudio.runs.series import Part

MAX_SEGMENTS = 2000
MAX_FILES = 512

_FILE = re.compile(r"([a-z][a-z0-9_]{0,63})\.(at\.i8|f4|f8|i8)")


@dataclass(slots=True)
class _Segment:
    folder: Path
    first_step: int
    parts: dict[str, Part]

    def refresh(self) -> None:
        self.parts = _parts(self.folder, self.first_step)


class Columns:
    """The columns of the run at `path`, as of the last `scan`."""

    def __init__(self, path: Path) -> None:
        self._folder = path / COLUMNS
        self.problem = ""
        self._seen: set[str] = set()
        self._segments: list[_Segment] = []

    def scan(self) -> None:
        """Find new segments, and new columns in the newest one."""
        names = _folders(self._folder)
        if len(names) > MAX_SEGMENTS:
            self._note(f"{COLUMNS}: expected at most {MAX_SEGMENTS} segments, got more")
        for name in names[:MAX_SEGMENTS]:
            if name not in self._seen:
                self._add(name)
        if self._segments:
            self._segments[-1].refresh()

    def names(self) -> tuple[str, ...]:
        """The columns there are in any segment, sorted."""
        return tuple(sorted({name for segment in self._segments for name in segment.parts}))

    def parts(self, name: str) -> list[Part]:
        """Where a column's values lie, from the oldest segment to the newest.

        A segment that does not have the column yet counts all the same: it takes the older values
        of its steps out.
        """
        known = [segment.parts[name] for segment in self._segments if name in segment.parts]
        if not known:
            return []
        return [
            segment.parts.get(name)
            or replace(known[0], segment=segment.folder, first_step=segment.first_step)
            for segment in self._segments
        ]

    def steps_done(self) -> int:
        """The end of the newest segment's longest dense column; 0 where there is none."""
        ends = [0]
        for name, part in self._segments[-1].parts.items() if self._segments else ():
            if not part.sparse:
                try:
                    size = os.lstat(part.segment / f"{name}.{part.width}").st_size
                except OSError:
                    continue
                ends.append(part.first_step + size // int(part.width[1]))
        return min(max(ends), MAX_STEP)

    def _add(self, name: str) -> None:
        folder = self._folder / name
        try:
            first_step = _first_step(folder)
        except FileNotFoundError:
            return  # being copied here in pieces; it may still come
        except (RunError, OSError, ValueError) as error:
            self._note(f"{COLUMNS}/{name}/{SEGMENT}: {error}. The segment is passed over.")
        else:
            if self._segments:
                self._segments[-1].refresh()
            self._segments.append(_Segment(folder, first_step, _parts(folder, first_step)))
            self._segments.sort(key=lambda segment: (int(segment.folder.name), segment.folder.name))
        self._seen.add(name)

    def _note(self, text: str) -> None:
        self.problem = self.problem or text


def _folders(folder: Path) -> list[str]:
    """The segments' names, ascending by number."""
    if not is_folder(folder):
        return []
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in islice(entries, 10 * MAX_SEGMENTS)
                if SEGMENT_NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
    return sorted(names, key=lambda name: (int(name), name))


def _first_step(segment: Path) -> int:
    step = jsonl.parse(read_small(segment / SEGMENT, 4096)).get("first_step")
    if type(step) is not int or not 0 <= step < MAX_STEP:
        raise ValueError("expected the segment's first step, got something else")
    return step


def _parts(segment: Path, first_step: int) -> dict[str, Part]:
    """Column name to its part, of the files whose names are those of columns."""
    try:
        with os.scandir(segment) as entries:
            names = [entry.name for entry in islice(entries, MAX_FILES)]
    except OSError:
        return {}
    found: dict[str, set[str]] = {}
    for name in names:
        if match := _FILE.fullmatch(name):
            found.setdefault(match[1], set()).add(match[2])
    parts = {}
    for column, endings in found.items():
        width = next((w for w in ("f8", "f4", "i8") if w in endings), None)
        if width is not None:
            parts[column] = Part(segment, first_step, width, "at.i8" in endings)
    return parts
