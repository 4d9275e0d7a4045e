"""The gradient penalty of Wasserstein critics (Gulrajani et al., 2017)."""

import torch
from torch import nn


def gradient_penalty(critic: nn.Module, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """real, fake (N, *) -> (): how far the critic's slope between them is from 1, squared"""
    share = torch.rand((len(real), *[1] * (real.dim() - 1)), dtype=real.dtype, device=real.device)
    mixed = (share * real + (1 - share) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    steepness: torch.Tensor = slope.flatten(1).norm(dim=1)
    return (steepness - 1).square().mean()
