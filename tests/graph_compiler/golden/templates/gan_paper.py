"""A network emitted by NN Studio.

Generator
"""

import torch
from torch import nn

__all__ = ["Generator"]


class Generator(nn.Module):
    """noise (N, noise) -> picture (N, 1, size, size)"""

    def __init__(self, noise: int = 100, hidden: int = 1200, size: int = 28) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(noise, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, size * size),
            nn.Sigmoid(),
            nn.Unflatten(-1, (1, size, size)),
        )

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        return self.layers(noise)
