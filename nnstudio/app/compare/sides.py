"""What can be compared: the open project now and as saved, the projects of runs, any file.

Owns where each is read from and the figures of a run; reading is done when a side is chosen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.app import figures

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from nnstudio.document.document import Document
    from nnstudio.runs.listing import RunSummary

MOST_RUNS = 50


@dataclass(frozen=True, slots=True)
class Side:
    """One thing to compare."""

    key: str
    title: str
    load: Callable[[], Project]
    """Raises `ProjectError` or `RunError` with words for people."""
    figures: tuple[tuple[str, str], ...] = ()
    """For a run: what it came to."""
    live: bool = False
    """Whether it is what is open: taken at once, since it goes on changing."""


def of_document(document: Document) -> Iterator[Side]:
    """The open project as it is now, and as its file has it."""
    from nnstudio.app.snapshot import snapshot

    yield Side("now", "This project, now", lambda: snapshot(document.project), live=True)
    path = document.path
    if path is not None and path.is_file():
        yield Side("saved", f"This project, as saved in {path.name}", lambda: _read(path))


def of_runs(name: str) -> Iterator[Side]:
    """The newest runs, those of the project of that name first."""
    from nnstudio.runs.listing import list_runs

    runs = list_runs()
    own = [run for run in runs if run.info.project_name == name]
    others = [run for run in runs if run.info.project_name != name]
    for run in [*own, *others][:MOST_RUNS]:
        yield of_run(run)


def of_run(run: RunSummary) -> Side:
    """The project that a run was made from."""
    from nnstudio.runs.trust import project_of_run

    made = figures.ago(time.time() - run.info.created)
    title = f"Run {run.info.id} · {run.info.project_name} · {made}"
    return Side(f"run:{run.info.id}", title, lambda: project_of_run(run.path), _of_state(run))


def of_file(path: Path) -> Side:
    """A project file, or a picture that carries one."""
    return Side(f"file:{path}", path.name, lambda: _read(path))


def _of_state(run: RunSummary) -> tuple[tuple[str, str], ...]:
    state = run.state
    found = [
        ("Status", state.status),
        ("Epochs", f"{state.epoch} of {state.epochs or run.info.epochs}"),
        ("Steps", figures.count(state.step)),
        ("Device", state.device or run.info.device),
        ("Seed", str(run.info.seed)),
    ]
    if state.begun and state.ended > state.begun:
        found.append(("Time", figures.duration(state.ended - state.begun)))
    found += [(name, f"{value:.4g}") for name, value in sorted(state.metrics.items())]
    return tuple(found)


def _read(path: Path) -> Project:
    from graph_compiler import load_project
    from nnstudio.document.carried import SUFFIXES, load_carried

    if path.suffix.lower() in SUFFIXES:
        return load_carried(path)
    return load_project(path)
