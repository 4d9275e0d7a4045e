"""What the plots need of a run, whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class State(Protocol):
    """Where a run stands."""

    @property
    def status(self) -> str:
        """`new`, `running`, `paused`, `stopped`, `done`, `failed` or `lost`."""

    @property
    def reason(self) -> str:
        """Why it ended, in words."""

    @property
    def step(self) -> int:
        """Steps done."""

    @property
    def epochs(self) -> int:
        """Epochs planned; 0 if that is not known."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch; 0 if that is not known."""

    @property
    def planned_steps(self) -> int:
        """Steps of the whole run; 0 if that is not known."""


class Reader(Protocol):
    """A run's columns and state; `series` reads only what is new."""

    def names(self) -> Iterable[str]:
        """The columns there are."""

    def series(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        """A column's steps and values so far."""

    def state(self) -> State:
        """Where the run stands."""
