"""Growing curves that draw in constant time: a running min/max pyramid, and smoothing.

Owns what turns any number of measured values into at most two points a pixel without losing a
spike. Must not import Qt, pyqtgraph, or anything that reads files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_FACTOR = 8
"""Each level of the pyramid holds the extremes of this many entries of the level below."""
_BLOCK = 64
"""Length of the blocks that smoothing handles in one matrix product."""


@dataclass(frozen=True, slots=True)
class Polyline:
    """Points to draw; `joined[k]` tells whether point k is joined to point k + 1."""

    x: Floats
    y: Floats
    joined: Booleans

    @property
    def alone(self) -> Booleans:
        """Which points have no neighbour they are joined to, and so need a dot to be seen."""
        before = np.concatenate(([False], self.joined[:-1])) if len(self.joined) else self.joined
        return np.isfinite(self.y) & ~self.joined & ~before


class _Column:
    """An array that grows at its end in amortised constant time."""

    __slots__ = ("_data", "length")

    def __init__(self, dtype: np.dtype | type) -> None:
        self._data = np.empty(64, dtype=dtype)
        self.length = 0

    @property
    def data(self) -> NDArray:
        return self._data[: self.length]

    def extend(self, values: NDArray) -> None:
        needed = self.length + len(values)
        if needed > len(self._data):
            grown = np.empty(max(needed, 2 * len(self._data)), dtype=self._data.dtype)
            grown[: self.length] = self.data
            self._data = grown
        self._data[self.length : needed] = values
        self.length = needed

    def shorten(self, length: int) -> None:
        self.length = min(self.length, length)


class _Level:
    """Extremes of blocks of `size` values; a block without a finite value is (+inf, -inf)."""

    __slots__ = ("broken", "high", "low", "size")

    def __init__(self, size: int, dtype: np.dtype) -> None:
        self.size = size
        self.low = _Column(dtype)
        self.high = _Column(dtype)
        self.broken = _Column(np.bool_)
        """Whether a value of the block is not finite."""


class Series:
    """Values at ascending steps; appending is cheap, and so is drawing any part of them.

    Non-finite values are kept and become gaps. Steps that follow one another without a hole are not
    stored.
    """

    def __init__(self, dtype: np.dtype | type = np.float64) -> None:
        self._values = _Column(dtype)
        self._float = np.dtype(dtype if np.issubdtype(dtype, np.floating) else np.float64)
        self._first = 0
        self._steps: _Column | None = None
        self.cuts = 0
        """How often values were taken back; what was computed from them is void then."""
        self._levels: list[_Level] = []

    def __len__(self) -> int:
        return self._values.length

    @property
    def values(self) -> NDArray:
        """All values, as a view."""
        return self._values.data

    @property
    def steps(self) -> Integers:
        """The steps of all values; a new array where they follow one another, else a view."""
        return self.steps_at(slice(0, len(self)))

    def steps_at(self, index: slice) -> Integers:
        """The steps of the values `index`."""
        if self._steps is not None:
            return self._steps.data[index]
        start, stop, stride = index.indices(len(self))
        return np.arange(self._first + start, self._first + stop, stride, dtype=np.int64)

    def step(self, index: int) -> int:
        """The step of the value `index`, counted from the end if negative."""
        index = index if index >= 0 else len(self) + index
        return int(self._first + index if self._steps is None else self._steps.data[index])

    def append(self, steps: ArrayLike, values: ArrayLike) -> None:
        """Add values behind the last; steps must ascend, also across calls (ValueError)."""
        new_steps = np.asarray(steps, dtype=np.int64).reshape(-1)
        new_values = np.asarray(values).reshape(-1)
        if len(new_steps) != len(new_values):
            raise ValueError(f"{len(new_values)} values came with {len(new_steps)} steps")
        if not len(new_steps):
            return
        if np.any(np.diff(new_steps) <= 0) or (len(self) and new_steps[0] <= self.step(-1)):
            raise ValueError("steps must ascend")
        self._append_steps(new_steps)
        self._values.extend(new_values)
        self._grow_pyramid()

    def append_dense(self, first: int, values: ArrayLike) -> None:
        """Add values that belong to the steps from `first` on, one after the other."""
        new_values = np.asarray(values).reshape(-1)
        if not len(self):
            self._first = first
        elif self._steps is not None or first != self._first + len(self):
            self.append(np.arange(first, first + len(new_values)), new_values)
            return
        self._values.extend(new_values)
        self._grow_pyramid()

    def shorten(self, length: int) -> None:
        """Drop the values from index `length` on."""
        self.cuts += 1
        self._values.shorten(length)
        if self._steps is not None:
            self._steps.shorten(length)
        for level in self._levels:
            for column in (level.low, level.high, level.broken):
                column.shorten(len(self) // level.size)

    def index(self, step: float) -> int:
        """The number of values at steps below `step`."""
        if self._steps is not None:
            return int(np.searchsorted(self._steps.data, step, side="left"))
        return int(np.clip(np.ceil(step - self._first), 0, len(self)))

    def nearest(self, step: float) -> int | None:
        """The index of the value measured nearest to `step`; None while there is none."""
        if not len(self):
            return None
        after = min(self.index(step), len(self) - 1)
        before = max(after - 1, 0)
        return before if step - self.step(before) <= self.step(after) - step else after

    def extremes(self, start: int = 0, stop: int | None = None) -> tuple[float, float] | None:
        """Smallest and largest finite value of an index range; None if there is none."""
        stop = len(self) if stop is None else min(stop, len(self))
        if stop <= start:
            return None
        low, high = np.inf, -np.inf
        for first, last, unit in self._cover(start, stop):
            lows, highs, _ = self._blocks(first, last, unit)
            low, high = min(low, float(lows.min())), max(high, float(highs.max()))
        return (low, high) if low <= high else None

    def polyline(self, left: float, right: float, pixels: int) -> Polyline:
        """What to draw between two steps on `pixels` columns: at most about two points a column.

        Each bin of values is drawn from its smallest to its largest, so every spike stays; a bin
        with a non-finite value is joined to neither neighbour. One value beyond either side is
        included, so that lines run out of the view.
        """
        start = max(self.index(left) - 1, 0)
        stop = min(self.index(right) + 2, len(self))
        count = stop - start
        pixels = max(pixels, 1)
        if count <= 2 * pixels:
            x = self.steps_at(slice(start, stop)).astype(np.float64)
            y = self.values[start:stop].astype(np.float64)
            finite = np.isfinite(y)
            joined = np.zeros(count, dtype=np.bool_)
            joined[:-1] = finite[:-1] & finite[1:]
            return Polyline(x, np.where(finite, y, np.nan), joined)
        return self._binned(start, stop, pixels)

    def _binned(self, start: int, stop: int, pixels: int) -> Polyline:
        size = -(-(stop - start) // pixels)
        unit = self._unit(size)
        size = -(-size // unit) * unit
        start -= start % size
        low, high, broken = self._bins(start, stop, size)
        bins = len(low)
        ends = np.minimum(start + size * np.arange(1, bins + 1), len(self)) - 1
        begins = start + size * np.arange(bins)
        if self._steps is None:
            x = self._first + (begins + ends) / 2.0
        else:
            x = (self._steps.data[begins] + self._steps.data[ends]) / 2.0
        empty = low > high
        low = np.where(empty, np.nan, low)
        high = np.where(empty, np.nan, high)
        rising = np.arange(bins) % 2 == 0
        y = np.empty(2 * bins)
        y[0::2] = np.where(rising, low, high)
        y[1::2] = np.where(rising, high, low)
        whole = ~broken
        joined = np.zeros(2 * bins, dtype=np.bool_)
        joined[0::2] = ~empty
        joined[1:-1:2] = whole[:-1] & whole[1:]
        return Polyline(np.repeat(x, 2), y, joined)

    def _unit(self, size: int) -> int:
        """The largest block size of the pyramid of which a bin of `size` values takes several."""
        unit = 1
        for level in self._levels:
            if 4 * level.size <= size:
                unit = level.size
        return unit

    def _bins(self, start: int, stop: int, size: int) -> tuple[Floats, Floats, Booleans]:
        """Extremes, and whether broken, of bins of `size` values; `start` is a multiple of it."""
        unit = self._unit(size)
        low, high, broken = self._blocks(start, stop, unit)
        edges = np.arange(0, len(low), size // unit)
        return (
            np.minimum.reduceat(low, edges),
            np.maximum.reduceat(high, edges),
            np.logical_or.reduceat(broken, edges),
        )

    def _cover(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """The range as parts (first, last, block size), the blocks as large as fit."""
        for level in reversed(self._levels):
            first, last = -(-start // level.size) * level.size, stop // level.size * level.size
            if last - first >= 2 * level.size:
                ends = [(start, first), (last, stop)]
                rest = [part for end in ends if end[0] < end[1] for part in self._cover(*end)]
                return [(first, last, level.size), *rest]
        return [(start, stop, 1)]

    def _blocks(self, start: int, stop: int, unit: int) -> tuple[Floats, Floats, Booleans]:
        if unit == 1:
            return _single(self.values[start:stop])
        level = next(level for level in self._levels if level.size == unit)
        first, last = start // unit, -(-stop // unit)
        low, high = level.low.data[first:last], level.high.data[first:last]
        broken = level.broken.data[first:last]
        missing = last - level.low.length
        if missing > 0:
            rest = _single(self.values[level.low.length * unit : min(last * unit, len(self))])
            low = np.append(low, rest[0].min())
            high = np.append(high, rest[1].max())
            broken = np.append(broken, rest[2].any())
        return low, high, broken

    def _append_steps(self, steps: Integers) -> None:
        if not len(self):
            self._first = int(steps[0])
        expected = self.step(-1) + 1 if len(self) else self._first
        follows = steps[0] == expected and steps[-1] - steps[0] == len(steps) - 1
        if self._steps is None and not follows:
            known = self.steps
            self._steps = _Column(np.int64)
            self._steps.extend(known)
        if self._steps is not None:
            self._steps.extend(steps)

    def _grow_pyramid(self) -> None:
        size = _FACTOR
        below: _Level | None = None
        for depth in range(64):
            blocks = len(self) // size
            if not blocks:
                return
            if depth == len(self._levels):
                self._levels.append(_Level(size, self._float))
            level = self._levels[depth]
            known = level.low.length
            if known < blocks:
                if below is None:
                    low, high, broken = _single(self.values[known * size : blocks * size])
                else:
                    part = slice(known * _FACTOR, blocks * _FACTOR)
                    low, high = below.low.data[part], below.high.data[part]
                    broken = below.broken.data[part]
                level.low.extend(low.reshape(-1, _FACTOR).min(axis=1))
                level.high.extend(high.reshape(-1, _FACTOR).max(axis=1))
                level.broken.extend(broken.reshape(-1, _FACTOR).any(axis=1))
            below = level
            size *= _FACTOR


def _single(values: NDArray) -> tuple[Floats, Floats, Booleans]:
    """Each value as its own block."""
    finite = np.isfinite(values)
    if finite.all():
        return values, values, ~finite
    return np.where(finite, values, np.inf), np.where(finite, values, -np.inf), ~finite


@dataclass(frozen=True, slots=True)
class SmoothState:
    """What smoothing carries on: the weighted sum and the sum of weights."""

    total: float = 0.0
    weight: float = 0.0


def smooth(
    values: ArrayLike, beta: float, state: SmoothState | None = None
) -> tuple[Floats, SmoothState]:
    """Exponential moving average with bias correction (Kingma & Ba 2015, section 3).

    The value at k is the mean of all finite values up to k with weights beta ** age; non-finite
    values stay gaps and enter no mean. `beta` in [0, 1); 0 gives the values themselves.
    """
    state = state or SmoothState()
    given = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(given)
    total = _decaying_sum(np.where(finite, given, 0.0), beta, state.total)
    weight = _decaying_sum(finite.astype(np.float64), beta, state.weight)
    if len(given):
        state = SmoothState(float(total[-1]), float(weight[-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.where(finite, total / weight, np.nan)
    return result, state


def _decaying_sum(values: Floats, beta: float, before: float) -> Floats:
    """s[k] = beta * s[k - 1] + values[k]: a matrix product in blocks, the same over their ends."""
    count = len(values)
    if beta == 0.0:
        return values
    if count <= _BLOCK:
        result = np.empty(count)
        for k, value in enumerate(values.tolist()):
            before = beta * before + value
            result[k] = before
        return result
    padded = np.zeros(-(-count // _BLOCK) * _BLOCK)
    padded[:count] = values
    ages = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    kernel = np.where(ages >= 0, float(beta) ** np.maximum(ages, 0), 0.0)
    inside = padded.reshape(-1, _BLOCK) @ kernel.T
    ends = _decaying_sum(inside[:, -1].copy(), beta**_BLOCK, before)
    carried = np.concatenate(([before], ends[:-1]))
    inside += np.outer(carried, beta ** np.arange(1, _BLOCK + 1))
    return inside.reshape(-1)[:count]


class SmoothedSeries:
    """The moving average of a series, which follows it in steps of bounded cost."""

    def __init__(self, source: Series, beta: float) -> None:
        self.beta = beta
        self.series = Series()
        self._source = source
        self._state = SmoothState()
        self._cuts = source.cuts

    def advance(self, limit: int = 400_000) -> bool:
        """Take in at most `limit` further values; whether some are still left."""
        if self._source.cuts != self._cuts:
            self.series, self._state = Series(), SmoothState()
            self._cuts = self._source.cuts
        known = len(self.series)
        stop = min(len(self._source), known + limit)
        if stop > known:
            result, self._state = smooth(self._source.values[known:stop], self.beta, self._state)
            steps = self._source.steps_at(slice(known, stop))
            self.series.append(steps, result)
        return stop < len(self._source)
