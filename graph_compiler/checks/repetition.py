"""Layers that undo or repeat what the layer before them does."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NodeCheck, behind
from graph_compiler.codes import problem
from graph_compiler.flow import Place
from graph_compiler.model import Purpose
from graph_compiler.problems import Fix, Problem, RemoveNode, SetParam

_SHARES = frozenset({"Softmax", "LogSoftmax", "Softmin", "Softmax2d"})
_GATES = frozenset({"GLU"})
"""Activations that are more than a function of each value; others may well stand before them."""
_OFFSET_LAST = frozenset(
    {"Linear", "Bilinear", *(f"Conv{back}{n}d" for back in ("", "Transpose") for n in (1, 2, 3))}
)
"""Layers that add their bias as the last thing they do."""


def _two_activations(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    before, _ = behind(place)
    if before is None or before.family != "activation":
        return
    both = {place.node.type, before.node.type}
    preview = str(place.inputs[0]) if place.inputs else ""
    if both <= _SHARES:
        yield problem(
            "softmax_twice",
            place.name,
            place.ports[0],
            expected="raw scores",
            got=f"what {before.name} has already turned into shares that add up to 1",
            remedy=f"Remove {place.name}; a second time it flattens all differences.",
            fixes=_either(place, before, preview),
        )
    elif not both & (_SHARES | _GATES):
        yield problem(
            "two_activations",
            place.name,
            place.ports[0],
            expected="a layer that learns between two activations",
            got=f"{before.name} directly before {place.name}",
            remedy=f"Remove one of them, or insert a layer such as Linear before {place.name}.",
            fixes=_either(place, before, preview),
        )


def _either(place: Place, before: Place, preview: str) -> tuple[Fix, ...]:
    """Either may go; the first of them only where nothing else reads it."""
    names = {place.name: None}
    if before.readers() == 1:
        names[before.name] = None
    return tuple(Fix(f"Remove {name}", (RemoveNode(name),), preview) for name in names)


def _needless_bias(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    """Batch normalization takes the mean away, and with it any offset added just before."""
    if not place.node.type.startswith("BatchNorm") or not place.params.affine:
        return
    before, _ = behind(place, through=lambda one: one.node.type in ("Identity", "Choice"))
    if before is None or before.node.type not in _OFFSET_LAST:
        return
    if getattr(before.params, "bias", False) is not True or before.readers() != 1:
        return
    if before.node.shares or before.node.ties:
        return
    yield problem(
        "needless_bias",
        place.name,
        place.ports[0],
        expected=f"{before.name} without a bias, for {place.name} takes it away and adds its own",
        got="a bias",
        remedy=f"Set bias of {before.name} to false.",
        fixes=(
            Fix(
                f"Set bias of {before.name} to false",
                (SetParam(before.name, "bias", False),),
                str(place.inputs[0]) if place.inputs else "",
            ),
        ),
    )


TWO_ACTIVATIONS = NodeCheck(frozenset({"activation"}), _two_activations)
NEEDLESS_BIAS = NodeCheck(frozenset({"normalization"}), _needless_bias, params=True)
