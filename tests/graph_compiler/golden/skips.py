"""A network emitted by NN Studio.

U
"""

import torch
from torch import nn

__all__ = ["U"]


class U(nn.Module):
    """x (N, 1, 16, 16) -> code (N, 4, 8, 8), map_ (N, 1, 8, 8)"""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv2d(1, 4, 3, padding=1)
        self.down = nn.MaxPool2d(2)
        self.deep = nn.Conv2d(4, 4, 3, padding=1)
        self.level = nn.MaxPool2d(3, stride=2, padding=1)
        self.out = nn.Conv2d(12, 1, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        enter = self.enter(x)
        down = self.down(enter)
        code = self.deep(down)
        x = torch.cat((down, code, self.level(enter)), dim=1)
        return code, self.out(x + x)
