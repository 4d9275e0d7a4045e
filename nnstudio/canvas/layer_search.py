"""The choices of the add-layer search: every layer, or those that fit a wire."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graph_compiler.layer import Layer
from nnstudio.canvas.pick_list import Choice
from nnstudio.theme import icons

HINT = "Search layers"
NOTHING = "No layer of that name. Try fewer letters."
NOTHING_FITS = "No layer of that name fits here. Try fewer letters."


def layer_choices(types: Mapping[str, Layer], only: Collection[str] | None = None) -> list[Choice]:
    """A choice for each layer and block; `only` names the types that are offered."""
    return [
        Choice(
            type,
            layer.title,
            layer.family,
            icons.family_icon(layer.family),
            (type, layer.family, *layer.keywords),
        )
        for type, layer in types.items()
        if only is None or type in only
    ]
