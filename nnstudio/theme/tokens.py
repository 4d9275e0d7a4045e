"""The design tokens: every colour, size and type size of the window, in dark and light.

Plain data without Qt. Nothing else in the product names a colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GRID = 4
"""Every distance is a multiple of this many pixels."""

RADIUS_CONTROL, RADIUS_NODE, RADIUS_CARD = 6, 9, 12
TYPE_SMALL, TYPE_BODY, TYPE_TITLE, TYPE_HEAD = 11.0, 12.5, 14.0, 16.0
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


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as `#rrggbb`."""

    name: str
    ground: str
    panel: str
    raised: str
    line: str
    control: str
    """Border of a control: at least 3:1 on panel and raised."""
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warning: str
    bad: str
    training: str
    validation: str
    test: str
    gradient: str
    wire: str
    families: Mapping[str, str]

    @property
    def dark(self) -> bool:
        """Whether light text stands on dark ground."""
        return self.name == "dark"

    def family(self, name: str) -> str:
        """The colour of a layer family; muted where it has none."""
        return self.families.get(name, self.muted)


DARK = Theme(
    name="dark",
    ground="#14161b",
    panel="#1b1e25",
    raised="#232731",
    line="#2d323d",
    control="#6b7383",
    text="#e6e8ec",
    muted="#9aa1ad",
    accent="#5b9dff",
    on_accent="#0b1220",
    good="#4cc38a",
    warning="#f5b83d",
    bad="#ff6b6b",
    training="#5b9dff",
    validation="#f5b83d",
    test="#4cc38a",
    gradient="#ff6fb5",
    wire="#6f7684",
    families={
        "io": "#9aa1ad",
        "dense": "#4cc38a",
        "convolution": "#5b9dff",
        "pooling": "#8b7bf0",
        "activation": "#f59e42",
        "shape": "#d76bd0",
        "regularization": "#43b8c4",
        "operation": "#c9b458",
        "normalization": "#8fb8d8",
        "embedding": "#a3cf5c",
        "recurrent": "#f0719b",
        "attention": "#ff8a65",
        "transformer": "#c79bff",
        "loss": "#e8796f",
        "metric": "#5fd0b0",
        "energy": "#ffc857",
        "capsule": "#c49a7a",
        "tree": "#7fb069",
        "structure": "#b8bfd0",
        "block": "#8c9eff",
        "code": "#7fd4e8",
    },
)

LIGHT = Theme(
    name="light",
    ground="#eef0f4",
    panel="#ffffff",
    raised="#f5f6f9",
    line="#d9dde5",
    control="#7d8696",
    text="#1b1f27",
    muted="#5a6270",
    accent="#2563eb",
    on_accent="#ffffff",
    good="#15803d",
    warning="#d99a00",
    bad="#b3142a",
    training="#2563eb",
    validation="#b26a00",
    test="#15803d",
    gradient="#c2257f",
    wire="#8a91a0",
    families={
        "io": "#5a6270",
        "dense": "#15803d",
        "convolution": "#2563eb",
        "pooling": "#6d54d8",
        "activation": "#c25e0a",
        "shape": "#a8309f",
        "regularization": "#0e7c8b",
        "operation": "#80690a",
        "normalization": "#36698c",
        "embedding": "#4f7a12",
        "recurrent": "#c22a5e",
        "attention": "#c4441c",
        "transformer": "#8a3fd1",
        "loss": "#b23b30",
        "metric": "#0f7d62",
        "energy": "#946200",
        "capsule": "#84583a",
        "tree": "#3f7333",
        "structure": "#4c566b",
        "block": "#3f51c7",
        "code": "#11708a",
    },
)
