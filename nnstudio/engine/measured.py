"""What a training has measured so far: the newest metrics, and the losses of the epoch at work.

Owns both over every break: a checkpoint says them, so that a resumed run tells what one without a
break would have told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Measured:
    """Goes on from a checkpoint's `facts`; its losses count where the epoch has not ended."""

    def __init__(self, facts: Mapping[str, Any], within_epoch: bool) -> None:
        known = facts.get("metrics", {})
        self.metrics = {str(name): float(value) for name, value in known.items()}
        self._total = float(facts.get("epoch_loss", 0)) if within_epoch else 0.0
        self._steps = int(facts.get("epoch_steps", 0)) if within_epoch else 0

    def add(self, losses: Iterable[float]) -> None:
        """Count the losses of the next steps, one by one: the sum is then that of any pieces."""
        for loss in losses:
            self._total += loss
            self._steps += 1

    def end_epoch(self) -> float:
        """The mean of the epoch's losses; the next epoch begins."""
        mean = self._total / self._steps
        self._total, self._steps = 0.0, 0
        return mean

    def facts(self) -> dict[str, Any]:
        """What a checkpoint says, as JSON has it."""
        return {
            "metrics": {name: repr(value) for name, value in self.metrics.items()},
            "epoch_loss": repr(self._total),
            "epoch_steps": self._steps,
        }
