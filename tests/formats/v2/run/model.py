"""A network emitted by NN Studio.

Structured
"""

import torch
from torch import nn

__all__ = ["Structured"]


class Part(nn.Sequential):
    """x (N, in_features) -> (N, features)"""

    def __init__(self, in_features: int, features: int = 8) -> None:
        super().__init__(
            nn.Linear(in_features, features),
            nn.Tanh(),
        )


class Structured(nn.Module):
    """image (N, 1, 8, 8) -> logits (N, 10)"""

    def __init__(self, features: int = 8) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64, features),
            nn.ReLU(),
        )
        self.deep = nn.Sequential(*(Part(features + (8 - features) * i) for i in range(2)))
        self.again = nn.Linear(8, features)
        self.tanh1 = nn.Tanh()
        self.tanh2 = nn.Tanh()
        self.tied = nn.Linear(features, features)
        self.head = nn.Sequential(
            nn.Tanh(),
            nn.Linear(features, 10),
        )
        self.tied.weight = self.again.weight  # shared

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        x = self.deep(x)
        x = self.tanh1(self.again(x))
        x = self.tanh2(self.again(x))
        x = self.tied(x)
        return self.head(x)
