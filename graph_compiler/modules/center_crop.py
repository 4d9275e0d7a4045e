"""The middle of a picture, as large as another picture."""

import torch


def center_crop(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """x (..., H, W), like (..., h, w) -> the middle of x (..., h, w)"""
    top = (x.shape[-2] - like.shape[-2]) // 2
    left = (x.shape[-1] - like.shape[-1]) // 2
    return x[..., top : top + like.shape[-2], left : left + like.shape[-1]]
