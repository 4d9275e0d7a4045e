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

from graph_compiler.model import Purpose, Wire
from graph_compiler.problems import Problem
from graph_compiler.slots import Slot

TRANSPARENT = frozenset({"shape", "regularization"})
"""Families through which two layers still count as neighbours."""


@dataclass(frozen=True, slots=True)
class NodeCheck:
    """Looks at one node of a family, and backwards through transparent layers; never forwards."""

    families: frozenset[str]
    find: Callable[[Slot, Purpose | None], Iterable[Problem]]
    shapes: bool = False
    """Whether finding something depends on types; the words may quote the node's own anyway."""
    params: bool = False
    """Whether it reads parameters of the node directly before it."""


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
def _found() -> tuple[NodeCheck | NetworkCheck, ...]:
    import graph_compiler.checks as home

    checks: list[NodeCheck | NetworkCheck] = []
    for info in sorted(pkgutil.iter_modules(home.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{home.__name__}.{info.name}")
        for value in vars(module).values():
            if isinstance(value, NodeCheck | NetworkCheck):
                checks.append(value)
    return tuple(checks)


def backwards(slot: Slot) -> Iterator[Slot]:
    """The slots before this one, nearest first, as long as each has a single input."""
    before = slot.before_one
    while before is not None and not before.cyclic:
        yield before
        before = before.before_one


def behind_transparent(slot: Slot) -> tuple[Slot | None, Slot]:
    """The nearest slot before this one that is not transparent, and the slot that it feeds."""
    fed = slot
    for before in backwards(slot):
        if before.family not in TRANSPARENT:
            return before, fed
        fed = before
    return None, fed
