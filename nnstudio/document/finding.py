"""Finds nodes, frames, notes and drawings by what is written on them, in all drawings of a project.

Pure: a project in, places out. Every word that is typed must occur in what is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from graph_compiler.layer import Layer
from graph_compiler.model import Network, Node, Project, Value

Kind = Literal["node", "frame", "note", "drawing"]
MOST = 200
"""More than these are not listed; nobody reads on."""
SHOWN = 60
"""Letters of a note that are shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """One place: its drawing, what it is and its name there, and the words that were met."""

    drawing: str
    kind: Kind
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class _Text:
    """A name, and further words with what is shown of each."""

    found: Found
    name: str
    more: tuple[str, ...] = ()


def find(
    project: Project, types: Mapping[str, Layer], text: str, first: str = ""
) -> tuple[Found, ...]:
    """Where the words stand, names before values; within these, the drawing `first` comes first."""
    wanted = text.casefold().split()
    if not wanted:
        return ()
    ranked: list[tuple[int, bool, int, Found]] = []
    for number, one in enumerate(_texts(project, types)):
        rank, shown = _rank(one, wanted)
        if rank < _NONE:
            found = one.found
            told = Found(found.drawing, found.kind, found.name, shown or found.words)
            ranked.append((rank, found.drawing != first, number, told))
    ranked.sort(key=lambda entry: entry[:3])
    return tuple(entry[3] for entry in ranked[:MOST])


_NONE = 9


def _rank(one: _Text, wanted: list[str]) -> tuple[int, str]:
    """How well it fits, 0 best, and what of it to show where the name alone does not tell."""
    name, whole = one.name.casefold(), " ".join(wanted)
    if name == whole:
        return 0, ""
    if name.startswith(whole):
        return 1, ""
    if all(word in name for word in wanted):
        return 2, ""
    met = [text for text in one.more if any(word in text.casefold() for word in wanted)]
    everything = f"{name} {' '.join(one.more)}".casefold()
    if met and all(word in everything for word in wanted):
        best = max(met, key=lambda text: sum(word in text.casefold() for word in wanted))
        return (3 if best == one.more[0] else 4), best
    return _NONE, ""


def _texts(project: Project, types: Mapping[str, Layer]) -> Iterator[_Text]:
    for drawing in project.networks.values():
        title = drawing.title if drawing.title != drawing.name else ""
        yield _Text(
            Found(drawing.name, "drawing", drawing.name, "drawing"),
            drawing.name,
            tuple(text for text in (title, drawing.about) if text),
        )
        for node in drawing.nodes.values():
            layer = types.get(node.type)
            kind = layer.title if layer else node.type
            yield _Text(
                Found(drawing.name, "node", node.name, kind),
                node.name,
                (kind, node.type, *_values(node, layer)),
            )
        yield from _besides(drawing)


def _besides(drawing: Network) -> Iterator[_Text]:
    for frame in drawing.frames.values():
        yield _Text(Found(drawing.name, "frame", frame.name, "frame"), frame.name)
    for note in drawing.notes.values():
        text = " ".join(note.text.split())
        shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
        yield _Text(Found(drawing.name, "note", note.name, shown), text)
    links = {route.link: wire for wire, route in drawing.routes.items() if route.link}
    for link, wire in links.items():
        yield _Text(Found(drawing.name, "node", wire.source, f"link {link}"), link)


def _values(node: Node, layer: Layer | None) -> Iterator[str]:
    titles = {param.name: param.title for param in layer.params} if layer else {}
    for key, value in node.params.items():
        yield f"{titles.get(key, key)} {shown(value)}"
        yield f"{key}={shown(value)}"
    if node.repeat is not None:
        yield f"repeat {node.repeat}"
    if node.shares:
        yield f"shares {node.shares}"
    for own, other in node.ties.items():
        yield f"{own} is {other}"
    if node.bypassed:
        yield "bypassed"


def shown(value: Value) -> str:
    """A value as it is typed into the search: `5x5`, `0.5`, `relu`."""
    if isinstance(value, tuple):
        return "×".join(shown(item) for item in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
