"""A network emitted by NN Studio.

RowReader
"""

import torch
from torch import nn

__all__ = ["RowReader"]


class MemoryCell(nn.Module):
    """One step: forget a part of the memory, write to it, and show a part of it.

    c (N, units), h (N, units), x (N, x_features) -> c (N, units), h (N, units)
    """

    def __init__(self, x_features: int, units: int = 64) -> None:
        super().__init__()
        self.forget = nn.Sequential(nn.Linear(x_features + units, units), nn.Sigmoid())
        self.write = nn.Sequential(nn.Linear(x_features + units, units), nn.Sigmoid())
        self.content = nn.Sequential(nn.Linear(x_features + units, units), nn.Tanh())
        self.tanh = nn.Tanh()
        self.show = nn.Sequential(nn.Linear(x_features + units, units), nn.Sigmoid())

    def forward(
        self, c: torch.Tensor, h: torch.Tensor, x: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        both = torch.cat((x, h), dim=1)
        kept = c * self.forget(both)
        added = self.write(both) * self.content(both)
        x = kept + added
        return x, self.tanh(x) * self.show(both)


class RowReader(nn.Module):
    """image (N, 1, 8, 8) -> logits (N, classes)"""

    def __init__(self, units: int = 64, classes: int = 10) -> None:
        super().__init__()
        self.units = units
        self.lstm = MemoryCell(8, units=units)
        self.fc = nn.Linear(units, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = image[:, 0]
        c = x.new_zeros(x.shape[0], self.units)
        h = x.new_zeros(x.shape[0], self.units)
        for step in x.unbind(1):
            c, h = self.lstm(c, h, step)
        return self.fc(h)
