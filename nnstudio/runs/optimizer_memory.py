"""What an optimizer keeps beside the weights, and what a step of it takes for a moment.

Owns which tensors each of torch's optimizers has. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

FLOAT = 4
_MOST_HISTORY = 100
"""Steps that L-BFGS remembers."""
_PLAIN = frozenset({"", "sgd", "rprop"})
"""Optimizers that change weights where they lie."""


def optimizer_bytes(name: str, shapes: list[tuple[int, ...]], settings: Mapping[str, Any]) -> int:
    """Bytes that an optimizer keeps for weights of these shapes once it has done a step."""
    if name == "lbfgs":
        most = min(_MOST_HISTORY, int(settings.get("inner_steps", _MOST_HISTORY)))
        return FLOAT * sum(map(prod, shapes)) * (2 * most + 2)
    return sum(_beside(name, shape, settings) for shape in shapes)


def _beside(name: str, shape: tuple[int, ...], settings: Mapping[str, Any]) -> int:
    """Bytes beside one weight; most optimizers also count steps, as one number each."""
    size = prod(shape) * FLOAT
    moving = float(settings.get("momentum", 0.0)) > 0
    match name:
        case "sgd":
            return size if moving else 0
        case "rmsprop":
            return size * (2 if moving else 1) + FLOAT
        case "adagrad":
            return size + FLOAT
        case "asgd":
            return size + 3 * FLOAT
        case "nadam":
            return 2 * size + 2 * FLOAT
        case "adafactor":
            return _factored(shape) + FLOAT
        case "muon":
            return size if len(shape) == 2 else 2 * size + FLOAT
        case "adam" | "adamw" | "adamax" | "radam" | "adadelta" | "rprop":
            return 2 * size + FLOAT
    return 0


def _factored(shape: tuple[int, ...]) -> int:
    """A matrix is remembered by its rows and its columns."""
    if len(shape) < 2:
        return prod(shape) * FLOAT
    rest = prod(shape[:-2])
    return (rest * shape[-2] + rest * shape[-1]) * FLOAT


def step_bytes(name: str, shapes: list[tuple[int, ...]]) -> int:
    """Bytes that a step takes for a moment: accelerators do all weights at once."""
    return 0 if name in _PLAIN else FLOAT * sum(map(prod, shapes))
