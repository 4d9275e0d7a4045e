"""Small folders of pictures, sounds and files in the forms that the sources read."""

from __future__ import annotations

import gzip
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three folders of twelve pictures each, of different formats and sizes, in one colour each."""
    folder = tmp_path / "pictures"
    random = np.random.default_rng(0)
    endings = (".png", ".jpg", ".bmp", ".gif")
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for number in range(12):
            size = random.integers(12, 40, 2)
            noise = random.integers(0, 40, (*size, 3))
            pixels = np.abs(np.array(colour) - noise).astype(np.uint8)
            file = folder / name / f"{number}{endings[number % 4]}"
            Image.fromarray(pixels).save(file)
        (folder / name / "notes.txt").write_text("no picture")
    (folder / ".hidden").mkdir()
    return folder


def idx(values: np.ndarray) -> bytes:
    """An idx file as the web page of MNIST describes it."""
    head = struct.pack(">BBBB", 0, 0, 8, values.ndim)
    return head + struct.pack(f">{values.ndim}I", *values.shape) + values.astype(np.uint8).tobytes()


@pytest.fixture
def write_idx() -> Callable[[np.ndarray], bytes]:
    """Makes idx files."""
    return idx


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """Forty and twenty pictures, the second pair packed."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    random = np.random.default_rng(0)
    for part, rows in (("train", 40), ("t10k", 20)):
        labels = np.arange(rows) % 10
        images = random.integers(0, 256, (rows, 28, 28))
        images[np.arange(rows), labels, :] = 255
        for name, values in (("images-idx3", images), ("labels-idx1", labels)):
            data = idx(values)
            if part == "train":
                (folder / f"{part}-{name}-ubyte").write_bytes(data)
            else:
                (folder / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(data))
    return folder


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    """Two training files and one test file of ten pictures each."""
    folder = tmp_path / "cifar"
    folder.mkdir()
    for number, name in enumerate(("data_batch_1", "data_batch_2", "test_batch")):
        rows = np.zeros((10, 3073), np.uint8)
        rows[:, 0] = np.arange(10)
        rows[:, 1:1025] = 200 + number  # red
        rows[:, 2049:] = 7  # blue
        (folder / f"{name}.bin").write_bytes(rows.tobytes())
    return folder


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Two pitches, eight sounds each, in every width and with one or two channels."""
    folder = tmp_path / "sounds"
    for name, pitch in (("high", 880), ("low", 220)):
        (folder / name).mkdir(parents=True)
        for number in range(8):
            width, channels = number % 4 + 1, number // 4 + 1
            with wave.open(str(folder / name / f"{number}.wav"), "wb") as file:
                file.setnchannels(channels)
                file.setsampwidth(width)
                file.setframerate(11025)
                tone = 0.5 * np.sin(2 * np.pi * pitch * np.arange(6000) / 11025)
                file.writeframes(pcm(np.repeat(tone, channels), width))
    return folder


def pcm(tone: np.ndarray, width: int) -> bytes:
    """Amplitudes as whole numbers of a width in bytes, the lowest byte first."""
    if width == 1:
        return np.round(tone * 127 + 128).astype(np.uint8).tobytes()
    whole = np.round(tone * (2 ** (8 * width - 1) - 1)).astype("<i8")
    return whole.view(np.uint8).reshape(-1, 8)[:, :width].tobytes()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Thirty frames of a bright line that walks down, named without leading zeros."""
    folder = tmp_path / "film"
    folder.mkdir()
    for number in range(30):
        frame = np.zeros((16, 16), np.uint8)
        frame[number % 16] = 255
        Image.fromarray(frame).save(folder / f"frame{number}.png")
    return folder
