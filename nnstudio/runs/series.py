"""One series of a run, joined over the segments that its workers opened.

For every step the newest segment counts. Owns the joining and the choice of believable steps;
`nnstudio.runs.tail` reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.runs.layout import MAX_STEP
from nnstudio.runs.tail import ColumnTail, Growing
from nnstudio.runs.writer import WIDTHS

Arrays = tuple[NDArray[np.int64], NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Part:
    """Where one segment keeps a series."""

    segment: Path
    first_step: int
    width: str
    sparse: bool


class SegmentSeries:
    """A series within one segment: steps and values, as far as they are written and believable."""

    def __init__(self, name: str, part: Part) -> None:
        self.part = part
        self._column = ColumnTail(part.segment / f"{name}.{part.width}", WIDTHS[part.width])
        self._steps = Growing("<i8")
        self._at: ColumnTail | None = None
        self._values = self._column.values
        if part.sparse:
            self._at = ColumnTail(part.segment / f"{name}.at.i8", WIDTHS["i8"])
            self._values = Growing(WIDTHS[part.width])
        self._taken = 0
        self._last = part.first_step - 1

    def read(self) -> Arrays:
        """Everything up to now."""
        self._column.read()
        if self._at is None:
            self._take_dense()
        else:
            self._at.read()
            self._take_sparse(self._at)
        return self._steps.view(), self._values.view()  # type: ignore[return-value]

    @property
    def damaged(self) -> str:
        """What is wrong with the column's file, or nothing."""
        tails = [tail for tail in (self._column, self._at) if tail is not None]
        if any(tail.shrunk for tail in tails):
            return "one that has become shorter"
        return "one that is too long" if any(tail.capped for tail in tails) else ""

    def _take_dense(self) -> None:
        begin = self.part.first_step + len(self._steps)
        end = self.part.first_step + len(self._column.values)
        self._steps.extend(np.arange(begin, end, dtype=np.int64))

    def _take_sparse(self, at: ColumnTail) -> None:
        """Steps must grow and lie in the segment; a value without such a step is passed over."""
        end = min(len(at.values), len(self._column.values))
        steps = at.values.view()[self._taken : end]
        values = self._column.values.view()[self._taken : end]
        self._taken = end
        possible = (steps > self._last) & (steps < MAX_STEP)
        if not possible.all():
            steps, values = steps[possible], values[possible]
        if len(steps):
            grows = np.ones(len(steps), bool)
            grows[1:] = steps[1:] > np.maximum.accumulate(steps)[:-1]
            self._steps.extend(steps[grows])
            self._values.extend(values[grows])
            self._last = int(steps.max())


class Series:
    """A series over all segments; asked often, it copies only what is new."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._segments: list[SegmentSeries] = []
        self._joined: tuple[Growing, Growing] | None = None
        self._lengths: list[int] = []

    def read(self, parts: list[Part]) -> Arrays:
        """Steps and values, ascending by step; `parts` from the oldest segment to the newest."""
        if [segment.part for segment in self._segments] != parts:
            known = {segment.part: segment for segment in self._segments}
            self._segments = [known.get(p) or SegmentSeries(self.name, p) for p in parts]
            self._joined = None
        arrays = [segment.read() for segment in self._segments]
        return arrays[0] if len(arrays) == 1 else self._join(arrays)

    @property
    def damaged(self) -> str:
        """What is wrong with the first damaged column, or nothing."""
        return next((s.damaged for s in self._segments if s.damaged), "")

    def _join(self, arrays: list[Arrays]) -> Arrays:
        lengths = [len(steps) for steps, _ in arrays]
        old = self._lengths
        begun = bool(old) and old[-1] > 0
        if self._joined is None or not begun or lengths[:-1] != old[:-1]:
            self._joined = (Growing("<i8"), Growing("<f8"))
            for (steps, values), end in zip(arrays, self._ends(arrays), strict=True):
                upto = int(np.searchsorted(steps, end))
                self._joined[0].extend(steps[:upto])
                self._joined[1].extend(values[:upto])
        else:
            steps, values = arrays[-1]
            self._joined[0].extend(steps[old[-1] :])
            self._joined[1].extend(values[old[-1] :])
        self._lengths = lengths
        return self._joined[0].view(), self._joined[1].view()  # type: ignore[return-value]

    def _ends(self, arrays: list[Arrays]) -> list[int]:
        """For each segment the step from which on a newer one counts.

        A sparse value was measured after so many steps: that of a segment's own first step stands
        at the end of the segment before, until it is measured anew.
        """
        ends, end = [], MAX_STEP
        for segment, (steps, _) in zip(reversed(self._segments), reversed(arrays), strict=True):
            ends.append(end)
            first = segment.part.first_step
            again = not segment.part.sparse or (len(steps) > 0 and steps[0] == first)
            end = min(end, first if again else first + 1)
        return ends[::-1]
