"""A learned vector for each place of a sequence."""

import torch
from torch import nn


class LearnedPositions(nn.Module):
    """x (N, T, d) -> x plus the first T of the learned vectors"""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.02 * torch.randn(length, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.weight[: x.shape[1]]
