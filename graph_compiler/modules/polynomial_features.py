"""Products of features, for polynomial regression inside a network."""

import torch
from torch import nn


class PolynomialFeatures(nn.Module):
    """x (N, *, features) -> (N, *, products), by degree and then in the order of the features"""

    factors: torch.Tensor

    def __init__(
        self,
        features: int,
        degree: int = 2,
        interaction_only: bool = False,
        include_bias: bool = False,
    ) -> None:
        super().__init__()
        step = 1 if interaction_only else 0
        level: list[tuple[int, ...]] = [()]
        products = list(level) if include_bias else []
        for _ in range(degree):
            level = [
                (*product, feature)
                for product in level
                for feature in range(product[-1] + step if product else 0, features)
            ]
            products += level
        # shorter products are filled up with the number behind the last feature, which reads a 1
        rows = [(*product, *[features] * (degree - len(product))) for product in products]
        self.register_buffer("factors", torch.tensor(rows), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.cat((x, torch.ones_like(x[..., :1])), dim=-1)
        return x[..., self.factors].prod(dim=-1)
