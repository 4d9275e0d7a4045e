"""Maxout: a unit that is the largest of several linear maps, and so learns its own activation."""

import torch
from torch import nn


class Maxout(nn.Module):
    """x (N, *, in_features) -> (N, *, out_features)"""

    def __init__(
        self, in_features: int, out_features: int, pieces: int = 2, bias: bool = True
    ) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(in_features, out_features * pieces, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps: torch.Tensor = self.linear(x)
        return maps.view(*maps.shape[:-1], -1, self.pieces).amax(dim=-1)
