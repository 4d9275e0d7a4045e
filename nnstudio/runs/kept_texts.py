"""Whether the Python that a run keeps is what its project says.

Owns that comparison: the project's texts are written anew and held against `model.py` and
`train.py`. A run that somebody else sent may keep anything there, and a resume would execute it.
What another version of NN Studio wrote may differ as well. Nothing is executed here.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.runs.info import read_info
from nnstudio.runs.layout import MODEL, PROJECT, SCRIPT, read_small

if TYPE_CHECKING:
    from graph_compiler.model import Project

_MOST = 64 << 20
"""Bytes of a text; that of the largest networks has some hundred kilobytes."""
_OF_THE_FILE = ("PATH", "FILE_SIZE", "FILE_SHA256", "CACHE")
"""Constants of a script that say which table it reads, and nothing of what it does."""


def foreign_texts(run: str | os.PathLike[str]) -> tuple[tuple[str, str], ...]:
    """Names and texts of the Python in a run that its project does not come to.

    Empty where the project cannot be read or a text is missing, for no worker begins then. Raises
    `RunError` where something else than a file stands under the name of a text.
    """
    from graph_compiler.files import ProjectError, load_project

    folder = Path(run)
    try:
        project = load_project(folder / PROJECT)
        kept = {name: _text(folder / name) for name in (MODEL, SCRIPT)}
    except (ProjectError, FileNotFoundError):
        return ()
    try:
        wanted = _written_anew(folder, project, kept[SCRIPT])
    except Exception:  # whatever keeps it from being written: then it is not what is kept
        wanted = {}
    return tuple(
        (name, text) for name, text in kept.items() if _alike(text) != _alike(wanted.get(name, ""))
    )


def _written_anew(folder: Path, project: Project, script: str) -> dict[str, str]:
    from nnstudio.document.planned import planned_source
    from nnstudio.document.script import train_script

    source = planned_source(project)
    info = read_info(folder)
    options = {
        "device": info.device,
        "threads": info.threads,
        "folder": str(folder),
        "fingerprint": _fingerprint(script),
    }
    return {MODEL: source.text, SCRIPT: train_script(project, source, options)}


def _fingerprint(script: str) -> tuple[int, str] | None:
    """Size and hash of the table as the script has them; None where it has none."""
    found = dict(filter(None, map(_of_the_file, script.splitlines())))
    size, digest = found.get("FILE_SIZE"), found.get("FILE_SHA256")
    return (size, digest) if isinstance(size, int) and isinstance(digest, str) else None


def _alike(text: str) -> list[str]:
    """The lines without what they say of the table's file."""
    rows = []
    for line in text.split("\n"):
        found = _of_the_file(line)
        rows.append(line if found is None else f"{found[0]} = ")
    return rows


def _of_the_file(line: str) -> tuple[str, str | int] | None:
    """Name and value, where a line is one such constant and nothing else."""
    name, equals, value = line.partition(" = ")
    if not equals or name not in _OF_THE_FILE:
        return None
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return (name, found) if type(found) in (str, int) else None


def _text(path: Path) -> str:
    data = read_small(path, _MOST)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return repr(data)
