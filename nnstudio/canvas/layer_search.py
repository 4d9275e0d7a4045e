"""The choices of the add-layer search: every layer, or those that fit a wire."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.code_rules import FAMILY as CODE
from graph_compiler.layer import Layer
from nnstudio.canvas.pick_list import Choice
from nnstudio.theme import icons
from nnstudio.theme.families import NAMES, families

HINT = "Search layers"
NOTHING = "No layer of that name. Try fewer letters."
NOTHING_FITS = "No layer of that name fits here. Try fewer letters."


def layer_choices(types: Mapping[str, Layer], only: Collection[str] | None = None) -> list[Choice]:
    """A choice for each block and layer, in the palette's order; `only` names what is offered."""
    places = {family: i for i, family in enumerate(families(one.family for one in types.values()))}
    places |= {BLOCK: -2, CODE: -1}
    ordered = sorted(types.items(), key=lambda item: places[item[1].family])
    return [
        Choice(
            type,
            layer.title,
            NAMES.get(layer.family, layer.family),
            icons.family_icon(layer.family),
            (type, layer.family, *layer.keywords),
        )
        for type, layer in ordered
        if only is None or type in only
    ]
