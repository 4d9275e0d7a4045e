"""What every benchmark returns, and how times are taken: alternating, in one run."""

from __future__ import annotations

import gc
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One measured ratio: our figure over the yardstick's, taken in the same run."""

    area: str
    ours: float
    yardstick: float
    unit: str
    goal: str
    met: bool
    against: str

    @property
    def ratio(self) -> float:
        """Ours over the yardstick's."""
        return self.ours / self.yardstick if self.yardstick else float("nan")

    def line(self) -> str:
        """One row of the table in `benchmarks/README.md`."""
        mark = "yes" if self.met else "no"
        return (
            f"| {self.area} | {self.ours:.4g} {self.unit} "
            f"| {self.against}: {self.yardstick:.4g} {self.unit} | {self.ratio:.3g} "
            f"| {self.goal} | {mark} |"
        )


def alternate(
    ours: Callable[[], object], yardstick: Callable[[], object], rounds: int
) -> tuple[list[float], list[float]]:
    """Seconds of both, in turn after a warm-up each, so that a busy machine hits both.

    As with `timeit`, the garbage collector rests while the clock runs: when it comes is chance.
    """
    ours()
    yardstick()
    mine: list[float] = []
    theirs: list[float] = []
    for turn in range(rounds):
        order = ((ours, mine), (yardstick, theirs))
        for job, times in order if turn % 2 else order[::-1]:
            gc.collect()
            gc.disable()
            start = time.perf_counter()
            job()
            times.append(time.perf_counter() - start)
            gc.enable()
    return mine, theirs


def best(times: list[float]) -> float:
    """The least disturbed of the times, in seconds."""
    return min(times)


def median(times: list[float]) -> float:
    """The typical one of the times, in seconds."""
    return statistics.median(times)


def machine() -> str:
    """Processor, cores, system and Python in one line."""
    import os

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return (
        f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )
