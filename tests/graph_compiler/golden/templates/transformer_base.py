"""A network emitted by NN Studio.

Transformer
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["Transformer"]


class SinusoidalPositions(nn.Module):
    """x (N, T, d) -> x plus sin(t / base ** (2i / d)) and its cosine on features 2i and 2i + 1"""

    def __init__(self, base: float = 10000.0) -> None:
        super().__init__()
        self.base = base

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, steps, size = x.shape
        dtype = torch.promote_types(x.dtype, torch.float32)
        t = torch.arange(steps, dtype=dtype, device=x.device)
        even = torch.arange(0, size, 2, dtype=dtype, device=x.device)
        angle = torch.outer(t, self.base ** (-even / size))
        waves = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)
        return x + waves[:, :size].to(x.dtype)


class WordVectors(nn.Module):
    """Looks up the vector of each word and adds waves that tell its place.

    x (N, T) -> (N, T, d_model)
    """

    def __init__(self, words: int = 37000, d_model: int = 512, dropout: float = 0.1) -> None:
        super().__init__()
        self.d_model = d_model
        self.word = nn.Embedding(words, d_model)
        self.positions = nn.Sequential(SinusoidalPositions(), nn.Dropout(dropout))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.word(x) * self.d_model**0.5
        return self.positions(x)


class MultiHeadAttention(nn.Module):
    """Each place asks, and the visible places of the source answer as far as they match; several
    heads do so apart.

    asking (N, T, d_model), source (N, T, d_model), visible (N, 1, 1, T) -> (N, T, d_model)
    """

    def __init__(self, d_model: int = 512, heads: int = 8, dropout: float = 0.1) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.out = nn.Sequential(nn.Linear(d_model, d_model), nn.Dropout(dropout))

    def forward(
        self, asking: torch.Tensor, source: torch.Tensor, visible: torch.Tensor
    ) -> torch.Tensor:
        queries = self.query(asking).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        keys = self.key(source).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        values = self.value(source).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        x = F.scaled_dot_product_attention(queries, keys, values, attn_mask=visible)
        x = x.transpose(1, 2).flatten(2)
        return self.out(x)


class FeedForward(nn.Sequential):
    """A small network that works on each place alone.

    x (N, T, d_model) -> (N, T, d_model)
    """

    def __init__(self, d_model: int = 512, hidden: int = 2048, dropout: float = 0.1) -> None:
        super().__init__(
            nn.Linear(d_model, hidden),
            nn.ReLU(),
            nn.Linear(hidden, d_model),
            nn.Dropout(dropout),
        )


class EncoderLayer(nn.Module):
    """The words of the source look at one another, then each is digested on its own.

    source (N, T, d_model), visible (N, 1, 1, T) -> (N, T, d_model)
    """

    def __init__(
        self, d_model: int = 512, heads: int = 8, hidden: int = 2048, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(d_model=d_model, heads=heads, dropout=dropout)
        self.norm1 = nn.LayerNorm(d_model)
        self.feed = FeedForward(d_model=d_model, hidden=hidden, dropout=dropout)
        self.norm2 = nn.LayerNorm(d_model)

    def forward(self, source: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
        x = self.norm1(source + self.attention(source, source, visible))
        return self.norm2(x + self.feed(x))


class DecoderLayer(nn.Module):
    """The words written so far look at one another, then at the source; then each is digested on
    its own.

    source (N, T, d_model), target (N, T, d_model), visible_source (N, 1, 1, T),
    visible_target (T, T) -> (N, T, d_model)
    """

    def __init__(
        self, d_model: int = 512, heads: int = 8, hidden: int = 2048, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.own = MultiHeadAttention(d_model=d_model, heads=heads, dropout=dropout)
        self.norm1 = nn.LayerNorm(d_model)
        self.cross = MultiHeadAttention(d_model=d_model, heads=heads, dropout=dropout)
        self.norm2 = nn.LayerNorm(d_model)
        self.feed = FeedForward(d_model=d_model, hidden=hidden, dropout=dropout)
        self.norm3 = nn.LayerNorm(d_model)

    def forward(
        self,
        source: torch.Tensor,
        target: torch.Tensor,
        visible_source: torch.Tensor,
        visible_target: torch.Tensor,
    ) -> torch.Tensor:
        x = self.norm1(target + self.own(target, target, visible_target))
        x = self.norm2(x + self.cross(x, source, visible_source))
        return self.norm3(x + self.feed(x))


class Transformer(nn.Module):
    """source (N, length), target (N, length) -> logits (N, length, words)"""

    def __init__(
        self,
        words: int = 37000,
        d_model: int = 512,
        dropout: float = 0.1,
        heads: int = 8,
        hidden: int = 2048,
        layers: int = 6,
    ) -> None:
        super().__init__()
        self.embed = WordVectors(words=words, d_model=d_model, dropout=dropout)
        self.encoder = nn.ModuleList(
            EncoderLayer(d_model=d_model, heads=heads, hidden=hidden, dropout=dropout)
            for _ in range(layers)
        )
        self.decoder = nn.ModuleList(
            DecoderLayer(d_model=d_model, heads=heads, hidden=hidden, dropout=dropout)
            for _ in range(layers)
        )
        self.scores = nn.Linear(d_model, words, bias=False)
        self.scores.weight = self.embed.word.weight  # shared

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        encoder = self.embed(source)
        visible = (source != 0)[:, None, None]
        for block in self.encoder:
            encoder = block(encoder, visible)
        causal = torch.tril(
            torch.ones(target.shape[1], target.shape[1], dtype=torch.bool, device=target.device)
        )
        x = self.embed(target)
        for block in self.decoder:
            x = block(encoder, x, visible, causal)
        return self.scores(x)
