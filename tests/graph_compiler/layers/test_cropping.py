"""The middle of a picture."""

from __future__ import annotations

import torch

from graph_compiler.modules.center_crop import center_crop


def test_the_middle_stays() -> None:
    x = torch.arange(30).reshape(1, 5, 6)
    assert center_crop(x, torch.empty(3, 4)).tolist() == [
        [[7, 8, 9, 10], [13, 14, 15, 16], [19, 20, 21, 22]]
    ]


def test_an_odd_rest_stays_below_and_right() -> None:
    x = torch.arange(4).reshape(1, 1, 4)
    assert center_crop(x, torch.empty(1, 3)).tolist() == [[[0, 1, 2]]]
