"""Looks in a project file: how wires are drawn and what notes say. None of it changes what runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from graph_compiler.model import Network, Note, Route, Wire
from graph_compiler.refusals import Path, Refusal, quoted
from graph_compiler.schema_entries import NetworkEntry

MOST_POINTS = 200_000
"""Points of all the wires of one network."""


def routes_of(place: Path, entry: NetworkEntry, wires: Collection[Wire]) -> dict[Wire, Route]:
    """The routes by their wires; raises `Refusal` for a route of a wire that is not there."""
    drawn = {str(wire): wire for wire in wires} if entry.routes else {}
    found: dict[Wire, Route] = {}
    count = 0
    for text, one in entry.routes.items():
        if text not in drawn:
            raise Refusal(
                (*place, "routes", text[:200]),
                "the text of a wire of this network",
                quoted(text),
                "Remove this route.",
            )
        count += len(one.points)
        if count > MOST_POINTS:
            raise Refusal(
                (*place, "routes"),
                f"at most {MOST_POINTS} points on the wires of a network",
                "more",
                "Remove some routes.",
            )
        route = Route(tuple((x, y) for x, y in one.points), one.style, one.link)
        if route != Route():
            found[drawn[text]] = route
    return found


def notes_of(entry: NetworkEntry) -> dict[str, Note]:
    """The notes by their names."""
    return {
        name: Note(name, one.text, (one.at[0], one.at[1]), (one.size[0], one.size[1]), one.colour)
        for name, one in entry.notes.items()
    }


def plain_routes(network: Network, wires: Iterable[Wire]) -> dict[str, Any]:
    """The routes as a file has them, in the order of the wires; the plain ones are left out."""
    for wire in network.routes:
        if wire not in network.wires:
            raise Refusal(
                ("networks", network.name, "routes", str(wire)),
                "the text of a wire of this network",
                quoted(str(wire)),
                "Remove this route.",
            )
    return {
        str(wire): {
            "points": [list(point) for point in route.points],
            "style": route.style,
            "link": route.link,
        }
        for wire in wires
        if (route := network.routes.get(wire)) is not None and route != Route()
    }


def plain_notes(network: Network) -> dict[str, Any]:
    """The notes as a file has them, by name."""
    return {
        name: {
            "text": note.text,
            "at": list(note.at),
            "size": list(note.size),
            "colour": note.colour,
        }
        for name, note in sorted(network.notes.items())
    }
