"""Waves that tell each place of a sequence from all others (Vaswani et al., 2017)."""

import torch
from torch import nn


class SinusoidalPositions(nn.Module):
    """x (N, T, d) -> x plus sin(t / base ** (2i / d)) and its cosine on features 2i and 2i + 1"""

    def __init__(self, base: float = 10000.0) -> None:
        super().__init__()
        self.base = base

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, steps, size = x.shape
        dtype = torch.promote_types(x.dtype, torch.float32)
        t = torch.arange(steps, dtype=dtype, device=x.device)
        even = torch.arange(0, size, 2, dtype=dtype, device=x.device)
        angle = torch.outer(t, self.base ** (-even / size))
        waves = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)
        return x + waves[:, :size].to(x.dtype)
