"""The margin loss of capsule networks (Sabour, Frosst, Hinton, 2017)."""

import torch
import torch.nn.functional as F


def capsule_margin_loss(
    lengths: torch.Tensor,
    target: torch.Tensor,
    upper: float = 0.9,
    lower: float = 0.1,
    absent: float = 0.5,
    reduction: str = "mean",
) -> torch.Tensor:
    """lengths (N, classes), target (N) -> (), or (N) without reduction"""
    present = F.one_hot(target, lengths.shape[1]).to(lengths.dtype)
    short = (upper - lengths).clamp(min=0).square()
    long = (lengths - lower).clamp(min=0).square()
    loss = (present * short + absent * (1 - present) * long).sum(dim=1)
    return {"mean": loss.mean(), "sum": loss.sum(), "none": loss}[reduction]
