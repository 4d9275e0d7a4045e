"""A network emitted by NN Studio.

Llama
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["Llama"]


def rotary_positions(
    x: torch.Tensor, theta: float = 10000.0, interleaved: bool = False
) -> torch.Tensor:
    """x (*, T, d) -> the same shape; pairs are features i and i + d / 2, or 2i and 2i + 1"""
    steps, size = x.shape[-2:]
    dtype = torch.promote_types(x.dtype, torch.float32)
    t = torch.arange(steps, dtype=dtype, device=x.device)
    even = torch.arange(0, size, 2, dtype=dtype, device=x.device)
    angle = torch.outer(t, theta ** (-even / size))
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    if interleaved:
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


class Attention(nn.Module):
    """Each word asks the words before it; groups of questions share keys and values, and angles
    tell how far apart words are.

    x (N, T, d_model) -> (N, T, d_model)
    """

    def __init__(self, d_model: int, heads: int, groups: int, theta: float) -> None:
        super().__init__()
        self.groups = groups
        self.theta = theta
        self.heads = heads
        self.key = nn.Linear(d_model, d_model // heads * groups, bias=False)
        self.query = nn.Linear(d_model, d_model, bias=False)
        self.value = nn.Linear(d_model, d_model // heads * groups, bias=False)
        self.out = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.key(x).unflatten(-1, (self.groups, -1)).transpose(1, 2)
        turned_keys = rotary_positions(y, theta=self.theta)
        y = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        turned_queries = rotary_positions(y, theta=self.theta)
        x = self.value(x).unflatten(-1, (self.groups, -1)).transpose(1, 2)
        x = F.scaled_dot_product_attention(
            turned_queries, turned_keys, x, is_causal=True, enable_gqa=True
        )
        x = x.transpose(1, 2).flatten(2)
        return self.out(x)


class SwiGLU(nn.Module):
    """A small network for each word by itself; one half decides how much of the other passes.

    x (N, T, d_model) -> (N, T, d_model)
    """

    def __init__(self, d_model: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(d_model, hidden, bias=False), nn.SiLU())
        self.up = nn.Linear(d_model, hidden, bias=False)
        self.down = nn.Linear(hidden, d_model, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(self.gate(x) * self.up(x))


class Block(nn.Module):
    """Attention, then a gated network for each word by itself; both add to what passes through.

    x (N, T, d_model) -> (N, T, d_model)
    """

    def __init__(self, d_model: int, heads: int, groups: int, theta: float, hidden: int) -> None:
        super().__init__()
        self.attend = nn.Sequential(
            nn.RMSNorm(d_model, eps=1e-05),
            Attention(d_model, heads, groups, theta),
        )
        self.mlp = nn.Sequential(nn.RMSNorm(d_model, eps=1e-05), SwiGLU(d_model, hidden))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attend(x)
        return x + self.mlp(x)


class Llama(nn.Module):
    """tokens (N, context) -> logits (N, context, words)"""

    def __init__(
        self,
        words: int = 128256,
        d_model: int = 4096,
        heads: int = 32,
        groups: int = 8,
        theta: float = 500000.0,
        hidden: int = 14336,
        layers: int = 32,
    ) -> None:
        super().__init__()
        self.word = nn.Embedding(words, d_model)
        self.blocks = nn.Sequential(
            *(Block(d_model, heads, groups, theta, hidden) for _ in range(layers))
        )
        self.head = nn.Sequential(
            nn.RMSNorm(d_model, eps=1e-05),
            nn.Linear(d_model, words, bias=False),
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.word(tokens)
        x = self.blocks(x)
        return self.head(x)
