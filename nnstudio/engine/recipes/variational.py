"""Variational autoencoders: examples become clouds of codes, and codes become examples.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond the parts that it is put together with.
"""

from __future__ import annotations

import math
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
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, as_part, own
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule

RECIPE = {
    "title": "Variational autoencoder",
    "doc": "Learns to give back each example from a code that is drawn, while all codes together "
    "stay close to the normal distribution, so that drawn codes give new examples. Mean and "
    "log-variance are what the drawing wires to its Sampling node.",
    "paper": "Kingma, Welling, Auto-encoding variational Bayes (2013)",
    "targets": ("class", "value", "none"),
    "output": "input",
    "floor": False,
    "needs": "Sampling",
    "uses": ("sample", "give_back"),
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "without": ("compiled", "lbfgs", "inner_steps"),
    "settings": (
        {
            "name": "reconstruction",
            "kind": "choice",
            "default": "mse",
            "choices": ("mse", "bce", "bce_with_logits"),
            "doc": "how an example is judged by its output: numbers around it (mse), or chances "
            "of 1, as shares (bce) or as scores (bce_with_logits), for examples from 0 to 1",
            "group": "Task",
        },
        {
            "name": "deviation",
            "kind": "float",
            "default": 1.0,
            "low": 0.000001,
            "high": 1000000.0,
            "doc": "how far examples lie around their output: smaller asks for a sharper one",
            "group": "Task",
            "when": "reconstruction == 'mse'",
        },
        {
            "name": "beta",
            "kind": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 1000000.0,
            "doc": "weight of the order among the codes: 1 bounds the likelihood, more makes their "
            "numbers independent, less the outputs sharper",
            "group": "Task",
        },
        {"name": "epochs", "default": 30},
        {
            "name": "seed",
            "doc": "number from which first weights, codes and the order of examples follow",
        },
    ),
}

RECONSTRUCTION = "mse"
DEVIATION = 1.0
BETA = 1.0
VALIDATED = True
BATCH_NORM = False


class Variational:
    """Trains `model`, which has a Sampling layer, one step for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        self.beta = BETA
        if RECONSTRUCTION == "mse":
            self.deviation = DEVIATION
        if DRAWS_ANEW:
            initialize(model)
        self.networks = {"main": model}
        self.optimizers = {"main": make_optimizer(model)}
        self.seed = seed
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
        if not PLAIN:
            self.descent = Descent(model, self.optimizers["main"])
        if SCHEDULE != "constant" or WARMUP > 0:
            self.descent.schedule = Schedule(self.steps_per_epoch, epochs)
        if EMA_DECAY > 0:
            self.judged = {"main": self.descent.average.module}
        self.samplings = samplings_of(model)
        if EMA_DECAY > 0:
            self.samplings += samplings_of(self.judged["main"])
        self.handles = [
            sampling.register_forward_pre_hook(self._remember) for sampling in self.samplings
        ]
        self.codes: list[tuple[torch.Tensor, torch.Tensor]] = []
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
        surprise, order = self._costs(self.model, self.data.train.inputs[own(rows)])
        return as_part((surprise + self.beta * order).mean(), rows)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """The loss on a part of the data and its two terms, in nats an example.

        With a beta of 1 the loss is never below the mean of -log p(x), whatever the weights are.
        """
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        for sampling in self.samplings:
            sampling.train()  # codes are drawn here too
        costs = [torch.stack(self._costs(model, inputs)) for inputs in part.inputs.split(1024)]
        self.model.train()
        surprise, order = torch.cat(costs, dim=1).mean(1)
        return {
            f"{name}_loss": surprise + self.beta * order,
            f"{name}_surprise": surprise,
            f"{name}_divergence": order,
        }

    @torch.no_grad()
    def samples(self) -> torch.Tensor:
        """What the network makes of the same 64 codes every time, to be seen over time."""
        codes = torch.Generator().manual_seed(self.seed)

        def drawn(layer: nn.Module, given: Any, code: torch.Tensor) -> torch.Tensor:
            return torch.randn(code.shape, generator=codes).to(code)

        hooks = [sampling.register_forward_hook(drawn) for sampling in self.samplings]
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        shown = self.data.train.inputs[:1].expand(64, *self.data.train.inputs.shape[1:])
        made = model(shown)
        self.model.train()
        for hook in hooks:
            hook.remove()
        self.codes.clear()
        if RECONSTRUCTION == "bce_with_logits":
            return made.sigmoid()
        return made

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

    def _costs(self, model: nn.Module, examples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """For each example: -log p(x | z) for a drawn code z, and KL(q(z | x) || N(0, 1))."""
        if PRECISION != "float32":
            with torch.autocast(examples.device.type, self.precision, enabled=model.training):
                outputs = model(examples).float()
        else:
            outputs = model(examples)
        if RECONSTRUCTION == "mse":
            far = (outputs - examples) / self.deviation
            each = 0.5 * far.square() + math.log(self.deviation * math.sqrt(2 * math.pi))
        elif RECONSTRUCTION == "bce":
            each = F.binary_cross_entropy(outputs, examples, reduction="none")
        else:
            each = F.binary_cross_entropy_with_logits(outputs, examples, reduction="none")
        order = torch.zeros(len(examples), device=examples.device)
        for mean, logvar in self.codes:
            away = mean.square() + logvar.exp() - logvar - 1
            order = order + 0.5 * away.flatten(1).sum(1)
        self.codes.clear()
        return each.flatten(1).sum(1), order

    def _remember(self, sampling: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        """Keep the mean and the log-variance that a Sampling layer is given."""
        self.codes.append((given[0].float(), given[1].float()))

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


def samplings_of(model: nn.Module) -> list[nn.Module]:
    """The layers in which codes are drawn."""
    found = [part for part in model.modules() if type(part).__name__ == "Sampling"]
    if not found:
        raise ValueError(
            "network: expected a Sampling node, which takes the mean and the log-variance of the "
            "codes, got none. Draw one between encoder and decoder."
        )
    return found


def check_shares(examples: torch.Tensor) -> None:
    """Cross-entropy compares shares: nothing below 0, nothing above 1."""
    low, high = (bound.item() for bound in examples.aminmax())
    if low < 0 or high > 1:
        raise ValueError(
            f"reconstruction: expected examples from 0 to 1 for cross-entropy, got {low:.3g} to "
            f"{high:.3g}. Set the scale of the data to unit, or the reconstruction to mse."
        )
