"""Random numbers added while training."""

import torch
from torch import nn


class Noise(nn.Module):
    """Adds noise of mean 0 and a given standard deviation while training, normal or uniform.

    Bishop, Training with noise is equivalent to Tikhonov regularization, 1995.
    """

    def __init__(self, std: float, kind: str = "normal") -> None:
        super().__init__()
        self.std = std
        self.kind = kind

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        if self.kind == "uniform":
            return x + self.std * 12**0.5 * (torch.rand_like(x) - 0.5)
        return x + self.std * torch.randn_like(x)

    def extra_repr(self) -> str:
        return f"{self.std}, kind={self.kind!r}"
