"""Gradient reversal: features that a second head cannot use (Ganin, Lempitsky, 2015)."""

import torch
from torch import nn


class GradientReversal(nn.Module):
    """x (N, *) -> x; on the way back the gradient is multiplied by -scale"""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.detach() - self.scale * (x - x.detach())
