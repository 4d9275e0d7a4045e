"""The canvas's colours, pens and fonts, made from the theme's tokens once and kept.

Knows Qt and the theme. Colours of data kinds belong to ports and wires; a family's colour belongs
to the tick and the glyph of a node, so that the two never have to be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen

from nnstudio import theme as themes
from nnstudio.theme import Theme
from nnstudio.theme.scale import port_factor
from nnstudio.theme.style import mix, mono, sans
from nnstudio.theme.tokens import TYPE_BODY, TYPE_SMALL


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Everything that painting needs from a theme."""

    theme: Theme
    ports: float
    """How much larger ports are than usual."""
    ground: QColor
    dot: QColor
    body: QColor
    border: QColor
    control: QColor
    """The line of what carries a meaning: at least 3:1 on the body."""
    chip: QColor
    rule: QColor
    text: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    wire: QColor
    wire_hover: QColor
    good: QColor
    bad: QColor
    warning: QColor
    severities: dict[str, QColor]
    kinds: dict[str, QColor]
    """dtype of a tensor to the colour of its ports and wires."""
    families: dict[str, QColor]

    def pen(self, colour: QColor, width: float) -> QPen:
        """A pen of a width in canvas units."""
        return QPen(colour, width)

    def family(self, name: str) -> QColor:
        """A layer family's colour."""
        found = self.families.get(name)
        if found is None:
            found = self.families[name] = QColor(self.theme.family(name))
        return found

    def kind(self, dtype: str) -> QColor:
        """A dtype's colour."""
        return self.kinds.get(dtype, self.wire)


_made: dict[str, Look] = {}


_instead: list[Theme] = []


@contextmanager
def painted_in(theme: Theme) -> Iterator[None]:
    """Paint in a theme other than the window's, for pictures."""
    _instead.append(theme)
    try:
        yield
    finally:
        _instead.pop()


def look() -> Look:
    """The look of the theme in use."""
    theme = _instead[-1] if _instead else themes.current()
    ports = 1.0 if _instead else port_factor()
    found = _made.get(theme.name)
    if found is None or found.theme is not theme or found.ports != ports:
        found = _made[theme.name] = _make(theme, ports)
    return found


def _make(theme: Theme, ports: float) -> Look:
    return Look(
        theme=theme,
        ports=ports,
        ground=QColor(theme.ground),
        dot=QColor(mix(theme.ground, theme.text, 0.10 if theme.dark else 0.13)),
        body=QColor(mix(theme.panel, theme.raised, 0.5 if theme.dark else 0.0)),
        border=QColor(mix(theme.line, theme.text, 0.06 if theme.dark else 0.04)),
        control=QColor(theme.control),
        chip=QColor(theme.raised),
        rule=QColor(theme.line),
        text=QColor(theme.text),
        muted=QColor(theme.muted),
        accent=QColor(theme.accent),
        on_accent=QColor(theme.on_accent),
        wire=QColor(theme.wire),
        wire_hover=QColor(mix(theme.wire, theme.text, 0.5)),
        good=QColor(theme.good),
        bad=QColor(theme.bad),
        warning=QColor(theme.warning),
        severities={
            "error": QColor(theme.bad),
            "warning": QColor(theme.warning),
            "hint": QColor(theme.accent),
        },
        kinds={
            **{kind: QColor(colour) for kind, colour in theme.kinds.items()},
            **{kind: QColor(theme.kinds["float"]) for kind in ("any", "number", "state")},
        },
        families={},
    )


_fonts: dict[str, tuple[QFont, QFontMetricsF]] = {}


def font(role: str) -> QFont:
    """The font of `name`, `title`, `label`, `value`, `foot`, `note` or `frame`."""
    return _font(role)[0]


def metrics(role: str) -> QFontMetricsF:
    """The measures of that font."""
    return _font(role)[1]


@lru_cache(maxsize=20_000)
def width(role: str, text: str) -> float:
    """How wide a text is in canvas units."""
    return _font(role)[1].horizontalAdvance(text)


def _font(role: str) -> tuple[QFont, QFontMetricsF]:
    found = _fonts.get(role)
    if found is None:
        made = {
            "name": lambda: sans(TYPE_BODY, QFont.Weight.DemiBold, scaled=False),
            "title": lambda: sans(TYPE_SMALL, scaled=False),
            "label": lambda: sans(TYPE_SMALL, scaled=False),
            "value": lambda: mono(TYPE_SMALL, QFont.Weight.Medium, scaled=False),
            "foot": lambda: mono(10.5, scaled=False),
            "note": lambda: sans(TYPE_BODY, scaled=False),
            "frame": lambda: sans(TYPE_SMALL, QFont.Weight.DemiBold, scaled=False),
            "port": lambda: sans(10.5),
            "big": lambda: sans(20, QFont.Weight.DemiBold, scaled=False),
        }[role]()
        # Text keeps its proportions when the view is zoomed only without hinting.
        made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        found = _fonts[role] = (made, QFontMetricsF(made))
    return found
