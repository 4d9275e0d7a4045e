"""Which device a run takes that leaves the choice to the program.

An accelerator is faster for what is large; a small network may be done on the processor before the
accelerator has even begun. Owns the choice: where both are there and the network is small, a few
steps of every stage are timed on each.
"""

from __future__ import annotations

import gc
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType

import torch

from nnstudio.engine.calibrating import pace_of
from nnstudio.runs.pace import Pace, duration

SMALL = 5_000_000
"""Parameters up to which steps are timed; what is larger goes to the accelerator."""
TIMED = 0.4
"""Seconds for which each device is timed."""
CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A device, and in words why it was taken; empty where there was nothing to choose."""

    device: str
    why: str = ""


def chosen(parameters: int, devices: list[str], timed: Callable[[str], Pace]) -> Chosen:
    """The device for networks of so many parameters.

    `devices` are those there are, the usual one first; `timed` times the plan's steps on one.
    """
    usual = devices[0] if devices else CPU
    if CPU not in devices or usual == CPU:
        return Chosen(usual)
    if parameters > SMALL:
        return Chosen(usual)
    found: dict[str, Pace] = {}
    for device in (CPU, usual):
        with suppress(RuntimeError, NotImplementedError):  # what it cannot do, it is not taken for
            found[device] = timed(device)
    if not found:
        return Chosen(usual)
    best = min(found, key=lambda device: _cost(found[device]))
    other = usual if best == CPU else CPU
    what = "a step takes" if len(found[best].stages) == 1 else "all stages take about"
    against = f"{_words(found[other])} on {other}" if other in found else f"none on {other}"
    return Chosen(best, f"{best}: {what} {_words(found[best])} there, {against}")


def for_script(script: ModuleType, options: Namespace, parameters: int) -> Chosen:
    """The device for a run's script whose options say `auto`."""
    from nnstudio.engine.devices import devices

    def timed(device: str) -> Pace:
        given = Namespace(**{**vars(options), "device": device})
        recipe = script.build(given)
        try:
            return pace_of(recipe, seconds=TIMED)
        finally:
            del recipe
            gc.collect()
            if device != CPU and torch.cuda.is_available():
                torch.cuda.empty_cache()

    return chosen(parameters, [str(one["id"]) for one in devices()], timed)


def _cost(pace: Pace) -> float:
    """What devices are compared by: seconds of a step, of several stages seconds of them all."""
    return pace.stages[0].seconds_per_step if len(pace.stages) == 1 else pace.seconds


def _words(pace: Pace) -> str:
    return in_words(_cost(pace)) if len(pace.stages) == 1 else duration(pace.seconds)


def in_words(seconds: float) -> str:
    """A duration: `0.4 ms`, `12 ms`, `1.5 s`."""
    if seconds < 0.01:
        return f"{seconds * 1000:.2g} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
