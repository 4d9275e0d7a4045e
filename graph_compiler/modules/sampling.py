"""A draw from a normal distribution through which gradients flow (Kingma, Welling, 2013)."""

import torch
from torch import nn


class Sampling(nn.Module):
    """mean (N, *), logvar (N, *) -> z (N, *), a draw while training and the mean afterwards"""

    def __init__(self, always: bool = False) -> None:
        super().__init__()
        self.always = always

    def forward(self, mean: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        if not (self.training or self.always):
            return mean
        return mean + (0.5 * logvar).exp() * torch.randn_like(mean)
