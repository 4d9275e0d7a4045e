"""Layers that undo or repeat what the layer before them does."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NodeCheck, behind_transparent
from graph_compiler.codes import problem
from graph_compiler.model import Purpose
from graph_compiler.problems import Fix, Problem, RemoveNode, SetParam
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


def _needless_bias(slot: Slot, purpose: Purpose | None) -> Iterable[Problem]:
    """Batch normalization takes the mean away, and with it any offset added just before."""
    if not slot.node.type.startswith("BatchNorm") or not slot.params.affine:
        return
    before = slot.before_one
    if before is None or before.family not in ("dense", "convolution"):
        return
    if getattr(before.params, "bias", False) is not True or len(before.wires_out) != 1:
        return
    yield problem(
        "needless_bias",
        slot.name,
        slot.ports[0],
        expected=f"{before.name} without a bias, for {slot.name} takes it away and adds its own",
        got="a bias",
        remedy=f"Set bias of {before.name} to false.",
        fixes=(
            Fix(
                f"Set bias of {before.name} to false",
                (SetParam(before.name, "bias", False),),
                str(slot.inputs[0]) if slot.inputs else "",
            ),
        ),
    )


TWO_ACTIVATIONS = NodeCheck(frozenset({"activation"}), _two_activations)
NEEDLESS_BIAS = NodeCheck(frozenset({"normalization"}), _needless_bias, params=True)
