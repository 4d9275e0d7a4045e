"""A network emitted by NN Studio.

Wide & deep
"""

import torch
from torch import nn

__all__ = ["WideDeep"]


class WideDeep(nn.Module):
    """facts (N, 5), image (N, 1, 8, 8) -> chance (N, 1), classes (N, 3)"""

    def __init__(self, units: int = 8, share: float = 0.25) -> None:
        super().__init__()
        self.fc2 = nn.Linear(5, units // 2)
        self.stem = nn.Sequential(nn.Flatten(), nn.Linear(64, units))
        self.body = nn.Sequential(nn.Dropout(share / 2), nn.GELU(approximate="tanh"))
        self.fc3 = nn.Linear(units + units // 2, 3)
        self.head = nn.Sequential(nn.Linear(units + units // 2, 1), nn.Sigmoid())

    def forward(
        self, facts: torch.Tensor, image: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.cat((self.stem(image), self.fc2(facts)), dim=1)
        x = self.body(x)
        return self.head(x), self.fc3(x)
