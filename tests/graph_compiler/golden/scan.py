"""A network emitted by NN Studio.

Reader
"""

import torch
from torch import nn

__all__ = ["Reader"]


class Cell(nn.Module):
    """h (N, hidden), x (N, x_features) -> (N, hidden)"""

    def __init__(self, x_features: int, hidden: int = 8) -> None:
        super().__init__()
        self.of_h = nn.Linear(hidden, hidden, bias=False)
        self.of_x = nn.Linear(x_features, hidden)
        self.tanh = nn.Tanh()

    def forward(self, h: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return self.tanh(self.of_x(x) + self.of_h(h))


class Reader(nn.Module):
    """words (N, 9, 3) -> logits (N, 2), states (N, 9, units)"""

    def __init__(self, units: int = 6) -> None:
        super().__init__()
        self.units = units
        self.there = Cell(3, hidden=units)
        self.back = Cell(units, hidden=units)
        self.fc = nn.Linear(units, 2)

    def forward(self, words: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = words.new_zeros(words.shape[0], self.units)
        outputs = []
        for step in words.unbind(1):
            h = self.there(h, step)
            outputs.append(h)
        there = torch.stack(outputs, dim=1)
        outputs = []
        for step in reversed(there.unbind(1)):
            h = self.back(h, step)
            outputs.append(h)
        states = torch.stack(outputs[::-1], dim=1)
        return self.fc(h), states
