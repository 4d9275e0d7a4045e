"""A network emitted by NN Studio.

Variational autoencoder
"""

import torch
from torch import nn

__all__ = ["VariationalAutoencoder"]


class Sampling(nn.Module):
    """mean (N, *), logvar (N, *) -> z (N, *), a draw while training and the mean afterwards"""

    def __init__(self, always: bool = False) -> None:
        super().__init__()
        self.always = always

    def forward(self, mean: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        if not (self.training or self.always):
            return mean
        return mean + (0.5 * logvar).exp() * torch.randn_like(mean)


class VariationalAutoencoder(nn.Module):
    """image (N, 1, size, size) -> picture (N, 1, size, size)"""

    def __init__(self, size: int = 28, hidden: int = 500, code: int = 20) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(size * size, hidden),
            nn.Tanh(),
        )
        self.logvar = nn.Linear(hidden, code)
        self.mean = nn.Linear(hidden, code)
        self.sampling = Sampling()
        self.decoder = nn.Sequential(
            nn.Linear(code, hidden),
            nn.Tanh(),
            nn.Linear(hidden, size * size),
            nn.Sigmoid(),
            nn.Unflatten(-1, (1, size, size)),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.encoder(image)
        x = self.sampling(self.mean(x), self.logvar(x))
        return self.decoder(x)
