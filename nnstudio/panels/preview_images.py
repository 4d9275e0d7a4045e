"""Pictures of a preview as the worker sends them, turned into what can be painted.

What came through the worker's pipe is not trusted: sizes and lengths are checked. Owns the form of
an entry on the window's side.
"""

from __future__ import annotations

import math
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QColor, QImage

LARGEST = 512


@dataclass(frozen=True, slots=True)
class Shown:
    """One example: its picture, and what is asked of it."""

    picture: QImage
    label: str
    mask: QImage | None = None
    """The class of every pixel, as a grey of this number."""
    following: QImage | None = None
    """The picture that is to be foreseen."""
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    """Middle, width and height in shares of the picture."""


def shown_of(entry: Any) -> Shown | None:
    """An entry of the answer; None where it is none."""
    if not isinstance(entry, dict) or (picture := picture_of(entry)) is None:
        return None
    return Shown(
        picture,
        str(entry.get("label", "")),
        picture_of(entry.get("mask")),
        picture_of(entry.get("next")),
        tuple(box for one in _list(entry.get("boxes"))[:100] if (box := _box(one))),
    )


def picture_of(entry: Any) -> QImage | None:
    """A picture of its size and bytes, grey or in colour; None where it is none."""
    if not isinstance(entry, dict):
        return None
    size, text = _list(entry.get("size")), entry.get("bytes")
    if not 2 <= len(size) <= 3 or not isinstance(text, str):
        return None
    if any(type(n) is not int or not 0 < n <= LARGEST for n in size):
        return None
    height, width, channels = (*size, 1)[:3]
    try:
        data = b64decode(text, validate=True)
    except (Error, ValueError):
        return None
    if channels not in (1, 3) or len(data) != height * width * channels:
        return None
    grey = channels == 1
    format = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    # A copy, because the picture does not keep the bytes that it was made of.
    return QImage(data, width, height, width * channels, format).copy()


def tinted(mask: QImage, colours: list[QColor]) -> QImage:
    """The classes of a mask in colours, see-through; class 0 is clear."""
    clear = QColor(0, 0, 0, 0)
    table = [clear.rgba()]
    for number in range(255):
        colour = QColor(colours[number % len(colours)])
        colour.setAlpha(150)
        table.append(colour.rgba())
    classes = QImage(mask.width(), mask.height(), QImage.Format.Format_ARGB32)
    for y in range(mask.height()):
        for x in range(mask.width()):
            classes.setPixel(x, y, table[mask.pixelColor(x, y).red()])
    return classes


def _box(value: Any) -> tuple[float, float, float, float] | None:
    numbers = [float(n) for n in _list(value) if isinstance(n, int | float) and math.isfinite(n)]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
