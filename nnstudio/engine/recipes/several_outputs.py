"""Supervised learning at several outputs: each has its own targets, loss and weight.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond the parts that it is put together with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from nnstudio.engine.parts.augmentation import augmented, mixed
from nnstudio.engine.parts.averaging import EMA_DECAY
from nnstudio.engine.parts.batches import ACCUMULATION, BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.descent import LOOKS_BACK, PLAIN, REMEMBERS, Descent
from nnstudio.engine.parts.goals import (
    OUTPUTS,
    PIXELS_FROM,
    READ,
    aims,
    cost,
    pixels,
    quality,
    weighted_cost,
)
from nnstudio.engine.parts.initialization import DRAWS_ANEW, initialize
from nnstudio.engine.parts.losses import balanced_weights
from nnstudio.engine.parts.optimization import OPTIMIZER, make_optimizer
from nnstudio.engine.parts.precision import COMPILED, PRECISION
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, as_part, as_weighted_part, own, summed
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule

RECIPE = {
    "title": "Several outputs",
    "doc": "Gradient descent towards the given answers at several outputs at once: each learns "
    "its own targets with its own loss, and the weighted losses add up.",
    "paper": "Caruana, Multitask learning (1997)",
    "targets": ("class", "value", "mask"),
    "output": "several",
    "answers": "several",
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "settings": (),
}

WEIGHTED: dict[str, int] = {}
"""Output at which rare classes count more to the number of its classes."""
TARGET = "several"
ALONE = False
VALIDATED = True
WEIGHT = ""
BALANCED = False
BATCH_NORM = False
AUGMENTED = False
MIXUP = 0.0
FOLLOWS = False


class SeveralOutputs:
    """Trains `model` at all its outputs, one step for each value of `steps()`."""

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
        if WEIGHTED:
            self.class_weights = {
                name: balanced_weights(aims(name, data.train.targets), classes)
                for name, classes in WEIGHTED.items()
            }
        if WEIGHTED and ACCUMULATION > 1:
            self.heft: dict[str, torch.Tensor | float] = dict.fromkeys(WEIGHTED, 1.0)
        if ACCUMULATION > 1 or OPTIMIZER == "lbfgs":
            self.looks: list[dict[str, torch.Tensor]] = []
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

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The losses of every step; with an epoch's last step also what its end measures."""
        inputs = self.data.train.inputs
        if PLAIN:
            optimizer = self.optimizers["main"]
        while not self.finished:
            if SCHEDULE != "constant" and WHEN_EXTENDED == "rescale":
                self.descent.schedule.epochs = self.epochs
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
                if PLAIN:
                    optimizer.zero_grad()
                    loss = self.batch_loss(rows)
                    loss.backward()
                    loss = add_up(self.model, loss)
                    optimizer.step()
                else:
                    if WEIGHTED and ACCUMULATION > 1:
                        self.heft = self._heft(rows)
                    if ACCUMULATION > 1 or OPTIMIZER == "lbfgs":
                        self.looks.clear()
                    loss = self.descent.step(self.batch_loss, rows)
                    if ACCUMULATION > 1 or OPTIMIZER == "lbfgs":
                        self.costs = self._first_costs(rows)
                self.position += 1
                metrics = {"train_loss": loss}
                metrics |= {f"train_{name}_loss": one for name, one in self.costs.items()}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of some training rows, as a step computes it; this process's part of it."""
        if AUGMENTED or MIXUP > 0:
            # Chance rules the whole batch alike, whichever process does which rows.
            inputs, targets = (values[rows] for values in self.data.train)
            if AUGMENTED and FOLLOWS and PIXELS_FROM > 0:
                inputs, masks = augmented(inputs, pixels(targets))
                targets = torch.cat([targets[:, :PIXELS_FROM], masks.flatten(1)], 1)
            elif AUGMENTED:
                inputs, targets = augmented(inputs, targets)
            if MIXUP > 0:
                inputs, others, share = mixed(inputs)
            inputs = own(inputs)
        else:
            inputs, targets = self.data.train.inputs[own(rows)], self.data.train.targets[rows]
        if PRECISION != "float32":
            with torch.autocast(inputs.device.type, self.precision):
                answers = named(self.model(inputs))
            answers = {name: scores.float() for name, scores in answers.items()}
        else:
            answers = named(self.model(inputs))
        costs = self._parts(answers, targets)
        if MIXUP > 0:
            also = self._parts(answers, targets[others])
            costs = {name: share * one + (1 - share) * also[name] for name, one in costs.items()}
        if ACCUMULATION > 1 or OPTIMIZER == "lbfgs":
            self.looks.append({name: summed(one) for name, one in costs.items()})
        else:
            self.costs = {name: summed(one) for name, one in costs.items()}
        return weighted(costs)

    def loss(self, given: Any, targets: torch.Tensor) -> torch.Tensor:
        """How far what the model gives is from the targets, as one number to be made small."""
        return weighted(self._costs(named(given), targets))

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """The loss on a part of the data, and loss and quality of each output."""
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        pieces = [named(model(inputs)) for inputs in part.inputs.split(1024)]
        self.model.train()
        answers = {output: torch.cat([one[output] for one in pieces]) for output in OUTPUTS}
        costs = self._costs(answers, part.targets)
        metrics = {f"{name}_loss": weighted(costs)}
        for output in OUTPUTS:
            metrics[f"{name}_{output}_loss"] = costs[output]
            found = quality(output, answers[output], part.targets, self._unit())
            metrics |= {f"{name}_{output}_{what}": one for what, one in found.items()}
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

    def _costs(
        self, answers: dict[str, torch.Tensor], targets: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """The loss of each output."""
        costs = {}
        for name in OUTPUTS:
            goals = aims(name, targets)
            if WEIGHTED and name in WEIGHTED:
                costs[name] = weighted_cost(name, answers[name], goals, self.class_weights[name])
            else:
                costs[name] = cost(name, answers[name], goals)
        return costs

    def _parts(
        self, answers: dict[str, torch.Tensor], targets: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """This process's part of the losses over a batch, of all of whose rows are the targets."""
        costs = self._costs(answers, own(targets))
        if WEIGHTED:
            for name, one in costs.items():
                if name in WEIGHTED and READ[name] == "largest":
                    weights = self._weights(name, targets)
                    costs[name] = as_weighted_part(one, weights)
                    if ACCUMULATION > 1:
                        # Beside its share of the rows: what these count among all of the step.
                        costs[name] = costs[name] * weights.mean() / self.heft[name]
                else:
                    costs[name] = as_part(one, targets)
            return costs
        return {name: as_part(one, targets) for name, one in costs.items()}

    if WEIGHTED:

        def _weights(self, name: str, targets: torch.Tensor) -> torch.Tensor:
            """What each answer of an output counts by its class."""
            return self.class_weights[name][aims(name, targets)]

    if WEIGHTED and ACCUMULATION > 1:

        def _heft(self, rows: torch.Tensor) -> dict[str, torch.Tensor | float]:
            """What an answer counts on average among all rows of a step."""
            targets = self.data.train.targets[rows]
            return {
                name: self._weights(name, targets).mean()
                for name in WEIGHTED
                if READ[name] == "largest"
            }

    if ACCUMULATION > 1 or OPTIMIZER == "lbfgs":

        def _first_costs(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
            """The loss of each output over a step's rows, as they were looked at first."""
            if ACCUMULATION > 1:
                shares = [len(part) / len(rows) for part in rows.split(self.part_size)]
                looks = list(zip(shares, self.looks, strict=False))
                return {
                    name: torch.stack([share * look[name] for share, look in looks]).sum()
                    for name in OUTPUTS
                }
            return self.looks[0]

    def _settle(self) -> None:
        """Give the model the weights that count: the best, or the averaged ones."""
        self.descent.settle()

    def _unit(self) -> torch.Tensor:
        """What a difference of 1 between scaled targets is in the unit of the data."""
        if TARGET == "value" or TARGET == "several":
            return self.data.unit
        return torch.ones((), device=self.data.train.inputs.device)

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


def named(given: Any) -> dict[str, torch.Tensor]:
    """What the model gives, by the names of its outputs."""
    if ALONE:
        return dict.fromkeys(OUTPUTS, given)
    return dict(zip(OUTPUTS, given, strict=True))


def weighted(costs: dict[str, torch.Tensor]) -> torch.Tensor:
    """The losses of all outputs, each by its weight, as one number to be made small."""
    return torch.stack([weight * costs[name] for name, (_, _, weight) in OUTPUTS.items()]).sum()
