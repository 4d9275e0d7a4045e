"""Rosenblatt's rule: after every wrong answer the weights move towards the example.

This text becomes part of `train.py`; it knows nothing of NN Studio beyond `Data` and `Part`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from nnstudio.engine.parts.preparation import Data, Part

RECIPE = {
    "title": "Perceptron rule",
    "doc": "Sample by sample: a wrong answer moves the weights, a right one changes nothing.",
    "paper": "Rosenblatt, The perceptron: a probabilistic model for information storage (1958)",
    "targets": ("class",),
    "answers": "fires",
    "freezes": False,
    "alone": "the perceptron rule learns from one sample after the other",
    "parts": ("batches",),
    "without": ("batch_size", "accumulation", "patience"),
    "settings": (
        {
            "name": "learning_rate",
            "kind": "float",
            "default": 1.0,
            "low": 1e-06,
            "high": 1000.0,
            "doc": "how far a wrong answer moves the weights",
        },
        {"name": "epochs", "default": 50, "doc": "passes over the training part, at most"},
    ),
}

LEARNING_RATE = 1.0
VALIDATED = True


class PerceptronRule:
    """Trains the one linear unit of `model`, a sample for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        self.networks = {"main": model}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        self.learning_rate = LEARNING_RATE
        self.unit = next(part for part in model.modules() if isinstance(part, nn.Linear))
        for weight in model.parameters():
            nn.init.zeros_(weight)
        self.unit.register_forward_pre_hook(self._remember)
        self.generator = torch.Generator().manual_seed(seed)
        self.epoch = 0
        self.position = 0
        self.steps_per_epoch = len(data.train.inputs)
        self.order = torch.arange(self.steps_per_epoch)
        self.wrong = torch.zeros(self.steps_per_epoch, device=data.train.inputs.device)
        self.converged = False
        self.verdict = ""
        self.visited: list[list[float]] = []

    @torch.no_grad()
    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The share of wrong answers among the latest samples, as many as the training part has."""
        inputs, targets = self.data.train
        while not self.finished:
            if self.position == 0:
                self.order = torch.randperm(len(inputs), generator=self.generator)
            samples = self.order.to(inputs.device).split(1)
            for row in samples[self.position :]:
                error = targets[row] - self.model(inputs[row])
                self.unit.weight += self.learning_rate * error.T @ self.seen
                if self.unit.bias is not None:
                    self.unit.bias += self.learning_rate * error[0]
                self.wrong[self.position] = error.abs().sum()
                self.position += 1
                counted = self.position if self.epoch == 0 else self.steps_per_epoch
                metrics = {"train_loss": self.wrong[:counted].mean()}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def loss(self, answers: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The share of wrong answers."""
        return (answers != targets).float().mean()

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        return self.converged or self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Shares of wrong and of right answers on a part of the data."""
        wrong = self.loss(self.model(part.inputs), part.targets)
        return {f"{name}_loss": wrong, f"{name}_accuracy": 1 - wrong}

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        return self.measure(self.data.test, "test") if len(self.data.test.inputs) else {}

    def state(self) -> dict[str, Any]:
        """Where training stands, beside the state of networks and torch's generators."""
        return {
            "epoch": self.epoch,
            "position": self.position,
            "order": self.order,
            "generator": self.generator.get_state(),
            "wrong": self.wrong,
            "converged": self.converged,
            "verdict": self.verdict,
            "visited": self.visited,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])
        self.wrong.copy_(state["wrong"])
        self.converged, self.verdict = state["converged"], state["verdict"]
        self.visited = [list(weights) for weights in state["visited"]]

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The mistakes of the epoch, and the measurements on validation part and training rows."""
        self.epoch += 1
        self.position = 0
        mistakes = self.wrong.sum()
        self._judge(int(mistakes.item()))
        metrics = {"mistakes": mistakes}
        if VALIDATED:
            rows = len(self.data.validation.inputs)
            fit = Part(self.data.train.inputs[:rows], self.data.train.targets[:rows])
            return metrics | self.measure(self.data.validation, "val") | self.measure(fit, "fit")
        return metrics | self.measure(self.data.train, "fit")

    def _judge(self, mistakes: int) -> None:
        """Stop after an epoch without mistakes; find out whether there can ever be one."""
        weights = torch.cat([part.flatten() for part in self.unit.parameters()]).tolist()
        if mistakes == 0:
            self.converged = True
            self.verdict = f"A line separates the classes: no mistake in epoch {self.epoch}."
        elif not self.verdict and weights in self.visited:
            # Each correction brings the weights closer to any that separate, so none would recur.
            self.verdict = (
                f"No line separates these points: after epoch {self.epoch} the weights are back "
                "where they were before, so the corrections go round in a circle for ever."
            )
        elif not self.verdict and self.epoch >= self.epochs:
            self.verdict = (
                f"Still {mistakes} wrong answers in epoch {self.epoch}: either no line separates "
                "these points, or the rule needs more epochs to find it."
            )
        self.visited.append(weights)

    def _remember(self, unit: nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        self.seen = arguments[0]
