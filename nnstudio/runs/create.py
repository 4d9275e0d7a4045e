"""Making a run: the project frozen, its Python written, nothing half-made ever seen."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio import places
from nnstudio.runs import jsonl
from nnstudio.runs.info import RunInfo, write_info
from nnstudio.runs.layout import CHECKPOINTS, COLUMNS, MAP, MODEL, PROJECT, REQUESTS, SCRIPT
from nnstudio.runs.trust import require

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from graph_compiler.problems import Problem
    from graph_compiler.source import Source, Span


class RunRefused(Exception):
    """The project has errors; `problems` lists them all."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        which = "it" if count == 1 else "them"
        super().__init__(f"{name}: expected no errors, got {count}. Mend {which} first.")
        self.problems = problems


def create_run(
    project: Project,
    folder: str | os.PathLike[str] | None = None,
    *,
    base: str | os.PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
) -> Path:
    """A new run directory below `folder` (the user's runs by default), ready for a worker.

    `epochs` and `seed` replace the plan's; a relative path to the data is meant from `base` (the
    current folder by default). Raises `RunRefused` where the project has errors, `TrustNeeded`
    where it brings Python along that the user does not trust, and `ProjectError` where a setting
    does not fit.
    """
    from graph_compiler.files import project_text
    from nnstudio.document.recipes import stage_settings
    from nnstudio.document.script import train_script

    project = with_plan(project, epochs=epochs, seed=seed)
    source = source_of(project)
    code = require(project)
    stage = project.plan.stages[0]
    settings = stage_settings(stage, project.variables)
    options = {
        "device": device,
        "threads": threads or default_threads(),
        "folder": str(Path(base or Path.cwd()).resolve()),
        "fingerprint": True,
    }
    texts = {
        PROJECT: project_text(project),
        MODEL: source.text,
        SCRIPT: train_script(project, source, options),
    }
    created = time.time()
    parent = Path(folder) if folder is not None else places.runs()
    return _write(
        parent,
        RunInfo(
            id="",
            created=round(created, 3),
            project_name=project.name,
            network=stage.network,
            device=device,
            threads=threads or default_threads(),
            epochs=int(settings.get("epochs", 0)),
            seed=int(settings.get("seed", 0)),
            code=code,
        ),
        texts,
        _map(source),
    )


def with_plan(project: Project, *, epochs: int | None, seed: int | None) -> Project:
    """The project with the number of epochs and the seed of its first stage replaced."""
    from nnstudio.document.templates import assign

    for key, value in (("plan.epochs", epochs), ("plan.seed", seed)):
        if value is not None:
            project = assign(project, key, value)
    return project


def source_of(project: Project, *, to_run: bool = True) -> Source:
    """The Python of the network that the project's first stage trains; `RunRefused` on errors.

    Where nothing is to run, the data need not be chosen yet, and the project's other networks
    stand in the same file behind it.
    """
    from graph_compiler.emission import emit, emit_project, title_of
    from nnstudio.runs.readiness import errors

    problems = errors(project, to_run=to_run)
    if problems:
        raise RunRefused(project.name, problems)
    first = project.plan.stages[0].network
    others = [name for name, one in project.networks.items() if not one.is_block and name != first]
    if others and not to_run:
        return emit_project(project, [first, *others])
    return emit(project.graph(first), title_of(project, first))


def default_threads() -> int:
    """All cores but one, which the window needs; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) - 1)


def _map(source: Source) -> dict[str, Any]:
    """Node paths to module paths, and where in the text the nodes of each drawing stand."""

    def places(spans: Mapping[str, tuple[Span, ...]]) -> dict[str, Any]:
        return {node: [asdict(span) for span in pieces] for node, pieces in spans.items()}

    return {
        "modules": dict(source.modules),
        "spans": places(source.spans),
        "parts": {drawing: places(spans) for drawing, spans in source.parts.items()},
        "model_sha256": hashlib.sha256(source.text.encode("utf-8")).hexdigest(),
    }


def _write(parent: Path, info: RunInfo, texts: Mapping[str, str], maps: Mapping[str, Any]) -> Path:
    """The whole folder under a hidden name, then renamed: no half-made run is ever listed."""
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        identity = _identity(info)
        made, final = parent / f".{identity}", parent / identity
        if not final.exists():
            break
    made.mkdir()
    try:
        for name, text in texts.items():
            (made / name).write_text(text, encoding="utf-8", newline="\n")
        (made / MAP).write_bytes(jsonl.line(maps))
        for name in (COLUMNS, CHECKPOINTS, REQUESTS):
            (made / name).mkdir()
        write_info(made, replace(info, id=identity))
        os.rename(made, final)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return final


def _identity(info: RunInfo) -> str:
    """`lenet-5-20261121-0235-k3f9`: what it is, when it was made, and what makes it unique."""
    words = re.sub(r"[^a-z0-9]+", "-", info.project_name.lower()).strip("-")[:30].strip("-")
    when = time.strftime("%Y%m%d-%H%M", time.localtime(info.created))
    return f"{words or 'run'}-{when}-{secrets.token_hex(2)}"
