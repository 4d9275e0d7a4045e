"""The canvas's colours, pens and fonts, made from the theme's tokens once and kept.

Knows Qt and the theme. Colours of data kinds belong to ports and wires; a family's colour belongs
to the tick and the glyph of a node, so that the two never have to be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen

from nnstudio import theme as themes
from nnstudio.theme import Theme
from nnstudio.theme.style import mix, mono, sans
from nnstudio.theme.tokens import TYPE_BODY, TYPE_SMALL


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Everything that painting needs from a theme."""

    theme: Theme
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
    found = _made.get(theme.name)
    if found is None or found.theme is not theme:
        found = _made[theme.name] = _make(theme)
    return found


def _make(theme: Theme) -> Look:
    port = mix(theme.wire, theme.text, 0.35 if theme.dark else 0.2)
    return Look(
        theme=theme,
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
            "float": QColor(port),
            "any": QColor(port),
            "int": QColor(theme.validation),
            "bool": QColor(theme.gradient),
        },
        families={},
    )


_fonts: dict[str, tuple[QFont, QFontMetricsF]] = {}


def font(role: str) -> QFont:
    """The font of `name`, `title`, `label`, `value`, `foot` or `frame`."""
    return _font(role)[0]


def metrics(role: str) -> QFontMetricsF:
    """The measures of that font."""
    return _font(role)[1]


def width(role: str, text: str) -> float:
    """How wide a text is in canvas units."""
    return _font(role)[1].horizontalAdvance(text)


def _font(role: str) -> tuple[QFont, QFontMetricsF]:
    found = _fonts.get(role)
    if found is None:
        made = {
            "name": lambda: sans(TYPE_BODY, QFont.Weight.DemiBold),
            "title": lambda: sans(TYPE_SMALL),
            "label": lambda: sans(TYPE_SMALL),
            "value": lambda: mono(TYPE_SMALL, QFont.Weight.Medium),
            "foot": lambda: mono(10.5),
            "frame": lambda: sans(TYPE_SMALL, QFont.Weight.DemiBold),
            "big": lambda: sans(20, QFont.Weight.DemiBold),
        }[role]()
        # Text keeps its proportions when the view is zoomed only without hinting.
        made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        found = _fonts[role] = (made, QFontMetricsF(made))
    return found
