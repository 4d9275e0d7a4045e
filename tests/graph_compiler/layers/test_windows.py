"""What a window sees, measured by gradients, and the way back in words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def seen(module: nn.Module) -> int:
    """The widest stretch of input cells that an output cell far from the edges depends on."""
    x = torch.rand(1, 1, 40, requires_grad=True)
    y = module(x)
    widest = 0
    for place in range(y.shape[-1] // 3, 2 * y.shape[-1] // 3):
        (slope,) = torch.autograd.grad(y[0, 0, place], x, retain_graph=True)
        cells = slope[0, 0].nonzero()
        widest = max(widest, int(cells.max() - cells.min()) + 1)
    return widest


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("type", ["Conv1d", "ConvTranspose1d", "AvgPool1d"])
def test_windows_see_what_gradients_reach(type: str, kernel: int, stride: int) -> None:
    torch.manual_seed(0)
    given = {"kernel_size": kernel, "stride": stride}
    kind = getattr(nn, type)
    module = kind(**given) if type == "AvgPool1d" else kind(1, 1, **given)
    layer = layers()[type]
    params, _ = resolve(given, layer, {})
    assert layer.window is not None
    cells, steps = layer.window(params)
    back = type == "ConvTranspose1d" and stride > 1
    if not (back and kernel < stride):  # some cells then see nothing at all, all others one
        assert cells == (seen(module),)
    assert steps == (-stride if back else stride,)


def words(type: str, given: dict[str, Any], *shape: int) -> tuple[str, ...]:
    layer = layers()[type]
    params, _ = resolve(given, layer, {})
    x = TensorType((N, *shape))
    return tuple(layer.words(params, layer.output(params, x), x))


@pytest.mark.parametrize(
    ("type", "given", "shape", "lines"),
    [
        (
            "ConvTranspose2d",
            {"stride": 2, "padding": 1, "output_padding": 1, "out_channels": 8},
            (16, 7, 9),
            (
                "channels: 16 → 8, one a filter",
                "height: (7 − 1)·2 − 2·1 + 3 + 1 = 14",
                "width: (9 − 1)·2 − 2·1 + 3 + 1 = 18",
            ),
        ),
        (
            "Conv3d",
            {"dilation": 2, "stride": 2, "out_channels": 2},
            (1, 9, 10, 11),
            (
                "channels: 1 → 2, one a filter",
                "depth: ⌊(9 − 2·(3 − 1) − 1) / 2⌋ + 1 = 3",
                "height: ⌊(10 − 2·(3 − 1) − 1) / 2⌋ + 1 = 3",
                "width: ⌊(11 − 2·(3 − 1) − 1) / 2⌋ + 1 = 4",
            ),
        ),
        (
            "Conv1d",
            {"padding": "same"},
            (4, 20),
            ("channels: 4 → 16, one a filter", "length: 20, kept"),
        ),
        (
            "ZeroPad2d",
            {"padding": (1, 2, 0, -3)},
            (4, 8, 6),
            ("height: 8 + 0 − 3 = 5", "width: 6 + 1 + 2 = 9"),
        ),
        (
            "Upsample",
            {"scale_factor": 1.5},
            (4, 7),
            ("length: ⌊7·1.5⌋ = 10",),
        ),
    ],
)
def test_sizes_are_derived_in_words(
    type: str, given: dict[str, Any], shape: tuple[int, ...], lines: tuple[str, ...]
) -> None:
    assert words(type, given, *shape) == lines
