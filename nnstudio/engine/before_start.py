"""What is settled right before a run starts: its device, and whether it fits into its memory.

Owns the words about memory that a run's end is told with where there was none left.
"""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from graph_compiler.files import ProjectError, load_project
from graph_compiler.model import Project
from nnstudio.engine.choosing import CPU, Chosen, for_script
from nnstudio.engine.failures import Failure, RunFailed
from nnstudio.runs.forecast import Forecast, forecast, forecasts
from nnstudio.runs.layout import PROJECT, RunError
from nnstudio.runs.reader import RunReader
from nnstudio.runs.room import cure, largest_parts, memory, room_here, roughly, round_down

_USUAL_ADVICE = "Make the batch or the network smaller."
_NO_FORECAST = (ValueError, LookupError, ArithmeticError)
"""What keeps a forecast from being made; that is no reason for a run to fail."""
TIGHT = 0.9
"""Share of what is free beyond which a run is told to be tight."""


def device_for(run: Path, script: ModuleType, options: Namespace, resume: bool) -> Chosen:
    """The device that a run takes: the one asked for, the one it had, or the faster one."""
    if options.device != "auto" or int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return Chosen(options.device)
    names = [str(one["id"]) for one in _devices()]
    if names == [CPU]:
        return Chosen(options.device)
    had = _had(run) if resume else ""
    if had in names:
        return Chosen(had)
    return for_script(script, options, _parameters(run))


def check_room(run: Path, device: str) -> str:
    """Raises `RunFailed` where a run cannot fit; else what to say where it will be tight."""
    project = _project(run)
    found = _forecast(project)
    if project is None or found is None:
        return ""
    room, free = _memory_of(device)
    if found.need > room:
        text = (
            f"plan: expected a run that fits into {memory(room)} of memory on {device}, got one "
            f"that needs about {roughly(found.need)} ({largest_parts(found)}). "
            f"{cure(project, found, room)}"
        )
        raise RunFailed(Failure("out_of_memory", text))
    if found.need > TIGHT * free:
        return (
            f"The run needs about {roughly(found.need)} of memory, and {memory(free)} are free on "
            f"{device}."
        )
    return ""


def with_room(failure: Failure, run: Path, device: str) -> Failure:
    """A failure for want of memory with what the whole run needs, what there is, and the cure."""
    if failure.reason != "out_of_memory" or not device:
        return failure
    project = _project(run)
    found = _forecast(project)
    if project is None or found is None or "needs about" in failure.text:
        return failure
    room, _ = _memory_of(device)
    first = failure.text.removesuffix(_USUAL_ADVICE).rstrip()
    # It did not fit, whatever the forecast says: half as much is the least that helps for sure.
    largest = min(round_down(found.largest_batch(room)), found.batch // 2)
    advice = f"Choose batches of at most {largest:,}." if largest else cure(project, found, 0)
    text = f"{first} The run was to need about {roughly(found.need)} of {memory(room)}. {advice}"
    return replace(failure, text=text)


def _devices() -> list[dict[str, object]]:
    from nnstudio.engine.devices import devices

    return devices()


def _memory_of(device: str) -> tuple[int, int]:
    """Bytes that a device has for a run, and those that are free now."""
    kind, _, number = device.partition(":")
    for one in _devices():
        if str(one["id"]) in (device, kind) or (not number and one["id"] == f"{kind}:0"):
            total, free = int(str(one["memory"])), int(str(one["free"]))
            return (min(total, room_here()), free) if kind == CPU else (total, free or total)
    return room_here(), room_here()


def _project(run: Path) -> Project | None:
    with suppress(ProjectError, OSError):
        return load_project(run / PROJECT)
    return None


def _forecast(project: Project | None) -> Forecast | None:
    if project is None:
        return None
    try:
        return forecast(project)
    except _NO_FORECAST:
        return None


def _parameters(run: Path) -> int:
    """Parameters of the stage that has most."""
    project = _project(run)
    if project is None:
        return 0
    with suppress(*_NO_FORECAST):
        return max((one.weights // 4 for one in forecasts(project)), default=0)
    return 0


def _had(run: Path) -> str:
    """The device that the run had before; empty where it has not begun."""
    try:
        reader = RunReader(run)
        reader.poll()
    except (RunError, OSError):
        return ""
    device = reader.state().device
    reader.close()
    return device.removesuffix(":0") if device.endswith(":0") else device
