"""A network emitted by NN Studio.

CapsNet
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["CapsNet"]


def squash(s: torch.Tensor) -> torch.Tensor:
    """s (*, dim) -> (*, dim): the direction stays, the length |s| becomes |s|² / (1 + |s|²)"""
    length: torch.Tensor = s.norm(dim=-1, keepdim=True)
    return s * length / (1 + length.square())


class PrimaryCapsules(nn.Module):
    """maps (N, channels, H, W) -> capsules (N, maps * H' * W', dim)"""

    def __init__(
        self,
        channels: int,
        maps: int = 32,
        dim: int = 8,
        kernel_size: int | tuple[int, int] = 9,
        stride: int | tuple[int, int] = 2,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.conv = nn.Conv2d(channels, maps * dim, kernel_size, stride=stride, padding=padding)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x).unflatten(1, (-1, self.dim))  # N, maps, dim, H', W'
        return squash(x.movedim(2, -1).flatten(1, 3))


class RoutedCapsules(nn.Module):
    """u (N, capsules below, dim below) -> v (N, capsules, dim)"""

    def __init__(
        self, below: int, dim_below: int, capsules: int = 10, dim: int = 16, iterations: int = 3
    ) -> None:
        super().__init__()
        self.iterations = iterations
        self.weight = nn.Parameter(0.1 * torch.randn(below, capsules, dim, dim_below))

    def rounds(self, u: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Couplings (N, below, capsules) and capsules (N, capsules, dim) after each round."""
        predicted = torch.einsum("ijde,nie->nijd", self.weight, u)
        logits = torch.zeros_like(predicted[..., 0])
        found: list[tuple[torch.Tensor, torch.Tensor]] = []
        for _ in range(self.iterations):
            if found:  # what agrees with a capsule couples to it more
                logits = logits + torch.einsum("nijd,njd->nij", predicted, found[-1][1])
            couplings = logits.softmax(dim=2)
            found.append((couplings, squash(torch.einsum("nij,nijd->njd", couplings, predicted))))
        return found

    def forward(self, u: torch.Tensor) -> torch.Tensor:
        return self.rounds(u)[-1][1]


class CapsuleMask(nn.Module):
    """v (N, capsules, dim) -> (N, capsules * dim), zero but for the target's or longest capsule"""

    def forward(self, v: torch.Tensor, target: torch.Tensor | None = None) -> torch.Tensor:
        kept = v.norm(dim=-1).argmax(dim=1) if target is None else target
        return (v * F.one_hot(kept, v.shape[1]).to(v.dtype).unsqueeze(-1)).flatten(1)


class CapsNet(nn.Module):
    """image (N, 1, 28, 28), target (N,) -> lengths (N, 10), reconstruction (N, pixels)"""

    def __init__(
        self, width: int = 256, maps: int = 32, hidden: int = 512, pixels: int = 784
    ) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 9),
            nn.ReLU(),
            PrimaryCapsules(width, maps=maps),
            RoutedCapsules(36 * maps, 8),
        )
        self.mask = CapsuleMask()
        self.decoder = nn.Sequential(
            nn.Linear(160, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * hidden),
            nn.ReLU(),
            nn.Linear(2 * hidden, pixels),
            nn.Sigmoid(),
        )

    def forward(
        self, image: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        encoder = self.encoder(image)
        x = self.mask(encoder, target)
        return encoder.norm(dim=-1), self.decoder(x)
