"""A network emitted by NN Studio.

Autoencoder
"""

import torch
from torch import nn

__all__ = ["Autoencoder"]


class Autoencoder(nn.Module):
    """image (N, 1, size, size) -> picture (N, 1, size, size)"""

    def __init__(self, size: int = 28, width: int = 1000, code: int = 30) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(size * size, width),
            nn.ReLU(),
            nn.Linear(width, width // 2),
            nn.ReLU(),
            nn.Linear(width // 2, width // 4),
            nn.ReLU(),
            nn.Linear(width // 4, code),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code, width // 4),
            nn.ReLU(),
            nn.Linear(width // 4, width // 2),
            nn.ReLU(),
            nn.Linear(width // 2, width),
            nn.ReLU(),
            nn.Linear(width, size * size),
            nn.Sigmoid(),
            nn.Unflatten(-1, (1, size, size)),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.encoder(image)
        return self.decoder(x)
