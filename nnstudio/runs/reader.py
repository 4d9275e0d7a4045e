"""The reader's side of a run directory: new events, series, and how the run stands.

Everything read is checked; what cannot be believed is passed over and told once as `problem`. The
reader also notices that a worker is gone and writes that into the event log.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnstudio.runs import events, heartbeat, jsonl
from nnstudio.runs.columns import Columns
from nnstudio.runs.info import read_info
from nnstudio.runs.layout import EVENTS, RunError
from nnstudio.runs.series import Arrays, Series
from nnstudio.runs.state import RunState, after
from nnstudio.runs.tail import LineTail
from nnstudio.runs.writer import append_event

LOOK_EVERY = 0.25
"""Seconds between two looks at the worker's process."""


class RunReader:
    """Follows the run at `path`; raises `RunError` where there is no run that can be read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.info = read_info(self.path)
        self.problem = ""
        """The first thing about the folder that could not be believed; empty while all is well."""
        self._log = LineTail(self.path / EVENTS)
        self._state = RunState(epochs=self.info.epochs)
        self._torn = ""
        self._columns = Columns(self.path)
        self._series: dict[str, Series] = {}
        self._looked = -LOOK_EVERY
        self._live = False
        self._scan()

    def poll(self) -> list[dict[str, Any]]:
        """The events since the last call; also looks for new series and after the worker."""
        news = self._news()
        self._scan()
        if time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            news += self._look_after_worker()
        return news

    def names(self) -> tuple[str, ...]:
        """The series there are, sorted."""
        return self._columns.names()

    def series(self, name: str) -> Arrays:
        """Steps and values of a series up to now, not writable; empty arrays for an unknown one.

        A value of a dense series belongs to the step that made it (the first is 0), one of a sparse
        series to the number of steps done before it was measured.
        """
        series = self._series.setdefault(name, Series(name))
        try:
            arrays = series.read(self._columns.parts(name))
        except (RunError, OSError) as error:
            self._note(str(error))
            return Series(name).read([])
        if series.damaged:
            self._note(
                f"{name}: expected a growing column, got {series.damaged}. Copy the run anew."
            )
        return arrays

    def state(self) -> RunState:
        """How the run stands, as far as `poll` has read."""
        step = max(self._state.step, self._columns.steps_done())
        return replace(self._state, step=step, live=self._live)

    def close(self) -> None:
        """Forget what was read; no file stays open between calls."""
        self._series.clear()

    def _news(self) -> list[dict[str, Any]]:
        try:
            lines = self._log.read()
        except (RunError, OSError) as error:
            self._note(str(error))
            return []
        if self._log.shrunk:
            self._note(
                f"{EVENTS}: expected a growing log, got one that has become shorter. "
                "Copy the run anew."
            )
        found = [event for line in lines if (event := self._event(line)) is not None]
        for event in found:
            self._state = after(self._state, event)
        return found

    def _event(self, line: bytes | None) -> dict[str, Any] | None:
        """One checked event; a line torn by a kill is forgiven when the worker's end or the next
        worker's start comes right behind it."""
        if line is not None and not line.strip():
            return None
        torn, self._torn = self._torn, ""
        try:
            if line is None:
                raise jsonl.BadLine("expected a line of at most 1 MB, got a longer one")
            event = events.checked(jsonl.parse(line))
        except ValueError as error:
            self._note(torn)
            self._torn = f"{EVENTS}: {error}. Copy the run anew; the line is passed over."
            return None
        if event is None or event["event"] not in ("lost", "started"):
            self._note(torn)
        return event

    def _note(self, text: str) -> None:
        self.problem = self.problem or text

    def _scan(self) -> None:
        self._columns.scan()
        self._note(self._columns.problem)

    def _look_after_worker(self) -> list[dict[str, Any]]:
        """Tell that the worker is gone, once, in the log and to whoever polls."""
        beat = heartbeat.read(self.path)
        reason = heartbeat.gone(self.path, beat) if beat is not None else None
        if beat is None:
            self._live = False
            return []
        news = self._news()  # it may have ended well since the last look
        ended = self._state.over and self._state.ended >= beat.begun
        self._live = reason is None and not ended
        if reason is None or ended or heartbeat.read(self.path) != beat:
            return news
        try:
            append_event(self.path, "lost", reason=reason)
        except (OSError, RunError):  # a folder to be read only: then this reader alone knows
            event = {"t": time.time(), "event": "lost", "reason": reason}
            self._state = after(self._state, event)
            return [*news, event]
        return news + self._news()
