"""A network emitted by NN Studio.

MobileNetV2
"""

import torch
from torch import nn

__all__ = ["MobileNetV2"]


class Separable(nn.Sequential):
    """One 3x3 filter for each map alone, then a 1x1 convolution that mixes the maps.

    x (N, channels, H, W) -> (N, width, H / stride, W / stride)
    """

    def __init__(self, channels: int = 32, width: int = 16, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
            nn.Conv2d(channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )


class Bottleneck(nn.Sequential):
    """Widens thin maps, filters each on its own and thins them again, without a bend at the end.

    x (N, before, H, W) -> (N, width, H / stride, W / stride)
    """

    def __init__(self, before: int = 32, width: int = 16, expand: int = 6, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(before, expand * before, 1, bias=False),
            nn.BatchNorm2d(expand * before),
            nn.ReLU6(),
            Separable(channels=expand * before, width=width, stride=stride),
        )


class InvertedResidual(nn.Module):
    """A bottleneck whose thin ends are joined by a short cut.

    x (N, width, H, W) -> (N, width, H, W)
    """

    def __init__(self, width: int = 16, expand: int = 6) -> None:
        super().__init__()
        self.bottleneck = Bottleneck(before=width, width=width, expand=expand)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.bottleneck(x)


class Stage(nn.Sequential):
    """Bottlenecks at one resolution; all but the first take a short cut.

    x (N, before, H, W) -> (N, width, H / stride, W / stride)
    """

    def __init__(
        self, before: int = 32, width: int = 16, depth: int = 2, stride: int = 1, expand: int = 6
    ) -> None:
        super().__init__(
            Bottleneck(before=before, width=width, expand=expand, stride=stride),
            *(InvertedResidual(width=width, expand=expand) for _ in range(depth - 1)),
        )


class MobileNetV2(nn.Module):
    """image (N, 3, 224, 224) -> logits (N, classes)"""

    def __init__(self, width: int = 32, classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU6(),
        )
        self.stages = nn.Sequential(
            Separable(channels=width, width=width // 2),
            Stage(before=width // 2, width=3 * width // 4, stride=2),
            Stage(before=3 * width // 4, width=width, depth=3, stride=2),
            Stage(before=width, width=2 * width, depth=4, stride=2),
            Stage(before=2 * width, width=3 * width, depth=3),
            Stage(before=3 * width, width=5 * width, depth=3, stride=2),
            Bottleneck(before=5 * width, width=10 * width),
        )
        self.head = nn.Sequential(
            nn.Conv2d(10 * width, 40 * width, 1, bias=False),
            nn.BatchNorm2d(40 * width),
            nn.ReLU6(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(40 * width, classes),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        x = self.stages(x)
        return self.head(x)
