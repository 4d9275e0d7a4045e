"""How a run stands, folded from its events: status, progress, newest metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Status = Literal["new", "running", "paused", "stopped", "done", "failed", "lost"]

ENDED: frozenset[str] = frozenset({"stopped", "done", "failed", "lost"})


@dataclass(frozen=True, slots=True)
class RunState:
    """A run at one moment. `step` counts the steps done, `epoch` the epochs done."""

    status: Status = "new"
    reason: str = ""
    """Why it stopped, failed or was lost, in words."""
    step: int = 0
    epoch: int = 0
    epochs: int = 0
    steps_per_epoch: int = 0
    stage: int = 0
    """The number of the plan's stage that is at work, from 0."""
    planned_steps: int = 0
    """Steps of the whole run, as far as that is known; 0 while it is not."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The newest value of each metric that an event told."""
    test_readings: int = 0
    """How often the test part had been read when this run read it last, over all runs on it."""
    device: str = ""
    threads: int = 0
    processes: int = 1
    """How many share every batch."""
    speed: float | None = None
    """Steps a second at most; None is as fast as it goes."""
    begun: float = 0.0
    """Seconds since 1970 at which the newest worker began."""
    ended: float = 0.0
    """Seconds since 1970 at which it ended; 0 while it has not."""
    checkpoint: str = ""
    """The newest checkpoint, relative to the run."""
    live: bool = False
    """Whether a worker is at work on it, by its heartbeat."""

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status in ENDED


def after(state: RunState, event: Mapping[str, Any]) -> RunState:
    """The state once the event has happened."""
    rule = _RULES.get(event["event"])
    return rule(state, event) if rule else state


def _started(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(
        state,
        status="running",
        reason="",
        begun=event["t"],
        ended=0.0,
        device=event.get("device", state.device),
        threads=event.get("threads", state.threads),
        processes=event.get("processes", 1),
        epochs=event.get("epochs", state.epochs),
        steps_per_epoch=event.get("steps_per_epoch", state.steps_per_epoch),
        stage=event.get("stage", 0),
        planned_steps=_planned(state, event),
        step=event.get("first_step", 0),
        speed=None,
    )


def _epoch(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(
        state,
        # A worker on another host may have been taken for lost while only the network was.
        status="running" if state.status == "lost" else state.status,
        epoch=event.get("epoch", state.epoch),
        step=event.get("step", state.step),
        metrics=_newer(state.metrics, event),
    )


def _paused(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, status="paused", step=event.get("step", state.step))


def _continued(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, status="running", step=event.get("step", state.step))


def _checkpoint(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, checkpoint=event.get("file", state.checkpoint))


def _speed(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(state, speed=event.get("steps_per_second"))


def _epochs(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(
        state, epochs=event.get("epochs", state.epochs), planned_steps=_planned(state, event)
    )


def _stage(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(
        state,
        stage=event.get("number", state.stage),
        steps_per_epoch=event.get("steps_per_epoch", state.steps_per_epoch),
        planned_steps=event.get("planned_steps", state.planned_steps),
    )


def _evaluated(state: RunState, event: Mapping[str, Any]) -> RunState:
    told = event if event.get("weights") == "last" else {}
    return replace(
        state,
        test_readings=event.get("times", state.test_readings + 1),
        metrics=_newer(state.metrics, told),
    )


def _planned(state: RunState, event: Mapping[str, Any]) -> int:
    """What the event tells, or epochs of one length: what older workers knew."""
    told = event.get("planned_steps")
    if told is not None:
        return int(told)
    epochs, length = (
        event.get(name, getattr(state, name)) for name in ("epochs", "steps_per_epoch")
    )
    return int(epochs or 0) * int(length or 0)


def _ending(state: RunState, event: Mapping[str, Any]) -> RunState:
    return replace(
        state,
        status=event["event"],
        reason=event.get("text") or event.get("reason", ""),
        step=event.get("step", state.step),
        ended=event["t"],
        metrics=_newer(state.metrics, event),
    )


def _newer(metrics: Mapping[str, float], event: Mapping[str, Any]) -> Mapping[str, float]:
    told = {k: v for k, v in event.get("metrics", {}).items() if v is not None}
    return {**metrics, **told}


_RULES = {
    "started": _started,
    "stage": _stage,
    "epoch": _epoch,
    "paused": _paused,
    "continued": _continued,
    "checkpoint": _checkpoint,
    "speed": _speed,
    "epochs": _epochs,
    "evaluated": _evaluated,
    "stopped": _ending,
    "done": _ending,
    "failed": _ending,
    "lost": _ending,
}
