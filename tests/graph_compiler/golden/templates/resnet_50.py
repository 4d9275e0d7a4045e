"""A network emitted by NN Studio.

ResNet
"""

import torch
from torch import nn

__all__ = ["ResNet"]


class Bottleneck(nn.Module):
    """A wide input is thinned, convolved and widened again; a short cut leads around it.

    x (N, in_channels, H, W) -> (N, 4 * width, H / stride, W / stride)
    """

    def __init__(
        self, in_channels: int, width: int = 64, stride: int = 1, project: bool = False
    ) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )
        self.shortcut = (
            nn.Sequential(
                nn.Conv2d(in_channels, 4 * width, 1, stride=stride, bias=False),
                nn.BatchNorm2d(4 * width),
            )
            if project
            else nn.Identity()
        )
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.residual(x) + self.shortcut(x))


class Stage(nn.Sequential):
    """Residual blocks at one resolution, of one kind; the first may halve the picture.

    x (N, in_channels, H, W) -> (N, 4 * width, H / stride, W / stride)
    """

    def __init__(self, in_channels: int, width: int = 64, depth: int = 2, stride: int = 1) -> None:
        super().__init__(
            Bottleneck(in_channels, width=width, stride=stride, project=True),
            *(Bottleneck(4 * width, width=width) for _ in range(depth - 1)),
        )


class ResNet(nn.Module):
    """image (N, 3, 224, 224) -> logits (N, classes)"""

    def __init__(
        self, width: int = 64, depths: tuple[int, ...] = (3, 4, 6, 3), classes: int = 1000
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.stages = nn.Sequential(
            Stage(width, width=width, depth=depths[0]),
            Stage(4 * width, width=2 * width, depth=depths[1], stride=2),
            Stage(8 * width, width=4 * width, depth=depths[2], stride=2),
            Stage(16 * width, width=8 * width, depth=depths[3], stride=2),
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32 * width, classes),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        x = self.stages(x)
        return self.head(x)
