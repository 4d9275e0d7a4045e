"""A network emitted by NN Studio.

Page
"""

import torch
from torch import nn

__all__ = ["Page"]


class Cell(nn.Module):
    """h (N, hidden), x (N, x_features) -> (N, hidden)"""

    def __init__(self, x_features: int, hidden: int = 8) -> None:
        super().__init__()
        self.of_h = nn.Linear(hidden, hidden, bias=False)
        self.of_x = nn.Linear(x_features, hidden)
        self.tanh = nn.Tanh()

    def forward(self, h: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return self.tanh(self.of_x(x) + self.of_h(h))


class Line(nn.Module):
    """x (N, T, in_features) -> (N, T, units)"""

    def __init__(self, in_features: int, units: int = 4) -> None:
        super().__init__()
        self.units = units
        self.read = Cell(in_features, hidden=units)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x.new_zeros(x.shape[0], self.units)
        outputs = []
        for step in reversed(x.unbind(1)):
            h = self.read(h, step)
            outputs.append(h)
        return torch.stack(outputs[::-1], dim=1)


class Page(nn.Module):
    """words (N, 7, 5, 3) -> states (N, 7, 5, 4)"""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Line(3)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        outputs = []
        for step in words.unbind(1):
            y_now = self.lines(step)
            outputs.append(y_now)
        return torch.stack(outputs, dim=1)
