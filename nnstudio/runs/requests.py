"""What people ask of a running worker: numbered files, made by rename, taken in their order.

Two senders never get the same number: a number belongs to whoever creates its `.new` file first and
finds no finished request under it. The worker answers in the event log by number.
"""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnstudio.runs import jsonl
from nnstudio.runs.layout import MAX_STEP, REQUESTS, RunError, folder_inside, read_small

ASKS: dict[str, str | None] = {
    "pause": None,
    "continue": None,
    "step": None,
    "stop": None,
    "speed": "steps_per_second",
    "epochs": "epochs",
}
"""What may be asked, and the one number it takes.

A speed of null means as fast as it goes; `epochs` is the new number of epochs in all.
"""

MAX_REQUESTS = 100_000
_NAME = re.compile(r"([0-9]{6,9})\.(json|new)")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the worker takes it."""

    id: int
    do: str
    values: dict[str, Any] = field(default_factory=dict)


def send(path: str | os.PathLike[str], do: str, **values: float | None) -> int:
    """Lay down a request for the worker of the run at `path`; returns its number."""
    _check(do, values)
    folder = folder_inside(Path(path) / REQUESTS)
    for number in itertools.count(latest(path) + 1):
        claimed, final = folder / f"{number:06d}.new", folder / f"{number:06d}.json"
        try:
            handle = os.open(claimed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            continue
        with open(handle, "wb") as file:
            file.write(jsonl.line({"id": number, "do": do, **values}))
        if final.exists():  # its sender was done between our look and our claim
            claimed.unlink()
            continue
        os.rename(claimed, final)
        return number
    raise AssertionError("unreachable")


def take(path: str | os.PathLike[str], after: int) -> list[Request]:
    """The requests with numbers above `after`, ascending; what is no request is passed over."""
    folder = Path(path) / REQUESTS
    found = []
    for number, name in sorted(_numbers(folder)):
        if number > after and name.endswith(".json"):
            try:
                found.append(_read(folder / name, number))
            except (RunError, OSError, ValueError):
                continue
    return found


def latest(path: str | os.PathLike[str]) -> int:
    """The highest number given so far; 0 where there is none."""
    return max((number for number, _ in _numbers(Path(path) / REQUESTS)), default=0)


def _numbers(folder: Path) -> list[tuple[int, str]]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in itertools.islice(entries, MAX_REQUESTS)]
    except OSError:
        return []
    return [(int(match[1]), name) for name in names if (match := _NAME.fullmatch(name))]


def _read(path: Path, number: int) -> Request:
    values = jsonl.parse(read_small(path, 4096))
    if values.pop("id", None) != number:
        raise ValueError("id: expected the number in the file's name")
    do = values.pop("do", None)
    _check(do, values)
    return Request(number, do, values)


def _check(do: object, values: dict[str, Any]) -> None:
    if not isinstance(do, str) or do not in ASKS:
        raise ValueError(f"do: expected one of {', '.join(ASKS)}, got {do!r}")
    wanted = ASKS[do]
    if set(values) != ({wanted} if wanted else set()):
        raise ValueError(
            f"{do}: expected {wanted or 'no value'}, got {', '.join(values) or 'none'}"
        )
    value = values.get(wanted) if wanted else None
    if wanted == "epochs" and not (type(value) is int and 0 < value < MAX_STEP):
        raise ValueError("epochs: expected a whole number from 1 up")
    if (
        wanted == "steps_per_second"
        and value is not None
        and not (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < MAX_STEP
        )
    ):
        raise ValueError("steps_per_second: expected a positive number or null")
