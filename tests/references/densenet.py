"""DenseNet-BC for images in plain PyTorch, written from the paper alone: maps are kept in a list.

Huang, Liu, van der Maaten, Weinberger, Densely connected convolutional networks, 2017.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class DenseNet(nn.Module):
    """image (N, 3, H, W) -> scores (N, classes); growth k, bottlenecks of 4k, compression 0.5"""

    def __init__(self, depths: tuple[int, ...], growth: int, classes: int) -> None:
        super().__init__()
        count = 2 * growth
        self.first = nn.Conv2d(3, count, kernel_size=7, stride=2, padding=3, bias=False)
        self.first_norm = nn.BatchNorm2d(count)
        self.parts, self.transitions = nn.ModuleList(), nn.ModuleList()
        for number, depth in enumerate(depths):
            if number:
                half = count // 2
                norm, conv = nn.BatchNorm2d(count), nn.Conv2d(count, half, 1, bias=False)
                self.transitions.append(nn.ModuleList([norm, conv]))
                count = half
            part = nn.ModuleList()
            for _ in range(depth):
                inner = 4 * growth
                part.append(
                    nn.ModuleList(
                        [
                            nn.BatchNorm2d(count),
                            nn.Conv2d(count, inner, 1, bias=False),
                            nn.BatchNorm2d(inner),
                            nn.Conv2d(inner, growth, 3, padding=1, bias=False),
                        ]
                    )
                )
                count += growth
            self.parts.append(part)
        self.last_norm = nn.BatchNorm2d(count)
        self.classifier = nn.Linear(count, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.first_norm(self.first(image)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        for number, part in enumerate(self.parts):
            if number:
                norm, conv = self.transitions[number - 1]
                x = F.avg_pool2d(conv(F.relu(norm(x))), 2)
            maps = [x]
            for norm1, thin, norm2, wide in part:
                inner = thin(F.relu(norm1(torch.cat(maps, 1))))
                maps.append(wide(F.relu(norm2(inner))))
            x = torch.cat(maps, 1)
        return self.classifier(F.relu(self.last_norm(x)).mean((2, 3)))
