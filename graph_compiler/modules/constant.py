"""Numbers that never change."""

import torch
from torch import nn


class Constant(nn.Module):
    """The same numbers each time, moved along with the module."""

    value: torch.Tensor

    def __init__(
        self, values: tuple[float, ...], shape: tuple[int, ...] = (1,), dtype: str = "float"
    ) -> None:
        super().__init__()
        kind = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}[dtype]
        flat = torch.tensor(values, dtype=kind)
        value = flat.reshape(shape) if len(values) > 1 else flat.expand(shape).clone()
        self.register_buffer("value", value, persistent=False)

    def forward(self) -> torch.Tensor:
        return self.value
