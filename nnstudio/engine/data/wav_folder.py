"""Sounds from folders: one folder of WAV files a class, each brought to one length.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nnstudio.engine.parts.spectrogram import spectrogram

SOURCE = {
    "title": "Folder of sounds",
    "doc": "WAV files of your own: a folder with one folder for each class.",
    "kind": "sounds",
    "group": "own",
    "target": '"class" if len(names) > 1 else "none"',
    "shape": '(1, 129, rate * length // 128000 + 1) if hear == "spectrogram" '
    "else (1, rate * length // 1000)",
    "outputs": "len(names)",
    "rows": "rows",
    "classes": (),
    "class_parts": ("names",),
    "columns": (),
    "kept": ("names", "rows"),
    "opens": "folder",
    "takes": (".wav",),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "folder", "doc": "the folder"},
        {
            "name": "hear",
            "kind": "choice",
            "default": "spectrogram",
            "choices": ("spectrogram", "wave"),
            "label": "sound as",
            "doc": "how loud every pitch is over time, or the bare wave",
        },
        {
            "name": "rate",
            "kind": "int",
            "default": 8000,
            "low": 1000,
            "high": 48000,
            "unit": "per second",
            "doc": "values a second to which every sound is brought",
        },
        {
            "name": "length",
            "kind": "int",
            "default": 1000,
            "low": 100,
            "high": 60000,
            "unit": "milliseconds",
            "doc": "longer sounds are cut off, shorter ones end in silence",
        },
    ),
}

PATH = ""
HEAR = "spectrogram"
RATE = 8000
LENGTH = 1000
NAMES: list[str] = []
MOST_FRAMES = 100_000_000
WHOLE = 1
FLOATS = 3
EXTENDED = 0xFFFE


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Sounds (rows, 1, ...), the number of each one's class."""
    files = [(file, n) for n, name in enumerate(NAMES) for file in sounds(Path(PATH, name))]
    waves = np.stack([heard(file, RATE, RATE * LENGTH // 1000) for file, _ in files])[:, None]
    labels = np.array([number for _, number in files])
    if HEAR == "spectrogram":
        return spectrogram(waves, 256), labels
    return waves, labels


def sounds(folder: Path) -> list[Path]:
    """The WAV files in a folder, by name."""
    return sorted(file for file in folder.iterdir() if file.suffix.lower() == ".wav")


def heard(file: Path, rate: int, length: int) -> np.ndarray:
    """The sound in a file from -1 to 1 (length,), all channels as one, at the given rate."""
    try:
        with open(file, "rb") as sound:
            kind, channels, own, width, size = beginning(sound, file)
            frames = size // (channels * width)
            if not 0 < frames <= MOST_FRAMES:
                raise ValueError(f"{file}: expected 1 to {MOST_FRAMES} frames, got {frames}.")
            data = sound.read(min(frames, -(-length * own // rate)) * channels * width)
    except OSError as error:
        raise ValueError(f"{file}: expected a WAV file, got something unreadable.") from error
    whole = len(data) // (channels * width)
    values = np.frombuffer(data, np.uint8, whole * channels * width).reshape(-1, width)
    if kind == FLOATS:
        amplitudes = values.view(f"<f{width}")[:, 0].astype(np.float64)
        if not np.isfinite(amplitudes).all():
            raise ValueError(f"{file}: expected finite numbers, got others.")
    elif width == 1:  # the only width without a sign
        amplitudes = values[:, 0] / 128 - 1
    else:
        full = np.zeros((len(values), 4), np.uint8)
        full[:, 4 - width :] = values
        amplitudes = full.view("<i4")[:, 0] / 2**31
    mono = amplitudes.reshape(whole, channels).mean(1)
    there = np.interp(np.arange(length) * own / rate, np.arange(whole), mono, right=0)
    return there.astype(np.float32)


def beginning(sound: BinaryIO, file: Path) -> tuple[int, int, int, int, int]:
    """Kind of numbers, channels, rate, bytes a number, and bytes of numbers, which come next."""
    kind = channels = rate = bits = 0
    if sound.read(4) == b"RIFF" and sound.read(8)[4:] == b"WAVE":
        while len(head := sound.read(8)) == 8:
            size, place = int.from_bytes(head[4:], "little"), sound.tell()
            if head[:4] == b"data" and channels and rate:
                width = -(-bits // 8)
                if width not in {WHOLE: (1, 2, 3, 4), FLOATS: (4, 8)}.get(kind, ()):
                    what = f"kind {kind} with {bits} bits a number"
                    raise ValueError(f"{file}: expected whole numbers or floats, got {what}.")
                there = sound.seek(0, 2) - place  # whoever writes to a pipe does not know the size
                sound.seek(place)
                return kind, channels, rate, width, min(size, there)
            if head[:4] == b"fmt ":
                form = sound.read(26).ljust(26, b"\0")
                kind, channels, rate, _, _, bits, _, _, _, extended = struct.unpack(
                    "<HHIIHHHHIH", form
                )
                kind = extended if kind == EXTENDED else kind
            sound.seek(place + size + size % 2)
    raise ValueError(f"{file}: expected a WAV file, got something unreadable.")
