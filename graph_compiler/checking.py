"""What a check beyond shapes is, and how the checks of `graph_compiler.checks` are found.

Owns the two kinds of check and the walk backwards that they share. A file dropped into that folder
with a `NodeCheck` or `NetworkCheck` in it is a check, nothing else to touch.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache

from graph_compiler.flow import Place
from graph_compiler.model import Network, Purpose, Wire
from graph_compiler.problems import Problem
from graph_compiler.slots import Slot

TRANSPARENT = frozenset({"shape", "regularization", "structure"})
"""Families through which two layers still count as neighbours."""


@dataclass(frozen=True, slots=True)
class NodeCheck:
    """Looks at one layer of a family, and backwards through transparent layers; never forwards.

    The layer may stand in the drawing or inside a block, and what is before it in another one.
    """

    families: frozenset[str]
    find: Callable[[Place, Purpose | None], Iterable[Problem]]
    shapes: bool = False
    """Whether finding something depends on types; the words may quote the node's own anyway."""
    params: bool = False
    """Whether it reads parameters of the node directly before it."""


@dataclass(frozen=True, slots=True)
class BlockCheck:
    """Looks at the drawing of a block, once for all its uses; the path is that of its first."""

    find: Callable[[str, Network], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a check of the whole network sees; everything in the order of names."""

    slots: Mapping[str, Slot]
    by_type: Mapping[str, Mapping[Slot, None]]
    unfed: Set[Slot]
    """Slots with a port that nothing feeds."""
    dangling: Set[Slot]
    """Slots whose output goes nowhere."""
    groups: tuple[tuple[str, ...], ...]
    """Names that lie on a cycle together."""
    loose: tuple[Wire, ...]
    """Wires with an end that is no node."""
    purpose: Purpose | None
    sharing: Set[Slot] = frozenset()
    """Slots that use another node's module or weights."""

    def of_type(self, type: str) -> list[Slot]:
        """All slots of a type."""
        return sorted(self.by_type.get(type, ()), key=lambda slot: slot.name)

    def of_family(self, family: str) -> list[Slot]:
        """All slots of a family."""
        found = [
            slot
            for slots in self.by_type.values()
            for slot in slots
            if next(iter(slots)).family == family
        ]
        return sorted(found, key=lambda slot: slot.name)


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """Looks at the ends of the network, its wiring and its purpose.

    Whether it finds something may depend on the wiring, the types of layers, the purpose and the
    types at the ends; what it says, and the fixes it offers, on everything.
    """

    find: Callable[[Sight], Iterable[Problem]]


@cache
def node_checks() -> Mapping[str, tuple[NodeCheck, ...]]:
    """The checks of single nodes, by family."""
    found: dict[str, tuple[NodeCheck, ...]] = {}
    for check in _found():
        if isinstance(check, NodeCheck):
            for family in check.families:
                found[family] = (*found.get(family, ()), check)
    return found


@cache
def watched_families() -> frozenset[str]:
    """Families with a check that reads types."""
    return frozenset(
        family for family, checks in node_checks().items() if any(check.shapes for check in checks)
    )


@cache
def reading_families() -> frozenset[str]:
    """Families with a check that reads the parameters of the node before."""
    return frozenset(
        family for family, checks in node_checks().items() if any(check.params for check in checks)
    )


@cache
def network_checks() -> tuple[NetworkCheck, ...]:
    """The checks of whole networks."""
    return tuple(check for check in _found() if isinstance(check, NetworkCheck))


@cache
def block_checks() -> tuple[BlockCheck, ...]:
    """The checks of the drawings of blocks."""
    return tuple(check for check in _found() if isinstance(check, BlockCheck))


@cache
def _found() -> tuple[NodeCheck | BlockCheck | NetworkCheck, ...]:
    import graph_compiler.checks as home

    checks: list[NodeCheck | BlockCheck | NetworkCheck] = []
    for info in sorted(pkgutil.iter_modules(home.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{home.__name__}.{info.name}")
        for value in vars(module).values():
            if isinstance(value, NodeCheck | BlockCheck | NetworkCheck):
                checks.append(value)
    return tuple(checks)


def backwards(place: Place) -> Iterator[Place]:
    """The layers before this one, nearest first, as long as each has a single input."""
    before = place.before_one
    while before is not None and not before.cyclic:
        yield before
        before = before.before_one


def is_transparent(place: Place) -> bool:
    """Whether two layers on both sides of it still count as neighbours."""
    return place.family in TRANSPARENT


def behind(
    place: Place, port: int | None = None, through: Callable[[Place], bool] = is_transparent
) -> tuple[Place | None, tuple[str, str]]:
    """The nearest layer before a port that is not passed through; where the wire behind it ends.

    The wire's end is a node and its port, both empty where no such wire is drawn.
    """
    fed, at = place, _only_port(place) if port is None else port
    while at is not None:
        before = fed.feed(at)
        if before is None or before.cyclic:
            break
        if not through(before):
            return before, fed.end(at)
        fed, at = before, _only_port(before)
    return None, ("", "")


def _only_port(place: Place) -> int | None:
    """The port of the only input, or of the picked one of a choice."""
    if place.node.type == "Choice":
        pick = getattr(place.params, "pick", None)
        return int(pick) if pick is not None and 0 <= pick < len(place.ports) else None
    return 0 if len(place.ports) == 1 else None
