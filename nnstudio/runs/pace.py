"""How long training will take: some steps, timed by a process that ends as soon as nobody asks.

Owns that process, and the words for what it finds. What it answers is data of another program and
checked. A few steps say an epoch's time roughly, so words have no more than two digits.
"""

from __future__ import annotations

import json
import math
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nnstudio.runs.launch import command, environment, own_session

PATIENCE = 120.0
"""Seconds after which a calibration counts as failed."""
_MOST = 1 << 20
_MOST_STAGES = 1000


class PaceError(Exception):
    """No pace was found, in words."""


@dataclass(frozen=True, slots=True)
class StagePace:
    """How fast one stage of a plan is."""

    stage: str
    seconds_per_step: float
    steps_per_epoch: int
    seconds_per_epoch: float
    epochs: int
    most_steps: int = 0
    """Steps after which it ends, whatever its epochs; 0 is after its epochs."""
    steps: int = 0
    """Steps that were timed."""
    peak: int = 0
    """Bytes of the accelerator's memory in use at most; 0 on the CPU, where nobody counts them."""

    @property
    def seconds(self) -> float:
        """The whole stage."""
        epochs = self.most_steps / max(1, self.steps_per_epoch) if self.most_steps else self.epochs
        return self.seconds_per_epoch * epochs


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of every stage of a plan, and on which device."""

    device: str
    stages: tuple[StagePace, ...]

    @property
    def seconds(self) -> float:
        """All stages, one after the other."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def words(self) -> str:
        """`about 3 min an epoch on cpu, 60 min for 20`; of several stages each, and their sum."""
        if len(self.stages) == 1:
            (one,) = self.stages
            end = f"{one.most_steps:,} steps" if one.most_steps else f"{one.epochs:,}"
            an_epoch = duration(one.seconds_per_epoch)
            return f"about {an_epoch} an epoch on {self.device}, {duration(one.seconds)} for {end}"
        each = ", ".join(f"{one.stage}: {duration(one.seconds)}" for one in self.stages)
        return f"about {duration(self.seconds)} in all on {self.device} ({each})"


class Calibration:
    """One timing under way."""

    def __init__(self, project: str, base: str, device: str = "auto", threads: int = 0) -> None:
        self._asked = {"project": project, "base": base, "device": device, "threads": threads}
        self._cancelled = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def result(self) -> Pace:
        """Time it; raises `PaceError`, at once where it is cancelled."""
        with self._lock:
            if self._cancelled.is_set():
                raise PaceError("It was cancelled.")
            self._process = subprocess.Popen(
                command("--calibrate"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                **own_session(detach=False),
            )
        asked = json.dumps(self._asked).encode("ascii") + b"\n"
        try:
            said, _ = self._process.communicate(asked, PATIENCE)
        except subprocess.TimeoutExpired:
            self._end()
            raise PaceError(f"It took longer than {PATIENCE:.0f} seconds.") from None
        except OSError as error:
            raise PaceError(f"The process could not be asked: {error}") from error
        if self._cancelled.is_set():
            raise PaceError("It was cancelled.")
        return _read(said)

    def cancel(self) -> None:
        """End it at once; any thread may call."""
        with self._lock:
            self._cancelled.set()
            self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(OSError):
                self._process.kill()


def duration(seconds: float) -> str:
    """A duration that is known roughly: `0.3 s`, `12 s`, `3 min`, `2.1 h`, `56 h`, `5 days`."""
    if seconds < 10:
        return f"{seconds:.1g} s" if seconds < 1 else f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 99.5:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    if hours < 99.5:
        return f"{hours:.1f} h" if hours < 9.95 else f"{hours:.0f} h"
    return f"{hours / 24:,.0f} days"


def _read(said: bytes) -> Pace:
    try:
        values: Any = json.loads(said[:_MOST])
        if isinstance(values.get("error"), str):
            raise PaceError(values["error"])
        rows = values["stages"][:_MOST_STAGES]
        stages = tuple(_stage(row) for row in rows)
        if not stages:
            raise ValueError
        return Pace(str(values["device"])[:40], stages)
    except (ValueError, TypeError, LookupError, AttributeError):
        raise PaceError("The process that timed it ended without an answer.") from None


def _stage(row: Any) -> StagePace:
    step, epoch = float(row["seconds_per_step"]), float(row["seconds_per_epoch"])
    if not (math.isfinite(step) and math.isfinite(epoch) and step >= 0 and epoch >= 0):
        raise ValueError
    return StagePace(
        str(row["stage"])[:200],
        step,
        max(1, int(row["steps_per_epoch"])),
        epoch,
        max(1, int(row["epochs"])),
        max(0, int(row["most_steps"])),
        max(0, int(row["steps"])),
        max(0, int(row["peak"])),
    )
