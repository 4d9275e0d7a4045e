"""How long training will take, from a few real steps of each of the plan's stages.

Owns the timing of steps: warmed up, with the device waited for. What is timed is built anew in a
folder of its own and thrown away. It draws random numbers, so a window has it done by a process of
its own, which can be ended at once (`nnstudio.runs.pace`).
"""

from __future__ import annotations

import gc
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch

from nnstudio.engine.loading import load_script
from nnstudio.engine.states import Recipe
from nnstudio.runs.pace import Pace, StagePace

WARM_UP = 3
"""Steps before the clock runs: first ones choose kernels and make the optimizer's state."""
SECONDS = 1.5
"""How long steps are timed in all, at most."""
LEAST_SECONDS = 0.3
"""How long those of one of several stages are timed."""
MOST_STEPS = 2000
_BACKWARD = 3.0
"""How many times as long a step takes as a measurement of the same rows."""
_NO_END = 10**6


def calibrate(
    text: str,
    base: str = "",
    device: str = "auto",
    threads: int = 0,
    seconds: float = SECONDS,
) -> Pace:
    """Time some steps of every stage of the project in `text`; raises what a start raises."""
    with _script(text, base, device, threads) as script:
        before = torch.get_num_threads()
        try:
            options = script.arguments([])
            return pace_of(script.build(options), seconds)
        finally:
            torch.set_num_threads(before)


def pace_of(recipe: Recipe, seconds: float = SECONDS) -> Pace:
    """Time some steps of each stage of a recipe that is thrown away afterwards."""
    device = device_of(recipe)
    stages: list[Any] = list(getattr(recipe, "stages", ()))
    if not stages:
        return Pace(str(device), (_stage_pace(recipe, "", recipe.epochs, 0, seconds),))
    each = max(LEAST_SECONDS, seconds / len(stages))
    found = []
    for number, stage in enumerate(stages):
        if number:  # as if the stages before it were done
            recipe.begin(number)  # type: ignore[attr-defined]
        limit = int(getattr(stage, "steps", 0))
        running = recipe.running  # type: ignore[attr-defined]
        found.append(_stage_pace(running, stage.name, stage.epochs, limit, each))
    return Pace(str(device), tuple(found))


def _stage_pace(recipe: Recipe, name: str, epochs: int, limit: int, seconds: float) -> StagePace:
    """Time some steps of one stage."""
    device = device_of(recipe)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    steps = _endless(recipe)
    for _, _ in zip(range(WARM_UP), steps, strict=False):
        pass
    done = ends = 0
    waited(device)
    begin = time.perf_counter()
    for ended in steps:
        done, ends = done + 1, ends + ended
        if done >= MOST_STEPS or time.perf_counter() - begin >= seconds:
            break
    waited(device)
    per_step = (time.perf_counter() - begin) / max(1, done)
    per_epoch = per_step * recipe.steps_per_epoch
    if not ends:
        per_epoch *= 1 + _measured_share(recipe) / _BACKWARD
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return StagePace(
        name, per_step, recipe.steps_per_epoch, per_epoch, epochs, limit, done, int(peak)
    )


def device_of(recipe: Recipe) -> torch.device:
    """Where a recipe's weights lie."""
    for network in recipe.networks.values():
        for weight in network.parameters():
            return weight.device
    return torch.device("cpu")


def waited(device: torch.device) -> None:
    """Wait until the device has done all that it was given."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def answer(request: bytes) -> dict[str, Any]:
    """The answer to a request of another process: the pace, or why there is none."""
    try:
        asked = json.loads(request)
        pace = calibrate(
            str(asked["project"]),
            str(asked.get("base") or ""),
            str(asked.get("device") or "auto"),
            int(asked.get("threads") or 0),
        )
    except Exception as error:  # whatever a project does, somebody waits for an answer
        words = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return {"error": words[:500]}
    return asdict(pace)


def _endless(recipe: Recipe) -> Iterator[bool]:
    """Steps, told by whether an epoch ended with each; begins anew where a plan is done."""
    recipe.epochs = max(recipe.epochs, _NO_END)
    for _ in recipe.steps():
        yield recipe.position == 0


def _measured_share(recipe: Recipe) -> float:
    """Rows that an epoch's end measures, as a share of those it learns from."""
    data = getattr(recipe, "data", None)
    try:
        train, validation = len(data.train.inputs), len(data.validation.inputs)  # type: ignore[union-attr]
    except (AttributeError, TypeError):
        return 0.0
    return 2 * validation / max(1, train) if validation else 1.0


@contextmanager
def _script(text: str, base: str, device: str, threads: int) -> Iterator[ModuleType]:
    """The script of the project in `text`, imported from a folder that is removed afterwards."""
    from graph_compiler import parse_project
    from nnstudio import places
    from nnstudio.document.planned import planned_source
    from nnstudio.document.script import train_script
    from nnstudio.document.shipped import shipped_texts
    from nnstudio.runs.create import default_threads
    from nnstudio.runs.trust import require

    project = parse_project(text, "project")
    require(project)
    source = planned_source(project)
    options = {
        "device": device,
        "threads": threads or default_threads(),
        "folder": base or str(Path.cwd()),
        "cache": str(places.packed()),
    }
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as made:
        folder = Path(made)
        (folder / "model.py").write_text(source.text, encoding="utf-8")
        (folder / "train.py").write_text(train_script(project, source, options), encoding="utf-8")
        for name, shipped in shipped_texts(project.data).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(shipped, encoding="utf-8", newline="\n")
        yield cast(ModuleType, load_script(folder))
        gc.collect()
