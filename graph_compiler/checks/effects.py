"""Settings that do nothing, or the opposite of what is meant."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NodeCheck, behind
from graph_compiler.codes import problem
from graph_compiler.flow import Place
from graph_compiler.model import Purpose
from graph_compiler.problems import Fix, InsertOnWire, Problem, SetParam
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

_READ_ALLOWED = frozenset({"ScaledDotProductAttention"})
"""Layers that look where a boolean mask is true; all others of torch look where it is false."""
_MEANING = {"allowed": "true where one may look", "blocked": "true where one may not look"}


def _lonely_dropout(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    """Torch drops between the layers of a recurrent stack, never behind the last."""
    layers = getattr(place.params, "num_layers", None)
    share = getattr(place.params, "dropout", 0.0)
    if layers != 1 or not share:
        return
    shape = str(place.outputs[0]) if place.outputs else ""
    yield problem(
        "dropout_without_effect",
        place.name,
        "dropout",
        expected="two layers or more, for it drops values between them",
        got="one layer",
        remedy="Set num_layers to 2, or take the dropout away and put a Dropout behind it.",
        fixes=(
            Fix("Have 2 layers", (SetParam(place.name, "num_layers", 2),), shape),
            Fix("Take the dropout away", (SetParam(place.name, "dropout", None),), shape),
        ),
    )


def _reversed_mask(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    wanted = "allowed" if place.node.type in _READ_ALLOWED else "blocked"
    for port, name in enumerate(place.ports):
        if "mask" not in name:
            continue
        mask, (node, at) = behind(place, port)
        form = getattr(mask.params, "form", "") if mask is not None else ""
        if mask is None or form not in _MEANING or form == wanted:
            continue
        shape = str(place.outputs[0]) if place.outputs else ""
        fixes = []
        if mask.readers() == 1:
            step = SetParam(mask.name, "form", wanted)
            fixes.append(Fix(f"Set form of {mask.name} to {wanted}", (step,), shape))
        if node:
            fixes.append(Fix("Insert Not", (InsertOnWire(node, at, "Not"),), shape))
        yield problem(
            "mask_reversed",
            place.name,
            name,
            expected=_MEANING[wanted],
            got=f"{_MEANING[form]}, from {mask.name}",
            remedy=f"{fixes[0].label}." if fixes else f"Set form of {mask.name} to {wanted}.",
            fixes=tuple(fixes),
        )


def _stretched(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    """A shortcut whose single channel is added to every channel of the other branch."""
    if place.node.type != "Add" or len(place.inputs) != 2 or len(place.ports) != 2:
        return
    one, other = place.inputs
    for port, (x, wide) in enumerate(((one, other), (other, one))):
        if not _one_channel(x, wide) or not _drawn_from_image(place, port):
            continue
        filters = int(wide.shape[1])
        kind = f"Conv{x.rank - 2}d"
        params = (("out_channels", filters), ("kernel_size", 1))
        node, at = place.end(port)
        yield problem(
            "stretched_channel",
            place.name,
            place.ports[port],
            expected=f"{filters} channels, as on {place.ports[1 - port]}",
            got="1 channel, which is added to each of them",
            remedy=f"Insert {kind} 1×1 with {filters} filters, or dismiss this if it is meant.",
            fixes=(
                Fix(
                    f"Insert {kind} 1×1 with {filters} filters on {place.ports[port]}",
                    (InsertOnWire(node, at, kind, params),),
                    str(place.outputs[0]) if place.outputs else "",
                ),
            ),
        )


def _one_channel(x: TensorType, wide: TensorType) -> bool:
    """Whether two images differ in this alone: one has a single channel, the other many."""
    if x.rank != wide.rank or x.rank not in (3, 4, 5) or x.shape[0] is not N:
        return False
    same = x.shape[2:] == wide.shape[2:] and all(size > 1 for size in x.shape[2:])
    return same and x.shape[1] == 1 and wide.shape[1] > 1


def _drawn_from_image(place: Place, port: int) -> bool:
    """Whether the branch is the image itself, or what a convolution made of it."""
    last, _ = behind(place, port)
    return last is not None and (last.family == "convolution" or last.node.type == "Input")


LONELY_DROPOUT = NodeCheck(frozenset({"recurrent"}), _lonely_dropout, shapes=True)
REVERSED_MASK = NodeCheck(frozenset({"attention", "transformer"}), _reversed_mask, params=True)
STRETCHED = NodeCheck(frozenset({"operation"}), _stretched, shapes=True)
