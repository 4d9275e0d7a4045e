"""Shared modules and tied weights of the drawing itself; those inside blocks are told there."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NetworkCheck, Sight
from graph_compiler.problems import Problem
from graph_compiler.sharing import sharing_problems


def _sharing(sight: Sight) -> Iterable[Problem]:
    if not sight.sharing:
        return ()
    nodes = {name: slot.node for name, slot in sight.slots.items()}
    facts = {n: known for n, slot in sight.slots.items() if (known := slot.known_facts())}
    sharing = sorted(sight.sharing, key=lambda slot: slot.name)
    blocks = sharing[0].structure.blocks
    return sharing_problems([slot.node for slot in sharing], nodes, facts, blocks)


SHARING = NetworkCheck(_sharing)
