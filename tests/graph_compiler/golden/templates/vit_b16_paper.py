"""A network emitted by NN Studio.

VisionTransformer
"""

import torch
from torch import nn

__all__ = ["VisionTransformer"]


class EncoderLayer(nn.Module):
    """The patches look at one another, then each is digested on its own; both only add to what
    passes through.

    x (N, T, d_model) -> (N, T, d_model)
    """

    def __init__(
        self, d_model: int = 768, heads: int = 12, hidden: int = 3072, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model, eps=1e-06)
        self.attention = nn.MultiheadAttention(d_model, heads, dropout=dropout, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.mlp = nn.Sequential(
            nn.LayerNorm(d_model, eps=1e-06),
            nn.Linear(d_model, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, d_model),
            nn.Dropout(dropout),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm1(x)
        y = self.attention(y, y, y, need_weights=False)[0]
        x = x + self.drop(y)
        return x + self.mlp(x)


class VisionTransformer(nn.Module):
    """image (N, channels, size, size) -> logits (N, classes)"""

    def __init__(
        self,
        channels: int = 3,
        d_model: int = 768,
        patch: int = 16,
        size: int = 224,
        dropout: float = 0.0,
        heads: int = 12,
        hidden: int = 3072,
        layers: int = 12,
        classes: int = 1000,
    ) -> None:
        super().__init__()
        self.patches = nn.Sequential(
            nn.Conv2d(channels, d_model, patch, stride=patch),
            nn.Flatten(start_dim=2),
        )
        self.positions = nn.Parameter(torch.normal(0.0, 0.02, ((size // patch) ** 2 + 1, d_model)))
        self.token = nn.Parameter(torch.normal(0.0, 0.02, (1, 1, d_model)))
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Sequential(
            *(
                EncoderLayer(d_model=d_model, heads=heads, hidden=hidden, dropout=dropout)
                for _ in range(layers)
            ),
        )
        self.norm = nn.LayerNorm(d_model, eps=1e-06)
        self.fc = nn.Linear(d_model, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        words = self.patches(image).transpose(1, 2)
        x = self.token.expand(words.shape[0], -1, -1)
        x = self.drop(torch.cat((x, words), dim=1) + self.positions)
        x = self.encoder(x)
        return self.fc(self.norm(x)[:, 0])
