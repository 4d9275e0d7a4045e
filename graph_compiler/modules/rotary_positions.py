"""Rotary positions: pairs of features turned by their place (Su et al., 2021)."""

import torch


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
