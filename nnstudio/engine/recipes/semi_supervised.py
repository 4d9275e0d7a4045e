"""Semi-supervised learning: few examples have labels, and the network labels the others itself.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond the parts that it is put together with.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from nnstudio.engine.parts.averaging import EMA_DECAY
from nnstudio.engine.parts.batches import BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.descent import LOOKS_BACK, PLAIN, REMEMBERS, Descent
from nnstudio.engine.parts.initialization import DRAWS_ANEW, initialize
from nnstudio.engine.parts.optimization import make_optimizer
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, as_part, as_weighted_part, own
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule

RECIPE = {
    "title": "Semi-supervised learning",
    "doc": "Most labels are hidden. Where the network is sure, its own answer becomes the label, "
    "which must then hold under noise too. A twin learns from the labelled rows alone, to compare.",
    "paper": "Sohn et al., FixMatch: Simplifying semi-supervised learning with consistency and "
    "confidence (2020)",
    "targets": ("class",),
    "loss": "cross_entropy",
    "passes": ({"model": 4},),
    "twins": 1,
    "parts": ("optimization", "schedule", "initialization", "averaging", "batches"),
    "without": ("accumulation", "lbfgs", "inner_steps"),
    "settings": (
        {
            "name": "labelled",
            "kind": "float",
            "default": 0.05,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the training rows whose label is kept, at least one of each class",
            "group": "Task",
        },
        {
            "name": "threshold",
            "kind": "float",
            "default": 0.8,
            "low": 0.0,
            "high": 1.0,
            "doc": "how sure the network must be before its answer counts as a label",
            "group": "Task",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 0.3,
            "low": 0.0,
            "high": 1000.0,
            "doc": "spread of the numbers added to an example, under which its label must hold",
            "group": "Task",
        },
        {
            "name": "unlabelled_weight",
            "kind": "float",
            "label": "weight",
            "default": 1.0,
            "low": 0.0,
            "high": 1000.0,
            "doc": "weight of the rows without a label in the loss",
            "group": "Task",
        },
        {
            "name": "ramp_up",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 1000000,
            "unit": "epochs",
            "doc": "epochs over which that weight rises from 0",
            "group": "Task",
        },
        {
            "name": "batch_size",
            "default": 64,
            "doc": "rows without a label, and at most as many with one, that one step looks at",
        },
        {"name": "epochs", "default": 100},
        {
            "name": "seed",
            "doc": "number from which first weights, hidden labels, noise and order follow",
        },
    ),
}

LABELLED = 0.05
THRESHOLD = 0.8
NOISE = 0.3
UNLABELLED_WEIGHT = 1.0
RAMP_UP = 0
VALIDATED = True


class SemiSupervised:
    """Trains `model` on few labels and many rows, one step for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        if DRAWS_ANEW:
            initialize(model)
        self.networks = {"main": model}
        self.optimizers = {"main": make_optimizer(model)}
        self.twin = copy.deepcopy(model)
        self.twin_optimizer = make_optimizer(self.twin)
        self.generator = torch.Generator().manual_seed(seed)
        self.is_labelled = some_of_each(data.train.targets, LABELLED, self.generator)
        self.labelled = self.is_labelled.nonzero()[:, 0]
        self.unlabelled = (~self.is_labelled).nonzero()[:, 0]
        self.threshold, self.noise, self.weight = THRESHOLD, NOISE, UNLABELLED_WEIGHT
        if RAMP_UP > 0:
            self.ramp_up = RAMP_UP
        self.epoch = 0
        self.position = 0
        self.order = torch.arange(len(self.unlabelled))
        self.batch_size = BATCH_SIZE
        self.steps_per_epoch = max(1, -(-len(self.unlabelled) // self.batch_size))
        if not PLAIN:
            self.descent = Descent(model, self.optimizers["main"])
            self.twin_descent = Descent(self.twin, self.twin_optimizer)
        if SCHEDULE != "constant" or WARMUP > 0:
            self.descent.schedule = Schedule(self.steps_per_epoch, epochs)
            self.twin_descent.schedule = self.descent.schedule
        if EMA_DECAY > 0:
            self.judged = {"main": self.descent.average.module}

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The loss of every step; with an epoch's last step also what the epoch's end measures."""
        if PLAIN:
            optimizer = self.optimizers["main"]
        while not self.finished:
            if SCHEDULE != "constant" and WHEN_EXTENDED == "rescale":
                self.descent.schedule.epochs = self.epochs
            if self.position == 0:
                self.order = torch.randperm(len(self.order), generator=self.generator)
            order = self.unlabelled[self.order.to(self.unlabelled.device)]
            for rows in order.split(self.batch_size)[self.position : self.steps_per_epoch]:
                known = self._some_labelled()
                if PLAIN:
                    optimizer.zero_grad()
                    loss = self.batch_loss(torch.cat([known, rows]))
                    loss.backward()
                    loss = add_up(self.model, loss)
                    optimizer.step()
                    self.twin_optimizer.zero_grad()
                    twin_loss = self.twin_loss(known)
                    twin_loss.backward()
                    add_up(self.twin, twin_loss)
                    self.twin_optimizer.step()
                else:
                    loss = self.descent.step(self.batch_loss, torch.cat([known, rows]))
                    self.twin_descent.step(self.twin_loss, known)
                self.position += 1
                metrics = {"train_loss": loss}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of some training rows; the label is looked at only where it is not hidden."""
        inputs, targets = self.data.train.inputs[rows], own(self.data.train.targets[rows])
        any_labelled = self.is_labelled[rows]
        is_labelled = own(any_labelled)
        scores = self.model(own(inputs))
        given = F.cross_entropy(scores, targets, reduction="none")
        chance, answer = scores.detach().softmax(1).max(1)
        spoilt = self.model(own(inputs + self.noise * torch.randn_like(inputs)))
        self_taught = F.cross_entropy(spoilt, answer, reduction="none")
        is_sure = ~is_labelled & (chance >= self.threshold)
        loss = (given * is_labelled).sum() / is_labelled.sum().clamp_min(1)
        own_loss = (self_taught * is_sure).sum() / (~is_labelled).sum().clamp_min(1)
        loss = as_weighted_part(loss, any_labelled)
        own_loss = as_weighted_part(own_loss, ~any_labelled)
        if RAMP_UP > 0:
            return loss + self.weight * min(1.0, self.epoch / self.ramp_up) * own_loss
        return loss + self.weight * own_loss

    def twin_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of the same network, which learns from the rows with a label alone."""
        inputs, targets = self.data.train.inputs[own(rows)], self.data.train.targets[own(rows)]
        return as_part(F.cross_entropy(self.twin(inputs), targets), rows)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Loss and accuracy on a part of the data, and the accuracy of the twin."""
        model, twin = self.model, self.twin
        if EMA_DECAY > 0:
            model, twin = self.judged["main"], self.twin_descent.average.module
        scores, compared = outputs(model, part.inputs), outputs(twin, part.inputs)
        return {
            f"{name}_loss": F.cross_entropy(scores, part.targets),
            f"{name}_accuracy": (scores.argmax(1) == part.targets).float().mean(),
            f"{name}_accuracy_labelled_only": (compared.argmax(1) == part.targets).float().mean(),
        }

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
            "twin": self.twin.state_dict(),
            "twin_optimizer": self.twin_optimizer.state_dict(),
        }
        if REMEMBERS:
            state["descent"] = self.descent.state()
            state["twin_descent"] = self.twin_descent.state()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])
        self.twin.load_state_dict(state["twin"])
        self.twin_optimizer.load_state_dict(state["twin_optimizer"])
        if REMEMBERS:
            self.descent.restore(state["descent"])
            self.twin_descent.restore(state["twin_descent"])

    def _settle(self) -> None:
        """Give the model the weights that count: the best, or the averaged ones."""
        self.descent.settle()

    def _some_labelled(self) -> torch.Tensor:
        """Rows with a label for one step: all, or as many of them as a batch has."""
        drawn = torch.randperm(len(self.labelled), generator=self.generator)[: self.batch_size]
        return self.labelled[drawn.to(self.labelled.device)]

    @torch.no_grad()
    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part, on as many training rows, on the own labels."""
        self.epoch += 1
        self.position = 0
        inputs, targets = self.data.train
        chance, answer = outputs(self.model, inputs).softmax(1).max(1)
        is_sure = ~self.is_labelled & (chance >= self.threshold)
        right = is_sure & (answer == targets)
        # The hidden labels are only counted here; nothing is learned from them.
        metrics = {
            "own_labels": is_sure.sum() / max(1, len(self.unlabelled)),
            "own_labels_right": right.sum() / is_sure.sum().clamp_min(1),
        }
        if VALIDATED:
            rows = len(self.data.validation.inputs)
            fit = Part(inputs[:rows], targets[:rows])
            metrics |= self.measure(self.data.validation, "val") | self.measure(fit, "fit")
        else:
            metrics |= self.measure(self.data.train, "fit")
        if LOOKS_BACK:
            self.descent.end_epoch(metrics)
        return metrics


def some_of_each(targets: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """True for a share of the rows of every class, drawn, and for at least one of each."""
    is_chosen = torch.zeros(len(targets), dtype=torch.bool)
    for label in targets.unique().tolist():
        rows = (targets.cpu() == label).nonzero()[:, 0]
        drawn = torch.randperm(len(rows), generator=generator)
        is_chosen[rows[drawn[: max(1, round(share * len(rows)))]]] = True
    return is_chosen.to(targets.device)


def outputs(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The network's answers with the weights as they are."""
    network.eval()
    found = torch.cat([network(some) for some in inputs.split(1024)])
    network.train()
    return found
