"""A network emitted by NN Studio.

Multilayer perceptron
"""

import torch
from torch import nn

__all__ = ["MultilayerPerceptron"]


class MultilayerPerceptron(nn.Module):
    """point (N, 2) -> logits (N, 2)"""

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2),
        )

    def forward(self, point: torch.Tensor) -> torch.Tensor:
        return self.layers(point)
