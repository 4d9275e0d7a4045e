"""What blanks values while training leaves them alone in use and keeps their mean."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.modules.drop_path import DropPath
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

KINDS = [("Dropout1d", 2), ("Dropout2d", 3), ("Dropout3d", 4), ("AlphaDropout", 0)]


@settings(deadline=None)
@given(
    kind=st.sampled_from([*KINDS, ("FeatureAlphaDropout", 1)]),
    p=st.floats(0, 1),
    sizes=st.lists(st.integers(1, 5), min_size=4, max_size=4),
)
def test_they_are_torchs(agree: Any, kind: tuple[str, int], p: float, sizes: list[int]) -> None:
    name, axes = kind
    x = TensorType((N, *sizes[: axes or 2]))
    assert agree(name, {"p": p}, [x], lambda: getattr(nn, name)(p))


@pytest.mark.parametrize("shape", [(4000,), (4000, 3), (4000, 2, 3, 2)])
def test_a_dropped_path_is_dropped_for_the_whole_example(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = torch.rand(shape) + 0.5
    y = DropPath(0.25)(x)
    rows, scaled = y.reshape(4000, -1), (x / 0.75).reshape(4000, -1)
    gone = (rows == 0).all(dim=1)
    assert torch.allclose(rows[~gone], scaled[~gone])
    assert 900 < int(gone.sum()) < 1100


def test_in_use_every_path_is_there() -> None:
    x = torch.rand(5, 3)
    assert DropPath(0.9).eval()(x) is x
    assert DropPath(0.0)(x) is x
    assert not DropPath(1.0)(x).any()


def test_what_is_not_dropped_has_its_gradient() -> None:
    torch.manual_seed(1)
    x = torch.rand(8, 3, requires_grad=True)
    y = DropPath(0.5)(x)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad != 0, y != 0)
