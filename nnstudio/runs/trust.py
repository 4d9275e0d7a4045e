"""Trust in Python that comes with projects: asked for once, kept by content, outside the project.

Owns the record of what the user trusts: one small file for each fingerprint in the user's own
folder. One changed character is another fingerprint, and is asked about anew. Nothing here reads a
project's code but as text.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio import places
from nnstudio.runs.layout import PROJECT, RunError

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from graph_compiler.problems import Problem


class TrustNeeded(RunError):
    """Code of the project would run, and the user has not said that it may."""

    def __init__(self, where: str, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            where,
            f"trust in the Python that it brings along ({', '.join(names)})",
            "none",
            "Read it, then trust it if it may run.",
        )


def code_of(project: Project) -> tuple[tuple[str, str], ...]:
    """Names and texts of all layers of a project that are written in Python."""
    return tuple(
        (name, network.code.text)
        for name, network in sorted(project.networks.items())
        if network.code is not None
    )


def fingerprint_of(project: Project) -> str:
    """What trust in a project is given to; empty where it brings no code."""
    from graph_compiler.code_model import fingerprint

    return fingerprint(code_of(project))


def is_trusted(project: Project) -> bool:
    """Whether everything that the project brings along may run here."""
    known = fingerprint_of(project)
    return not known or _is_kept(known)


def trust(project: Project) -> None:
    """Keep that the code of the project may run, as it is now."""
    from graph_compiler.safe_io import safe_write

    known = fingerprint_of(project)
    if not known or _is_kept(known):
        return
    record = {
        "code": known,
        "project": project.name,
        "layers": [name for name, _ in code_of(project)],
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    places.trust().mkdir(parents=True, exist_ok=True)
    safe_write(_record(known), json.dumps(record, indent=2) + "\n")


def require(project: Project, where: str = "") -> str:
    """The fingerprint of the project's code; raises `TrustNeeded` where it is not trusted."""
    if not is_trusted(project):
        names = tuple(name for name, _ in code_of(project))
        raise TrustNeeded(where or project.name[:60] or "project", names)
    return fingerprint_of(project)


def trust_hints(project: Project) -> tuple[Problem, ...]:
    """A hint where a run of the project would have to ask for trust first."""
    from graph_compiler.codes import problem

    if is_trusted(project):
        return ()
    names = ", ".join(name for name, _ in code_of(project))
    return (
        problem(
            "code_not_trusted",
            port="code",
            expected=f"trust in the Python that the project brings along ({names}), to run it",
            got="none yet",
            remedy="Read it; a run asks for it, and export does not need it.",
        ),
    )


def project_of_run(run: str | os.PathLike[str]) -> Project:
    """The project that a run froze; raises `ProjectError`."""
    from graph_compiler.files import load_project

    return load_project(Path(run) / PROJECT)


def require_of_run(run: str | os.PathLike[str]) -> None:
    """Raises `TrustNeeded` where a run would execute code that is not trusted.

    A run without a readable project is left to the worker, which refuses it.
    """
    from graph_compiler.files import ProjectError

    try:
        project = project_of_run(run)
    except ProjectError:
        return
    require(project, Path(run).name)


def _is_kept(known: str) -> bool:
    try:
        record = json.loads(_record(known).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.get("code") == known


def _record(known: str) -> Path:
    return places.trust() / f"{known}.json"
