"""Which runs there are, and finding one by its id, the beginning of its id, or its folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nnstudio import places
from nnstudio.runs.info import RunInfo
from nnstudio.runs.layout import RUN, RUN_ID, RunError
from nnstudio.runs.reader import RunReader
from nnstudio.runs.state import RunState


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list; `problem` says what about its folder could not be believed."""

    path: Path
    info: RunInfo
    state: RunState
    problem: str = ""


def list_runs(folder: str | os.PathLike[str] | None = None) -> list[RunSummary]:
    """The runs in `folder` (the user's by default), the newest first; unreadable ones left out."""
    found = []
    for path in _folders(Path(folder) if folder is not None else places.runs()):
        try:
            reader = RunReader(path)
            reader.poll()
            found.append(RunSummary(path, reader.info, reader.state(), reader.problem))
            reader.close()
        except (RunError, OSError):
            continue
    return sorted(found, key=lambda run: (-run.info.created, run.info.id))


def find(run: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a run given as its folder, its id or the beginning of its id."""
    text = os.fspath(run)
    if (Path(text) / RUN).is_file():
        return Path(text)
    place = Path(folder) if folder is not None else places.runs()
    names = [path.name for path in _folders(place)] if RUN_ID.fullmatch(text) else []
    matches = [name for name in names if name == text] or [n for n in names if n.startswith(text)]
    if len(matches) == 1:
        return place / matches[0]
    if matches:
        some = ", ".join(sorted(matches)[:3])
        raise RunError(text, "one run", f"{len(matches)}, such as {some}", "Write more of its id.")
    raise RunError(text, "a run's id or folder", "no such run", "Choose one of `nnstudio runs`.")


def _folders(place: Path) -> list[Path]:
    try:
        return [
            path
            for path in place.iterdir()
            if not path.name.startswith(".") and (path / RUN).is_file()
        ]
    except OSError:
        return []
