"""An image cut into patches, each mapped to a vector (Dosovitskiy et al., 2020)."""

import torch
from torch import nn


class PatchEmbedding(nn.Module):
    """image (N, channels, H, W) -> (N, patches, features), one more in front with a class token"""

    def __init__(
        self,
        channels: int,
        features: int,
        patch_size: int | tuple[int, int],
        bias: bool = True,
        class_token: bool = False,
    ) -> None:
        super().__init__()
        self.projection = nn.Conv2d(channels, features, patch_size, stride=patch_size, bias=bias)
        self.class_token = nn.Parameter(torch.zeros(1, 1, features)) if class_token else None

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x: torch.Tensor = self.projection(image).flatten(2).transpose(1, 2)
        if self.class_token is None:
            return x
        return torch.cat((self.class_token.expand(x.shape[0], -1, -1), x), dim=1)
