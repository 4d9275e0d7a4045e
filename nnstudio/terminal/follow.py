"""Following a run to its end: a bar with curves for people, lines for logs, JSON for programs.

Owns what Ctrl-C, SIGTERM and a hang-up do: a run of our own is stopped with a checkpoint, a watched
one goes on.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from nnstudio.terminal.outcome import GOOD, INTERRUPTED, RUN_FAILED
from nnstudio.terminal.output import complain, figure, quoted, roomy, say, say_json

if TYPE_CHECKING:
    from nnstudio.runs.reader import RunReader
    from nnstudio.runs.state import RunState

POLL = 0.1
"""Seconds between looks at the run."""
PATIENCE = 60.0
"""Seconds that a worker gets to stop with a checkpoint."""

_SHOWN = ("train_loss", "val_loss", "val_accuracy", "val_mae")


class Display(Protocol):
    """Shows a run while it goes on."""

    def show(self, reader: RunReader, events: list[dict[str, Any]]) -> None:
        """Take in what is new."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Lines:
    """One line an epoch, for logs and pipes."""

    def show(self, reader: RunReader, events: list[dict[str, Any]]) -> None:
        """Print what is worth a line."""
        state = reader.state()
        for event in events:
            if event["event"] == "started":
                where = f"{event.get('device', '?')}, {event.get('threads', '?')} threads"
                several = event.get("processes", 1)
                say(f"training on {f'{several} processes, each on ' * (several > 1)}{where}")
                if event.get("why"):
                    say(f"chose {event['why']}")
            elif event["event"] == "epoch":
                metrics = told(event.get("metrics", {}))
                say(f"epoch {event.get('epoch', 0)}/{state.epochs}  {metrics}")
            elif event["event"] in ("paused", "continued"):
                say(f"{event['event']} at step {event.get('step', state.step)}")
            elif event["event"] == "problem":
                say(f"note: {event.get('text', '')}")

    def close(self) -> None:
        """Nothing is held."""


class JsonLines:
    """Every event as it came, a line each; the end is told by `follow`."""

    def show(self, reader: RunReader, events: list[dict[str, Any]]) -> None:
        """Print the events."""
        for event in events:
            if event["event"] != "done":
                say_json(event)

    def close(self) -> None:
        """Nothing is held."""


def follow(
    run: Path,
    display: Display,
    *,
    process: subprocess.Popen[bytes] | None = None,
    as_json: bool = False,
    first: str = "",
) -> int:
    """Show a run until it ends; returns the exit status. `first` is a line to begin with.

    With `process` the run is ours: an interrupt stops it with a checkpoint. Without, an interrupt
    only ends the watching.
    """
    from nnstudio.runs import heartbeat
    from nnstudio.runs.reader import RunReader

    reader = RunReader(run)
    beat = heartbeat.read(run) if process is not None else None
    begun = beat.begun if beat is not None else 0.0
    with interrupts() as interruption:
        try:
            if first:
                say(first)
            while True:
                events = [event for event in reader.poll() if event["t"] >= begun]
                display.show(reader, events)
                state = reader.state()
                if state.over and state.ended >= begun:  # not the end of a run before this one
                    break
                if interruption.came:
                    return _interrupted(run, reader, display, process)
                interruption.wait(POLL)
        except OSError:  # nobody takes our output any more: as good as a hang-up
            if process is not None:
                _stop(run, process)
            raise
        finally:
            display.close()
            reader.close()
    if reader.problem:
        complain(reader.problem)
    if process is not None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    return _conclude(run, state, ours=process is not None, as_json=as_json)


def _conclude(run: Path, state: RunState, *, ours: bool, as_json: bool) -> int:
    """Tell how a run ended and return the fitting exit status."""
    if state.status == "done":
        if as_json:
            say_json(
                {"event": "done", "run": str(run), "id": run.name, "metrics": dict(state.metrics)}
            )
        return GOOD
    if state.status == "stopped":
        complain(f"{run.name}: stopped at step {state.step}. Resume: {resume_command(run)}")
        return INTERRUPTED if ours else GOOD
    why = (state.reason or "no reason was given").rstrip(".")
    # What failed before its first step would fail in the same way once more.
    begun = state.status != "failed" or state.step > 0
    complain(f"{run.name}: {state.status}: {why}." + f" Resume: {resume_command(run)}" * begun)
    return RUN_FAILED


def resume_command(run: Path) -> str:
    """The command that continues a run."""
    return f"nnstudio train --resume {name_of(run)}"


def name_of(run: Path) -> str:
    """How a run is typed in commands: by its id where that is enough, else by its folder."""
    from nnstudio import places

    return run.name if run.parent.resolve() == places.runs().resolve() else quoted(run)


def told(metrics: dict[str, float | None]) -> str:
    """Metrics in one line."""
    return "  ".join(f"{name} {figure(metrics[name])}" for name in _SHOWN if name in metrics)


class Interruption:
    """Whether somebody has interrupted; holds no lock, for which a signal's handler might wait."""

    def __init__(self) -> None:
        self.came = False

    def wait(self, seconds: float) -> None:
        """Wait, at most so long."""
        if not self.came:
            time.sleep(seconds)


@contextmanager
def interrupts() -> Iterator[Interruption]:
    """What Ctrl-C, SIGTERM and a hang-up are told to; a second Ctrl-C interrupts at once."""
    interruption = Interruption()

    def heard(number: int, frame: FrameType | None) -> None:
        if interruption.came and number == signal.SIGINT:
            raise KeyboardInterrupt
        interruption.came = True

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.signal(number, heard) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupted(
    run: Path, reader: RunReader, display: Display, process: subprocess.Popen[bytes] | None
) -> int:
    if process is None:
        display.close()
        complain(f"{run.name} goes on. Stop it: nnstudio stop {name_of(run)}")
        return INTERRUPTED
    _stop(run, process)
    display.show(reader, reader.poll())
    display.close()
    state = reader.state()
    how = f"stopped with a checkpoint at step {state.step}" if state.checkpoint else "stopped"
    complain(f"{run.name}: {how}. Resume: {resume_command(run)}")
    return INTERRUPTED


def _stop(run: Path, process: subprocess.Popen[bytes]) -> None:
    """Have the worker stop with a checkpoint; end one that does not, or on a second Ctrl-C."""
    from nnstudio.runs.requests import send

    send(run, "stop")
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    except KeyboardInterrupt:
        complain("Ending the worker at once.")
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def display_for(as_json: bool) -> Display:
    """What fits the place where the output goes."""
    if as_json:
        return JsonLines()
    if roomy():
        from nnstudio.terminal.live import Live

        return Live()
    return Lines()
