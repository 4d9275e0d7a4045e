"""The design tokens: what a theme names, sizes and type sizes. The colours are in `themes`.

Plain data without Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GRID = 4
"""Every distance is a multiple of this many pixels."""

RADIUS_CONTROL, RADIUS_NODE, RADIUS_CARD = 6, 9, 12
TYPE_SMALL, TYPE_BODY, TYPE_TITLE, TYPE_HEAD = 11.0, 12.5, 14.0, 16.0
TYPE_CODE = 12.0
"""Type sizes in pixels at 100 %."""

GLYPHS: Mapping[str, str] = {
    "io": "circle",
    "dense": "grid",
    "convolution": "window",
    "pooling": "funnel",
    "activation": "curve",
    "shape": "fold",
    "regularization": "drops",
    "operation": "plus",
    "normalization": "bell",
    "embedding": "table-row",
    "recurrent": "loop-back",
    "attention": "arcs",
    "transformer": "stack",
    "loss": "bowl",
    "metric": "gauge",
    "energy": "bolt",
    "capsule": "pill",
    "tree": "tree",
    "structure": "switch",
    "block": "block",
    "code": "code",
}
"""Layer family to the icon `assets/icons/GLYPH.svg` that stands beside its colour."""


TINTS = ("blue", "cyan", "green", "yellow", "orange", "red", "violet", "grey")
"""Names of the colours that a person gives to nodes, frames and notes; files keep the name."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as `#rrggbb`."""

    name: str
    ground: str
    panel: str
    raised: str
    line: str
    """Between areas, around cards and tables; the border of what cannot be used now."""
    control: str
    """Border of a control: at least 3:1 on ground, panel and raised."""
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warning: str
    """A shape or a line of it, never text."""
    bad: str
    training: str
    validation: str
    test: str
    gradient: str
    wire: str
    kinds: Mapping[str, str]
    """Kind of data (`float`, `int`, `bool`) to the colour of its ports and wires."""
    heat: tuple[str, ...]
    """From least to most, ever lighter in dark themes and darker in light ones."""
    tints: Mapping[str, str]
    """The colour of each of `TINTS`."""
    families: Mapping[str, str]
    high_contrast: bool = False

    @property
    def dark(self) -> bool:
        """Whether light text stands on dark ground."""
        return int(self.ground[1:3], 16) < 128

    @property
    def grounds(self) -> tuple[str, str, str]:
        """What text and controls stand on."""
        return (self.ground, self.panel, self.raised)

    def family(self, name: str) -> str:
        """The colour of a layer family; muted where it has none."""
        return self.families.get(name, self.muted)

    def tint(self, name: str) -> str:
        """The colour of a tint's name; a colour as `#rrggbb` stays, anything else is muted."""
        if len(name) == 7 and name.startswith("#"):
            return name
        return self.tints.get(name, self.muted)
