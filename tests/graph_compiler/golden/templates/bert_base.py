"""A network emitted by NN Studio.

BERT
"""

import torch
from torch import nn

__all__ = ["BERT"]


class EncoderLayer(nn.Module):
    """All words look at one another, then each is digested on its own; a norm follows each sum.

    sequence (N, T, d_model), unseen (N, T) -> (N, T, d_model)
    """

    def __init__(
        self, d_model: int = 768, heads: int = 12, hidden: int = 3072, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(d_model, heads, dropout=dropout, batch_first=True)
        self.drop1 = nn.Dropout(dropout)
        self.norm1 = nn.LayerNorm(d_model, eps=1e-12)
        self.mlp = nn.Sequential(
            nn.Linear(d_model, hidden),
            nn.GELU(),
            nn.Linear(hidden, d_model),
            nn.Dropout(dropout),
        )
        self.norm2 = nn.LayerNorm(d_model, eps=1e-12)

    def forward(self, sequence: torch.Tensor, unseen: torch.Tensor) -> torch.Tensor:
        x = self.attention(
            sequence, sequence, sequence, key_padding_mask=unseen, need_weights=False
        )[0]
        x = self.norm1(sequence + self.drop1(x))
        return self.norm2(x + self.mlp(x))


class BERT(nn.Module):
    """tokens (N, length), types (N, length) -> masked (N, length, words), next_sentence (N, 2)"""

    def __init__(
        self,
        context: int = 512,
        d_model: int = 768,
        words: int = 30522,
        types: int = 2,
        dropout: float = 0.1,
        heads: int = 12,
        hidden: int = 3072,
        layers: int = 12,
    ) -> None:
        super().__init__()
        self.position = nn.Embedding(context, d_model)
        self.word = nn.Embedding(words, d_model, padding_idx=0)
        self.token_type = nn.Embedding(types, d_model)
        self.embedding = nn.Sequential(nn.LayerNorm(d_model, eps=1e-12), nn.Dropout(dropout))
        self.encoder = nn.ModuleList(
            EncoderLayer(d_model=d_model, heads=heads, hidden=hidden, dropout=dropout)
            for _ in range(layers)
        )
        self.transform = nn.Sequential(
            nn.Linear(d_model, d_model),
            nn.GELU(),
            nn.LayerNorm(d_model, eps=1e-12),
        )
        self.scores = nn.Linear(d_model, words)
        self.pooled = nn.Sequential(nn.Linear(d_model, d_model), nn.Tanh())
        self.follows = nn.Linear(d_model, 2)
        self.scores.weight = self.word.weight  # shared

    def forward(
        self, tokens: torch.Tensor, types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        position = self.position(torch.arange(tokens.shape[1], device=tokens.device))
        unseen = tokens == 0
        x = self.word(tokens) + position + self.token_type(types)
        x = self.embedding(x)
        encoder = x
        for block in self.encoder:
            encoder = block(encoder, unseen)
        transform = self.transform(encoder)
        x = encoder[:, 0]
        x = self.pooled(x)
        return self.scores(transform), self.follows(x)
