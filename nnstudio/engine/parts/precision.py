"""Arithmetic in fewer bits, and compiled networks.

It becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import torch
from torch import nn

SETTINGS = {
    "settings": (
        {
            "name": "precision",
            "kind": "choice",
            "default": "float32",
            "choices": ("float32", "bfloat16", "float16"),
            "doc": "numbers of the layers' arithmetic; weights stay float32. With float16 the loss "
            "is scaled up, and steps whose gradients overflow are left out and counted",
            "group": "Precision",
            "rare": True,
        },
        {
            "name": "compiled",
            "kind": "bool",
            "default": False,
            "doc": "let torch.compile make the network faster; the first step takes up to a minute",
            "group": "Precision",
            "rare": True,
        },
    ),
}

PRECISION = "float32"
COMPILED = False


def overflowed(network: nn.Module) -> torch.Tensor:
    """Whether a gradient is no finite number, so that a scaler leaves the step out."""
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    return ~nn.utils.get_total_norm(gradients).isfinite()
