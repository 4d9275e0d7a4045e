"""A network emitted by NN Studio.

UNet
"""

import torch
from torch import nn

__all__ = ["UNet"]


def center_crop(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """x (..., H, W), like (..., h, w) -> the middle of x (..., h, w)"""
    top = (x.shape[-2] - like.shape[-2]) // 2
    left = (x.shape[-1] - like.shape[-1]) // 2
    return x[..., top : top + like.shape[-2], left : left + like.shape[-1]]


class DoubleConv(nn.Sequential):
    """Two 3x3 convolutions, each with its activation.

    x (N, in_channels, H, W) -> (N, width, H + 4 * padding - 4, W + 4 * padding - 4)
    """

    def __init__(self, in_channels: int, width: int = 64, padding: int = 0) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, 3, padding=padding),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=padding),
            nn.ReLU(),
        )


class Down(nn.Sequential):
    """Halves the picture and looks at it again with more maps.

    x (N, in_channels, H, W) -> (N, width, H // 2 + 4 * padding - 4, W // 2 + 4 * padding - 4)
    """

    def __init__(self, in_channels: int, width: int = 64, padding: int = 0) -> None:
        super().__init__(
            nn.MaxPool2d(2),
            DoubleConv(in_channels, width=width, padding=padding),
        )


class Up(nn.Module):
    """Doubles the picture, joins what the way down has seen at this size, and looks at both.

    skip (N, width, H, W), x (N, x_channels, h, w)
    -> (N, width, 2 * h + 4 * padding - 4, 2 * w + 4 * padding - 4)
    """

    def __init__(self, x_channels: int, width: int = 64, padding: int = 0) -> None:
        super().__init__()
        self.larger = nn.ConvTranspose2d(x_channels, width, 2, stride=2)
        self.conv = DoubleConv(2 * width, width=width, padding=padding)

    def forward(self, skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        x = self.larger(x)
        return self.conv(torch.cat((center_crop(skip, x), x), dim=1))


class UNet(nn.Module):
    """image (N, channels, 572, 572) -> segments (N, classes, 388, 388)"""

    def __init__(
        self, channels: int = 1, width: int = 64, padding: int = 0, classes: int = 2
    ) -> None:
        super().__init__()
        self.enter = DoubleConv(channels, width=width, padding=padding)
        self.down1 = Down(width, width=2 * width, padding=padding)
        self.down2 = Down(2 * width, width=4 * width, padding=padding)
        self.down3 = Down(4 * width, width=8 * width, padding=padding)
        self.down4 = Down(8 * width, width=16 * width, padding=padding)
        self.up4 = Up(16 * width, width=8 * width, padding=padding)
        self.up3 = Up(8 * width, width=4 * width, padding=padding)
        self.up2 = Up(4 * width, width=2 * width, padding=padding)
        self.up1 = Up(2 * width, width=width, padding=padding)
        self.conv = nn.Conv2d(width, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        enter = self.enter(image)
        down1 = self.down1(enter)
        down2 = self.down2(down1)
        down3 = self.down3(down2)
        x = self.down4(down3)
        x = self.up4(down3, x)
        x = self.up3(down2, x)
        x = self.up2(down1, x)
        x = self.up1(enter, x)
        return self.conv(x)
