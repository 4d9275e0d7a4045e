"""Where a person is among drawings inside drawings: the way in, kept while drawings change.

Values only; no widgets.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph_compiler.model import Network


@dataclass(frozen=True, slots=True)
class Place:
    """A drawing, and the node of the drawing above by which it was entered."""

    drawing: str
    node: str = ""


Trail = tuple[Place, ...]
"""From a network that stands alone down to the drawing shown."""


def way_to(networks: Mapping[str, Network], name: str) -> Trail:
    """The shortest way to a drawing, from the first network that leads there.

    A block that no network holds is a way of its own.
    """
    waiting = deque((Place(one.name),) for one in networks.values() if not one.is_block)
    seen = {trail[0].drawing for trail in waiting}
    ways: deque[Trail] = deque(waiting)
    while ways:
        trail = ways.popleft()
        if trail[-1].drawing == name:
            return trail
        for node in networks[trail[-1].drawing].nodes.values():
            inner = networks.get(node.type)
            if inner is not None and inner.is_block and inner.name not in seen:
                seen.add(inner.name)
                ways.append((*trail, Place(inner.name, node.name)))
    return (Place(name),)


def holds(networks: Mapping[str, Network], trail: Trail) -> bool:
    """Whether each step of a way can still be gone."""
    if not trail or trail[0].drawing not in networks:
        return False
    for above, place in pairwise(trail):
        node = networks[above.drawing].nodes.get(place.node)
        if node is None or node.type != place.drawing or place.drawing not in networks:
            return False
    return True


def down(networks: Mapping[str, Network], trail: Trail, path: str) -> tuple[Trail, str]:
    """Where a path such as `stage1[0]/conv1` leads: the way in, and the node there.

    A path that leads nowhere ends at the last drawing that it reaches.
    """
    names = [re.sub(r"\[\d+\]$", "", part) for part in path.split("/")]
    for name in names[:-1]:
        node = networks[trail[-1].drawing].nodes.get(name)
        if node is None or node.type not in networks:
            return trail, name
        trail = (*trail, Place(node.type, name))
    return trail, names[-1]


def plain(path: str) -> str:
    """A path without the numbers of turns: `stage1[0]/conv1` as `stage1/conv1`."""
    return re.sub(r"\[\d+\]", "", path)


def prefix(trail: Trail) -> str:
    """What stands before a node's name in paths from the first drawing of the way."""
    return "".join(f"{place.node}/" for place in trail[1:])


def renamed(trail: Trail, old: str, new: str) -> Trail:
    """The way after a drawing has got another name."""
    return tuple(Place(new if one.drawing == old else one.drawing, one.node) for one in trail)


def node_renamed(trail: Trail, drawing: str, old: str, new: str) -> Trail:
    """The way after a node of a drawing has got another name."""
    return tuple(_follow(trail, drawing, old, new))


def _follow(trail: Trail, drawing: str, old: str, new: str) -> Iterator[Place]:
    above = ""
    for place in trail:
        yield Place(place.drawing, new) if (above, place.node) == (drawing, old) else place
        above = place.drawing
