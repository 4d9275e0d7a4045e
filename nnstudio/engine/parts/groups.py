"""Weights in groups: some learn faster or slower than the others, or decay by another amount.

Put into a script where a stage has groups; each optimizer takes them in the place of plain weights.
It knows nothing of NN Studio.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

GROUPS: list[tuple[list[str], dict[str, float]]] = []
"""Modules or weights with a factor on the learning rate, and a weight decay where that differs."""
GROUPED = False


def by_group(
    network: nn.Module, groups: list[tuple[list[str], dict[str, float]]], rate: float
) -> list[dict[str, Any]]:
    """The weights by group, each in the first that names it; those that none names come first."""
    left = list(network.parameters())
    found: list[dict[str, Any]] = []
    for paths, options in groups:
        named = {
            weight
            for name, weight in network.named_parameters(remove_duplicate=False)
            if any(name.startswith(f"{path}.") or fnmatchcase(name, path) for path in paths)
        }
        own = [weight for weight in left if weight in named]
        left = [weight for weight in left if weight not in named]
        found.append({"params": own, "lr": rate * options["factor"], **options})
    return [{"params": left, "lr": rate, "factor": 1.0}, *found]


def only(group: dict[str, Any], fits: Callable[[nn.Parameter], bool]) -> dict[str, Any]:
    """A group with those of its weights that fit."""
    return {**group, "params": [weight for weight in group["params"] if fits(weight)]}


def halves(group: dict[str, Any]) -> list[dict[str, Any]]:
    """A group without a decay of its own in two: its biases and scales of norms do not decay."""
    if "weight_decay" in group:
        return [group]
    flat = only(group, lambda weight: weight.ndim <= 1)
    return [only(group, lambda weight: weight.ndim > 1), {**flat, "weight_decay": 0.0}]
