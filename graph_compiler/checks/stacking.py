"""Layers that add nothing because of what stands before them."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NodeCheck, backwards, behind_transparent
from graph_compiler.codes import problem
from graph_compiler.model import Purpose
from graph_compiler.problems import Fix, InsertOnWire, Problem, SetParam
from graph_compiler.slots import Slot
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

LEARNED_MAPS = frozenset({"dense", "convolution"})
"""Families that are linear maps: two of them in a row are one."""

BENT = frozenset({"Perceptron", "Maxout", "PolynomialFeatures"})
"""Dense layers that are no linear maps."""

_IMAGES = frozenset({"convolution", "pooling", "io"})


def _no_activation(slot: Slot, purpose: Purpose | None) -> Iterable[Problem]:
    before, fed = behind_transparent(slot)
    if before is None or before.family not in LEARNED_MAPS:
        return
    if before.node.type in BENT or slot.node.type == "PolynomialFeatures":
        return
    yield problem(
        "no_activation_between",
        slot.name,
        slot.ports[0],
        expected=f"an activation between {before.name} and {slot.name}",
        got="none",
        remedy="Insert ReLU; without it the two compute no more than one such layer.",
        fixes=(
            Fix(
                "Insert ReLU",
                (InsertOnWire(fed.name, fed.ports[0], "ReLU"),),
                str(slot.inputs[0]) if slot.inputs else "",
            ),
        ),
    )


def reads_image(slot: Slot) -> bool:
    """Whether a dense layer sees an unflattened image, or another example of several axes."""
    if slot.family != "dense" or not slot.outputs or slot.inputs[0].rank < 3:
        return False
    for before in backwards(slot):
        if before.family in _IMAGES:
            return True
        if before.family == "dense":
            return False
    return False


def flatten_steps(slot: Slot) -> tuple[InsertOnWire | SetParam, ...]:
    """Steps that let a dense layer read its example as one row."""
    steps: tuple[InsertOnWire | SetParam, ...] = (
        InsertOnWire(slot.name, slot.ports[0], "Flatten"),
    )
    if getattr(slot.params, "in_features", None) is not None:
        steps = (*steps, SetParam(slot.name, "in_features", None))
    return steps


def _dense_on_image(slot: Slot, purpose: Purpose | None) -> Iterable[Problem]:
    if purpose is None or purpose.data is None or not reads_image(slot):
        return
    preview = TensorType((N, slot.outputs[0].last))
    yield problem(
        "dense_on_image",
        slot.name,
        slot.ports[0],
        expected="one row of features for each example",
        got=f"{slot.inputs[0]}",
        remedy="Insert Flatten before it.",
        fixes=(Fix("Insert Flatten", flatten_steps(slot), str(preview)),),
    )


NO_ACTIVATION = NodeCheck(LEARNED_MAPS, _no_activation)
DENSE_ON_IMAGE = NodeCheck(frozenset({"dense"}), _dense_on_image, shapes=True)
