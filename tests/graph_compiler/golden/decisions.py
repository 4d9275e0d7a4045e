"""A network emitted by NN Studio.

Decisions
"""

import torch
from torch import nn

__all__ = ["Decisions"]


class Mix(nn.Module):
    """m (N, F), x (N, x_features) -> (N, 4)"""

    def __init__(self, x_features: int) -> None:
        super().__init__()
        self.fc = nn.Linear(x_features, 4)
        self.relu = nn.ReLU()

    def forward(self, m: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.fc(x) + m)


class Mix2(nn.Module):
    """m (N, F), x (N, F) -> (N, F)"""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, m: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return self.relu(m)


class Decisions(nn.Module):
    """m (N, 4), x (N, 4) -> y (N, 4)"""

    def __init__(self) -> None:
        super().__init__()
        self.one = Mix(4)
        self.two = Mix2()
        self.three = Mix(4)

    def forward(self, m: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        x = self.one(m, x)
        x = self.two(m, x)
        return self.three(m, x)
