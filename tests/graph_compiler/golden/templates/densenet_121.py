"""A network emitted by NN Studio.

DenseNet
"""

import torch
from torch import nn

__all__ = ["DenseNet"]


class DenseLayer(nn.Module):
    """Makes a few new maps out of all maps so far and puts them beside those.

    x (N, in_channels, H, W) -> (N, in_channels + growth, H, W)
    """

    def __init__(self, in_channels: int, growth: int = 32) -> None:
        super().__init__()
        self.new_maps = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, 4 * growth, 1, bias=False),
            nn.BatchNorm2d(4 * growth),
            nn.ReLU(),
            nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((x, self.new_maps(x)), dim=1)


class Transition(nn.Sequential):
    """Fewer maps, each half as high and half as wide.

    x (N, in_channels, H, W) -> (N, width, H // 2, W // 2)
    """

    def __init__(self, in_channels: int, width: int = 128) -> None:
        super().__init__(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.AvgPool2d(2),
        )


class DenseNet(nn.Module):
    """image (N, 3, 224, 224) -> logits (N, classes)"""

    def __init__(
        self,
        growth: int = 32,
        depths: tuple[int, ...] = (6, 12, 24, 16),
        widths: tuple[int, ...] = (128, 256, 512),
        classes: int = 1000,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 2 * growth, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(2 * growth),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.dense1 = nn.Sequential(
            *(DenseLayer(2 * growth + growth * i, growth=growth) for i in range(depths[0]))
        )
        self.transition1 = Transition(2 * growth + depths[0] * growth, width=widths[0])
        self.dense2 = nn.Sequential(
            *(DenseLayer(widths[0] + growth * i, growth=growth) for i in range(depths[1]))
        )
        self.transition2 = Transition(widths[0] + depths[1] * growth, width=widths[1])
        self.dense3 = nn.Sequential(
            *(DenseLayer(widths[1] + growth * i, growth=growth) for i in range(depths[2]))
        )
        self.transition3 = Transition(widths[1] + depths[2] * growth, width=widths[2])
        self.dense4 = nn.Sequential(
            *(DenseLayer(widths[2] + growth * i, growth=growth) for i in range(depths[3]))
        )
        self.head = nn.Sequential(
            nn.BatchNorm2d(widths[2] + depths[3] * growth),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(widths[2] + depths[3] * growth, classes),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        x = self.dense1(x)
        x = self.transition1(x)
        x = self.dense2(x)
        x = self.transition2(x)
        x = self.dense3(x)
        x = self.transition3(x)
        x = self.dense4(x)
        return self.head(x)
