"""How the learning rate goes over the steps: warm-up, then a schedule.

Numbers alone, no torch: the same text draws the curve of a plan before it is trained. It becomes
part of `train.py` and knows nothing of NN Studio.
"""

from __future__ import annotations

import math

SETTINGS = {
    "settings": (
        {
            "name": "schedule",
            "kind": "choice",
            "default": "constant",
            "choices": (
                "constant",
                "step",
                "multi_step",
                "exponential",
                "cosine",
                "cosine_restarts",
                "one_cycle",
                "polynomial",
                "plateau",
                "inverse_sqrt",
            ),
            "doc": "how the learning rate goes over the steps",
            "group": "Schedule",
        },
        {
            "name": "warmup",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 100000000,
            "unit": "steps",
            "label": "warm-up",
            "doc": "steps over which the learning rate rises from nothing to its full height",
            "group": "Schedule",
            "when": "schedule != 'one_cycle'",
        },
        {
            "name": "drop_every",
            "kind": "int",
            "default": 10,
            "low": 1,
            "high": 1000000,
            "unit": "epochs",
            "doc": "epochs between two drops of the learning rate",
            "group": "Schedule",
            "when": "schedule == 'step'",
        },
        {
            "name": "milestones",
            "kind": "ints",
            "default": (10, 15),
            "low": 1,
            "high": 1000000,
            "unit": "epochs",
            "doc": "epochs after which the learning rate drops",
            "group": "Schedule",
            "when": "schedule == 'multi_step'",
        },
        {
            "name": "drop",
            "kind": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 1.0,
            "doc": "what is left of the learning rate after a drop, as a share",
            "group": "Schedule",
            "when": "schedule in ('step', 'multi_step', 'plateau')",
        },
        {
            "name": "decay",
            "kind": "float",
            "default": 0.95,
            "low": 0.0,
            "high": 1.0,
            "doc": "what each epoch leaves of the learning rate, as a share",
            "group": "Schedule",
            "when": "schedule == 'exponential'",
        },
        {
            "name": "first_cycle",
            "kind": "int",
            "default": 10,
            "low": 1,
            "high": 1000000,
            "unit": "epochs",
            "doc": "length of the first cosine before the rate begins anew",
            "group": "Schedule",
            "when": "schedule == 'cosine_restarts'",
        },
        {
            "name": "cycle_growth",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 100,
            "doc": "how many times as long each next cosine is",
            "group": "Schedule",
            "when": "schedule == 'cosine_restarts'",
        },
        {
            "name": "rise",
            "kind": "float",
            "default": 0.3,
            "low": 0.001,
            "high": 0.999,
            "doc": "share of the steps over which the one cycle rises",
            "group": "Schedule",
            "when": "schedule == 'one_cycle'",
        },
        {
            "name": "first_share",
            "kind": "float",
            "default": 0.04,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the learning rate with which the one cycle begins",
            "group": "Schedule",
            "when": "schedule == 'one_cycle'",
        },
        {
            "name": "power",
            "kind": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 100.0,
            "doc": "1 falls in a straight line, more falls faster at first",
            "group": "Schedule",
            "when": "schedule == 'polynomial'",
        },
        {
            "name": "last_share",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the learning rate at which the schedule ends",
            "group": "Schedule",
            "when": "schedule in ('cosine', 'cosine_restarts', 'one_cycle', 'polynomial')",
        },
        {
            "name": "plateau_patience",
            "kind": "int",
            "default": 3,
            "low": 0,
            "high": 1000000,
            "unit": "epochs",
            "doc": "epochs without a better validation loss that are borne before a drop",
            "group": "Schedule",
            "when": "schedule == 'plateau'",
        },
        {
            "name": "when_extended",
            "kind": "choice",
            "default": "hold",
            "choices": ("hold", "rescale"),
            "doc": "for epochs added later: hold the last rate, or stretch the schedule over all",
            "group": "Schedule",
            "rare": True,
            "when": "schedule in ('cosine', 'one_cycle', 'polynomial')",
        },
    ),
}

SCHEDULE = "constant"
WARMUP = 0
DROP_EVERY = 10
MILESTONES = (10, 15)
DROP = 0.1
DECAY = 0.95
FIRST_CYCLE = 10
CYCLE_GROWTH = 1
RISE = 0.3
FIRST_SHARE = 0.04
POWER = 1.0
LAST_SHARE = 0.0
PLATEAU_PATIENCE = 3
WHEN_EXTENDED = "hold"


class Schedule:
    """The share of the full learning rate that every step takes."""

    def __init__(self, steps_per_epoch: int, epochs: int) -> None:
        self.steps_per_epoch, self.epochs = steps_per_epoch, epochs
        self.warmup = WARMUP
        if SCHEDULE == "step":
            self.drop, self.drop_every = DROP, DROP_EVERY
        elif SCHEDULE == "multi_step":
            self.drop, self.milestones = DROP, MILESTONES
        elif SCHEDULE == "exponential":
            self.decay = DECAY
        elif SCHEDULE == "cosine":
            self.last_share = LAST_SHARE
        elif SCHEDULE == "cosine_restarts":
            self.first_cycle, self.growth = FIRST_CYCLE * steps_per_epoch, CYCLE_GROWTH
            self.last_share = LAST_SHARE
        elif SCHEDULE == "one_cycle":
            self.rise, self.first_share, self.last_share = RISE, FIRST_SHARE, LAST_SHARE
        elif SCHEDULE == "polynomial":
            self.power, self.last_share = POWER, LAST_SHARE
        elif SCHEDULE == "plateau":
            self.drop, self.patience = DROP, PLATEAU_PATIENCE
            # What is left of the rate, the best loss, and the epochs since.
            self.plateau = (1.0, math.inf, 0)

    def share(self, step: int) -> float:
        """The share for the step before which `step` steps were done."""
        if SCHEDULE == "inverse_sqrt":
            # Rising up to the end of the warm-up, then falling as one over the root of the steps.
            warmup = max(self.warmup, 1)
            return min((step + 1) / warmup, math.sqrt(warmup / (step + 1)))
        if SCHEDULE == "one_cycle":
            last = max(self.epochs * self.steps_per_epoch - 1, 1)
            top = self.rise * (last + 1) - 1
            if step < top:
                return wave(self.first_share, 1.0, step / top)
            return wave(1.0, self.last_share, min((step - top) / (last - top), 1.0))
        if step < self.warmup:
            return (step + 1) / self.warmup * self._scheduled(self.warmup)
        return self._scheduled(step)

    def _scheduled(self, step: int) -> float:
        """The share without the warm-up."""
        if SCHEDULE == "step":
            return self.drop ** (step // self.steps_per_epoch // self.drop_every)
        if SCHEDULE == "multi_step":
            epoch = step // self.steps_per_epoch
            return self.drop ** sum(epoch >= milestone for milestone in self.milestones)
        if SCHEDULE == "exponential":
            return self.decay ** (step // self.steps_per_epoch)
        if SCHEDULE == "cosine_restarts":
            step, length = step - self.warmup, self.first_cycle
            while step >= length:
                step, length = step - length, length * self.growth
            return wave(1.0, self.last_share, step / length)
        if SCHEDULE == "plateau":
            return self.plateau[0]
        if SCHEDULE in ("cosine", "polynomial"):
            # Steps of epochs that are added later keep the last rate.
            steps = max(self.epochs * self.steps_per_epoch - self.warmup, 1)
            done = min(step - self.warmup, steps - 1) / steps
            if SCHEDULE == "cosine":
                return wave(1.0, self.last_share, done)
            return self.last_share + (1.0 - self.last_share) * (1.0 - done) ** self.power
        return 1.0


def wave(start: float, end: float, done: float) -> float:
    """On half a wave of a cosine from start to end."""
    return end + (start - end) * (1.0 + math.cos(math.pi * done)) / 2.0


def drop_on_plateau(schedule: Schedule, loss: float) -> None:
    """Too many epochs without a better validation loss make the rate drop."""
    left, best, worse_epochs = schedule.plateau
    if loss < best:
        schedule.plateau = left, loss, 0
    elif worse_epochs < schedule.patience:
        schedule.plateau = left, best, worse_epochs + 1
    else:
        schedule.plateau = left * schedule.drop, best, 0
