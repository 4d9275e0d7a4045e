"""The share of the target's variance that predictions explain."""

import torch
from torch import nn


class R2Score(nn.Module):
    """x, target (N, *) -> (): the mean of 1 - squared errors / squared deviations, by column"""

    def forward(self, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        error = (target - x).square().sum(dim=0)
        spread = (target - target.mean(dim=0)).square().sum(dim=0)
        score = 1 - error / torch.where(spread > 0, spread, 1)
        # of a constant nothing can be explained, unless it is hit exactly
        return torch.where(spread > 0, score, (error == 0).to(x.dtype)).mean()
