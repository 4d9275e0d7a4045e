"""Learning on trees: every node is asked for its class, from the leaves up to the root.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond `Data` and `Part` of the preparation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from nnstudio.engine.parts.averaging import EMA_DECAY
from nnstudio.engine.parts.batches import ACCUMULATION, BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.descent import LOOKS_BACK, PLAIN, REMEMBERS, Descent
from nnstudio.engine.parts.initialization import DRAWS_ANEW, initialize
from nnstudio.engine.parts.optimization import make_optimizer
from nnstudio.engine.parts.precision import PRECISION
from nnstudio.engine.parts.processes import add_up, as_weighted_part, own
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule
from nnstudio.engine.parts.trees import UNASKED, Data, Part

RECIPE = {
    "title": "Recursive trees",
    "doc": "Asks every node of a tree for its class, and learns how parts make a whole.",
    "paper": "Socher et al., Recursive deep models for semantic compositionality over a sentiment "
    "treebank (2013)",
    "forms": ("trees",),
    "targets": ("none",),
    "output": "tokens",
    "inputs": ("words", "left", "right"),
    "uses": ("feel",),
    "measured": 256,
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "without": ("compiled",),
    "settings": (
        {"name": "optimizer", "default": "adamw"},
        {"name": "learning_rate", "default": 0.01},
        {"name": "weight_decay", "default": 0.001},
        {
            "name": "batch_size",
            "default": 25,
            "unit": "trees",
            "doc": "trees that one step looks at",
        },
        {"name": "epochs", "default": 40},
    ),
}

VALIDATED = True


class RecursiveTrees:
    """Trains `model` on trees, one step for each value of `steps()`.

    The model takes `words`, `left` and `right` (trees, nodes) and gives a score for each class at
    each node (trees, nodes, classes).
    """

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
            self.batch_size = self.batch_size * ACCUMULATION
        self.steps_per_epoch = -(-rows // self.batch_size)
        if PRECISION == "bfloat16":
            self.precision = torch.bfloat16
        elif PRECISION == "float16":
            self.precision = torch.float16
        if not PLAIN:
            self.descent = Descent(model, self.optimizers["main"])
        if SCHEDULE != "constant" or WARMUP > 0:
            self.descent.schedule = Schedule(self.steps_per_epoch, epochs)
        if EMA_DECAY > 0:
            self.judged = {"main": self.descent.average.module}
        if ACCUMULATION > 1:
            self.descent.weigh = self._asked

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The loss of every step; with an epoch's last step also what the epoch's end measures."""
        if PLAIN:
            optimizer = self.optimizers["main"]
        while not self.finished:
            if SCHEDULE != "constant" and WHEN_EXTENDED == "rescale":
                self.descent.schedule.epochs = self.epochs
            if self.position == 0:
                self.order = torch.randperm(len(self.order), generator=self.generator)
            batches = self.order.to(self.data.train.inputs.device).split(self.batch_size)
            for rows in batches[self.position : self.steps_per_epoch]:
                if PLAIN:
                    optimizer.zero_grad()
                    loss = self.batch_loss(rows)
                    loss.backward()
                    loss = add_up(self.model, loss)
                    optimizer.step()
                else:
                    loss = self.descent.step(self.batch_loss, rows)
                self.position += 1
                metrics = {"train_loss": loss}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of these training trees, as a step computes it."""
        some = Part(*(values[own(rows)] for values in self.data.train))
        if PRECISION != "float32":
            with torch.autocast(some.inputs.device.type, self.precision):
                scores = self.scores(self.model, some).float()
        else:
            scores = self.scores(self.model, some)
        asked = self.data.train.targets[rows] != UNASKED
        return as_weighted_part(self.loss(scores, some.targets), asked)

    def scores(self, model: nn.Module, part: Part) -> torch.Tensor:
        """What a model makes of these trees (trees, nodes, classes)."""
        return model(words=part.inputs, left=part.left, right=part.right)

    def loss(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean of -log(share given to the right class), over all nodes that are asked."""
        total = F.cross_entropy(
            scores.flatten(0, 1), targets.flatten(), ignore_index=UNASKED, reduction="sum"
        )
        return total / (targets != UNASKED).sum().clamp(min=1)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Loss, and shares of right nodes and right roots, with the weights as they are."""
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        batches = zip(*(values.split(256) for values in part), strict=True)
        scores = torch.cat([self.scores(model, Part(*some)) for some in batches])
        self.model.train()
        right = scores.argmax(2) == part.targets
        asked = part.targets != UNASKED
        roots = torch.arange(len(part.root), device=part.root.device), part.root
        return {
            f"{name}_loss": self.loss(scores, part.targets),
            f"{name}_accuracy": right[asked].float().mean(),
            f"{name}_root_accuracy": right[roots][asked[roots]].float().mean(),
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
            "vocabulary": self.data.vocabulary,
        }
        if REMEMBERS:
            state["descent"] = self.descent.state()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])
        if REMEMBERS:
            self.descent.restore(state["descent"])

    def _settle(self) -> None:
        """Give the model the weights that count: the best, or the averaged ones."""
        self.descent.settle()

    def _asked(self, rows: torch.Tensor) -> torch.Tensor:
        """How many nodes of these trees are asked."""
        return (self.data.train.targets[rows] != UNASKED).sum()

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training trees."""
        self.epoch += 1
        self.position = 0
        train = self.data.train
        if VALIDATED:
            count = len(self.data.validation.inputs)
            fit = Part(*(values[:count] for values in train))
            metrics = self.measure(self.data.validation, "val") | self.measure(fit, "fit")
        else:
            metrics = self.measure(train, "fit")
        if LOOKS_BACK:
            self.descent.end_epoch(metrics)
        return metrics
