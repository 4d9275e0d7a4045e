"""A run on a terminal that a person looks at: a bar, time left, and curves as sparklines.

Owns the drawing with rich. What to draw comes from the run's reader.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType
from rich.live import Live as RichLive
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nnstudio.plotdata.curves import panels
from nnstudio.terminal.output import clean, console, figure, sparkline, width

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.runs.reader import RunReader
    from nnstudio.runs.state import RunState

SHOWN = ("loss", "accuracy", "mae")
COLOURS = {"training": "blue", "validation": "yellow"}
MEMORY = 5.0
"""Seconds over which the speed is measured."""


class Live:
    """Shows a run in place, redrawn when something is new."""

    def __init__(self) -> None:
        self._live = RichLive(console=console(), auto_refresh=False, transient=False)
        self._begun = False
        self._pace = Pace()
        self._notes: list[str] = []

    def show(self, reader: RunReader, events: list[dict[str, Any]]) -> None:
        """Take in what is new and draw."""
        state = reader.state()
        if state.status == "running":
            self._pace.add(time.monotonic(), state.step)
        for event in events:
            if event["event"] == "problem":
                self._notes.append(clean(event.get("text", "")))
        if not self._begun:
            self._live.start()
            self._begun = True
        self._live.update(picture(reader, state, self._pace.rate, self._notes[-3:]), refresh=True)

    def close(self) -> None:
        """Leave the last picture standing."""
        if self._begun:
            self._live.stop()
            self._begun = False


class Pace:
    """Steps a second over the last moments."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, now: float, step: int) -> None:
        """Note how far the run is."""
        if self._seen and step < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, step))
        while now - self._seen[0][0] > MEMORY and len(self._seen) > 2:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """Steps a second; 0 while it is not known."""
        if not self._seen:
            return 0.0
        (first, begin), (last, end) = self._seen[0], self._seen[-1]
        return (end - begin) / (last - first) if last > first else 0.0


def picture(reader: RunReader, state: RunState, rate: float, notes: list[str]) -> RenderableType:
    """The whole picture of a moment."""
    head = Text(clean(reader.info.project_name or reader.info.id), style="bold")
    head.append(f"  {reader.info.id}  ", style="dim")
    head.append(_standing(state))
    parts: list[RenderableType] = [head, _bar(state, rate)]
    curves = _curves(reader)
    if curves is not None:
        parts.append(curves)
    parts.extend(Text(f"▲ {note}", style="yellow") for note in notes)
    return Group(*parts)


def condense(
    steps: NDArray[np.integer], values: NDArray[np.floating], end: int, count: int
) -> list[float]:
    """`count` values for equal shares of the steps up to `end`: means of what is finite in each.

    A share without any keeps the value of the one before; one of nothing but gaps is a gap.
    """
    places = np.searchsorted(steps, np.linspace(0, end, count + 1)[1:], side="right")
    result, begin, last = [], 0, float("nan")
    for place in places.tolist():
        share = values[begin:place]
        if len(share):
            finite = share[np.isfinite(share)]
            last = float(finite.mean()) if len(finite) else float("nan")
        result.append(last)
        begin = place
    return result


def _standing(state: RunState) -> str:
    where = f" on {state.device}" if state.device else ""
    words = {"new": "starting", "running": f"training{where}", "done": "done"}
    text = words.get(state.status, state.status)
    return f"{text}: {clean(state.reason)}" if state.reason not in ("", text) else text


def _bar(state: RunState, rate: float) -> RenderableType:
    total = state.planned_steps
    row = Table.grid(padding=(0, 1))
    cells: list[RenderableType] = [
        ProgressBar(total=total or None, completed=state.step, width=max(10, width() - 64)),
        Text(f"epoch {state.epoch}/{state.epochs or '?'}"),
        Text(f"step {state.step:,}", style="dim"),
    ]
    if state.status == "running" and rate > 0:
        cells.append(Text(f"{rate:,.0f} steps/s", style="dim"))
        if total > state.step:
            cells.append(Text(f"{_duration((total - state.step) / rate)} left", style="dim"))
    row.add_row(*cells)
    return row


def _curves(reader: RunReader) -> RenderableType | None:
    grid = Table.grid(padding=(0, 1))
    end = reader.state().step
    for panel in panels(reader.names()):
        if panel.metric not in SHOWN:
            continue
        title = panel.title
        for curve in panel.curves:
            steps, values = reader.series(curve.column)
            if len(values) and curve.part in COLOURS:
                line = sparkline(condense(steps, values, end, max(10, width() - 42)))
                grid.add_row(
                    Text(title),
                    Text(curve.label, style="dim"),
                    Text(line, style=COLOURS[curve.part]),
                    Text(figure(float(values[-1]))),
                )
                title = ""
    return grid if grid.row_count else None


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
