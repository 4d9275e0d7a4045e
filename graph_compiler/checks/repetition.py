"""Layers that undo or repeat what the layer before them does."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NodeCheck, behind_transparent
from graph_compiler.codes import problem
from graph_compiler.model import Purpose
from graph_compiler.problems import Fix, Problem, RemoveNode
from graph_compiler.slots import Slot

_SHARES = frozenset({"Softmax", "LogSoftmax", "Softmin", "Softmax2d"})
_GATES = frozenset({"GLU"})
"""Activations that are more than a function of each value; others may well stand before them."""


def _two_activations(slot: Slot, purpose: Purpose | None) -> Iterable[Problem]:
    before, _ = behind_transparent(slot)
    if before is None or before.family != "activation":
        return
    both = {slot.node.type, before.node.type}
    preview = str(slot.inputs[0]) if slot.inputs else ""
    if both <= _SHARES:
        yield problem(
            "softmax_twice",
            slot.name,
            slot.ports[0],
            expected="raw scores",
            got=f"what {before.name} has already turned into shares that add up to 1",
            remedy=f"Remove {slot.name}; a second time it flattens all differences.",
            fixes=_either(slot, before, preview),
        )
    elif not both & (_SHARES | _GATES):
        yield problem(
            "two_activations",
            slot.name,
            slot.ports[0],
            expected="a layer that learns between two activations",
            got=f"{before.name} directly before {slot.name}",
            remedy=f"Remove one of them, or insert a layer such as Linear before {slot.name}.",
            fixes=_either(slot, before, preview),
        )


def _either(slot: Slot, before: Slot, preview: str) -> tuple[Fix, ...]:
    return tuple(
        Fix(f"Remove {one.name}", (RemoveNode(one.name),), preview) for one in (slot, before)
    )


TWO_ACTIVATIONS = NodeCheck(frozenset({"activation"}), _two_activations)
