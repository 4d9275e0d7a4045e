"""The whole state of a training between two steps: taken, put back, checked for finite numbers.

Owns what the next step depends on: networks, optimizers, random generators and the recipe's own
state. Writes no files; `checkpoints` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import nn


class Recipe(Protocol):
    """What every recipe has; see `nnstudio/engine/recipes`."""

    networks: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]
    epochs: int
    epoch: int
    """Epochs done."""
    position: int
    """Steps done in the running epoch; 0 between two epochs."""
    steps_per_epoch: int

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """One step for each value."""

    def finish(self) -> dict[str, torch.Tensor]:
        """What is measured once, at the end."""

    def state(self) -> dict[str, Any]:
        """Where it stands, beside networks, optimizers and torch's own generators."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state` told."""


def capture(recipe: Recipe) -> dict[str, Any]:
    """A copy of all that the next step depends on."""
    return copied(
        {
            "networks": {name: dict(one.state_dict()) for name, one in recipe.networks.items()},
            "optimizers": {name: one.state_dict() for name, one in recipe.optimizers.items()},
            "recipe": recipe.state(),
            "random": random_states(),
        }
    )


def restore(recipe: Recipe, state: Mapping[str, Any]) -> None:
    """Put a captured state back; the state itself stays untouched."""
    own = copied(dict(state))
    recipe.restore(own["recipe"])  # first, for it may begin another stage with its optimizers
    for name, network in recipe.networks.items():
        network.load_state_dict(own["networks"][name])
    for name, optimizer in recipe.optimizers.items():
        optimizer.load_state_dict(own["optimizers"][name])
    torch.set_rng_state(own["random"]["cpu"])
    for kind in ("cuda", "xpu", "mps"):
        if kind in own["random"] and (module := _accelerator(kind)) is not None:
            module.set_rng_state(own["random"][kind])


def settle(recipe: Recipe) -> None:
    """Give the networks the weights that count at the end: the best, or the averaged ones."""
    running = getattr(recipe, "running", recipe)
    if hasattr(running, "_settle"):  # only where the plan asks for such weights
        running._settle()


def not_finite(recipe: Recipe) -> str:
    """Path of the first weight that holds a number which is none, empty if there is none."""
    for network in recipe.networks.values():
        for path, tensor in network.state_dict().items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                return path
    return ""


def copied(value: Any) -> Any:
    """The value with every tensor copied, in memory of its own.

    Tensors that are the same numbers in the same memory, such as tied weights, are one copy.
    """
    return _copied(value, {})


def _copied(value: Any, made: dict[tuple[Any, ...], torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        if not value.numel():
            return value.detach().clone()
        key = value.device, value.data_ptr(), value.dtype, value.shape, value.stride()
        if key not in made:
            made[key] = value.detach().clone()
        return made[key]
    if isinstance(value, Mapping):
        return {key: _copied(item, made) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copied(item, made) for item in value)
    return value


def random_states() -> dict[str, torch.Tensor]:
    """Where torch's own random generators stand."""
    states = {"cpu": torch.get_rng_state()}
    for kind in ("cuda", "xpu", "mps"):
        if (module := _accelerator(kind)) is not None:
            states[kind] = module.get_rng_state()
    return states


def _accelerator(kind: str) -> Any:
    """The torch module of a kind of accelerator that this process uses; None otherwise."""
    if kind == "mps":
        return torch.mps if torch.backends.mps.is_available() else None
    module = getattr(torch, kind, None)
    return module if module is not None and module.is_initialized() else None
