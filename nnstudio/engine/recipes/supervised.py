"""Supervised learning: gradient descent towards given answers.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond `Data` and `Part` of the preparation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from nnstudio.engine.parts.preparation import Data, Part

RECIPE = {
    "title": "Supervised learning",
    "doc": "Gradient descent towards the given answers, in mini-batches drawn anew every epoch.",
    "targets": ("class", "value"),
    "settings": (
        {
            "name": "loss",
            "kind": "choice",
            "default": "cross_entropy",
            "choices": (
                "cross_entropy",
                "log_loss",
                "bce_with_logits",
                "bce",
                "mse",
                "l1",
                "huber",
            ),
            "doc": "what is made small: cross_entropy (of scores), log_loss (of shares), bce for "
            "classes; mse, l1, huber for numbers",
        },
        {
            "name": "optimizer",
            "kind": "choice",
            "default": "adam",
            "choices": ("adam", "adamw", "sgd", "rmsprop"),
            "doc": "how gradients become steps",
        },
        {
            "name": "learning_rate",
            "kind": "float",
            "default": 0.001,
            "low": 0.0,
            "high": 1000.0,
            "doc": "length of a step along the gradient",
        },
        {
            "name": "momentum",
            "kind": "float",
            "default": 0.9,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the last step that is kept; for sgd and rmsprop",
        },
        {
            "name": "weight_decay",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 100.0,
            "doc": "pull of every weight towards zero (L2)",
        },
        {
            "name": "batch_size",
            "kind": "int",
            "default": 32,
            "low": 1,
            "high": 1000000,
            "unit": "rows",
            "doc": "examples that one step looks at",
        },
        {
            "name": "epochs",
            "kind": "int",
            "default": 20,
            "low": 1,
            "high": 1000000,
            "doc": "passes over the training part",
        },
        {
            "name": "seed",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 2147483647,
            "doc": "number from which first weights and the order of examples follow",
        },
        {
            "name": "patience",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 1000000,
            "unit": "epochs",
            "doc": "stop after so many without a better validation loss, at its best; 0 is never",
        },
    ),
}

LOSS = "cross_entropy"
OPTIMIZER = "adam"
LEARNING_RATE = 0.001
MOMENTUM = 0.9
WEIGHT_DECAY = 0.0
BATCH_SIZE = 32
PATIENCE = 0
TARGET = "class"
VALIDATED = True
BATCH_NORM = False


class Supervised:
    """Trains `model` on `data.train`, one step for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        weights = model.parameters()
        if OPTIMIZER == "adam":
            optimizer = torch.optim.Adam(
                weights,
                lr=LEARNING_RATE,
                weight_decay=WEIGHT_DECAY,
                fused=True,
            )
        elif OPTIMIZER == "adamw":
            optimizer = torch.optim.AdamW(
                weights,
                lr=LEARNING_RATE,
                weight_decay=WEIGHT_DECAY,
                fused=True,
            )
        elif OPTIMIZER == "sgd":
            optimizer = torch.optim.SGD(
                weights,
                lr=LEARNING_RATE,
                momentum=MOMENTUM,
                weight_decay=WEIGHT_DECAY,
                fused=True,
            )
        else:
            optimizer = torch.optim.RMSprop(
                weights,
                lr=LEARNING_RATE,
                momentum=MOMENTUM,
                weight_decay=WEIGHT_DECAY,
            )
        self.networks = {"main": model}
        self.optimizers = {"main": optimizer}
        self.generator = torch.Generator().manual_seed(seed)
        self.epoch = 0
        self.position = 0
        rows = len(data.train.inputs)
        self.order = torch.arange(rows)
        self.batch_size = BATCH_SIZE
        self.steps_per_epoch = -(-rows // BATCH_SIZE)
        if BATCH_NORM:
            # A last batch of few rows would upset the running statistics.
            self.steps_per_epoch = max(1, rows // BATCH_SIZE)
        if PATIENCE > 0:
            self.best_loss = float("inf")
            self.best_weights = copy.deepcopy(model.state_dict())
            self.worse_epochs = 0

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The loss of every step; with an epoch's last step also what the epoch's end measures."""
        inputs, targets = self.data.train
        optimizer = self.optimizers["main"]
        while not self.finished:
            if self.position == 0:
                self.order = torch.randperm(len(inputs), generator=self.generator)
            batches = self.order.to(inputs.device).split(self.batch_size)
            for rows in batches[self.position : self.steps_per_epoch]:
                optimizer.zero_grad()
                loss = self.loss(self.model(inputs[rows]), targets[rows])
                loss.backward()
                optimizer.step()
                self.position += 1
                metrics = {"train_loss": loss.detach()}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def loss(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """How far the scores are from the targets, as one number to be made small."""
        if LOSS == "cross_entropy":
            return F.cross_entropy(scores, targets)
        if LOSS == "log_loss":
            return F.nll_loss(scores.clamp_min(1e-12).log(), targets)
        if LOSS == "bce_with_logits":
            return F.binary_cross_entropy_with_logits(scores, targets)
        if LOSS == "bce":
            return F.binary_cross_entropy(scores, targets)
        if LOSS == "mse":
            return F.mse_loss(scores, targets)
        if LOSS == "l1":
            return F.l1_loss(scores, targets)
        return F.huber_loss(scores, targets)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.worse_epochs >= PATIENCE:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Loss and quality on a part of the data with the weights as they are."""
        self.model.eval()
        scores = torch.cat([self.model(inputs) for inputs in part.inputs.split(1024)])
        self.model.train()
        targets = part.targets
        metrics = {f"{name}_loss": self.loss(scores, targets)}
        if TARGET == "class":
            if LOSS == "cross_entropy" or LOSS == "log_loss":
                right = scores.argmax(1) == targets
            elif LOSS == "bce_with_logits":
                right = (scores > 0) == (targets > 0)
            elif LOSS == "bce":
                right = (scores > 0.5) == (targets > 0.5)
            else:
                right = scores.argmax(1) == targets.argmax(1)
            metrics[f"{name}_accuracy"] = right.float().mean()
        else:
            errors = scores - targets
            spread = targets - targets.mean(0)
            metrics[f"{name}_mae"] = (errors.abs() * self.data.unit).mean()
            metrics[f"{name}_r2"] = 1 - errors.square().sum() / spread.square().sum()
        return metrics

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        if PATIENCE > 0:
            self.model.load_state_dict(self.best_weights)
        return self.measure(self.data.test, "test") if len(self.data.test.inputs) else {}

    def state(self) -> dict[str, Any]:
        """Where training stands, beside networks, optimizers and torch's own generators."""
        state = {
            "epoch": self.epoch,
            "position": self.position,
            "order": self.order,
            "generator": self.generator.get_state(),
        }
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
        if PATIENCE > 0:
            self.best_loss = state["best_loss"]
            self.best_weights = state["best_weights"]
            self.worse_epochs = state["worse_epochs"]

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training rows."""
        self.epoch += 1
        self.position = 0
        if VALIDATED:
            rows = len(self.data.validation.inputs)
            fit = Part(self.data.train.inputs[:rows], self.data.train.targets[:rows])
            metrics = self.measure(self.data.validation, "val") | self.measure(fit, "fit")
            if PATIENCE > 0:
                self._keep_best(metrics["val_loss"].item())
            return metrics
        return self.measure(self.data.train, "fit")

    def _keep_best(self, loss: float) -> None:
        if loss < self.best_loss:
            self.best_loss = loss
            self.best_weights = copy.deepcopy(self.model.state_dict())
            self.worse_epochs = 0
        else:
            self.worse_epochs += 1
