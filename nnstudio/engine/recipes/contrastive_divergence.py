"""Contrastive divergence: a restricted Boltzmann machine learns which values go together.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond `Data` and `Part` of the preparation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from nnstudio.engine.parts.batches import BATCH_SIZE
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, as_part, own, summed

RECIPE = {
    "title": "Contrastive divergence",
    "doc": "Trains one restricted Boltzmann machine of the network without labels: what the data "
    "show becomes likelier, what the machine dreams up by itself becomes less likely.",
    "paper": "Hinton, Training products of experts by minimizing contrastive divergence (2002)",
    "targets": ("class", "value", "none"),
    "output": "free",
    "freezes": False,
    "nodes": ("layer",),
    "needs": "RestrictedBoltzmannMachine",
    "uses": ("sample", "give_back"),
    "parts": ("batches",),
    "without": ("accumulation", "patience"),
    "settings": (
        {
            "name": "layer",
            "kind": "text",
            "default": "",
            "doc": "name of the machine to train; empty for the first one. Those before it feed it",
            "group": "Task",
        },
        {
            "name": "gibbs_steps",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 10000,
            "doc": "k of CD-k: how often a dream goes up to the hidden units and down again",
            "group": "Task",
        },
        {
            "name": "persistent",
            "kind": "bool",
            "default": False,
            "doc": "let dreams go on from step to step instead of beginning at the data",
            "group": "Task",
        },
        {
            "name": "binarize",
            "kind": "choice",
            "default": "no",
            "choices": ("no", "threshold", "draw"),
            "doc": "how values from 0 to 1 become 0 and 1: not at all, above one half, or drawn "
            "anew in every step with the value as the chance of 1",
            "group": "Task",
        },
        {
            "name": "learning_rate",
            "kind": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 1000.0,
            "doc": "length of a step; about 0.01 for Gaussian visible units",
            "group": "Learning",
        },
        {
            "name": "momentum",
            "kind": "float",
            "default": 0.5,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the last step that is kept",
            "group": "Learning",
        },
        {
            "name": "weight_decay",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 100.0,
            "doc": "pull of the weights towards zero (L2); biases are left alone",
            "group": "Learning",
        },
        {
            "name": "batch_size",
            "doc": "examples that one step looks at, and dreams that are kept where they persist",
        },
        {
            "name": "seed",
            "doc": "number from which first weights, dreams and the order of examples follow",
        },
    ),
}

LAYER = ""
GIBBS_STEPS = 1
PERSISTENT = False
BINARIZE = "no"
LEARNING_RATE = 0.1
MOMENTUM = 0.5
WEIGHT_DECAY = 0.0
VALIDATED = True


class ContrastiveDivergence:
    """Trains one machine inside `model`, one step for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        self.machine = machine_of(model, LAYER)
        self.gibbs_steps = GIBBS_STEPS
        weights = [
            {"params": [self.machine.weight]},
            {"params": [self.machine.visible_bias, self.machine.hidden_bias], "weight_decay": 0},
        ]
        optimizer = torch.optim.SGD(
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
        if PERSISTENT:
            chains = own(self.order[:BATCH_SIZE])  # each process has its own
            self.chains = self.machine.visible_bias.new_zeros(
                len(chains), len(self.machine.visible_bias)
            )

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The reconstruction error of every step; with an epoch's last step also its measures."""
        inputs = self.data.train.inputs
        optimizer = self.optimizers["main"]
        while not self.finished:
            if self.position == 0:
                self.order = torch.randperm(len(inputs), generator=self.generator)
            batches = self.order.to(inputs.device).split(self.batch_size)
            for rows in batches[self.position : self.steps_per_epoch]:
                optimizer.zero_grad()
                visible = self._visible(inputs[own(rows)])
                dreams = self._dreams(visible)
                divergence = as_part(self._divergence(visible, dreams), rows)
                divergence.backward()
                add_up(self.machine, divergence)
                error = summed(as_part(self._error(visible), rows))
                optimizer.step()
                if PERSISTENT:
                    self.chains = dreams
                self.position += 1
                metrics = {"train_loss": error}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """What a step on these training rows makes small, which is not the error it reports."""
        visible = self._visible(self.data.train.inputs[own(rows)])
        return as_part(self._divergence(visible, self._dreams(visible)), rows)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Reconstruction error and free energy, each a mean over a part of the data."""
        visible = torch.cat([self._visible(inputs) for inputs in part.inputs.split(1024)])
        return {
            f"{name}_loss": self._error(visible),
            f"{name}_free_energy": self.machine.free_energy(visible).mean(),
        }

    @torch.no_grad()
    def filters(self) -> torch.Tensor:
        """What each hidden unit looks for: its weights, in the shape of an example if they fit."""
        shape = self.data.train.inputs.shape[1:]
        weight = self.machine.weight.detach()
        return weight.reshape(-1, *shape) if weight.shape[1] == shape.numel() else weight

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        return self.measure(self.data.test, "test") if len(self.data.test.inputs) else {}

    def state(self) -> dict[str, Any]:
        """Where training stands, beside networks, optimizers and torch's own generators."""
        state = {
            "epoch": self.epoch,
            "position": self.position,
            "order": self.order,
            "generator": self.generator.get_state(),
        }
        if PERSISTENT:
            state["chains"] = self.chains
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])
        if PERSISTENT:
            self.chains = state["chains"].to(self.chains.device)

    @torch.no_grad()
    def _visible(self, inputs: torch.Tensor) -> torch.Tensor:
        """What reaches the machine for these examples, a row for each of its visible vectors."""
        if BINARIZE == "threshold":
            inputs = (inputs > 0.5).float()
        elif BINARIZE == "draw":
            inputs = torch.bernoulli(inputs.clamp(0, 1))
        hook = self.machine.register_forward_pre_hook(self._remember)
        self.model.eval()
        self.model(inputs)
        self.model.train()
        hook.remove()
        return self.seen.flatten(0, -2)

    @torch.no_grad()
    def _dreams(self, visible: torch.Tensor) -> torch.Tensor:
        """Visible vectors that the machine draws by itself."""
        if PERSISTENT:
            return self.machine.gibbs(self.chains, self.gibbs_steps)
        return self.machine.gibbs(visible, self.gibbs_steps)

    def _divergence(self, visible: torch.Tensor, dreams: torch.Tensor) -> torch.Tensor:
        """How much likelier dreams are than data; its gradient is contrastive divergence's."""
        return self.machine.free_energy(visible).mean() - self.machine.free_energy(dreams).mean()

    @torch.no_grad()
    def _error(self, visible: torch.Tensor) -> torch.Tensor:
        """Mean square of what is lost on the way to the hidden units and back."""
        return (self.machine.reconstruct(self.machine(visible)) - visible).square().mean()

    @torch.no_grad()
    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training rows."""
        self.epoch += 1
        self.position = 0
        if VALIDATED:
            rows = len(self.data.validation.inputs)
            fit = Part(self.data.train.inputs[:rows], self.data.train.targets[:rows])
            metrics = self.measure(self.data.validation, "val") | self.measure(fit, "fit")
            # Grows where the machine learns its examples by heart.
            metrics["free_energy_gap"] = metrics["val_free_energy"] - metrics["fit_free_energy"]
            return metrics
        return self.measure(self.data.train, "fit")

    def _remember(self, machine: nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        self.seen = arguments[0]


def machine_of(model: nn.Module, name: str) -> Any:
    """The restricted Boltzmann machine with this name in the model, the first one without."""
    machines = {n: part for n, part in model.named_modules() if hasattr(part, "free_energy")}
    if name in machines:
        return machines[name]
    if machines and not name:
        return next(iter(machines.values()))
    known = ", ".join(machines) or "none in this network"
    raise ValueError(
        f"layer: expected a restricted Boltzmann machine ({known}), got {name!r}. "
        "Name one of them, or draw one."
    )
