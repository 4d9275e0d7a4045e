"""Several stages of training, one after the other on the same networks.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import nn

from nnstudio.engine.parts.weights import load_weights

FREEZES = False
HOLDS = False
BEGINS_FROM = False
LIMITS = False


class Stage(NamedTuple):
    """One stage: a name, what begins its training with so many epochs, and how many those are."""

    name: str
    begin: Callable[[int], Any]
    epochs: int
    if FREEZES:
        frozen: dict[str, list[str]] | None = None
        """Network to the paths of its modules and weights that stay as they are."""
    if HOLDS:
        held: dict[str, list[str]] | None = None
        """The same, but dropout and running statistics of the modules go on."""
    if BEGINS_FROM:
        weights: dict[str, str] | None = None
        """Network to the file that its weights are read from first."""
    if LIMITS:
        steps: int = 0
        """It ends after so many steps, wherever in an epoch; 0 is after its epochs."""


class Stages:
    """Goes through the stages; each begins with the weights that the one before has left."""

    def __init__(self, networks: dict[str, nn.Module], stages: list[Stage]) -> None:
        self.networks, self.stages = networks, stages
        self.stage = 0
        self.lengths = [stage.epochs for stage in stages]
        if LIMITS:
            self.limits = [stage.steps for stage in stages]
        if BEGINS_FROM:
            self.report = ""
            """What became of the weights that were read last."""
        if FREEZES:
            self.hooks: list[Any] = []
        if FREEZES or HOLDS:
            self.learned = [
                weight
                for network in networks.values()
                for weight in network.parameters()
                if weight.requires_grad
            ]
        self.begin(0)

    def begin(self, number: int, resumed: bool = False) -> None:
        """Go to the beginning of a stage; with `resumed` its weights come from elsewhere."""
        if hasattr(self, "running"):
            for handle in getattr(self.running, "handles", ()):
                handle.remove()  # the stage before listens no more
        self.stage = number
        stage = self.stages[number]
        if FREEZES or HOLDS:
            self._freeze(stage)
        for network in self.networks.values():
            network.train()
        if BEGINS_FROM:
            for name, path in (stage.weights or {}).items():
                if not resumed:
                    self.report = load_weights(self.networks[name], path)
                    print(self.report, flush=True)
        self.running = stage.begin(self.lengths[number])
        if LIMITS and self.limits[number] > 0:
            self._limit()
        self.optimizers = self.running.optimizers

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The steps of this stage and of those behind it."""
        while not self.finished:
            if self._stage_ended:
                self.lengths[self.stage] = self.running.epoch  # it may have stopped early
                if hasattr(self.running, "_settle"):
                    self.running._settle()  # the best weights, where it looks for them
                self.begin(self.stage + 1)
            if LIMITS:
                for metrics in self.running.steps():
                    yield metrics
                    if self._stage_ended:
                        break
            else:
                yield from self.running.steps()

    @property
    def judged(self) -> dict[str, nn.Module]:
        """The networks that measurements are made with: averages, where there are some."""
        return getattr(self.running, "judged", self.networks)

    @property
    def finished(self) -> bool:
        """Whether the last stage has no step left to do."""
        return self.stage == len(self.stages) - 1 and self._stage_ended

    @property
    def _stage_ended(self) -> bool:
        """Whether the present stage has no step left to do."""
        if LIMITS and 0 < self.limits[self.stage] <= self._steps_done():
            return True
        return self.running.finished

    @property
    def data(self) -> Any:
        """What the present stage learns from."""
        return self.running.data

    @property
    def epoch(self) -> int:
        """Epochs done in all stages."""
        return sum(self.lengths[: self.stage]) + self.running.epoch

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return sum(self.lengths)

    @epochs.setter
    def epochs(self, wanted: int) -> None:
        # What is more or less falls to the last stage.
        if LIMITS and wanted > self.epochs:
            self.limits[-1] = 0
        self.lengths[-1] = max(0, wanted - sum(self.lengths[:-1]))
        self.running.epochs = self.lengths[self.stage]

    @property
    def position(self) -> int:
        """Steps done in the running epoch."""
        return self.running.position

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch of the present stage."""
        return self.running.steps_per_epoch

    @property
    def verdict(self) -> str:
        """What the present stage has found out about the data."""
        return getattr(self.running, "verdict", "")

    def loss(self, *given: Any) -> torch.Tensor:
        """What the present stage makes small."""
        return self.running.loss(*given)

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of some training rows in the present stage."""
        return self.running.batch_loss(rows)

    def finish(self) -> dict[str, torch.Tensor]:
        """What the last stage measures at its end."""
        return self.running.finish()

    def state(self) -> dict[str, Any]:
        """Where training stands, beside networks, optimizers and torch's own generators."""
        if LIMITS:
            return {
                "stage": self.stage,
                "lengths": self.lengths,
                "limits": self.limits,
                "running": self.running.state(),
            }
        return {"stage": self.stage, "lengths": self.lengths, "running": self.running.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.lengths = list(state["lengths"])
        if self.stage != state["stage"]:
            self.begin(state["stage"], resumed=True)
        if LIMITS:
            self.limits = list(state["limits"])
        self.running.epochs = self.lengths[self.stage]
        self.running.restore(state["running"])

    if LIMITS:

        def _steps_done(self) -> int:
            """Steps done in the present stage."""
            return self.running.epoch * self.running.steps_per_epoch + self.running.position

        def _limit(self) -> None:
            """Make epochs and schedule of the present stage as long as its steps."""
            steps, length = self.limits[self.stage], self.running.steps_per_epoch
            self.lengths[self.stage] = self.running.epochs = -(-steps // length)
            for one in (self.running, getattr(self.running, "descent", None)):
                if hasattr(one, "schedule"):
                    one.schedule.epochs = steps / length

    def _freeze(self, stage: Stage) -> None:
        """Let the stage leave some parts as they are, and learn all others again."""
        for weight in self.learned:
            weight.requires_grad_(True)
        if FREEZES:
            for hook in self.hooks:
                hook.remove()
            self.hooks.clear()
            for name, paths in (stage.frozen or {}).items():
                parts = still(self.networks[name], paths)
                self.hooks.append(self.networks[name].register_forward_pre_hook(resting(parts)))
        if HOLDS:
            for name, paths in (stage.held or {}).items():
                still(self.networks[name], paths)


def still(network: nn.Module, paths: list[str]) -> list[nn.Module]:
    """The modules at these paths; their weights, and weights named themselves, get no gradient."""
    for name, weight in network.named_parameters(remove_duplicate=False):
        if any(f"{name}.".startswith(f"{path}.") for path in paths):
            weight.requires_grad_(False)
    return [module for name, module in network.named_modules() if name in paths]


def resting(parts: list[nn.Module]) -> Callable[..., None]:
    """A hook that keeps modules in evaluation mode: no dropout, no new running statistics."""

    def rest(network: nn.Module, given: tuple[Any, ...]) -> None:
        for part in parts:
            part.eval()

    return rest
