"""The cell that the template draws is the long short-term memory that torch has ready-made."""

from __future__ import annotations

import torch
from torch import nn

from graph_compiler import compile_graph
from nnstudio.document.templates import load_target

PARTS = ("write", "forget", "content", "show")
"""The template's names, in the order in which torch stacks the weights."""


class Reference(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 64, batch_first=True)
        self.fc = nn.Linear(64, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.fc(self.lstm(image[:, 0])[1][0][0])


def test_it_equals_the_ready_made_layer_and_learns_alike() -> None:
    torch.manual_seed(0)
    ours = compile_graph(load_target("template:lstm-from-scratch").graph("main")).double()
    theirs = Reference().double()
    of_x, of_h, bias, _ = theirs.lstm.parameters()
    with torch.no_grad():
        theirs.lstm.bias_hh_l0.zero_()  # two offsets that are only ever added; one is drawn
        for number, part in enumerate(PARTS):
            rows = slice(64 * number, 64 * (number + 1))
            linear = ours.get_submodule(f"lstm.{part}.0")
            linear.weight.copy_(torch.cat((of_x[rows], of_h[rows]), dim=1))
            linear.bias.copy_(bias[rows])
    ours.get_submodule("fc").load_state_dict(theirs.fc.state_dict())
    image = torch.randn(5, 1, 8, 8, dtype=torch.float64)
    digits = torch.tensor([3, 0, 9, 1, 1])
    found, expected = ours(image), theirs(image)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    for scores in (found, expected):
        nn.functional.cross_entropy(scores, digits).backward()
    for number, part in enumerate(PARTS):
        rows = slice(64 * number, 64 * (number + 1))
        linear = ours.get_submodule(f"lstm.{part}.0")
        whole = torch.cat((of_x.grad[rows], of_h.grad[rows]), dim=1)
        torch.testing.assert_close(linear.weight.grad, whole, rtol=1e-10, atol=1e-14)
        torch.testing.assert_close(linear.bias.grad, bias.grad[rows], rtol=1e-10, atol=1e-14)
