"""A network emitted by NN Studio.

GPT2
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["GPT2"]


class CausalSelfAttention(nn.Module):
    """Each word asks, and itself and the words before it answer, several ways at once.

    x (N, T, d_model) -> (N, T, d_model)
    """

    def __init__(self, d_model: int, dropout: float, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.projection = nn.Sequential(nn.Linear(d_model, d_model), nn.Dropout(dropout))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.qkv(x).chunk(3, dim=-1)
        key = key.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        query = query.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        value = value.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        x = F.scaled_dot_product_attention(
            query, key, value, dropout_p=self.dropout if self.training else 0.0, is_causal=True
        )
        x = x.transpose(1, 2).flatten(2)
        return self.projection(x)


class Block(nn.Module):
    """Attention, then a small network for each word by itself; both add to what passes through.

    x (N, T, d_model) -> (N, T, d_model)
    """

    def __init__(self, d_model: int, dropout: float, heads: int) -> None:
        super().__init__()
        self.attend = nn.Sequential(
            nn.LayerNorm(d_model),
            CausalSelfAttention(d_model, dropout, heads),
        )
        self.mlp = nn.Sequential(
            nn.LayerNorm(d_model),
            nn.Linear(d_model, 4 * d_model),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * d_model, d_model),
            nn.Dropout(dropout),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attend(x)
        return x + self.mlp(x)


class GPT2(nn.Module):
    """tokens (N, context) -> logits (N, context, words)"""

    def __init__(
        self,
        context: int = 1024,
        d_model: int = 768,
        words: int = 50257,
        dropout: float = 0.1,
        heads: int = 12,
        layers: int = 12,
    ) -> None:
        super().__init__()
        self.position = nn.Embedding(context, d_model)
        self.word = nn.Embedding(words, d_model)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(Block(d_model, dropout, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(d_model)
        self.scores = nn.Linear(d_model, words, bias=False)
        self.scores.weight = self.word.weight  # shared

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.position(torch.arange(tokens.shape[1], device=tokens.device))
        x = self.drop(self.word(tokens) + x)
        x = self.blocks(x)
        return self.scores(self.norm(x))
