"""The checkpoints that a run keeps: which there are, which give way for new ones, removing some.

Owns the choice: the newest few, from which a run goes on, always stay; of those before as many as
the budget allows, spread evenly over the logarithm of their steps, for what changes in a training
changes early. Standard library only; the worker and people's commands use the same functions.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from nnstudio.runs import jsonl
from nnstudio.runs.layout import CHECKPOINTS, RunError, open_inside, read_small

BEST = "best"
SAFE = 3
"""The newest checkpoints, which always stay: where one cannot be read, the one before is taken."""
KEPT = "kept.json"
"""The file of a run that holds its budget, where that is not the usual one."""
_NAME = re.compile(r"step-([0-9]{9,16})\.safetensors")
_MOST_HEADER = 100_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be kept beside the best: so many checkpoints, of so many bytes in all."""

    count: int = 20
    room: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One checkpoint: its name, the steps done in it, its bytes, and whether it is the best."""

    name: str
    step: int
    size: int
    best: bool = False


def kept_of(run: str | os.PathLike[str]) -> list[Kept]:
    """The checkpoints of a run, the oldest first and the best last."""
    folder = Path(run) / CHECKPOINTS
    found = [Kept(path.stem, step, size) for step, path, size in _numbered(folder)]
    best = folder / f"{BEST}.safetensors"
    with suppress(OSError):
        found.append(Kept(BEST, _step_in(best), best.stat().st_size, best=True))
    return found


def to_remove(steps: Sequence[int], sizes: Sequence[int], budget: Budget) -> list[int]:
    """Which of these steps, in ascending order, give way for the budget.

    The last few stay, and the first as long as there is any other: of those between, the one goes
    first whose neighbours are closest to each other.
    """
    left = list(zip(steps, sizes, strict=True))
    gone = []
    while len(left) > SAFE and (
        len(left) > max(budget.count, SAFE) or sum(size for _, size in left) > budget.room
    ):
        free = range(1, len(left) - SAFE)
        place = min(free, key=lambda at: _gap(left[at - 1][0], left[at + 1][0]), default=0)
        gone.append(left.pop(place)[0])
    return gone


def thin(folder: Path, budget: Budget) -> int:
    """Remove the checkpoints in `folder` that the budget has no room for; returns how many.

    Each goes on its own and the newest stay, so an end in the middle leaves a run that goes on.
    """
    found = _numbered(folder)
    gone = set(to_remove([one[0] for one in found], [one[2] for one in found], budget))
    for step, path, _ in found:
        if step in gone:
            path.unlink(missing_ok=True)
    return len(gone)


def remove(run: str | os.PathLike[str], name: str) -> None:
    """Remove the checkpoint of this name; raises `RunError` for the newest and the best."""
    place = Path(run)
    found = kept_of(place)
    steps = [one.name for one in found if not one.best]
    if name.isdecimal():
        name = f"step-{int(name):09d}"
    if name not in steps:
        listed = ", ".join(steps) or "none there"
        got = "the best, which stays" if name == BEST else f'"{ascii(name)[1:-1][:60]}"'
        raise RunError(place.name, f"a checkpoint ({listed})", got, "Choose one of them.")
    if name == steps[-1]:
        raise RunError(
            place.name,
            "an older checkpoint",
            f"{name}, from which the run goes on",
            "Choose another.",
        )
    (place / CHECKPOINTS / f"{name}.safetensors").unlink(missing_ok=True)


def budget_of(run: Path) -> Budget:
    """What the run may keep; the usual where it says nothing that can be understood."""
    try:
        values = jsonl.parse(read_small(run / KEPT))
        count, room = values.get("count"), values.get("room")
    except (OSError, ValueError, RunError):
        return Budget()
    usual = Budget()
    return Budget(
        count if type(count) is int and count > 0 else usual.count,
        room if type(room) is int and room >= 0 else usual.room,
    )


def set_budget(run: Path, budget: Budget) -> None:
    """Say what the run may keep from now on."""
    made = run / f".{KEPT}.{os.getpid()}"
    try:
        made.write_bytes(jsonl.line(asdict(budget)))
        os.replace(made, run / KEPT)
    finally:
        made.unlink(missing_ok=True)


def _gap(one: int, other: int) -> float:
    """How far two steps are from each other, as a person would see it on a logarithmic axis."""
    return math.log((other + 1) / (one + 1))


def _numbered(folder: Path) -> list[tuple[int, Path, int]]:
    """Step, file and size of each numbered checkpoint, the oldest first."""
    found = []
    with suppress(OSError):
        for path in folder.iterdir():
            if match := _NAME.fullmatch(path.name):
                with suppress(OSError):
                    found.append((int(match[1]), path, path.stat().st_size))
    return sorted(found)


def _step_in(path: Path) -> int:
    """The number of steps in a checkpoint's own words; 0 where they cannot be read."""
    try:
        with open(open_inside(path), "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _MOST_HEADER:
                return 0
            header = json.loads(file.read(length))
        return int(json.loads(header["__metadata__"]["nnstudio"])["step"])
    except (RunError, struct.error, ValueError, LookupError, TypeError):
        return 0
