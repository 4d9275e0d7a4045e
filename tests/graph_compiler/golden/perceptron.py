"""A network emitted by NN Studio.

Perceptron
"""

import torch
from torch import nn

__all__ = ["Perceptron"]


class Step(nn.Module):
    """x (N, *) -> (N, *), 1 where x is positive and 0 elsewhere"""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x > 0).to(x.dtype)


class Perceptron(nn.Module):
    """point (N, 2) -> decision (N, 1)"""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 1), Step())

    def forward(self, point: torch.Tensor) -> torch.Tensor:
        return self.layers(point)
