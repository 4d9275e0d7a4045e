"""Attention with linear biases: far places count less (Press, Smith, Lewis, 2022)."""

import torch


def alibi_slopes(heads: int) -> list[float]:
    """2 ** (-8 h / heads) for h = 1, …; other counts than powers of 2 borrow from the double"""
    power = 1 << (heads.bit_length() - 1)
    slopes = [2 ** (-8 * h / power) for h in range(1, power + 1)]
    return slopes + [2 ** (-4 * h / power) for h in range(1, 2 * (heads - power), 2)]


def alibi_mask(q: torch.Tensor, causal: bool = True) -> torch.Tensor:
    """q (N, heads, T, d) -> (heads, T, T), to be added to the scores"""
    _, heads, steps, _ = q.shape
    t = torch.arange(steps, device=q.device)
    apart = (t[:, None] - t[None, :]).to(q.dtype)
    bias = -q.new_tensor(alibi_slopes(heads))[:, None, None] * apart.abs()
    return bias.masked_fill(apart < 0, -torch.inf) if causal else bias
