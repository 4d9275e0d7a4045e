"""A network emitted by NN Studio.

Tower
"""

import torch
from torch import nn

__all__ = ["Tower"]


class Gate(nn.Sequential):
    """x (N, in_features) -> (N, width)"""

    def __init__(self, in_features: int, rate: float, width: int = 4) -> None:
        super().__init__(
            nn.Linear(in_features, width),
            nn.Dropout(rate),
        )


class Module(nn.Sequential):
    """x (N, in_features) -> (N, 2 * rate2)"""

    def __init__(self, in_features: int, rate: float, rate2: int = 3) -> None:
        super().__init__(
            Gate(in_features, rate, width=2 * rate2),
            nn.Tanh(),
        )


class Tower2(nn.Sequential):
    """x (N, in_features) -> (N, 10)"""

    def __init__(self, in_features: int, rate: float) -> None:
        super().__init__(
            Module(in_features, rate),
            Module(6, rate, rate2=5),
        )


class Tower(nn.Module):
    """facts (N, 7) -> logits (N, 2)"""

    def __init__(self, rate: float = 0.1) -> None:
        super().__init__()
        self.layers = nn.Sequential(Tower2(7, rate), nn.Linear(10, 2))

    def forward(self, facts: torch.Tensor) -> torch.Tensor:
        return self.layers(facts)
