"""Composition of two vectors with the neural tensor (Socher et al., 2013), alone and over trees."""

import torch
from torch import nn


class NeuralTensor(nn.Module):
    """left, right (N, *, features) -> tanh([l; r]ᵀ V [l; r] + W [l; r] + b) (N, *, features)"""

    def __init__(self, features: int, bias: bool = True) -> None:
        super().__init__()
        bound = (2 * features) ** -0.5
        tensor = torch.empty(features, 2 * features, 2 * features)
        self.tensor = nn.Parameter(tensor.uniform_(-bound, bound))
        self.linear = nn.Linear(2 * features, features, bias=bias)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        both = torch.cat((left, right), dim=-1)
        rows = torch.einsum("...i,kij->...kj", both, self.tensor)
        return torch.tanh((rows @ both.unsqueeze(-1)).squeeze(-1) + self.linear(both))


class TreeEncoder(nn.Module):
    """words, left, right (N, nodes) -> a vector for every node of the trees (N, nodes, features)

    A tree is a row of nodes, children before parents. A leaf has a word, and -1 as its children;
    any other node has the places of its two children, and its word is not read.
    """

    def __init__(self, words: int, features: int, bias: bool = True) -> None:
        super().__init__()
        self.word = nn.Embedding(words, features)
        self.compose = NeuralTensor(features, bias=bias)

    def forward(self, words: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        leaves: torch.Tensor = self.word(words)
        found = leaves[:, :1]
        row = torch.arange(len(words), device=words.device)
        for node in range(1, words.shape[1]):
            children = found[row, left[:, node]], found[row, right[:, node]]
            is_leaf = left[:, node, None] < 0
            vector = torch.where(is_leaf, leaves[:, node], self.compose(*children))
            found = torch.cat((found, vector.unsqueeze(1)), dim=1)
        return found
