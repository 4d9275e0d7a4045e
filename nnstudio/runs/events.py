"""The event log's vocabulary: which events there are, which fields they have, of which kind.

Owns the check that every event passes on its way in and out. Unknown events and fields are dropped
on reading, so that an older program can follow a newer run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nnstudio.runs.layout import COLUMN_NAME, MAX_STEP

MAX_METRICS = 64

KINDS: dict[str, str] = {
    "count": "a whole number from 0 up",
    "number": "a number",
    "flag": "true or false",
    "text": "a text",
    "metrics": "metrics by name",
}

EVENTS: dict[str, dict[str, str]] = {
    "started": {
        "device": "text",
        "threads": "count",
        "processes": "count",
        "torch": "text",
        "pid": "count",
        "steps_per_epoch": "count",
        "epochs": "count",
        "planned_steps": "count",
        "stage": "count",
        "first_step": "count",
        "resumed": "flag",
        "why": "text",
    },
    "stage": {
        "number": "count",
        "step": "count",
        "steps_per_epoch": "count",
        "planned_steps": "count",
    },
    "epoch": {"epoch": "count", "step": "count", "metrics": "metrics"},
    "paused": {"step": "count"},
    "continued": {"step": "count"},
    "checkpoint": {"step": "count", "file": "text"},
    "answered": {"id": "count", "ok": "flag", "message": "text"},
    "speed": {"steps_per_second": "number"},
    "epochs": {"epochs": "count", "planned_steps": "count"},
    "evaluated": {"step": "count", "weights": "text", "times": "count", "metrics": "metrics"},
    "problem": {"code": "text", "node": "text", "text": "text", "detail": "text"},
    "stopped": {"step": "count", "reason": "text"},
    "done": {"metrics": "metrics"},
    "failed": {"reason": "text", "node": "text", "text": "text", "detail": "text"},
    "lost": {"reason": "text"},
}
"""Event to field to kind. Fields may be missing or null; then a reader goes without."""

ENDINGS = frozenset({"stopped", "done", "failed", "lost"})


class BadEvent(ValueError):
    """An event with a field of the wrong kind; the text names it."""


def checked(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The event with its known fields; None for an unknown one; `BadEvent` for a wrong field."""
    name = event.get("event")
    if not isinstance(name, str):
        raise BadEvent("event: expected a text, got something else")
    fields = EVENTS.get(name)
    if fields is None:
        return None
    at = event.get("t", 0.0)
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < MAX_STEP:
        raise BadEvent(f"{name}.t: expected seconds since 1970, got something else")
    result: dict[str, Any] = {"t": float(at), "event": name}
    for field, kind in fields.items():
        value = event.get(field)
        if value is None:
            continue
        if not _fits(kind, value):
            raise BadEvent(f"{name}.{field}: expected {KINDS[kind]}, got something else")
        result[field] = value
    return result


def _fits(kind: str, value: Any) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "metrics":
        return (
            isinstance(value, dict)
            and len(value) <= MAX_METRICS
            and all(map(_metric, value.items()))
        )
    if isinstance(value, bool):
        return False
    if kind == "count":
        return isinstance(value, int) and 0 <= value < MAX_STEP
    return isinstance(value, int | float) and math.isfinite(value)


def _metric(item: tuple[str, Any]) -> bool:
    name, value = item
    return COLUMN_NAME.fullmatch(name) is not None and (value is None or _fits("number", value))
