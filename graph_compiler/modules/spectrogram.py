"""How loud each pitch of a sound is over time."""

import torch
from torch import nn


class Spectrogram(nn.Module):
    """Short-time Fourier transform of a wave (N, C, length): loudness (N, C, pitches, times)."""

    window: torch.Tensor

    def __init__(self, size: int, hop: int = 128, scale: str = "log") -> None:
        super().__init__()
        self.size = size
        self.hop = hop
        self.scale = scale
        # A constant that follows the device and is no weight.
        self.register_buffer("window", torch.hann_window(size), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        waves = x.flatten(0, 1)
        found = torch.stft(waves, self.size, self.hop, window=self.window, return_complex=True)
        loud = found.abs().view(*x.shape[:2], *found.shape[1:])
        if self.scale == "power":
            return loud.square()
        return loud.log1p() if self.scale == "log" else loud

    def extra_repr(self) -> str:
        return f"{self.size}, hop={self.hop}, scale={self.scale!r}"
