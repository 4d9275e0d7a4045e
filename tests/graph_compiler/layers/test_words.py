"""A size's derivation in words says the arithmetic that a person would write down."""

from __future__ import annotations

from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def test_words_derive_the_size() -> None:
    layer = layers()["Conv2d"]
    params, _ = resolve({"kernel_size": 5, "padding": 2, "out_channels": 6}, layer, {})
    x = TensorType((N, 1, 28, 28))
    assert layer.words(params, layer.output(params, x), x) == (
        "channels: 1 → 6, one a filter",
        "height: 28 + 2·2 − 5 + 1 = 28",
        "width: 28 + 2·2 − 5 + 1 = 28",
    )


def test_words_of_pooling_round_down_and_up() -> None:
    layer = layers()["MaxPool2d"]
    x = TensorType((N, 2, 7, 9))
    down, _ = resolve({}, layer, {})
    up, _ = resolve({"ceil_mode": True, "kernel_size": (2, 4)}, layer, {})
    assert layer.words(down, layer.output(down, x), x) == (
        "height: ⌊(7 − 2) / 2⌋ + 1 = 3",
        "width: ⌊(9 − 2) / 2⌋ + 1 = 4",
    )
    assert layer.words(up, layer.output(up, x), x) == (
        "height: ⌈(7 − 2) / 2⌉ + 1 = 4",
        "width: ⌈(9 − 4) / 4⌉ + 1 = 3",
    )
