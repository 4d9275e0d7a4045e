"""What the checks beyond shapes say of one node: of itself, and of the layers inside it.

Owns the asking of the checks of `graph_compiler.checks`, whom a change makes worth asking anew, and
that a layer of a block is told of once however often the block is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graph_compiler.blocks import drawing_of
from graph_compiler.checking import TRANSPARENT, block_checks, node_checks
from graph_compiler.flow import blocks_in, layers_in, maker
from graph_compiler.model import Network, Purpose
from graph_compiler.problems import Problem
from graph_compiler.slots import Slot


def advice_of(slot: Slot, purpose: Purpose | None) -> tuple[Problem, ...]:
    """What is to be said of a node, whatever its own shapes are."""
    if slot.cyclic:
        return ()
    if slot.structured:
        return tuple(_inside(slot, purpose))
    found: tuple[Problem, ...] = ()
    for check in node_checks().get(slot.family, ()):
        found += tuple(check.find(slot, purpose))
    return found


def _inside(slot: Slot, purpose: Purpose | None) -> Iterator[Problem]:
    """What is to be said of the layers inside a node, each place once."""
    by_family = node_checks()
    seen: set[tuple[str, str, str]] = set()
    for path, block in blocks_in(slot):
        for check in block_checks():
            yield from check.find(path, block)
    for place in layers_in(slot):
        for advice in by_family.get(place.family, ()):
            for one in advice.find(place, purpose):
                key = (one.node, one.port, one.code)
                if key not in seen:
                    seen.add(key)
                    yield one


def reached(touched: Iterable[Slot]) -> dict[Slot, None]:
    """The slots whose look backwards may meet one of the touched."""
    found = dict.fromkeys(touched)
    waiting = list(found)
    while waiting:
        for after in waiting.pop().after:
            if after not in found:
                found[after] = None
                if _passes(after):
                    waiting.append(after)
    return found


def _passes(slot: Slot) -> bool:
    """Whether a look backwards may go through it; a block's last layer mostly stands inside it."""
    if slot.bypassed:
        return True
    if not slot.structured or not slot.outputs:
        return slot.structured or slot.family in TRANSPARENT
    inside = f"{slot.name}/"
    made = (maker(slot, outlet).name for outlet in range(len(slot.outlets)))
    return any(name != slot.name and not name.startswith(inside) for name in made)


def once(
    found: list[Problem],
    network: Network,
    blocks: Mapping[str, Network],
    places: Mapping[str, int],
) -> list[Problem]:
    """The problems without hints on a layer of a block that an earlier use of it has shown."""
    seen: set[tuple[str, str, str, str]] = set()
    below = [problem for problem in found if problem.severity != "error" and "/" in problem.node]
    below.sort(key=lambda problem: places.get(_use(problem), -1))
    again: set[int] = set()
    for problem in below:
        drawing, name = drawing_of(problem.node, network, blocks)
        key = (drawing, name, problem.port, problem.code)
        if key in seen:
            again.add(id(problem))
        seen.add(key)
    return [problem for problem in found if id(problem) not in again]


def _use(problem: Problem) -> str:
    """The node of the drawing itself in which a problem lies."""
    return problem.node.partition("/")[0].partition("[")[0]
