"""How predictions and targets fit together, shared by losses and metrics.

Owns their refusals, the parameters that all of them have, and the reduction. Works on ints and
symbols, and imports no torch.
"""

from __future__ import annotations

from graph_compiler.layer import Choice, Floats, Int, Mismatch, Params, Port
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

REDUCTION = Choice(
    "reduction",
    "mean",
    ("mean", "sum", "none"),
    on_node=False,
    doc="mean or sum of all single losses, or each on its own",
)

CLASS_AXIS = Int(
    "dim",
    1,
    low=-15,
    high=15,
    on_node=False,
    label="axis of classes",
    doc="axis along which the scores of the classes lie; -1 is the last",
)

CLASS_WEIGHTS = Floats(
    "weight",
    None,
    low=0.0,
    high=1e6,
    optional=True,
    on_node=False,
    label="class weights",
    doc="how much each class counts; empty counts all alike",
)

NUMBERS = (
    Port("input", doc="predictions, any shape"),
    Port("target", doc="what they should be, of the same shape"),
)


def reduced(p: Params, *shape: Dim) -> TensorType:
    """A single number, or one for each part where nothing is reduced."""
    return TensorType(shape if p.reduction == "none" else ())


def elementwise(p: Params, x: TensorType, target: TensorType) -> TensorType:
    """The output of losses that compare number by number."""
    same_shape(x, target)
    return reduced(p, *x.shape)


def same_shape(
    x: TensorType, other: TensorType, port: str = "target", first: str = "input"
) -> None:
    """Raises `Mismatch` where the two differ, so that nothing is broadcast by accident."""
    if x.shape != other.shape:
        raise Mismatch(
            "shapes_differ",
            port,
            expected=f"{x}, as on {first}",
            got=f"{other}",
            remedy=f"Give {first} and {port} the same shape.",
        )


def one_an_example(x: TensorType, given: TensorType, port: str = "target") -> None:
    """Raises `Mismatch` where the port's tensor is not a single value for each example."""
    if given.shape != x.shape[:1]:
        raise Mismatch(
            "shapes_differ",
            port,
            expected=f"{x.shape[0]}, one value for each example",
            got=f"{given}",
            remedy="Feed it one value for each example.",
        )


def class_axis(p: Params, x: TensorType) -> int:
    """The axis of the classes, counted from the front; raises `Mismatch`."""
    axis = int(p.dim if p.dim >= 0 else p.dim + x.rank)
    if not 1 <= axis < x.rank:
        raise Mismatch(
            "axis_out_of_range",
            "input",
            expected=f"an axis from 1 to {x.rank - 1}",
            got=f"dim {p.dim} on {x}",
            remedy="Set dim to the axis of the classes; 0 is the batch.",
            fixes=(
                Fix("Take axis 1", (SetParam("", "dim", None),)),
                Fix("Take the last axis", (SetParam("", "dim", -1),)),
            ),
        )
    return axis


def class_target(p: Params, x: TensorType, target: TensorType) -> tuple[Dim, ...]:
    """The shape of the targets where each is the number of a class; raises `Mismatch`."""
    axis = class_axis(p, x)
    wanted = (*x.shape[:axis], *x.shape[axis + 1 :])
    if target.shape != wanted:
        fixes = []
        if target.shape == x.shape[:-1]:
            fixes.append(Fix("Take the last axis for the classes", (SetParam("", "dim", -1),)))
        if target.shape == (x.shape[0], *x.shape[2:]):
            fixes.append(Fix("Take axis 1 for the classes", (SetParam("", "dim", None),)))
        raise Mismatch(
            "shapes_differ",
            "target",
            expected=f"{TensorType(wanted)}, the input without its axis of classes",
            got=f"{target}",
            remedy="Set dim to the axis of the classes." if fixes else "Feed it class numbers.",
            fixes=tuple(fixes),
        )
    return wanted


def weights_fit(p: Params, name: str, count: Dim, what: str) -> None:
    """Raises `Mismatch` where a list of weights has another length than there are things."""
    given = getattr(p, name)
    if given is not None and len(given) != count:
        raise Mismatch(
            "weights_differ",
            name,
            expected=f"{count} weights, one for each {what}",
            got=f"{len(given)}",
            remedy=f"Set {name} to as many numbers, or leave it empty.",
            fixes=(Fix("Count all alike", (SetParam("", name, None),)),),
        )


def class_first(p: Params, x: TensorType, port: str = "input") -> str:
    """Text for the port's tensor with its classes on axis 1, where torch wants them."""
    gap = "{" + port + "}"
    return gap if class_axis(p, x) == 1 else f"{gap}.movedim({{dim}}, 1)"


def weighting(p: Params, name: str = "weight") -> str:
    """Text for the keyword of a list of weights, with its comma; empty without one."""
    return "" if getattr(p, name) is None else f"{name}={{input}}.new_tensor({{{name}}}), "
