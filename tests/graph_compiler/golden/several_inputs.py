"""A network emitted by NN Studio.

Rows
"""

import torch
from torch import nn

__all__ = ["Rows"]


class Layer(nn.Module):
    """a (N, a_features), mask (N, F) -> (N, units)"""

    def __init__(self, a_features: int, units: int, rate: float = 0.1) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(a_features, units), nn.Dropout(rate))

    def forward(self, a: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.stem(a) + mask


class Rows(nn.Module):
    """facts (N, 6), mask (N, 6) -> y (N, units)"""

    def __init__(self, units: int = 6, depth: int = 3) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [
                Layer(6, units, rate=0.0),
                *(Layer(units, units, rate=i / 10) for i in range(1, depth)),
            ],
        )
        self.act = nn.Sequential(nn.Tanh(), nn.Tanh())

    def forward(self, facts: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = facts
        for block in self.layers:
            x = block(x, mask)
        return self.act(x)
