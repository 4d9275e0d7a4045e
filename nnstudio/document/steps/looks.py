"""Steps on looks: the routes of wires, the colours of nodes. None of them changes what runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph_compiler.model import Route, Wire
from graph_compiler.schema_entries import MOST_POINTS
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps import layout
from nnstudio.document.steps.draft import Draft

STYLES = ("", "curved", "straight", "orthogonal")
LONGEST_LINK = 80
_TINT = re.compile("[A-Za-z0-9#_-]{0,40}")


def set_route(document: Document, network: str, wire: Wire, route: Route) -> Step:
    """Another way for one wire; `Route()` leaves it to the window."""
    return set_routes(document, network, {wire: route})


def set_routes(document: Document, network: str, routes: Mapping[Wire, Route]) -> Step:
    """Other ways for several wires."""
    draft = Draft(document.project, network)
    for wire, route in routes.items():
        if wire not in draft.network.wires:
            raise Refused(f"There is no wire {wire}.")
        draft.route(wire, valid_route(route))
    first = next(iter(routes), None)
    what = f"the wire to {first.target}" if first and len(routes) == 1 else f"{len(routes)} wires"
    return draft.step(f"Route {what}")


def set_colour(document: Document, network: str, nodes: str | Iterable[str], colour: str) -> Step:
    """Another colour for nodes; "" is that of their families."""
    draft = Draft(document.project, network)
    names = (nodes,) if isinstance(nodes, str) else tuple(dict.fromkeys(nodes))
    if not names:
        raise Refused("There is nothing to colour. Select a node first.")
    for name in names:
        draft.put(replace(draft.node(name), colour=valid_colour(colour)))
    return draft.step(f"Colour {names[0] if len(names) == 1 else f'{len(names)} nodes'}")


def valid_colour(colour: str) -> str:
    """The name of a colour; refused where no file could hold it."""
    if not _TINT.fullmatch(colour):
        raise Refused("This is no name of a colour. Choose one from the list.")
    return colour


def valid_route(route: Route) -> Route:
    """The route as it is kept; refused where no canvas could draw it."""
    if route.style not in STYLES:
        raise Refused(f"“{route.style}” is no style of a wire. Choose one from the list.")
    link = " ".join(route.link.split())
    if len(link) > LONGEST_LINK or not link.isprintable():
        raise Refused(f"A link's name has at most {LONGEST_LINK} printable characters.")
    if len(route.points) > MOST_POINTS:
        raise Refused(f"A wire runs through {MOST_POINTS} points at most. Remove some of them.")
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in route.points):
        raise Refused("A point of the wire lies nowhere. Choose another place.")
    points = tuple(layout.possible(point) for point in route.points)
    return Route(points, route.style, link)
