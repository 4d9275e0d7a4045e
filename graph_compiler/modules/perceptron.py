"""Rosenblatt's unit: a weighted sum that fires or not, which torch has as two layers."""

import torch
from torch import nn


class Perceptron(nn.Linear):
    """x (N, *, in_features) -> (N, *, out_features), 1 where w·x + b > 0 and 0 elsewhere"""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return (super().forward(input) > 0).to(input.dtype)
