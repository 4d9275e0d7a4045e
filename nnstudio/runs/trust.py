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
from nnstudio.runs.layout import MODEL, PROJECT, SCRIPT, RunError

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from graph_compiler.problems import Problem


KEPT = (MODEL, SCRIPT)
"""The texts that a run keeps."""


class TrustNeeded(RunError):
    """Code of the project would run, and the user has not said that it may."""

    def __init__(self, where: str, names: tuple[str, ...], *, differs: bool = False) -> None:
        self.names = names
        what = "is not what its project comes to" if differs else "it brings along"
        super().__init__(
            where,
            f"trust in the Python that {what} ({', '.join(names)})",
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
    return _are_trusted(code_of(project))


def trust(project: Project) -> None:
    """Keep that the code of the project may run, as it is now."""
    trust_texts(code_of(project), project.name)


def trust_run(run: str | os.PathLike[str]) -> None:
    """Keep that a run may be resumed as it lies there; raises `ProjectError` and `RunError`."""
    trust_texts(code_of_run(run), Path(run).name)


def trust_texts(texts: tuple[tuple[str, str], ...], title: str) -> None:
    """Keep that exactly these texts may run; the title is for people who read the record."""
    from graph_compiler.code_model import fingerprint
    from graph_compiler.safe_io import safe_write

    known = fingerprint(texts)
    if not known or _is_kept(known):
        return
    record = {
        "code": known,
        "project": title,
        "layers": [name for name, _ in texts],
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


def code_of_run(run: str | os.PathLike[str]) -> tuple[tuple[str, str], ...]:
    """Names and texts of all that a resume would execute and that NN Studio has not written.

    Those are the layers of its project that are written in Python, and `model.py` and `train.py`
    where they are not what the project comes to. Raises `ProjectError` and `RunError`.
    """
    from nnstudio.runs.kept_texts import foreign_texts

    return code_of(project_of_run(run)) + foreign_texts(run)


def require_of_run(run: str | os.PathLike[str], *, resume: bool = True) -> None:
    """Raises `TrustNeeded` where a run would execute code that is not trusted.

    The texts of a run that has just been made here are what its project comes to. A run without a
    readable project is left to the worker, which refuses it.
    """
    from graph_compiler.files import ProjectError

    name = Path(run).name
    try:
        if not resume:
            require(project_of_run(run), name)
            return
        texts = code_of_run(run)
    except ProjectError:
        return
    if not _are_trusted(texts):
        kept = tuple(name for name, _ in texts if name in KEPT)
        raise TrustNeeded(name, kept or tuple(name for name, _ in texts), differs=bool(kept))


def _are_trusted(texts: tuple[tuple[str, str], ...]) -> bool:
    from graph_compiler.code_model import fingerprint

    return not texts or _is_kept(fingerprint(texts))


def _is_kept(known: str) -> bool:
    try:
        record = json.loads(_record(known).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.get("code") == known


def _record(known: str) -> Path:
    return places.trust() / f"{known}.json"
