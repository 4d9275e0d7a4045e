"""Distances between vectors, for losses that let one choose."""

import torch
import torch.nn.functional as F


def cosine_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a, b (N, *, features) -> 1 - cos(a, b) (N, *)"""
    return 1 - F.cosine_similarity(a, b, dim=-1)


def squared_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a, b (N, *, features) -> |a - b|² (N, *)"""
    return (a - b).square().sum(dim=-1)
