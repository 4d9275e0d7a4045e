"""Pictures and sounds as a preview shows them: small, as bytes, with what is asked of each.

Owns the form of the entries under `images`: `size` (height, width, channels) and `bytes` (base64,
a byte a value), `label`, and where the target has them `boxes`, `mask` and `next`.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from graph_compiler.goals import places_of
from graph_compiler.model import DataFacts

LARGEST = 128
"""Pixels along a side; of larger pictures every second, third, … is shown."""
WAVE = (48, 128)
"""Height and width of the picture of a wave."""


def picture_entries(
    inputs: np.ndarray, targets: np.ndarray, facts: DataFacts, kind: str
) -> list[dict[str, Any]]:
    """The rows as entries; `kind` is `images` or `sounds`."""
    return [
        {
            **_picture(picture_of_sound(row) if kind == "sounds" else row),
            **_asked(target, row, facts),
        }
        for row, target in zip(inputs, targets, strict=True)
    ]


def _asked(target: np.ndarray, row: np.ndarray, facts: DataFacts) -> dict[str, Any]:
    """What is asked of a row, as far as it can be shown."""
    label = {"label": label_of(target, facts)}
    if facts.target == "mask" and len(facts.places) == 2:
        step = _step(target)
        shown = target[::step, ::step].astype(np.uint8)
        return {**label, "mask": {"size": list(shown.shape), "bytes": _bytes(shown)}}
    if facts.target == "value" and len(facts.places) == 2:
        return {**label, "next": _picture(target)}
    if facts.target == "several" and facts.name == "scenes":
        return label | _asked_at_once(target, facts)
    if facts.target == "value" and facts.outputs % 4 == 0 and facts.name == "scenes":
        return {**label, "boxes": np.asarray(target, float).reshape(-1, 4).round(4).tolist()}
    return label


def _asked_at_once(target: np.ndarray, facts: DataFacts) -> dict[str, Any]:
    """Boxes and mask of a row with several targets."""
    places, found = places_of(facts), {}
    if "boxes" in places:
        boxes = np.asarray(target[list(places["boxes"])], float)
        found["boxes"] = boxes.reshape(-1, 4).round(4).tolist()
    for one in facts.answers:
        if one.kind == "mask":
            pixels = target[list(places[one.name])].reshape(one.places)
            step = _step(pixels)
            shown = pixels[::step, ::step].astype(np.uint8)
            found["mask"] = {"size": list(shown.shape), "bytes": _bytes(shown)}
    return found


def label_of(target: np.ndarray, facts: DataFacts) -> str:
    """The target of a row in words; empty for one that is shown as a picture or not asked."""
    if facts.target == "class":
        return facts.classes[int(target)]
    if facts.target == "several" and facts.answers[0].classes:
        return facts.answers[0].classes[int(target[0])]
    if facts.target == "mask" and len(facts.places) == 1:
        return " ".join(facts.classes[int(word)] for word in target)
    if facts.target == "value" and not facts.places and facts.outputs < 4:
        return ", ".join(f"{number:g}" for number in np.ravel(target))
    return ""


def _picture(values: np.ndarray) -> dict[str, Any]:
    """A picture (channels, height, width) from 0 to 1: of several frames the last."""
    channels = 3 if len(values) % 3 == 0 else 1
    step = _step(values[0])
    shown = np.clip(values[-channels:, ::step, ::step], 0, 1).transpose(1, 2, 0)
    return {"size": list(shown.shape), "bytes": _bytes((255 * shown).round().astype(np.uint8))}


def picture_of_sound(values: np.ndarray) -> np.ndarray:
    """A spectrogram (1, pitches, times), low pitches below; a wave (1, n) as its picture."""
    if values.ndim == 3:
        return values[:, ::-1] / max(float(values.max()), 1e-9)
    height, width = WAVE
    wave = values[0] / max(float(np.abs(values).max()), 1e-9)
    pieces = np.array_split(wave, min(width, len(wave)))
    low, high = (
        np.array([(1 - f(piece)) / 2 * (height - 1) for piece in pieces]) for f in (np.max, np.min)
    )
    lines = np.arange(height)[:, None]
    return ((lines >= low - 0.5) & (lines <= high + 0.5))[None].astype(float)


def _step(values: np.ndarray) -> int:
    return -(-max(values.shape) // LARGEST)


def _bytes(values: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
