"""A sparsely gated mixture of experts (Shazeer et al., 2017; Fedus, Zoph, Shazeer, 2021)."""

import torch
from torch import nn


class MixtureOfExperts(nn.Module):
    """x (N, *, features) -> the same shape, and the balance (), 1 where all experts work alike"""

    def __init__(self, features: int, hidden: int, experts: int = 8, top_k: int = 2) -> None:
        super().__init__()
        self.top_k = top_k
        self.gate = nn.Linear(features, experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(features, hidden), nn.GELU(), nn.Linear(hidden, features))
            for _ in range(experts)
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rows = x.reshape(-1, x.shape[-1])
        chances = self.gate(rows).softmax(dim=-1)
        weights, chosen = chances.topk(self.top_k, dim=-1)
        if self.top_k > 1:  # a lone expert keeps its chance, or the gate would learn nothing
            weights = weights / weights.sum(dim=-1, keepdim=True)
        output = torch.zeros_like(rows)
        shares = []
        for number, expert in enumerate(self.experts):
            row, place = torch.where(chosen == number)
            output = output.index_add(0, row, weights[row, place, None] * expert(rows[row]))
            shares.append(row.numel() / chosen.numel())
        balance = len(shares) * (chances.mean(dim=0) * chances.new_tensor(shares)).sum()
        return output.view_as(x), balance
