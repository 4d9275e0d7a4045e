"""Labels, headings and numbers as the panels write them."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from nnstudio.theme import style

_SPACE = "\u202f"
_GROUPED = re.compile(r"\b\d{1,3}(?:,\d{3})+\b")


def label(text: str = "", role: str = "", name: str = "", *, wrap: bool = True) -> QLabel:
    """A label of plain text, which may have come from a file."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    made.setMinimumWidth(24)
    if name:
        made.setObjectName(name)
    if role:
        style.role(made, role)
    return made


def number(value: int) -> str:
    """A whole number in groups of three digits."""
    return f"{value:,}".replace(",", _SPACE)


def measured(value: float) -> str:
    """A number of a table in four digits; whole ones below a thousand million in full."""
    if float(value).is_integer() and abs(value) < 10**9:
        return number(int(value)).replace("-", "−")
    if 1000 <= abs(value) < 10**9:
        return number(round(value)).replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def spaced(text: str) -> str:
    """The numbers of a sentence in groups as the panels write them: `1,797` becomes `1 797`."""
    return _GROUPED.sub(lambda found: found.group().replace(",", _SPACE), text)


def count(value: int, one: str, many: str = "") -> str:
    """`1 layer`, `2 layers`."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def brief(value: int) -> str:
    """A large number with its unit: `417 k`, `61.7 M`."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if value >= 10 * size or (value >= size and unit != "k"):
            return f"{value / size:.3g}{_SPACE}{unit}"
    return number(value)


def size(of_bytes: int) -> str:
    """`512 bytes`, `2.41 kB`."""
    for unit, power in (("GB", 30), ("MB", 20), ("kB", 10)):
        if of_bytes >= 1 << power:
            return f"{of_bytes / (1 << power):.3g} {unit}"
    return f"{of_bytes} bytes"
