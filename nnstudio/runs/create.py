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
from nnstudio.runs.final_evaluation import test_part_of
from nnstudio.runs.info import RunInfo, write_info
from nnstudio.runs.kept import Budget, set_budget
from nnstudio.runs.layout import (
    CHECKPOINTS,
    COLUMNS,
    MAP,
    MODEL,
    PROJECT,
    REQUESTS,
    SCRIPT,
    WEIGHTS,
)
from nnstudio.runs.trust import require
from nnstudio.runs.usual import usual_budget, usually_evaluates

if TYPE_CHECKING:
    from graph_compiler.model import Project, Stage
    from graph_compiler.problems import Problem
    from graph_compiler.source import Source, Span


MOST_PROCESSES = 1024
"""Processes beyond which no run is begun on one machine."""


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
    processes: int = 1,
    evaluates: bool | None = None,
    carried: Path | None = None,
) -> Path:
    """A new run directory below `folder` (the user's runs by default), ready for a worker.

    `epochs` and `seed` replace the plan's; a relative path to the data is meant from `base` (the
    current folder by default). Raises `RunRefused` where the project has errors, `TrustNeeded`
    where it brings Python along that the user does not trust, and `ProjectError` where a setting
    does not fit. `carried` is a file of weights that the first stage begins from; it is copied.
    `evaluates` says whether the run reads its test part when it ends; where it does not say, and
    for the checkpoints that are kept, the user's settings do.
    """
    from graph_compiler.files import project_text
    from nnstudio.document.recipes import stage_settings
    from nnstudio.document.script import train_script
    from nnstudio.document.shipped import shipped_texts
    from nnstudio.runs.stage_starts import missing_files

    where = Path(base or Path.cwd()).resolve()
    project = with_absolute_weights(with_plan(project, epochs=epochs, seed=seed), where)
    if missing := missing_files(project):
        raise RunRefused(project.name, missing)
    _check_processes(project, processes)
    source = source_of(project, device)
    stage = project.plan.stages[0]
    info = RunInfo(
        id="",
        created=round(time.time(), 3),
        project_name=project.name,
        network=stage.network,
        device=device,
        threads=threads or max(1, default_threads() // processes),
        epochs=epochs_of(project),
        seed=int(stage_settings(stage, project.variables).get("seed", 0)),
        processes=processes,
        code=require(project),
        test_part=test_part_of(project),
        evaluates=usually_evaluates() if evaluates is None else evaluates,
    )
    final = _free_place(Path(folder) if folder is not None else places.runs(), info)
    if carried is not None:
        first = replace(stage, weights=str(final / WEIGHTS))
        project = replace(project, plan=replace(project.plan, stages=(first, *_behind(project))))
    options = {
        "device": device,
        "threads": info.threads,
        "folder": str(where),
        "fingerprint": True,
        "cache": str(places.packed()),
    }
    texts = {
        PROJECT: project_text(project),
        MODEL: source.text,
        SCRIPT: train_script(project, source, options),
        **shipped_texts(project.data),
    }
    return _write(
        final, replace(info, id=final.name), texts, _map(source) | _maps(project, source), carried
    )


def _check_processes(project: Project, count: int) -> None:
    """Raises `ProjectError` where a stage's way of training cannot be shared by so many."""
    from graph_compiler.files import ProjectError
    from nnstudio.document.recipes import recipes

    if not 1 <= count <= MOST_PROCESSES:
        raise ProjectError("", "processes", f"1 to {MOST_PROCESSES}", str(count), "Choose another.")
    for stage in project.plan.stages:
        if count > 1 and (reason := recipes()[stage.recipe].alone):
            raise ProjectError("", "processes", f"1, since {reason}", str(count), "Choose 1.")


def with_absolute_weights(project: Project, base: Path) -> Project:
    """The project with the files that its stages begin from named from the root on."""
    stages = tuple(
        replace(stage, weights=str(base / stage.weights)) if stage.weights else stage
        for stage in project.plan.stages
    )
    return replace(project, plan=replace(project.plan, stages=stages))


def _behind(project: Project) -> tuple[Stage, ...]:
    return project.plan.stages[1:]


def with_plan(project: Project, *, epochs: int | None, seed: int | None) -> Project:
    """The project with the number of epochs and the seed of all its stages replaced."""
    wanted = {"epochs": epochs, "seed": seed}
    given = {name: value for name, value in wanted.items() if value is not None}
    # A plan of so many steps becomes one of so many epochs, where those are asked for.
    out = {"most_steps"} if epochs is not None else set()
    stages = tuple(
        replace(
            stage, settings={n: v for n, v in {**stage.settings, **given}.items() if n not in out}
        )
        for stage in project.plan.stages
    )
    return replace(project, plan=replace(project.plan, stages=stages))


def epochs_of(project: Project) -> int:
    """The epochs of all stages together."""
    from nnstudio.document.recipes import stage_settings

    stages = project.plan.stages
    return sum(int(stage_settings(one, project.variables).get("epochs", 0)) for one in stages)


def source_of(project: Project, device: str = "auto") -> Source:
    """The Python of the networks that the plan trains on a device; `RunRefused` on errors."""
    from nnstudio.document.planned import planned_source
    from nnstudio.runs.readiness import errors

    problems = errors(project, device=device)
    if problems:
        raise RunRefused(project.name, problems)
    return planned_source(project)


def model_of(project: Project, network: str | None = None) -> tuple[Source, tuple[str, ...]]:
    """The Python of one network, or of all, the trained one first; which were left out for errors.

    Nothing is to run, so the data need not be chosen yet. Raises `RunRefused` where the named
    network has errors, or without a name the trained one.
    """
    from graph_compiler.emission import emit, emit_project, title_of
    from nnstudio.document.planned import planned_networks, planned_source
    from nnstudio.runs.readiness import errors, reports

    known = reports(project)
    if network is not None:
        if not known[network].ok:
            raise RunRefused(project.name, known[network].errors)
        return emit(project.graph(network), title_of(project, network)), ()
    problems = errors(project, to_run=False)
    if problems:
        raise RunRefused(project.name, problems)
    trained = planned_networks(project)
    others = [name for name in known if name not in trained]
    sound = [name for name in others if known[name].ok]
    left_out = tuple(name for name in others if name not in sound)
    if sound:
        return emit_project(project, [*trained, *sound]), left_out
    return planned_source(project), left_out


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


def _maps(project: Project, source: Source) -> dict[str, Any]:
    """For a plan of several networks: node paths to module paths of each, by its name in a run."""
    from nnstudio.document.planned import network_keys

    keys = network_keys(project)
    if len(keys) == 1:
        return {}
    return {"networks": {key: dict(source.networks[name].modules) for key, name in keys.items()}}


def _free_place(parent: Path, info: RunInfo) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        place = parent / _identity(info)
        if not place.exists():
            return place


def _write(
    final: Path,
    info: RunInfo,
    texts: Mapping[str, str],
    maps: Mapping[str, Any],
    carried: Path | None,
) -> Path:
    """The whole folder under a hidden name, then renamed: no half-made run is ever listed."""
    made = final.with_name(f".{final.name}")
    made.mkdir()
    try:
        for name, text in texts.items():
            (made / name).parent.mkdir(exist_ok=True)
            (made / name).write_text(text, encoding="utf-8", newline="\n")
        (made / MAP).write_bytes(jsonl.line(maps))
        for name in (COLUMNS, CHECKPOINTS, REQUESTS):
            (made / name).mkdir()
        if carried is not None:
            shutil.copyfile(carried, made / WEIGHTS)
        write_info(made, info)
        if (budget := usual_budget()) != Budget():
            set_budget(made, budget)
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
