"""How often a test part has been read: in one run, and over all runs on the same rows.

A test part tells the truth once. Every reading is an event of its run, written before the figures
are shown; whoever looks at a score can be told how often there was a look before. Knows no torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.runs import jsonl
from nnstudio.runs.info import read_info
from nnstudio.runs.layout import EVENTS, RunError, open_inside

if TYPE_CHECKING:
    from graph_compiler.model import Project

EVENT = "evaluated"
_MARK = b'"evaluated"'
_NO_MATTER = frozenset({"columns", "rows", "size", "missing", "streaming", "blanks"})
"""Options of data that say nothing of which rows are tested."""
_DIVIDING = frozenset({"group", "time", "part"})


@dataclass(frozen=True, slots=True)
class Readings:
    """How often the test part was read, and by how many runs."""

    times: int
    runs: int

    @property
    def text(self) -> str:
        """One sentence."""
        often = {0: "never", 1: "once", 2: "twice"}.get(self.times, f"{self.times} times")
        if self.times == 0:
            return "The test part of these data has not been read."
        by = f", by {self.runs} runs" if self.runs > 1 else ""
        return f"The test part of these data has been read {often}{by}."


def test_part_of(project: Project) -> str:
    """The same short text for all projects that test on the same rows."""
    data = project.data
    said: dict[str, Any] = {
        "source": data.source,
        "options": {k: v for k, v in sorted(data.options.items()) if k not in _NO_MATTER},
        "dividing": [
            row[:2]
            for row in _rows(data.options.get("columns"))
            if row[1] in _DIVIDING or row[1] == "target"
        ],
        "split": list(data.split),
        "stratified": data.stratified,
        "seed": data.seed,
        "in_order": data.preparation.get("in_order", False),
    }
    text = json.dumps(said, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def readings(run: Path) -> Readings:
    """The readings by this run and by all that lie beside it and test on the same rows."""
    run = Path(run)
    try:
        wanted = read_info(run).test_part
    except (RunError, OSError):
        return Readings(0, 0)
    found = [_count(run)]
    if wanted:
        found += [_count(other) for other in _beside(run, wanted)]
    return Readings(sum(found), sum(one > 0 for one in found))


def _beside(run: Path, wanted: str) -> Iterator[Path]:
    for other in run.resolve().parent.iterdir():
        if other.name.startswith(".") or other.name == run.resolve().name:
            continue
        try:
            if read_info(other).test_part == wanted:
                yield other
        except (RunError, OSError):
            continue


def _count(run: Path) -> int:
    """How often an event of the run tells a reading."""
    count = 0
    try:
        with open(open_inside(run / EVENTS), "rb") as file:
            for line in file:
                if _MARK in line and _is_reading(line):
                    count += 1
    except (OSError, RunError):
        return count
    return count


def _is_reading(line: bytes) -> bool:
    try:
        return jsonl.parse(line).get("event") == EVENT
    except ValueError:
        return False


def _rows(columns: Any) -> list[Any]:
    if not isinstance(columns, list | tuple):
        return []
    return [row for row in columns if isinstance(row, list | tuple) and len(row) > 1]
