"""Capsules: the right one is to be long, and to know enough to draw the picture again.

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
from nnstudio.engine.parts.batches import BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.descent import LOOKS_BACK, PLAIN, REMEMBERS, Descent
from nnstudio.engine.parts.initialization import DRAWS_ANEW, initialize
from nnstudio.engine.parts.optimization import make_optimizer
from nnstudio.engine.parts.precision import PRECISION
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, as_part, own, summed
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule

RECIPE = {
    "title": "Capsules",
    "doc": "Margin loss on the lengths of the capsules, and a small loss of drawing the picture "
    "again from the right one.",
    "paper": "Sabour, Frosst, Hinton, Dynamic routing between capsules (2017)",
    "targets": ("class",),
    "output": "free",
    "answers": "lengths",
    "inputs": ("image", "target"),
    "measured": 256,
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "without": ("accumulation", "compiled"),
    "settings": (
        {
            "name": "upper",
            "kind": "float",
            "default": 0.9,
            "low": 0.0,
            "high": 1.0,
            "label": "long enough",
            "doc": "length from which on the right capsule costs nothing",
        },
        {
            "name": "lower",
            "kind": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 1.0,
            "label": "short enough",
            "doc": "length up to which the other capsules cost nothing",
        },
        {
            "name": "absent",
            "kind": "float",
            "default": 0.5,
            "low": 0.0,
            "high": 100.0,
            "label": "weight of the others",
            "doc": "how much capsules count that should be short",
        },
        {
            "name": "reconstruction",
            "kind": "float",
            "default": 0.392,
            "low": 0.0,
            "high": 1000.0,
            "label": "weight of the drawing",
            "doc": "how much the mean squared error of the drawing counts; in the paper 0.0005 of "
            "the sum over 784 pixels, which is 0.392 of the mean",
        },
        {"name": "batch_size", "doc": "pictures that one step looks at"},
        {"name": "epochs", "default": 10},
    ),
}

UPPER = 0.9
LOWER = 0.1
ABSENT = 0.5
RECONSTRUCTION = 0.392
VALIDATED = True


class Capsules:
    """Trains `model` on pictures with classes, one step for each value of `steps()`.

    The model takes `image` (rows, channels, height, width) and `target` (rows,), from whose
    capsule it draws, and gives the lengths (rows, classes) and the drawing (rows, pixels).
    """

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        if DRAWS_ANEW:
            initialize(model)
        self.networks = {"main": model}
        self.optimizers = {"main": make_optimizer(model)}
        self.upper, self.lower, self.absent = UPPER, LOWER, ABSENT
        self.reconstruction = RECONSTRUCTION
        # The pixels are scaled; a drawing has values from 0 to 1.
        self.least = data.train.inputs.min()
        self.range = (data.train.inputs.max() - self.least).clamp(min=1e-12)
        self.generator = torch.Generator().manual_seed(seed)
        self.epoch = 0
        self.position = 0
        rows = len(data.train.inputs)
        self.order = torch.arange(rows)
        self.batch_size = BATCH_SIZE
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

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The losses of every step; with an epoch's last step also what its end measures."""
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
                metrics = {
                    "train_loss": loss,
                    "train_margin_loss": self.margin_loss,
                    "train_drawing_loss": self.drawing_loss,
                }
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of these training rows, as a step computes it."""
        images, targets = (values[own(rows)] for values in self.data.train)
        if PRECISION != "float32":
            with torch.autocast(images.device.type, self.precision):
                lengths, drawn = self.model(image=images, target=targets)
            lengths, drawn = lengths.float(), drawn.float()
        else:
            lengths, drawn = self.model(image=images, target=targets)
        margin = as_part(self.margin(lengths, targets), rows)
        drawing = as_part(F.mse_loss(drawn, self.pixels(images)), rows)
        self.margin_loss, self.drawing_loss = summed(margin), summed(drawing)
        return margin + self.reconstruction * drawing

    def margin(self, lengths: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """What the right capsule lacks in length, and what the others have too much, squared."""
        present = F.one_hot(targets, lengths.shape[1]).to(lengths.dtype)
        short = (self.upper - lengths).clamp(min=0).square()
        long = (lengths - self.lower).clamp(min=0).square()
        return (present * short + self.absent * (1 - present) * long).sum(1).mean()

    def pixels(self, images: torch.Tensor) -> torch.Tensor:
        """What a drawing of these pictures should look like, from 0 to 1 (rows, pixels)."""
        return ((images - self.least) / self.range).clamp(0, 1).flatten(1)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Losses and share of right classes on a part, drawn from the longest capsule there."""
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        lengths, drawings = [], []
        for images, targets in zip(part.inputs.split(256), part.targets.split(256), strict=True):
            # The longest capsule does not depend on the target; the drawing is made from it.
            longest = model(image=images, target=targets)[0].argmax(1)
            found, drawing = model(image=images, target=longest)
            lengths.append(found)
            drawings.append(drawing)
        self.model.train()
        found = torch.cat(lengths)
        margin = self.margin(found, part.targets)
        drawing = F.mse_loss(torch.cat(drawings), self.pixels(part.inputs))
        return {
            f"{name}_loss": margin + self.reconstruction * drawing,
            f"{name}_margin_loss": margin,
            f"{name}_drawing_loss": drawing,
            f"{name}_accuracy": (found.argmax(1) == part.targets).float().mean(),
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

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training rows."""
        self.epoch += 1
        self.position = 0
        if VALIDATED:
            rows = len(self.data.validation.inputs)
            fit = Part(self.data.train.inputs[:rows], self.data.train.targets[:rows])
            metrics = self.measure(self.data.validation, "val") | self.measure(fit, "fit")
        else:
            metrics = self.measure(self.data.train, "fit")
        if LOOKS_BACK:
            self.descent.end_epoch(metrics)
        return metrics
