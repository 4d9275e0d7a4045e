"""A network emitted by NN Studio.

Twins
"""

import torch
from torch import nn

__all__ = ["Twins"]


class Embed(nn.Module):
    """x (N, T) -> (N, T, size)"""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.word = nn.Embedding(20, size)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(self.word(x))


class Twins(nn.Module):
    """left (N, 5), right (N, 5) -> logits (N, 5, 20)"""

    def __init__(self) -> None:
        super().__init__()
        self.embed = Embed()
        self.body = nn.Linear(8, 8)
        self.relu = nn.ReLU()
        self.scores = nn.Linear(8, 20, bias=False)
        self.scores.weight = self.embed.word.weight  # shared

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        embed = self.embed(left)
        x = self.embed(right)
        x = self.relu(self.body(embed) + self.body(x))
        return self.scores(x)
