"""A training script written by NN Studio.

Structured
"""

import argparse
import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from model import Structured

SPLIT = (0.2, 0.1, 0.7)
DATA_SEED = 0
LEARNING_RATE = 0.01
WEIGHT_DECAY = 0.0
BATCH_SIZE = 36


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 1, height, width) from 0 to 1, digits (1797,)."""
    pixels, digits = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels).float().reshape(-1, 1, 8, 8) / 16
    return images.numpy(), digits


class Part(NamedTuple):
    """Some rows of the data."""

    inputs: torch.Tensor
    targets: torch.Tensor


class Data(NamedTuple):
    """The training, validation and test part."""

    train: Part
    validation: Part
    test: Part


def prepare(inputs: np.ndarray, targets: np.ndarray, device: torch.device) -> Data:
    """The examples in three parts, as tensors on the device."""
    parts = split(targets)
    inputs, _ = scale(inputs, parts[0])
    targets = targets.astype(np.int64)
    x = torch.from_numpy(inputs.astype(np.float32)).to(device)
    y = torch.from_numpy(targets).to(device)
    train, validation, test = (Part(x[rows], y[rows]) for rows in parts)
    return Data(train, validation, test)


def split(targets: np.ndarray) -> list[np.ndarray]:
    """Numbers of the rows of the training, validation and test part, in random order."""
    generator = torch.Generator().manual_seed(DATA_SEED)
    order = torch.randperm(len(targets), generator=generator).numpy()
    # Spread every class evenly over the order, so that each part gets its share of it.
    place = np.empty(len(order))
    for label in np.unique(targets):
        rows = np.flatnonzero(targets[order] == label)
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    order = order[np.argsort(place, kind="stable")]
    ends = np.rint(np.cumsum(SPLIT[:2]) * len(order)).astype(int)
    return np.split(order, ends)


def scale(values: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values at a common size, fitted on the given rows alone, and the former size of 1."""
    axes = (0, *range(2, values.ndim))
    fit = values[rows].astype(np.float64)
    shift = fit.mean(axes, keepdims=True)
    size = fit.std(axes, keepdims=True)
    size[size == 0] = 1  # a constant column stays one
    return (values - shift) / size, size.ravel()


class Supervised:
    """Trains `model` on `data.train`, one step for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        weights = model.parameters()
        optimizer = torch.optim.Adam(
            weights,
            lr=LEARNING_RATE,
            weight_decay=WEIGHT_DECAY,
            fused=True,
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
        return F.cross_entropy(scores, targets)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Loss and quality on a part of the data with the weights as they are."""
        self.model.eval()
        scores = torch.cat([self.model(inputs) for inputs in part.inputs.split(1024)])
        self.model.train()
        targets = part.targets
        metrics = {f"{name}_loss": self.loss(scores, targets)}
        right = scores.argmax(1) == targets
        metrics[f"{name}_accuracy"] = right.float().mean()
        return metrics

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        return self.measure(self.data.test, "test") if len(self.data.test.inputs) else {}

    def state(self) -> dict[str, Any]:
        """Where training stands, beside networks, optimizers and torch's own generators."""
        return {
            "epoch": self.epoch,
            "position": self.position,
            "order": self.order,
            "generator": self.generator.get_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training rows."""
        self.epoch += 1
        self.position = 0
        rows = len(self.data.validation.inputs)
        fit = Part(self.data.train.inputs[:rows], self.data.train.targets[:rows])
        return self.measure(self.data.validation, "val") | self.measure(fit, "fit")


def device_named(name: str) -> torch.device:
    """The device with this name; for `auto` an accelerator where there is one, else the CPU."""
    if name == "auto":
        found = torch.accelerator.is_available()
        return (torch.accelerator.current_accelerator() if found else None) or torch.device("cpu")
    return torch.device(name)


def run(training: Supervised) -> None:
    """Train, print a line an epoch, and leave losses.csv and weights.pt."""
    with open("losses.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "loss"])
        step = 0
        losses: list[torch.Tensor] = []
        for metrics in training.steps():
            losses.append(metrics["train_loss"])
            if len(metrics) > 1:  # an epoch has ended
                values = torch.stack(losses).tolist()
                rows.writerows(enumerate(values, step + 1))
                step += len(values)
                losses.clear()
                metrics["train_loss"] = torch.tensor(values).mean()
                print(f"epoch {training.epoch}/{training.epochs}  {shown(metrics)}", flush=True)
    print(shown(training.finish()))
    torch.save(training.networks["main"].state_dict(), "weights.pt")


def shown(metrics: dict[str, torch.Tensor]) -> str:
    """Names and values on one line."""
    return "  ".join(f"{name} {value.item():.4f}" for name, value in metrics.items())


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command line says, or `given` in its place."""
    parser = argparse.ArgumentParser(
        description="Train Structured, and write losses.csv and weights.pt.",
    )
    parser.add_argument("--features", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda, xpu or mps")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    return parser.parse_args(given)


def build(options: argparse.Namespace) -> Supervised:
    """The recipe with its data and its network; the seed decides what is random."""
    torch.set_num_threads(options.threads)
    device = device_named(options.device)
    data = prepare(*examples(), device)
    torch.manual_seed(options.seed)
    model = Structured(features=options.features).to(device)
    return Supervised(model, data, options.epochs, options.seed)


if __name__ == "__main__":
    run(build(arguments()))
