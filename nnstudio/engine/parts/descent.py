"""A step down the gradient of a loss, with all that a plan may ask for around it.

For recipes whose own loop says what the loss is. It becomes part of `train.py` where a plan asks
for more than plain steps; it knows nothing of NN Studio.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from nnstudio.engine.parts.averaging import EMA_DECAY, make_average
from nnstudio.engine.parts.batches import ACCUMULATION, BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.optimization import (
    CLIP_NORM,
    CLIP_VALUE,
    EXACT_ZEROS,
    L1,
    L2,
    OPTIMIZER,
    Penalty,
    set_rate,
)
from nnstudio.engine.parts.precision import PRECISION, overflowed
from nnstudio.engine.parts.processes import add_up, agreed, as_part
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, Schedule, drop_on_plateau

REMEMBERS = (
    SCHEDULE != "constant" or WARMUP > 0 or PRECISION == "float16" or EMA_DECAY > 0 or PATIENCE > 0
)
LOOKS_BACK = SCHEDULE == "plateau" or PRECISION == "float16" or PATIENCE > 0
PLAIN = (
    OPTIMIZER != "lbfgs"
    and ACCUMULATION == 1
    and L1 == 0
    and L2 == 0
    and CLIP_NORM == 0
    and CLIP_VALUE == 0
    and PRECISION != "float16"
    and SCHEDULE == "constant"
    and WARMUP == 0
    and EMA_DECAY == 0
    and PATIENCE == 0
)


class Descent:
    """Steps of a network by an optimizer."""

    def __init__(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.network, self.optimizer = network, optimizer
        if SCHEDULE != "constant" or WARMUP > 0:
            self.full_rate = optimizer.param_groups[0]["lr"]
            self.schedule: Schedule  # set by who knows how long training is
            self.steps_done = 0
        if ACCUMULATION > 1:
            self.part_size = BATCH_SIZE
            self.weigh: Callable[[torch.Tensor], Any] = len
        if L1 > 0 or L2 > 0:
            self.penalty = Penalty(network)
        if CLIP_NORM > 0:
            self.clip_norm = CLIP_NORM
        if CLIP_VALUE > 0:
            self.clip_value = CLIP_VALUE
        if PRECISION == "float16" and OPTIMIZER != "lbfgs":
            device = next(network.parameters()).device
            self.scaler = torch.amp.GradScaler(device.type)
            self.skipped = torch.zeros((), device=device)
        if EMA_DECAY > 0:
            self.average = make_average(network)
        if PATIENCE > 0:
            self.patience = PATIENCE
            self.best_loss = float("inf")
            self.best_weights = copy.deepcopy(network.state_dict())
            self.worse_epochs = 0

    def step(
        self, loss_of: Callable[[torch.Tensor], torch.Tensor], rows: torch.Tensor
    ) -> torch.Tensor:
        """One step down the gradient of the loss of these rows; that loss, from before it."""
        if SCHEDULE != "constant" or WARMUP > 0:
            set_rate(self.optimizer, self.full_rate * self.schedule.share(self.steps_done))
            self.steps_done += 1
        if OPTIMIZER == "lbfgs":
            loss = self.optimizer.step(partial(self._gradients, loss_of, rows))
        else:
            loss = self._gradients(loss_of, rows)
            if PRECISION == "float16":
                self.scaler.unscale_(self.optimizer)
                self.skipped += overflowed(self.network)
            if CLIP_VALUE > 0:
                nn.utils.clip_grad_value_(self.network.parameters(), self.clip_value)
            if CLIP_NORM > 0:
                nn.utils.clip_grad_norm_(self.network.parameters(), self.clip_norm)
            if PRECISION == "float16":
                self.scaler.step(self.optimizer)
                self.scaler.update()
            else:
                self.optimizer.step()
        if EXACT_ZEROS and (L1 > 0 or L2 > 0):
            self.penalty.shrink(self.optimizer.param_groups[0]["lr"])
        if EMA_DECAY > 0:
            self.average.update_parameters(self.network)
        return loss

    def _gradients(
        self, loss_of: Callable[[torch.Tensor], torch.Tensor], rows: torch.Tensor
    ) -> torch.Tensor:
        """Fresh gradients of the loss of these rows, and that loss."""
        self.optimizer.zero_grad()
        if ACCUMULATION > 1:
            shares = []
            for part in rows.split(self.part_size):
                share = loss_of(part) * (self.weigh(part) / self.weigh(rows))
                if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                    self.scaler.scale(share).backward()
                else:
                    share.backward()
                shares.append(share.detach())
            loss = torch.stack(shares).sum()
        else:
            loss = loss_of(rows)
            if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                self.scaler.scale(loss).backward()
            else:
                loss.backward()
        if not EXACT_ZEROS and (L1 > 0 or L2 > 0):
            cost = as_part(self.penalty.cost(), rows)
            if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                self.scaler.scale(cost).backward()
            else:
                cost.backward()
            loss = loss + cost
        return add_up(self.network, loss)

    if LOOKS_BACK:

        def end_epoch(self, metrics: dict[str, torch.Tensor]) -> None:
            """Look at what the epoch's end has measured: keep the best weights, drop the rate."""
            if SCHEDULE == "plateau" or PATIENCE > 0:
                loss = agreed(metrics.get("val_loss", metrics["fit_loss"])).item()
            if SCHEDULE == "plateau":
                drop_on_plateau(self.schedule, loss)
            if PATIENCE > 0:
                self._keep_best(loss)
            if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                metrics["skipped_steps"] = self.skipped.clone()

    def _keep_best(self, loss: float) -> None:
        if loss < self.best_loss:
            self.best_loss, self.worse_epochs = loss, 0
            if EMA_DECAY > 0:
                self.best_weights = copy.deepcopy(self.average.module.state_dict())
            else:
                self.best_weights = copy.deepcopy(self.network.state_dict())
        else:
            self.worse_epochs += 1

    if PATIENCE > 0 or EMA_DECAY > 0:

        def settle(self) -> None:
            """Give the network the weights that count: the best, or the averaged ones."""
            if PATIENCE > 0:
                self.network.load_state_dict(self.best_weights)
                if EMA_DECAY > 0:
                    self.average.module.load_state_dict(self.best_weights)
            else:
                self.network.load_state_dict(self.average.module.state_dict())

    if REMEMBERS:

        def state(self) -> dict[str, Any]:
            """Where the steps stand, beside the optimizer."""
            state: dict[str, Any] = {}
            if SCHEDULE != "constant" or WARMUP > 0:
                state["steps_done"] = self.steps_done
            if SCHEDULE == "plateau":
                state["plateau"] = self.schedule.plateau
            if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                state["scaler"] = self.scaler.state_dict()
                state["skipped"] = self.skipped
            if EMA_DECAY > 0:
                state["average"] = self.average.state_dict()
            if PATIENCE > 0:
                state["best_loss"] = self.best_loss
                state["best_weights"] = self.best_weights
                state["worse_epochs"] = self.worse_epochs
            return state

    if REMEMBERS:

        def restore(self, state: dict[str, Any]) -> None:
            """Go back to what `state()` told."""
            if SCHEDULE != "constant" or WARMUP > 0:
                self.steps_done = state["steps_done"]
            if SCHEDULE == "plateau":
                self.schedule.plateau = tuple(state["plateau"])
            if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                self.scaler.load_state_dict(state["scaler"])
                self.skipped.copy_(state["skipped"])
            if EMA_DECAY > 0:
                self.average.load_state_dict(state["average"])
            if PATIENCE > 0:
                self.best_loss = state["best_loss"]
                self.best_weights = state["best_weights"]
                self.worse_epochs = state["worse_epochs"]
