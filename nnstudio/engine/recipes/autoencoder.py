"""Autoencoders: a network learns to give back what it was shown, through a narrow place.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond the parts that it is put together with.
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
from nnstudio.engine.parts.precision import COMPILED, PRECISION
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, as_part, own
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule

RECIPE = {
    "title": "Autoencoder",
    "doc": "Learns without labels to give back each example; with noise, to give back the clean "
    "example from a spoilt one.",
    "paper": "Vincent et al., Extracting and composing robust features with denoising "
    "autoencoders (2008)",
    "targets": ("class", "value", "none"),
    "output": "input",
    "uses": ("give_back",),
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "settings": (
        {
            "name": "reconstruction",
            "kind": "choice",
            "default": "mse",
            "choices": ("mse", "l1", "bce", "bce_with_logits"),
            "doc": "what is made small between output and example; bce (of shares) and "
            "bce_with_logits (of scores) for examples from 0 to 1",
            "group": "Task",
        },
        {
            "name": "noise",
            "kind": "choice",
            "default": "none",
            "choices": ("none", "gaussian", "masking", "salt_and_pepper"),
            "doc": "how examples are spoilt: numbers added, values set to 0, or to the lowest or "
            "highest there is",
            "group": "Task",
        },
        {
            "name": "noise_level",
            "kind": "float",
            "default": 0.3,
            "low": 0.0,
            "high": 1000.0,
            "doc": "spread of the numbers added, or the share of values that are set",
            "group": "Task",
            "when": "noise != 'none'",
        },
        {
            "name": "seed",
            "doc": "number from which first weights, noise and the order of examples follow",
        },
    ),
}

RECONSTRUCTION = "mse"
NOISE = "none"
NOISE_LEVEL = 0.3
VALIDATED = True
BATCH_NORM = False


class Autoencoding:
    """Trains `model` to give back its input, one step for each value of `steps()`."""

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
        if BATCH_NORM:
            # A last batch of few rows would upset the running statistics.
            self.steps_per_epoch = max(1, rows // self.batch_size)
        if PRECISION == "bfloat16":
            self.precision = torch.bfloat16
        elif PRECISION == "float16":
            self.precision = torch.float16
        if COMPILED:
            model.compile()
        if not PLAIN:
            self.descent = Descent(model, self.optimizers["main"])
        if SCHEDULE != "constant" or WARMUP > 0:
            self.descent.schedule = Schedule(self.steps_per_epoch, epochs)
        if EMA_DECAY > 0:
            self.judged = {"main": self.descent.average.module}
        if NOISE != "none":
            self.noise_level = NOISE_LEVEL
        if NOISE == "salt_and_pepper":
            self.pepper, self.salt = data.train.inputs.aminmax()
        if RECONSTRUCTION == "bce" or RECONSTRUCTION == "bce_with_logits":
            check_shares(data.train.inputs)

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
        """The loss of some training rows, as a step computes it."""
        if NOISE != "none":
            examples = self.data.train.inputs[rows]
            shown, examples = own(self._spoilt(examples)), own(examples)
        else:
            shown = examples = self.data.train.inputs[own(rows)]
        if PRECISION != "float32":
            with torch.autocast(shown.device.type, self.precision):
                outputs = self.model(shown).float()
        else:
            outputs = self.model(shown)
        return as_part(self._distance(outputs, examples), rows)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """The loss on a part of the data, and how much of the part's variance is given back."""
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        shown = part.inputs
        if NOISE != "none":
            shown = self._spoilt(shown)
        outputs = torch.cat([model(inputs) for inputs in shown.split(1024)])
        self.model.train()
        metrics = {f"{name}_loss": self._distance(outputs, part.inputs)}
        if RECONSTRUCTION == "mse":
            spread = (part.inputs - part.inputs.mean(0)).square().mean()
            metrics[f"{name}_explained"] = 1 - metrics[f"{name}_loss"] / spread
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

    def _distance(self, outputs: torch.Tensor, examples: torch.Tensor) -> torch.Tensor:
        """How far the outputs are from the examples, on average over all their values."""
        if RECONSTRUCTION == "mse":
            return F.mse_loss(outputs, examples)
        if RECONSTRUCTION == "l1":
            return F.l1_loss(outputs, examples)
        if RECONSTRUCTION == "bce":
            return F.binary_cross_entropy(outputs, examples)
        return F.binary_cross_entropy_with_logits(outputs, examples)

    def _spoilt(self, examples: torch.Tensor) -> torch.Tensor:
        """The examples with noise, drawn anew every time."""
        if NOISE == "gaussian":
            return examples + self.noise_level * torch.randn_like(examples)
        hit = torch.rand_like(examples) < self.noise_level
        if NOISE == "masking":
            return examples.masked_fill(hit, 0.0)
        grains = torch.where(torch.rand_like(examples) < 0.5, self.pepper, self.salt)
        return torch.where(hit, grains, examples)

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


def check_shares(examples: torch.Tensor) -> None:
    """Cross-entropy compares shares: nothing below 0, nothing above 1."""
    low, high = (bound.item() for bound in examples.aminmax())
    if low < 0 or high > 1:
        raise ValueError(
            f"reconstruction: expected examples from 0 to 1 for cross-entropy, got {low:.3g} to "
            f"{high:.3g}. Set the scale of the data to unit, or the reconstruction to mse."
        )
