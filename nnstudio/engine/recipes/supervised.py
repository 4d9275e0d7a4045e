"""Supervised learning: gradient descent towards given answers.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond the parts that it is put together with.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from nnstudio.engine.parts.augmentation import augmented, mixed
from nnstudio.engine.parts.averaging import EMA_DECAY, make_average
from nnstudio.engine.parts.batches import ACCUMULATION, BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.initialization import DRAWS_ANEW, initialize
from nnstudio.engine.parts.losses import (
    CLASS_WEIGHTS,
    CLASSES,
    DELTA,
    LABEL_SMOOTHING,
    LOSS,
    QUANTILE,
    balanced_weights,
    hinge,
    logs,
    pinball,
)
from nnstudio.engine.parts.masks import overlap
from nnstudio.engine.parts.optimization import (
    CLIP_NORM,
    CLIP_VALUE,
    EXACT_ZEROS,
    L1,
    L2,
    LEARNING_RATE,
    OPTIMIZER,
    Penalty,
    make_optimizer,
    set_rate,
)
from nnstudio.engine.parts.precision import COMPILED, PRECISION, overflowed
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, agreed, as_part, as_weighted_part, own
from nnstudio.engine.parts.schedule import (
    SCHEDULE,
    WARMUP,
    WHEN_EXTENDED,
    Schedule,
    drop_on_plateau,
)

RECIPE = {
    "title": "Supervised learning",
    "doc": "Gradient descent towards the given answers, in mini-batches drawn anew every epoch.",
    "targets": ("class", "value"),
    "parts": (
        "losses",
        "optimization",
        "schedule",
        "initialization",
        "averaging",
        "precision",
        "batches",
    ),
    "settings": (),
}

TARGET = "class"
VALIDATED = True
WEIGHT = ""
BALANCED = False
BATCH_NORM = False
AUGMENTED = False
MIXUP = 0.0
FOLLOWS = False


class Supervised:
    """Trains `model` on `data.train`, one step for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        if DRAWS_ANEW:
            initialize(model)
        self.networks = {"main": model}
        self.optimizers = {"main": make_optimizer(model)}
        self.generator = torch.Generator().manual_seed(seed)
        self.epoch = 0
        self.position = 0
        rows = len(data.train.inputs)
        self.order = torch.arange(rows)
        self.batch_size = BATCH_SIZE
        if ACCUMULATION > 1:
            self.part_size = self.batch_size
            self.batch_size = self.part_size * ACCUMULATION
        self.steps_per_epoch = -(-rows // self.batch_size)
        if BATCH_NORM:
            # A last batch of few rows would upset the running statistics.
            self.steps_per_epoch = max(1, rows // self.batch_size)
        if SCHEDULE != "constant" or WARMUP > 0:
            self.learning_rate = LEARNING_RATE
            self.schedule = Schedule(self.steps_per_epoch, epochs)
        if L1 > 0 or L2 > 0:
            self.penalty = Penalty(model)
        if CLIP_NORM > 0:
            self.clip_norm = CLIP_NORM
        if CLIP_VALUE > 0:
            self.clip_value = CLIP_VALUE
        if LABEL_SMOOTHING > 0 and LOSS == "cross_entropy":
            self.smoothing = LABEL_SMOOTHING
        if LOSS in ("huber", "smooth_l1"):
            self.delta = DELTA
        if LOSS == "quantile":
            self.quantile = QUANTILE
        if CLASS_WEIGHTS == "balanced":
            self.class_weights = balanced_weights(data.train.targets, CLASSES)
        if PRECISION == "bfloat16":
            self.precision = torch.bfloat16
        elif PRECISION == "float16":
            self.precision = torch.float16
        if PRECISION == "float16" and OPTIMIZER != "lbfgs":
            device = data.train.inputs.device
            self.scaler = torch.amp.GradScaler(device.type)
            self.skipped = torch.zeros((), device=device)
        if COMPILED:
            model.compile()
        if EMA_DECAY > 0:
            self.average = make_average(model)
            self.judged = {"main": self.average.module}
        if PATIENCE > 0:
            self.best_loss = float("inf")
            self.best_weights = copy.deepcopy(model.state_dict())
            self.worse_epochs = 0

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The loss of every step; with an epoch's last step also what the epoch's end measures."""
        inputs = self.data.train.inputs
        optimizer = self.optimizers["main"]
        while not self.finished:
            if self.position == 0:
                if WEIGHT or BALANCED:
                    # Each row as often as it counts, so some come up twice and some not at all.
                    self.order = torch.multinomial(
                        self.data.chances, len(inputs), replacement=True, generator=self.generator
                    )
                else:
                    self.order = torch.randperm(len(inputs), generator=self.generator)
            batches = self.order.to(inputs.device).split(self.batch_size)
            for rows in batches[self.position : self.steps_per_epoch]:
                if SCHEDULE != "constant" or WARMUP > 0:
                    set_rate(optimizer, self._rate())
                if OPTIMIZER == "lbfgs":
                    loss = optimizer.step(partial(self._gradients, rows))
                else:
                    if ACCUMULATION > 1 or PRECISION == "float16":
                        loss = self._gradients(rows)
                    else:
                        optimizer.zero_grad()
                        loss = self.batch_loss(rows)
                        loss.backward()
                        loss = add_up(self.model, loss)
                    if PRECISION == "float16":
                        self.scaler.unscale_(optimizer)
                        self.skipped += overflowed(self.model)
                    if CLIP_VALUE > 0:
                        nn.utils.clip_grad_value_(self.model.parameters(), self.clip_value)
                    if CLIP_NORM > 0:
                        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip_norm)
                    if PRECISION == "float16":
                        self.scaler.step(optimizer)
                        self.scaler.update()
                    else:
                        optimizer.step()
                if EXACT_ZEROS and (L1 > 0 or L2 > 0):
                    self.penalty.shrink(optimizer.param_groups[0]["lr"])
                if EMA_DECAY > 0:
                    self.average.update_parameters(self.model)
                self.position += 1
                metrics = {"train_loss": loss}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of some training rows, as a step computes it; this process's part of it."""
        if AUGMENTED or MIXUP > 0:
            # Chance rules the whole batch alike, whichever process does which rows.
            inputs, targets = (values[rows] for values in self.data.train)
            if AUGMENTED:
                inputs, targets = augmented(inputs, targets)
            if MIXUP > 0:
                inputs, others, share = mixed(inputs)
                mixed_in = own(targets[others])
            inputs, targets = own(inputs), own(targets)
        else:
            inputs, targets = (values[own(rows)] for values in self.data.train)
        if PRECISION != "float32":
            with torch.autocast(inputs.device.type, self.precision):
                scores = self.model(inputs).float()
        else:
            scores = self.model(inputs)
        loss = self.loss(scores, targets)
        if MIXUP > 0:
            loss = share * loss + (1 - share) * self.loss(scores, mixed_in)
        if not EXACT_ZEROS and (L1 > 0 or L2 > 0):
            loss = loss + self.penalty.cost()
        if CLASS_WEIGHTS == "balanced" and LOSS in ("cross_entropy", "log_loss", "nll"):
            return as_weighted_part(loss, self.class_weights[self.data.train.targets[rows]])
        return as_part(loss, rows)

    def loss(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """How far the scores are from the targets, as one number to be made small."""
        if LOSS == "cross_entropy" and CLASS_WEIGHTS == "balanced":
            if LABEL_SMOOTHING > 0:
                weights = self.class_weights
                return F.cross_entropy(scores, targets, weights, label_smoothing=self.smoothing)
            return F.cross_entropy(scores, targets, self.class_weights)
        if LOSS == "cross_entropy":
            if LABEL_SMOOTHING > 0:
                return F.cross_entropy(scores, targets, label_smoothing=self.smoothing)
            return F.cross_entropy(scores, targets)
        if LOSS in ("log_loss", "nll"):
            if LOSS == "log_loss":
                scores = logs(scores)
            if CLASS_WEIGHTS == "balanced":
                return F.nll_loss(scores, targets, self.class_weights)
            return F.nll_loss(scores, targets)
        if LOSS in ("bce_with_logits", "bce") and CLASS_WEIGHTS == "balanced":
            weights = self.class_weights[targets.long()]
            if LOSS == "bce_with_logits":
                return F.binary_cross_entropy_with_logits(scores, targets, weights)
            return F.binary_cross_entropy(scores, targets, weights)
        if LOSS == "bce_with_logits":
            return F.binary_cross_entropy_with_logits(scores, targets)
        if LOSS == "bce":
            return F.binary_cross_entropy(scores, targets)
        if LOSS == "kl":
            return F.kl_div(scores, targets, reduction="batchmean")
        if LOSS == "multi_margin":
            return F.multi_margin_loss(scores, targets)
        if LOSS == "hinge":
            return hinge(scores, targets)
        if LOSS == "mse":
            return F.mse_loss(scores, targets)
        if LOSS == "l1":
            return F.l1_loss(scores, targets)
        if LOSS == "smooth_l1":
            return F.smooth_l1_loss(scores, targets, beta=self.delta)
        if LOSS == "poisson":
            return F.poisson_nll_loss(scores, targets)
        if LOSS == "gaussian_nll":
            means, spreads = scores.chunk(2, 1)
            return F.gaussian_nll_loss(means, targets, spreads.exp())
        if LOSS == "quantile":
            return pinball(scores, targets, self.quantile)
        return F.huber_loss(scores, targets, delta=self.delta)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.worse_epochs >= PATIENCE:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Loss and quality on a part of the data with the weights as they are."""
        if EMA_DECAY > 0:
            scores = torch.cat([self.average(inputs) for inputs in part.inputs.split(1024)])
        else:
            self.model.eval()
            scores = torch.cat([self.model(inputs) for inputs in part.inputs.split(1024)])
            self.model.train()
        targets = part.targets
        metrics = {f"{name}_loss": self.loss(scores, targets)}
        if TARGET == "class" or TARGET == "mask":
            if LOSS in ("cross_entropy", "log_loss", "nll", "multi_margin"):
                right = scores.argmax(1) == targets
            elif LOSS in ("bce_with_logits", "hinge"):
                right = (scores > 0) == (targets > 0)
            elif LOSS == "bce":
                right = (scores > 0.5) == (targets > 0.5)
            else:
                right = scores.argmax(1) == targets.argmax(1)
            metrics[f"{name}_accuracy"] = right.float().mean()
            if TARGET == "mask" and FOLLOWS:
                if LOSS in ("cross_entropy", "log_loss", "nll", "multi_margin"):
                    metrics[f"{name}_iou"] = overlap(scores.argmax(1), targets)
                else:
                    metrics[f"{name}_iou"] = overlap(scores.argmax(1), targets.argmax(1))
        elif TARGET == "labels":
            if LOSS in ("bce_with_logits", "hinge"):
                right = (scores > 0) == (targets > 0)
            else:
                right = (scores > 0.5) == (targets > 0.5)
            metrics[f"{name}_accuracy"] = right.float().mean()
        else:
            if LOSS == "gaussian_nll":
                scores = scores.chunk(2, 1)[0]
            elif LOSS == "poisson":
                scores = scores.exp()
            errors = scores - targets
            spread = targets - targets.mean(0)
            metrics[f"{name}_mae"] = (errors.abs() * self.data.unit).mean()
            metrics[f"{name}_r2"] = 1 - errors.square().sum() / spread.square().sum()
        return metrics

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        if PATIENCE > 0 or EMA_DECAY > 0:
            self._settle()
        return self.measure(self.data.test, "test") if len(self.data.test.inputs) else {}

    def state(self) -> dict[str, Any]:
        """Where training stands, beside networks, optimizers and torch's own generators."""
        state = {
            "epoch": self.epoch,
            "position": self.position,
            "order": self.order,
            "generator": self.generator.get_state(),
        }
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

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])
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

    def _rate(self) -> float:
        """The learning rate of the step to come."""
        if WHEN_EXTENDED == "rescale":
            self.schedule.epochs = self.epochs
        return self.learning_rate * self.schedule.share(
            self.epoch * self.steps_per_epoch + self.position
        )

    def _gradients(self, rows: torch.Tensor) -> torch.Tensor:
        """Fresh gradients of the loss of some training rows, and that loss."""
        self.optimizers["main"].zero_grad()
        if ACCUMULATION > 1:
            loss = torch.zeros((), device=rows.device)
            for part in rows.split(self.part_size):
                share = self.batch_loss(part) * self._share(part, rows)
                if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                    self.scaler.scale(share).backward()
                else:
                    share.backward()
                loss += share.detach()
        else:
            loss = self.batch_loss(rows)
            if PRECISION == "float16" and OPTIMIZER != "lbfgs":
                self.scaler.scale(loss).backward()
            else:
                loss.backward()
        return add_up(self.model, loss)

    def _share(self, part: torch.Tensor, rows: torch.Tensor) -> float | torch.Tensor:
        """How much a part of the rows counts in the mean over all of them."""
        if CLASS_WEIGHTS == "balanced" and LOSS in ("cross_entropy", "log_loss", "nll"):
            weights = self.class_weights[self.data.train.targets]
            return weights[part].sum() / weights[rows].sum()
        return len(part) / len(rows)

    def _settle(self) -> None:
        """Give the model the weights that count: the best, or the averaged ones."""
        if PATIENCE > 0:
            self.model.load_state_dict(self.best_weights)
            if EMA_DECAY > 0:
                self.average.module.load_state_dict(self.best_weights)
        else:
            self.model.load_state_dict(self.average.module.state_dict())

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training rows."""
        self.epoch += 1
        self.position = 0
        if VALIDATED:
            rows = len(self.data.validation.inputs)
            fit = Part(self.data.train.inputs[:rows], self.data.train.targets[:rows])
            metrics = self.measure(self.data.validation, "val") | self.measure(fit, "fit")
            if PATIENCE > 0:
                self._keep_best(agreed(metrics["val_loss"]).item())
            if SCHEDULE == "plateau":
                drop_on_plateau(self.schedule, agreed(metrics["val_loss"]).item())
        else:
            metrics = self.measure(self.data.train, "fit")
            if SCHEDULE == "plateau":
                drop_on_plateau(self.schedule, agreed(metrics["fit_loss"]).item())
        if PRECISION == "float16" and OPTIMIZER != "lbfgs":
            metrics["skipped_steps"] = self.skipped.clone()
        return metrics

    def _keep_best(self, loss: float) -> None:
        if loss < self.best_loss:
            self.best_loss = loss
            self.best_weights = copy.deepcopy(self.model.state_dict())
            if EMA_DECAY > 0:
                self.best_weights = copy.deepcopy(self.average.module.state_dict())
            self.worse_epochs = 0
        else:
            self.worse_epochs += 1
