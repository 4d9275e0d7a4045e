"""Heat on the nodes of one canvas: figures become colours of the theme's scale, with a legend."""

from __future__ import annotations

from nnstudio.canvas.legend import Key
from nnstudio.canvas.tint_item import Tint
from nnstudio.plotdata.heat import Heat
from nnstudio.theme import Theme


def tints_of(heat: Heat, theme: Theme) -> dict[str, Tint]:
    """The mark of every node that has a figure."""
    return {
        name: Tint(colour_at(share, theme), heat.texts.get(name, ""))
        for name, share in heat.shares.items()
    }


def colour_at(share: float, theme: Theme) -> str:
    """The step of the scale for a share between 0 and 1."""
    steps = theme.heat
    return steps[min(len(steps) - 1, max(0, int(share * len(steps))))]


def key_of(heat: Heat, button: str = "") -> Key:
    """What the legend says of it."""
    note = heat.note or ("" if heat.shares else "No node has a figure.")
    return Key(heat.measure.title, heat.low, heat.high, note, button)
