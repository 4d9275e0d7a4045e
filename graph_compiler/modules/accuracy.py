"""Shares of right answers: the first guess, or one of the first few."""

import torch
from torch import nn


class Accuracy(nn.Module):
    """scores (N, classes, *) or, of two classes, (N, *), with target (N, *) -> ()"""

    def __init__(self, dim: int = 1, threshold: float = 0.0) -> None:
        super().__init__()
        self.dim = dim
        self.threshold = threshold

    def forward(self, scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        binary = scores.dim() == target.dim()
        guess = scores > self.threshold if binary else scores.argmax(self.dim)
        return (guess == target).to(scores.dtype).mean()


class TopKAccuracy(nn.Module):
    """scores (N, classes, *), target (N, *) -> (): how often it is among the k best"""

    def __init__(self, k: int = 5, dim: int = 1) -> None:
        super().__init__()
        self.k = k
        self.dim = dim

    def forward(self, scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        best = scores.topk(self.k, dim=self.dim).indices
        return (best == target.unsqueeze(self.dim)).any(self.dim).to(scores.dtype).mean()
