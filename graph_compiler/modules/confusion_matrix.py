"""How often each class was taken for each other one."""

import torch
from torch import nn


class ConfusionMatrix(nn.Module):
    """scores (N, classes, *), target (N, *) -> counts (classes, classes), a row for each truth"""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        classes = scores.shape[self.dim]
        cell = (target * classes + scores.argmax(self.dim)).flatten()
        counts = torch.zeros(classes * classes, dtype=torch.long, device=cell.device)
        return counts.index_add(0, cell, torch.ones_like(cell)).view(classes, classes)
