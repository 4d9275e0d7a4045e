"""The gradient penalty of Wasserstein critics (Gulrajani et al., 2017)."""

import torch
from torch import nn


class BetweenExamples(nn.Module):
    """real, fake (N, *) -> (N, *): for each example a random point between the two"""

    def forward(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        ones = (1,) * (real.dim() - 1)
        share = torch.rand((len(real), *ones), dtype=real.dtype, device=real.device)
        return (share * real + (1 - share) * fake).detach().requires_grad_()


class GradientPenalty(nn.Module):
    """scores (N, *) of points (N, *) -> (): how far the slope at each point is from `norm`"""

    def __init__(self, norm: float = 1.0) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, scores: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        if not (scores.requires_grad and points.requires_grad):  # nothing is being trained
            return scores.new_zeros(())
        (slope,) = torch.autograd.grad(
            scores.sum(), points, create_graph=True, materialize_grads=True
        )
        steepness: torch.Tensor = slope.flatten(1).norm(dim=1)
        return (steepness - self.norm).square().mean()
