"""Masks: a class at every pixel, and how much two of them have in common.

It becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import torch


def overlap(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Pixels that an answer and its mask share, of those that either has: mean over classes."""
    count = int(max(found.max(), wanted.max())) + 1
    pairs = torch.bincount((wanted * count + found).flatten(), minlength=count * count)
    pairs = pairs.view(count, count)
    both = pairs.diagonal()
    either = pairs.sum(0) + pairs.sum(1) - both
    return (both / either)[either > 0].mean()
