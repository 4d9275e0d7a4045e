"""A network emitted by NN Studio.

VGG
"""

import torch
from torch import nn

__all__ = ["VGG"]


class ConvUnit(nn.Sequential):
    """A 3x3 convolution that keeps the size, and its activation.

    x (N, in_channels, H, W) -> (N, width, H, W)
    """

    def __init__(self, in_channels: int, width: int = 64) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, 3, padding=1),
            nn.ReLU(),
        )


class Stage(nn.Sequential):
    """Convolutions at one resolution, then a pooling that halves it.

    x (N, in_channels, H, W) -> (N, width, H // 2, W // 2)
    """

    def __init__(self, in_channels: int, width: int = 64, depth: int = 2) -> None:
        super().__init__(
            ConvUnit(in_channels, width=width),
            *(ConvUnit(width, width=width) for _ in range(depth - 1)),
            nn.MaxPool2d(2),
        )


class VGG(nn.Module):
    """image (N, 3, 224, 224) -> logits (N, classes)"""

    def __init__(
        self,
        width: int = 64,
        depths: tuple[int, ...] = (2, 2, 3, 3, 3),
        hidden: int = 4096,
        classes: int = 1000,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Stage(3, width=width, depth=depths[0]),
            Stage(width, width=2 * width, depth=depths[1]),
            Stage(2 * width, width=4 * width, depth=depths[2]),
            Stage(4 * width, width=8 * width, depth=depths[3]),
            Stage(8 * width, width=8 * width, depth=depths[4]),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(392 * width, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.features(image)
        return self.classifier(x)
