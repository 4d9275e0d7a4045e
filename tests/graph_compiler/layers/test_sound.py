"""The spectrogram against the discrete Fourier transform written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from graph_compiler.layer import Mismatch, Params
from graph_compiler.modules.spectrogram import Spectrogram
from graph_compiler.registry import layer
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


@pytest.mark.parametrize("scale", ["log", "amplitude", "power"])
def test_it_is_the_fourier_transform_of_windowed_pieces(scale: str) -> None:
    size, hop, length = 16, 6, 50
    module = Spectrogram(size, hop, scale)
    waves = torch.randn(3, 2, length, dtype=torch.float32)
    found = module(waves).numpy()
    window = [math.sin(math.pi * n / size) ** 2 for n in range(size)]
    padded = np.pad(waves.numpy(), ((0, 0), (0, 0), (size // 2, size // 2)), mode="reflect")
    for time in range(length // hop + 1):
        piece = padded[..., time * hop : time * hop + size] * window
        for pitch in range(size // 2 + 1):
            turning = np.exp(-2j * np.pi * pitch * np.arange(size) / size)
            loud = np.abs((piece * turning).sum(-1))
            expected = {"log": np.log1p(loud), "amplitude": loud, "power": loud**2}[scale]
            assert found[:, :, pitch, time] == pytest.approx(expected, abs=2e-4)


def test_a_pure_tone_is_one_bright_line() -> None:
    tone = torch.sin(2 * math.pi * 10 / 128 * torch.arange(1600))[None, None]
    found = Spectrogram(128, 64)(tone)
    assert found.shape == (1, 1, 65, 26)
    assert found[0, 0].argmax(0).tolist()[1:-1] == [10] * 24


def test_nothing_of_it_is_saved_with_the_weights() -> None:
    assert not Spectrogram(256).state_dict()


def test_a_window_longer_than_the_sound_is_refused() -> None:
    params = Params({"size": 256, "hop": 128, "scale": "log"})
    with pytest.raises(Mismatch) as caught:
        layer("Spectrogram").output(params, TensorType((N, 1, 100)))
    assert str(caught.value) == (
        "size: expected a window shorter than twice the 100 values of the sound, got 256. "
        "Use a shorter window, or longer sounds."
    )
