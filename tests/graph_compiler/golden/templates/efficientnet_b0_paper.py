"""A network emitted by NN Studio.

EfficientNet
"""

import torch
from torch import nn

__all__ = ["EfficientNet"]


class DropPath(nn.Module):
    """x (N, *) -> the same shape; while training, each example is blanked with probability p"""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.dim() - 1), device=x.device) >= self.p
        return torch.where(kept, x / (1 - self.p), 0.0) if self.p < 1 else torch.zeros_like(x)


class SqueezeExcite(nn.Module):
    """Weighs each map by a look at the means of all maps.

    x (N, channels, H, W) -> (N, channels, H, W)
    """

    def __init__(self, channels: int = 32, squeezed: int = 8) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.SiLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(x)


class Separable(nn.Sequential):
    """A filter for each map alone, weights for the maps, then a 1x1 convolution that mixes them.

    x (N, channels, H, W) -> (N, width, H / stride, W / stride)
    """

    def __init__(
        self,
        channels: int = 32,
        width: int = 16,
        kernel: int = 3,
        stride: int = 1,
        squeezed: int = 8,
    ) -> None:
        super().__init__(
            nn.Conv2d(
                channels,
                channels,
                kernel,
                stride=stride,
                padding=kernel // 2,
                groups=channels,
                bias=False,
            ),
            nn.BatchNorm2d(channels),
            nn.SiLU(),
            SqueezeExcite(channels=channels, squeezed=squeezed),
            nn.Conv2d(channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )


class MBConv(nn.Sequential):
    """Widens thin maps, filters and weighs each, and thins them again.

    x (N, before, H, W) -> (N, width, H / stride, W / stride)
    """

    def __init__(
        self, before: int = 32, width: int = 16, expand: int = 6, kernel: int = 3, stride: int = 1
    ) -> None:
        super().__init__(
            nn.Conv2d(before, expand * before, 1, bias=False),
            nn.BatchNorm2d(expand * before),
            nn.SiLU(),
            Separable(
                channels=expand * before,
                width=width,
                kernel=kernel,
                stride=stride,
                squeezed=before // 4,
            ),
        )


class Residual(nn.Module):
    """An MBConv with a short cut around it; while training it is sometimes left out altogether.

    x (N, width, H, W) -> (N, width, H, W)
    """

    def __init__(
        self, width: int = 16, expand: int = 6, kernel: int = 3, skipped: float = 0.0
    ) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            MBConv(before=width, width=width, expand=expand, kernel=kernel),
            DropPath(skipped),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.residual(x)


class Stage(nn.Sequential):
    """Blocks at one resolution; the deeper a block lies, the more often it is left out.

    x (N, before, H, W) -> (N, width, H / stride, W / stride)
    """

    def __init__(
        self,
        drop: float,
        before: int = 32,
        width: int = 16,
        depth: int = 2,
        kernel: int = 3,
        stride: int = 1,
        expand: int = 6,
        number: int = 1,
    ) -> None:
        super().__init__(
            MBConv(before=before, width=width, expand=expand, kernel=kernel, stride=stride),
            *(
                Residual(
                    width=width, expand=expand, kernel=kernel, skipped=drop * (number + i + 1) / 16
                )
                for i in range(depth - 1)
            ),
        )


class EfficientNet(nn.Module):
    """image (N, 3, 224, 224) -> logits (N, classes)"""

    def __init__(self, width: int = 32, drop: float = 0.2, classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.SiLU(),
        )
        self.stages = nn.Sequential(
            Separable(channels=width, width=width // 2, squeezed=width // 4),
            Stage(drop, before=width // 2, width=3 * width // 4, stride=2),
            Stage(drop, before=3 * width // 4, width=5 * width // 4, kernel=5, stride=2, number=3),
            Stage(drop, before=5 * width // 4, width=5 * width // 2, depth=3, stride=2, number=5),
            Stage(drop, before=5 * width // 2, width=7 * width // 2, depth=3, kernel=5, number=8),
            Stage(
                drop, before=7 * width // 2, width=6 * width, depth=4, kernel=5, stride=2, number=11
            ),
            MBConv(before=6 * width, width=10 * width),
        )
        self.head = nn.Sequential(
            nn.Conv2d(10 * width, 40 * width, 1, bias=False),
            nn.BatchNorm2d(40 * width),
            nn.SiLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(40 * width, classes),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        x = self.stages(x)
        return self.head(x)
