"""A network emitted by NN Studio.

DenseNet
"""

import torch
from torch import nn

__all__ = ["DenseNet"]


class DenseLayer(nn.Module):
    """x (N, in_channels, H, W) -> (N, in_channels + growth, H, W)"""

    def __init__(self, in_channels: int, growth: int = 32) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((x, self.stem(x)), dim=1)


class DenseNet(nn.Module):
    """image (N, 3, 16, 16) -> map_ (N, growth * layers + 24, 16, 16)"""

    def __init__(self, growth: int = 12, layers: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 24, 3, padding=1)
        self.dense = nn.Sequential(
            *(DenseLayer(growth * i + 24, growth=growth) for i in range(layers))
        )
        self.norm = nn.BatchNorm2d(growth * layers + 24)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.conv(image)
        x = self.dense(x)
        return self.norm(x)
