"""A network emitted by NN Studio.

Residual net
"""

import torch
from torch import nn

__all__ = ["ResidualNet"]


class ResidualNet(nn.Module):
    """image (N, 3, 8, 8) -> logits (N, 10)"""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.ReLU())
        self.residual = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )
        self.relu3 = nn.ReLU()
        self.conv4 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.shortcut = nn.Conv2d(width, 2 * width, 1, stride=2)
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * width, 10),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        x = self.relu3(x + self.residual(x))
        x = self.conv4(x) + self.shortcut(x)
        return self.head(x)
