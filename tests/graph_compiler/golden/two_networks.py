"""A network emitted by NN Studio.

Pair
"""

import torch
from torch import nn

__all__ = ["Critic", "Generator"]


class Layers(nn.Sequential):
    """x (N, in_features) -> (N, width)"""

    def __init__(self, in_features: int, width: int = 8) -> None:
        super().__init__(
            nn.Linear(in_features, width),
            nn.LeakyReLU(0.01),
        )


class Generator(nn.Module):
    """noise (N, code) -> image (N, 9)"""

    def __init__(self, code: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(Layers(code, width=32), nn.Linear(32, 9))

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        return self.layers(noise)


class Critic(nn.Module):
    """image (N, 9) -> score (N, 1)"""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(Layers(9), nn.Linear(8, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)
