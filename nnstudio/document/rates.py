"""The learning rate over the steps of a stage, before it is trained.

Runs the very text that becomes part of `train.py`, which is numbers alone; imports nothing of the
engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import CodeType
from typing import Any

from nnstudio.document.tables import ENGINE

POINTS = 400
"""Values of a curve at most."""


def rate_curve(
    values: Mapping[str, Any], steps_per_epoch: int, points: int = POINTS
) -> tuple[list[int], list[float]]:
    """Numbers of steps done and the learning rate of the step behind each, `values` being all
    settings of a stage; at most so many of them, the first and the last among them."""
    epochs, rate = float(values["epochs"]), float(values["learning_rate"])
    if values.get("most_steps"):
        epochs = int(values["most_steps"]) / steps_per_epoch
    names: dict[str, Any] = {"__name__": "schedule"}
    exec(_code(), names)
    names |= {name.upper(): value for name, value in values.items()}
    schedule = names["Schedule"](steps_per_epoch, epochs)
    last = max(round(epochs * steps_per_epoch) - 1, 0)
    count = min(points, last + 1)
    steps = sorted({round(last * number / max(count - 1, 1)) for number in range(count)})
    return steps, [rate * schedule.share(step) for step in steps]


def has_schedule(values: Mapping[str, Any]) -> bool:
    """Whether the rate changes at all before training tells something."""
    return values.get("schedule", "constant") not in ("constant", "plateau") or bool(
        values.get("warmup")
    )


@cache
def _code() -> CodeType:
    path = ENGINE / "parts" / "schedule.py"
    return compile(path.read_text(encoding="utf-8"), str(path), "exec")
