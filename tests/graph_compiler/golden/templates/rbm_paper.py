"""A network emitted by NN Studio.

DigitMachine
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["DigitMachine"]


class RestrictedBoltzmannMachine(nn.Module):
    """v (N, *, visible) -> probabilities of the hidden units (N, *, hidden)"""

    def __init__(self, visible: int, hidden: int, gaussian: bool = False) -> None:
        super().__init__()
        self.gaussian = gaussian
        self.weight = nn.Parameter(0.01 * torch.randn(hidden, visible))
        self.visible_bias = nn.Parameter(torch.zeros(visible))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))

    def forward(self, v: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(F.linear(v, self.weight, self.hidden_bias))

    def reconstruct(self, h: torch.Tensor) -> torch.Tensor:
        """h (N, *, hidden) -> mean of the visible units (N, *, visible)"""
        mean = F.linear(h, self.weight.t(), self.visible_bias)
        return mean if self.gaussian else torch.sigmoid(mean)

    def gibbs(self, v: torch.Tensor, steps: int = 1) -> torch.Tensor:
        """v (N, *, visible) -> a draw of the same shape, `steps` steps up and down later"""
        for _ in range(steps):
            mean = self.reconstruct(torch.bernoulli(self(v)))
            v = mean + torch.randn_like(mean) if self.gaussian else torch.bernoulli(mean)
        return v

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """v (N, *, visible) -> F(v) (N, *), for which p(v) is proportional to exp(-F(v))"""
        hidden = F.softplus(F.linear(v, self.weight, self.hidden_bias)).sum(dim=-1)
        if self.gaussian:
            return 0.5 * (v - self.visible_bias).square().sum(dim=-1) - hidden
        return -(v @ self.visible_bias) - hidden


class DigitMachine(nn.Module):
    """image (N, 1, 28, 28) -> causes (N, hidden)"""

    def __init__(self, hidden: int = 500) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), RestrictedBoltzmannMachine(784, hidden))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)
