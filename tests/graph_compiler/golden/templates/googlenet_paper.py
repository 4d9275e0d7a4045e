"""A network emitted by NN Studio.

GoogLeNet
"""

import torch
from torch import nn

__all__ = ["GoogLeNet"]


class ConvUnit(nn.Sequential):
    """A convolution that keeps the size, and its activation; where wished, a normalization between
    them.

    x (N, in_channels, H, W) -> (N, width, ...)
    """

    def __init__(self, in_channels: int, width: int = 64, kernel: int = 1) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel, padding=kernel // 2),
            nn.ReLU(),
        )


class Inception(nn.Module):
    """Four views of one input side by side: 1x1, 3x3 and 5x5 filters and a pooling.

    x (N, in_channels, H, W) -> (N, ...)
    """

    def __init__(
        self,
        in_channels: int,
        one: int = 64,
        before_three: int = 96,
        three: int = 128,
        before_five: int = 16,
        five: int = 32,
        pooled: int = 32,
    ) -> None:
        super().__init__()
        self.branch1 = ConvUnit(in_channels, width=one)
        self.branch2 = nn.Sequential(
            ConvUnit(in_channels, width=before_three),
            ConvUnit(before_three, width=three, kernel=3),
        )
        self.branch3 = nn.Sequential(
            ConvUnit(in_channels, width=before_five),
            ConvUnit(before_five, width=five, kernel=5),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            ConvUnit(in_channels, width=pooled),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        branch3 = self.branch3(x)
        branch4 = self.branch4(x)
        return torch.cat((branch1, branch2, branch3, branch4), dim=1)


class GoogLeNet(nn.Module):
    """image (N, 3, 224, 224) -> logits (N, classes)"""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            nn.LocalResponseNorm(5),
            ConvUnit(64),
            ConvUnit(64, width=192, kernel=3),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
        )
        self.inceptions3 = nn.Sequential(
            Inception(192),
            Inception(
                256, one=128, before_three=128, three=192, before_five=32, five=96, pooled=64
            ),
        )
        self.pool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inceptions4 = nn.Sequential(
            Inception(480, one=192, three=208, five=48, pooled=64),
            Inception(
                512, one=160, before_three=112, three=224, before_five=24, five=64, pooled=64
            ),
            Inception(
                512, one=128, before_three=128, three=256, before_five=24, five=64, pooled=64
            ),
            Inception(
                512, one=112, before_three=144, three=288, before_five=32, five=64, pooled=64
            ),
            Inception(
                528, one=256, before_three=160, three=320, before_five=32, five=128, pooled=128
            ),
        )
        self.pool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inceptions5 = nn.Sequential(
            Inception(
                832, one=256, before_three=160, three=320, before_five=32, five=128, pooled=128
            ),
            Inception(
                832, one=384, before_three=192, three=384, before_five=48, five=128, pooled=128
            ),
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.4),
            nn.Linear(1024, classes),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        x = self.inceptions3(x)
        x = self.pool3(x)
        x = self.inceptions4(x)
        x = self.pool4(x)
        x = self.inceptions5(x)
        return self.head(x)
