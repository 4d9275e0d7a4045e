"""The area under the ROC curve, from ranks (Hanley, McNeil, 1982)."""

import torch
from torch import nn


class AreaUnderCurve(nn.Module):
    """scores, target (N, *) -> (): how often a positive example scores above a negative one"""

    def forward(self, scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        scores, positive = scores.flatten(), (target.flatten() > 0).to(scores.dtype)
        ordered = scores.sort().values
        below = torch.searchsorted(ordered, scores)
        up_to = torch.searchsorted(ordered, scores, right=True)
        rank = (below + up_to + 1).to(scores.dtype) / 2  # equals share their mean rank
        positives = positive.sum()
        negatives = len(positive) - positives
        above = (rank * positive).sum() - positives * (positives + 1) / 2
        return above / (positives * negatives)
