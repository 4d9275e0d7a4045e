"""Stochastic depth: residual branches that are left out at random (Huang et al., 2016)."""

import torch
from torch import nn


class DropPath(nn.Module):
    """x (N, *) -> the same shape; while training, each example is blanked with probability p"""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.dim() - 1), device=x.device) >= self.p
        return torch.where(kept, x / (1 - self.p), 0.0) if self.p < 1 else torch.zeros_like(x)
