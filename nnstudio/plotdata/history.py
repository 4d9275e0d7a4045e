"""The errors of a run by epoch, and the figures in them that a verdict rests on.

Owns how errors are taken from a run's columns and what is computed from them; the judgement is in
`nnstudio.plotdata.verdict`. Must not import Qt or read runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnstudio.plotdata.curves import number
from nnstudio.plotdata.series import Series

if TYPE_CHECKING:
    from graph_compiler.model import Purpose

FEWEST_EPOCHS = 6
"""Fewer epochs carry no verdict."""
_STILL_FALLING = 0.20
"""A loss falls quickly if it would lose this share in as many further epochs as there were."""


@dataclass(frozen=True, slots=True)
class History:
    """Errors by epoch; empty where they are not measured, not finite where they diverged."""

    fit_error: tuple[float, ...]
    val_error: tuple[float, ...]
    fit_loss: tuple[float, ...] = ()
    val_loss: tuple[float, ...] = ()
    measure: str = "error rate"
    """Name of the error for people; `error rate` is a share of wrong answers."""
    chance: float | None = None
    """The error of the best constant answer; None where it is not known."""
    rows: int | None = None
    """Rows of the validation part."""
    finished: bool = False
    mistakes: tuple[float, ...] = ()
    """The perceptron rule's mistakes in each epoch."""


def history(
    columns: Mapping[str, Series],
    purpose: Purpose | None = None,
    rows: int | None = None,
    finished: bool = False,
) -> History:
    """Errors by epoch from a run's columns `fit_…` and `val_…`.

    The error is the share of wrong answers where there is an accuracy, else the unexplained share
    of variance where there is an R² (or what an autoencoder explains), else the mean absolute
    error, else the loss.
    """
    data = purpose.data if purpose is not None else None
    measure, chance, metric = "loss", None, "loss"
    turn: Callable[[NDArray], NDArray] = np.asarray
    known = {name.partition("_")[2] for name in columns}
    if "accuracy" in known:
        measure, metric, turn = "error rate", "accuracy", lambda a: 1.0 - a
        if data is not None and data.target == "class":
            chance = 1.0 - 1.0 / max(data.outputs, 2)
    elif "r2" in known:
        measure, metric, chance, turn = "unexplained variance", "r2", 1.0, lambda a: 1.0 - a
    elif "explained" in known:
        measure, metric, chance, turn = "unexplained variance", "explained", 1.0, lambda a: 1.0 - a
    elif "mae" in known:
        measure, metric = "mean absolute error", "mae"
    fit, val = _aligned(columns, f"fit_{metric}", f"val_{metric}")
    fit_loss, val_loss = _aligned(columns, "fit_loss", "val_loss")
    return History(
        _tuple(turn(fit)),
        _tuple(turn(val)),
        _tuple(fit_loss),
        _tuple(val_loss),
        measure,
        chance,
        rows,
        finished,
        _tuple(columns["mistakes"].values) if "mistakes" in columns else (),
    )


def _aligned(columns: Mapping[str, Series], fit: str, val: str) -> tuple[NDArray, NDArray]:
    """Both columns at the epochs at which both were measured; one alone as it is."""
    empty = Series()
    first, second = columns.get(fit, empty), columns.get(val, empty)
    if not len(first) or not len(second):
        return first.values, second.values
    _, left, right = np.intersect1d(first.steps, second.steps, return_indices=True)
    return first.values[left], second.values[right]


def _tuple(values: NDArray) -> tuple[float, ...]:
    return tuple(np.asarray(values, dtype=np.float64).tolist())


class Figures:
    """What the rule of the verdict speaks about, computed from a history once."""

    def __init__(self, history: History) -> None:
        self.history = history
        fit, val = np.array(history.fit_error), np.array(history.val_error)
        length = min(len(fit), len(val))
        both = np.isfinite(fit[:length]) & np.isfinite(val[:length])
        self.fit_all, self.val_all = fit[:length][both], val[:length][both]
        self.epochs = len(self.fit_all)
        self.last = int(np.clip(self.epochs // 4, 3, 10))
        self.fit, self.val = mean(self.fit_all, self.last), mean(self.val_all, self.last)
        self.gap = self.val - self.fit
        self.yardstick = _yardstick(history, self.val_all)
        self.doubt = self._doubt()
        self.fit_loss = _finite(history.fit_loss)
        self.val_loss = _finite(history.val_loss)

    def _doubt(self) -> float:
        """The uncertainty (one standard error) of the gap."""
        if not self.epochs:
            return 0.0
        spread = (self.val_all - self.fit_all)[-self.last :].std() / math.sqrt(self.last)
        rows = self.history.rows
        if not rows:
            return float(spread)
        if self.history.measure == "error rate":
            squares = sum(p * (1 - p) / (rows + 2) for p in map(self._shrunk, (self.fit, self.val)))
        else:
            squares = 2 / rows * (self.fit**2 + self.val**2)
        return math.sqrt(spread**2 + squares)

    def _shrunk(self, share: float) -> float:
        rows = self.history.rows or 0
        return (share * rows + 1) / (rows + 2)

    def share(self, value: float) -> float:
        """A value as a share of the yardstick."""
        return value / self.yardstick if self.yardstick > 0 else 0.0

    @property
    def falling_fit(self) -> bool:
        """Whether the training loss, or the error where there is none, still falls quickly."""
        return falls(self.fit_loss if len(self.fit_loss) else self.fit_all)

    @property
    def falling_val(self) -> bool:
        """Whether the validation loss, or the error where there is none, still falls quickly."""
        return falls(self.val_loss if len(self.val_loss) else self.val_all)

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, with the lowest validation loss."""
        return int(np.argmin(self.val_loss)) + 1 if len(self.val_loss) else 0

    @property
    def turned(self) -> bool:
        """Whether the validation loss rises again while the training loss has gone on falling."""
        if len(self.val_loss) < FEWEST_EPOCHS or len(self.fit_loss) != len(self.val_loss):
            return False
        best = self.best_epoch - 1
        if best > len(self.val_loss) - self.last:
            return False
        lowest = float(np.convolve(self.val_loss, np.full(3, 1 / 3), "valid").min())
        risen = mean(self.val_loss, self.last) - lowest
        learned = float(self.fit_loss[best]) - mean(self.fit_loss, self.last)
        spread = _roughness(self.val_loss)
        return risen > max(0.1 * lowest, 3 * spread) and learned > 0

    @property
    def loss_gap_share(self) -> float:
        """The gap of the losses as a share of what chance or the start has, the larger of them."""
        if not len(self.val_loss) or not len(self.fit_loss):
            return 0.0
        start = float(self.val_loss[:2].max())
        chance = self.history.chance
        if self.history.measure == "error rate" and chance is not None:
            start = max(start, -math.log(1 - chance))
        gap = mean(self.val_loss, self.last) - mean(self.fit_loss, self.last)
        return gap / start if start > 0 else 0.0

    def text(self, value: float) -> str:
        """An error for people: per cent for shares, else a number."""
        if self.history.measure in ("error rate", "unexplained variance"):
            return f"{100 * value:.1f} %"
        return number(value)

    def both(self) -> str:
        """The two errors in words."""
        fit, val = self.text(self.fit), self.text(self.val)
        if self.history.measure == "error rate":
            return f"The network gets {fit} of the training and {val} of the validation rows wrong"
        if self.history.measure == "unexplained variance":
            return (
                f"The network leaves {fit} of the training and {val} of the "
                "validation variance unexplained"
            )
        return f"The {self.history.measure} is {fit} in training and {val} in validation"


def _yardstick(history: History, val: NDArray) -> float:
    if history.chance is not None:
        return history.chance
    return float(val[:2].max()) if len(val) else 0.0


def _finite(values: tuple[float, ...]) -> NDArray:
    array = np.array(values, dtype=np.float64)
    return array[np.isfinite(array)]


def mean(values: NDArray, last: int) -> float:
    """The mean of the last values; NaN if there is none."""
    return float(values[-last:].mean()) if len(values) else math.nan


def _roughness(values: NDArray) -> float:
    """The spread from epoch to epoch over the later half, free of trend."""
    return float(np.diff(values[len(values) // 2 :]).std()) / math.sqrt(2)


def falls(values: NDArray) -> bool:
    """Whether values fall significantly, by a fifth in as many further epochs as there were."""
    count = len(values)
    last = int(np.clip(count // 3, 5, 30))
    if count < last:
        return False
    tail = values[-last:]
    places = np.arange(last) - (last - 1) / 2
    slope = float((places * tail).sum() / (places**2).sum())
    rest = tail - tail.mean() - slope * places
    error = math.sqrt(float((rest**2).sum()) / max(last - 2, 1) / float((places**2).sum()))
    sure = 3 + 6 / (last - 2)  # wider for few points, as quantiles of Student's t are
    return slope < -sure * error and -slope * count > _STILL_FALLING * abs(float(tail.mean()))
