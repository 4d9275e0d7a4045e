"""What the palette knows of layers: what a search finds, the card of one.

Pure text; no widgets.
"""

from __future__ import annotations

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.layer import Layer, Port

OPENED = ("io", "dense", "convolution", "pooling", "activation", "shape", "regularization")
"""Families that stand open from the start."""
FAVOURITES, RECENT = "favourites", "recent"
"""Groups that stand above the families and hold layers of any."""
TITLES = {
    BLOCK: "Blocks",
    "io": "Input and output",
    "loss": "Losses",
    "metric": "Metrics",
    FAVOURITES: "Favourites",
    RECENT: "Recently used",
}
_PREFIXES = ("torch.nn.functional.", "torch.nn.", "torch.", "nn.functional.", "nn.", "f.")
_KINDS = {"float": "numbers", "int": "indices", "bool": "yes or no", "number": "numbers or indices"}


def plain(text: str) -> str:
    """What was typed, in small letters, without torch's prefixes: `nn.Linear` as `linear`."""
    words = []
    for word in text.lower().split():
        prefix = next((one for one in _PREFIXES if word.startswith(one) and word != one), "")
        words.append(word.removeprefix(prefix).removesuffix("()"))
    return " ".join(words)


def found_by(layer: Layer, type: str, text: str) -> bool:
    """Whether every typed word is in the layer's title, type, torch name, family, keywords or
    description."""
    parts = (layer.title, type, layer.module, layer.family, *layer.keywords, layer.doc)
    hay = " ".join(parts).lower().replace("_", "")
    return all(word.replace("_", "") in hay for word in plain(text).split())


def rank(layer: Layer, type: str, text: str) -> tuple[int, int]:
    """How well a layer answers: own name, beginning, word, part, mention; then the shorter."""
    typed = plain(text)
    names = (layer.title.lower(), type.lower())
    if typed in names:
        found = 0
    elif any(name.startswith(typed) for name in names):
        found = 1
    elif typed in layer.title.lower().replace("(", "").replace(")", "").split():
        found = 2
    else:
        found = 3 if any(typed in name for name in names) else 4
    return found, len(layer.title)


def card(layer: Layer) -> str:
    """What is told of a layer when the mouse rests on it: formula, what it does, its ports."""
    lines = [layer.title]
    if layer.formula:
        lines.append(layer.formula)
    lines.append(layer.doc)
    for port in layer.inputs:
        lines.append(f"in   {_port(port)}")
    if layer.outputs:
        lines.append(f"out  {', '.join(layer.outputs)}")
    if layer.examples and layer.examples[0].inputs:
        shapes = [_shape(one) for one in layer.examples[0].inputs if one is not None]
        if shapes:
            lines.append(f"for example {', '.join(shapes)} in")
    lines.append("Drag it to the canvas; Enter appends it to the selected node.")
    return "\n".join(line for line in lines if line)


def _port(port: Port) -> str:
    low, high = port.rank
    if high is None:
        axes = f"{low} or more axes" if low > 1 else ""
    else:
        axes = f"{low} axes" if low == high else f"{low} to {high} axes"
    words = [_KINDS.get(port.dtype, ""), axes, "several wires" if port.many else ""]
    told = ", ".join(word for word in words if word)
    return f"{port.name}{' (may stay free)' if port.optional else ''}{f': {told}' if told else ''}"


def _shape(axes: tuple[int, ...]) -> str:
    return "×".join(("N", *map(str, axes)))
