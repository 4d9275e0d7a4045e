"""What the training plots show: metrics by panel, ranges, ticks, places of names, readings, CSV.

Owns everything between a run's columns and the drawing that needs no Qt. Must not import Qt or
pyqtgraph.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnstudio.plotdata.series import Series

_TITLES = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "error": "Error rate",
    "mae": "Mean absolute error",
    "mse": "Mean squared error",
    "r2": "R²",
    "iou": "IoU",
}
_AS_WRITTEN = ("R²", "IoU")
_PARTS = {"train": "training", "fit": "training", "val": "validation", "test": "test"}
_FRACTIONS = frozenset({"accuracy", "error"})


@dataclass(frozen=True, slots=True)
class Curve:
    """One column of a run in a panel; `part` is `training`, `validation`, `test` or `other`."""

    column: str
    part: str
    label: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric with its curves."""

    metric: str
    title: str
    curves: tuple[Curve, ...]


def panels(columns: Iterable[str]) -> tuple[Panel, ...]:
    """Group columns such as `train_loss` and `val_loss` by metric, loss first.

    Where both exist, the training curve is the per-step `train_` column and not the per-epoch
    `fit_` one.
    """
    groups: dict[str, dict[str, str]] = {}
    for column in columns:
        prefix, _, metric = column.partition("_")
        if prefix in _PARTS and metric:
            groups.setdefault(metric, {})[prefix] = column
        else:
            groups.setdefault(column, {})[""] = column
    order = {metric: place for place, metric in enumerate(_TITLES)}
    return tuple(
        Panel(metric, title(metric), _panel_curves(groups[metric]))
        for metric in sorted(groups, key=lambda metric: (order.get(metric, len(order)), metric))
    )


def _panel_curves(group: Mapping[str, str]) -> tuple[Curve, ...]:
    curves = []
    for prefix in ("train", "fit", "val", "test", ""):
        if prefix not in group or (prefix == "fit" and "train" in group):
            continue
        part = _PARTS.get(prefix, "other")
        label = part if part != "other" else title(group[prefix]).lower()
        curves.append(Curve(group[prefix], part, label))
    return tuple(curves)


def title(metric: str) -> str:
    """A metric's name for people; that of one output begins with the output's name."""
    whole = metric.replace("_", " ")
    kind = kind_of(metric)
    if kind in _TITLES:
        words = _TITLES[kind]
        plain = words if words in _AS_WRITTEN else words.lower()
        whole = words if kind == metric else f"{whole[: -len(kind)]}{plain}"
    return f"{whole[:1].upper()}{whole[1:]}"


def kind_of(metric: str) -> str:
    """What is measured, whichever output it is measured at: `accuracy` of `thing_accuracy`."""
    return metric.rpartition("_")[2]


def follow(series: Series, steps: ArrayLike, values: ArrayLike) -> bool:
    """Bring `series` up to what a reader returns; whether anything changed.

    Only what is new is read. After a resume the end of a column counts anew: then the common start
    is kept.
    """
    new_steps, new_values = np.asarray(steps), np.asarray(values)
    known = len(series)
    changed = False
    if known and not _continues(series, new_steps, new_values):
        series.shorten(_common(series, new_steps, new_values))
        known = len(series)
        changed = True
    if len(new_values) > known:
        series.append(new_steps[known:], new_values[known:])
        changed = True
    return changed


def as_counted(name: str, steps: ArrayLike) -> NDArray:
    """The steps of a column as people count them, from 1.

    A run numbers the losses of its steps from 0; what is measured behind a step has the number of
    steps done, which is that step's number already.
    """
    return np.asarray(steps) + int(name.startswith("train_"))


def _continues(series: Series, steps: NDArray, values: NDArray) -> bool:
    last = len(series) - 1
    if len(values) <= last or int(steps[last]) != series.step(last):
        return False
    old, new = series.values[last], values[last]
    return bool(old == new or (np.isnan(old) and np.isnan(new)))


def _common(series: Series, steps: NDArray, values: NDArray) -> int:
    count = min(len(series), len(values))
    same = (series.steps_at(slice(0, count)) == steps[:count]) & (
        (series.values[:count] == values[:count])
        | (np.isnan(series.values[:count]) & np.isnan(values[:count]))
    )
    return count if same.all() else int(np.argmin(same))


@dataclass(frozen=True, slots=True)
class Epochs:
    """Where epochs end on the axis of steps; beyond the last known end they go on alike."""

    ends: tuple[int, ...] = ()
    length: float = 0.0

    @classmethod
    def from_steps(cls, ends: ArrayLike, length: float | None = None) -> Epochs:
        """From the steps at which epochs' metrics were written, and the length if known."""
        known = np.asarray(ends, dtype=np.int64)
        if length is None:
            length = float(np.median(np.diff(known))) if len(known) > 1 else float(sum(known[:1]))
        return cls(tuple(known.tolist()), length)

    def end(self, epoch: int) -> float:
        """The step at which epoch `epoch`, counted from 1, ends."""
        if 1 <= epoch <= len(self.ends):
            return float(self.ends[epoch - 1])
        last = self.ends[-1] if self.ends else 0
        return last + (epoch - len(self.ends)) * self.length

    def at(self, step: float) -> int | None:
        """The epoch, counted from 1, of `step`; None while the length is not known."""
        if self.ends and step <= self.ends[-1]:
            return int(np.searchsorted(self.ends, step, side="left")) + 1
        if self.length <= 0:
            return None
        last = self.ends[-1] if self.ends else 0
        return len(self.ends) + max(1, math.ceil((step - last) / self.length))


def nice_step(span: float, count: int) -> float:
    """The smallest of 1, 2, 2.5, 5 · 10ⁿ that cuts `span` into at most `count` parts."""
    if span < 1e-290 or not math.isfinite(span):
        return 1.0
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(
        factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9)
    )


def ticks(low: float, high: float, count: int, whole: bool = False) -> tuple[float, ...]:
    """At most `count` + 1 round numbers from `low` to `high`; whole numbers only if asked."""
    step = nice_step(high - low, count)
    if whole:
        step = max(1.0, math.ceil(step - 1e-9))
    first = math.ceil(low / step - 1e-6)
    last = math.floor(high / step + 1e-6)
    return tuple(round(k * step, 12) for k in range(first, last + 1))


def log_ticks(low: float, high: float, count: int) -> tuple[float, ...]:
    """Powers of ten between two decimal logarithms, with 2 and 5 between where there is room."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    for factors in ((1, 2, 5), (1,)):
        found = [f * 10.0**d for d in decades for f in factors]
        found = [v for v in found if low - 1e-9 <= math.log10(v) <= high + 1e-9]
        if len(found) <= count + 1 or factors == (1,):
            break
    every = -(-len(found) // (count + 1)) if found else 1
    return tuple(found[::every])


def value_range(
    low: float, high: float, metric: str = "", log: bool = False, zero: bool = False
) -> tuple[float, float]:
    """The range of a value axis that holds `low` to `high` and ends on round numbers.

    In logarithmic form the result is in decimal logarithms. A fraction gets 0 to 1. Zero is
    included where it is near, and with `zero` wherever no value lies below it.
    """
    if log:
        low_log, high_log = math.log10(low), math.log10(high)
        pad = max(0.05 * (high_log - low_log), 0.05)
        return low_log - pad, high_log + pad
    if kind_of(metric) in _FRACTIONS and low >= 0 and high <= 1:
        return 0.0, 1.0
    if high - low <= max(1e-12 * max(abs(low), abs(high)), 1e-290):
        pad = abs(high) * 0.1 if abs(high) > 1e-200 else 1.0
        low, high = low - pad, high + pad
    if low >= 0 and (zero or low < 0.4 * high):
        low = 0.0
    step = nice_step(high - low, 8)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def push_apart(
    wanted: Sequence[float], sizes: Sequence[float], low: float, high: float
) -> list[float]:
    """Centres nearest to `wanted` (least squares) at which intervals of `sizes` do not overlap.

    They keep their order and stay within `low` to `high` where there is room; otherwise they start
    at `low`.
    """
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    placed = stack([wanted[k] for k in order], [sizes[k] for k in order])
    total = sum(sizes)
    offset = 0.0
    result = [0.0] * len(order)
    for place, k in zip(placed, order, strict=True):
        start = place - sizes[k] / 2 - offset
        result[k] = max(low, min(start, high - total)) + offset + sizes[k] / 2
        offset += sizes[k]
    return result


def stack(
    wanted: Sequence[float], sizes: Sequence[float], weights: Sequence[float] | None = None
) -> list[float]:
    """Centres of intervals of `sizes` that follow one another in the given order without overlap.

    They minimise the weighted sum of squared distances to `wanted`: isotonic regression by pooling
    adjacent violators (Ayer et al. 1955).
    """
    shares = weights or [1.0] * len(wanted)
    blocks: list[tuple[float, float, int]] = []
    offsets, total = [], 0.0
    for middle, size, weight in zip(wanted, sizes, shares, strict=True):
        offsets.append(total + size / 2)
        blocks.append((middle - offsets[-1], weight, 1))
        total += size
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (b, weight_b, count_b), (a, weight_a, count_a) = blocks.pop(), blocks.pop()
            both = weight_a + weight_b
            blocks.append(((a * weight_a + b * weight_b) / both, both, count_a + count_b))
    starts = [start for start, _, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


@dataclass(frozen=True, slots=True)
class Reading:
    """A curve's value nearest to the crosshair; `value` is NaN in a gap."""

    label: str
    part: str
    step: int
    value: float


def reading(series: Series, curve: Curve, step: float, reach: float) -> Reading | None:
    """The value measured nearest to `step`, if one was within `reach` steps."""
    index = series.nearest(step)
    if index is None or abs(series.step(index) - step) > reach:
        return None
    return Reading(curve.label, curve.part, series.step(index), float(series.values[index]))


def number(value: float) -> str:
    """A measured value with three or four significant digits, never a long tail."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e5 or size < 1e-4:
        return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e")
    decimals = max(0, 3 - max(0, math.floor(math.log10(size)) + 1)) if size >= 1 else 4
    return f"{value:.{max(decimals, 0)}f}"


def tick_texts(values: Sequence[float]) -> list[str]:
    """Tick labels with as many decimals as the ticks need, all the same."""
    if not values:
        return []
    largest = max(abs(v) for v in values)
    if largest and (largest >= 1e6 or largest < 1e-3):
        return [f"{v:.3g}" for v in values]
    decimals = next(
        (d for d in range(7) if all(abs(round(v, d) - v) <= 1e-9 * (largest or 1) for v in values)),
        6,
    )
    return [f"{v:.{decimals}f}" for v in values]


def step_text(step: float) -> str:
    """A step's number, short from a hundred thousand on: 250k, 1.5M."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(step) >= (1e5 if letter == "k" else unit):
            return f"{step / unit:.4g}{letter}"
    return f"{step:.0f}"


@dataclass(slots=True)
class Columns:
    """The series of a run by column, brought up to date by `follow`."""

    series: dict[str, Series] = field(default_factory=dict)

    def follow(self, name: str, steps: ArrayLike, values: ArrayLike) -> bool:
        """Take in what is new in a column; whether anything changed."""
        new_values = np.asarray(values)
        if name not in self.series:
            self.series[name] = Series(new_values.dtype)
        return follow(self.series[name], as_counted(name, steps), new_values)


def csv_lines(columns: Mapping[str, Series], chunk: int = 50_000) -> Iterator[str]:
    """A CSV file's text, piece by piece: a row a step, empty where a column has no value.

    Numbers are written so that reading them back gives the very same value.
    """
    names = list(columns)
    yield ",".join(["step", *names]) + "\n"
    starts = dict.fromkeys(names, 0)
    while any(starts[n] < len(columns[n]) for n in names):
        bound = min(
            columns[n].step(min(starts[n] + chunk, len(columns[n])) - 1)
            for n in names
            if starts[n] < len(columns[n])
        )
        stops = {n: columns[n].index(bound + 1) for n in names}
        parts = {n: columns[n].steps_at(slice(starts[n], stops[n])) for n in names}
        steps = np.unique(np.concatenate(list(parts.values())))
        cells = [[str(s) for s in steps.tolist()]]
        for n in names:
            cell = [""] * len(steps)
            values = columns[n].values[starts[n] : stops[n]]
            texts = values.astype(str).tolist()
            for place, text in zip(np.searchsorted(steps, parts[n]).tolist(), texts, strict=True):
                cell[place] = text
            cells.append(cell)
        yield "".join(",".join(row) + "\n" for row in zip(*cells, strict=True))
        starts = stops
