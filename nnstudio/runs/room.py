"""Whether a run fits into a device's memory: the fault with need and have, and the smallest cure.

Owns what is said of memory in words; what is estimated is told with two digits. Pure but for asking
the system how much memory it has.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from graph_compiler.problems import Problem
from nnstudio.document.recipes import recipes
from nnstudio.runs.forecast import Forecast, forecasts

if TYPE_CHECKING:
    from graph_compiler.model import Project, Value
    from graph_compiler.report import Report

CPU = "cpu"
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_ACCELERATORS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd", "/dev/dri")
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_CURES: tuple[tuple[str, Value, str], ...] = (
    ("precision", "bfloat16", "Compute in bfloat16"),
    ("optimizer", "sgd", "Choose sgd without momentum, which keeps nothing beside the weights"),
)
"""Settings that save memory where smaller batches do not, the smaller change first."""


def room_here() -> int:
    """Bytes of memory that this process may use: the machine's, or those of its container."""
    room = psutil.virtual_memory().total
    for place in _CGROUPS:
        with suppress(OSError, ValueError):
            room = min(room, int(Path(place).read_text()))
    return int(room)


def trains_here(device: str) -> bool:
    """Whether a run certainly uses the processor's memory, as far as that shows without torch."""
    if device != "auto":
        return device == CPU
    if sys.platform in ("win32", "darwin"):
        return False
    return not any(Path(place).exists() for place in _ACCELERATORS)


def room_faults(project: Project, known: Mapping[str, Report], room: int) -> Iterator[Problem]:
    """Stages that need more than `room`, with the parts that need most, and the smallest cure."""
    several = len(project.plan.stages) > 1
    for found in forecasts(project, known):
        if found.need <= room:
            continue
        yield Problem(
            "bad_parameter",
            "error",
            f"plan.{found.stage}" if several else "plan",
            "batch_size" if found.largest_batch(room) else "network",
            f"a run that fits into {memory(room)} of memory",
            f"one that needs about {roughly(found.need)} ({largest_parts(found)})",
            cure(project, found, room),
        )


def cure(project: Project, found: Forecast, room: int) -> str:
    """The smallest change with which a stage fits into `room`."""
    largest = round_down(found.largest_batch(room))
    if largest:
        more = _accumulated(project, found, largest)
        return f"Choose batches of at most {largest:,}{more}."
    for setting, value, words in _CURES:
        changed = _changed(project, found.stage, setting, value)
        other = _stage_of(changed, found.stage) if changed is not None else None
        most = round_down(other.largest_batch(room)) if other is not None else 0
        if most:
            smaller = f", with batches of at most {most:,}" if most < found.batch else ""
            return f"{words}{smaller}."
    if found.data > room // 2 and found.fixed - found.data < room:
        return "Take fewer rows, or another device."
    return "Make the network smaller, or choose a device with more memory."


def largest_parts(found: Forecast, most: int = 3) -> str:
    """The parts that need most, such as `activations 3.1 GB, weights 1.2 GB`."""
    parts = sorted(found.parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{word} {roughly(size)}" for word, size in parts[:most])


def memory_words(stages: Sequence[Forecast], room: int = 0) -> str:
    """The forecast of a plan in one line; with `room` also the largest batches that fit."""
    found = max(stages, key=lambda one: one.need)
    parts = [part for part in found.parts.items() if part[0] != "program"]
    parts.sort(key=lambda part: -part[1])
    shown = ", ".join(f"{word} {roughly(size)}" for word, size in parts[:3])
    where = f" in stage {found.stage}" if len(stages) > 1 else ""
    words = f"about {roughly(found.need)} of memory{where} ({shown})"
    return f"{words}; {_batches_that_fit(stages, room)} into {memory(room)}" if room else words


def _batches_that_fit(stages: Sequence[Forecast], room: int) -> str:
    """The largest batch of each stage that has one, stages with equal ones together."""
    found: dict[int, list[str]] = {}
    for one in stages:
        most = one.largest_batch(room)
        if not most or most != one.rows:
            found.setdefault(round_down(most), []).append(one.stage)
    if not found:
        return "any batch fits"
    if len(stages) == 1 or (len(found) == 1 and len(*found.values()) == len(stages)):
        return f"batches of up to {next(iter(found)):,} fit"
    each = (f"{most:,} ({', '.join(found[most])})" for most in sorted(found))
    return f"batches of up to {' and '.join(each)} fit"


def memory(count: int) -> str:
    """Bytes for people, in the largest unit of which there is at least one."""
    size, unit = _in_units(count)
    return f"{count:,} {_UNITS[0]}" if not unit else f"{size:,.1f} {_UNITS[unit]}"


def roughly(count: int) -> str:
    """Bytes that are estimated: two digits, rounded up, such as `460 MB` or `4.6 GB`."""
    size, unit = _in_units(count)
    step = 0.1 if size < 10 and unit else 1 if size < 100 else 10
    size = ceil(size / step - 1e-9) * step
    if size >= 1000 and unit + 1 < len(_UNITS):
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if size < 10 and unit else f"{size:,.0f} {_UNITS[unit]}"


def round_down(count: int) -> int:
    """The two first digits of a count that is estimated."""
    step = 10 ** max(0, len(str(count)) - 2)
    return count // step * step


def _in_units(count: int) -> tuple[float, int]:
    size, unit = float(count), 0
    while size >= 1000 and unit + 1 < len(_UNITS):
        size, unit = size / 1000, unit + 1
    return size, unit


def _stage_of(project: Project, name: str) -> Forecast | None:
    """The forecast of one stage."""
    return next((one for one in forecasts(project) if one.stage == name), None)


def _accumulated(project: Project, found: Forecast, largest: int) -> str:
    """How the steps stay as large, where the recipe can add gradients up."""
    stage = next(one for one in project.plan.stages if one.name == found.stage)
    settings = {param.name for param in recipes()[stage.recipe].settings}
    if "accumulation" not in settings or "accumulation" in stage.settings:
        return ""
    return f", and accumulation {-(-found.batch // largest)} for steps as large"


def _changed(project: Project, stage: str, setting: str, value: Value) -> Project | None:
    """The project with a setting of a stage replaced, where its recipe has such and it differs."""
    stages = []
    for one in project.plan.stages:
        if one.name == stage:
            known = {param.name for param in recipes()[one.recipe].settings}
            if setting not in known or one.settings.get(setting) == value:
                return None
            more = {"momentum": 0.0} if setting == "optimizer" and "momentum" in known else {}
            one = replace(one, settings={**one.settings, setting: value, **more})
        stages.append(one)
    return replace(project, plan=replace(project.plan, stages=tuple(stages)))
