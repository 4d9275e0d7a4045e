"""A linear layer and cross-entropy in one, which only the newest torch has."""

import torch
import torch.nn.functional as F
from torch import nn


class LinearCrossEntropyLoss(nn.Module):
    """x (N, in_features), target (N, *out_features) -> (), or the shape of the targets"""

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        weight: tuple[float, ...] | None = None,
        reduction: str = "mean",
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.out_features, self.weight, self.reduction = out_features, weight, reduction
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing
        scores = num_classes
        for size in out_features:
            scores *= size
        self.linear = nn.Linear(in_features, scores, bias=bias)

    def forward(self, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        scores = self.linear(x)
        scores = scores.view(len(x), -1, *self.out_features)
        return F.cross_entropy(
            scores,
            target,
            weight=None if self.weight is None else x.new_tensor(self.weight),
            ignore_index=-100 if target.is_floating_point() else self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
