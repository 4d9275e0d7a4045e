"""Layers that join several wires into one, side by side or on a new axis."""

from __future__ import annotations

from graph_compiler.axes import Axis, axis_at, is_batched
from graph_compiler.broadcasting import grid_fixes, promoted
from graph_compiler.layer import Example, Int, Layer, Mismatch, Params, Port, example, explicit
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType


def _joined(p: Params, *inputs: TensorType) -> TensorType:
    first = inputs[0]
    rank = first.rank
    lowest = 1 if is_batched(first) else 0
    axis = int(p.dim) if p.dim >= 0 else int(p.dim) + rank
    if not lowest <= axis < rank or first.shape[axis] is N:
        raise Mismatch(
            "axis_out_of_range",
            "input1",
            expected=f"an axis from {lowest} to {rank - 1}" if rank > lowest else "another axis",
            got=f"dim {int(p.dim)} on {first}",
            remedy="Set dim to an axis of the inputs; 0 is the batch.",
            fixes=(Fix("Join along axis 1", (SetParam("", "dim", None),)),),
        )
    size: Dim = first.shape[axis]
    for index, x in enumerate(inputs[1:], 2):
        if (
            x.rank != rank
            or x.shape[:axis] != first.shape[:axis]
            or x.shape[axis + 1 :] != first.shape[axis + 1 :]
        ):
            pattern = TensorType((*first.shape[:axis], 0, *first.shape[axis + 1 :]))
            text = "×".join("*" if i == axis else str(s) for i, s in enumerate(pattern.shape))
            raise Mismatch(
                "shapes_differ",
                f"input{index}",
                expected=f"{text}, as on input1",
                got=f"{x}",
                remedy="Give both branches the same shape on all other axes.",
                fixes=_joinable(f"input{index}", x, first, axis, len(inputs) == 2),
            )
        size = size + x.shape[axis]
    dtype = promoted(*(x.dtype for x in inputs))
    return TensorType((*first.shape[:axis], size, *first.shape[axis + 1 :]), dtype)


def _joinable(
    port: str, x: TensorType, first: TensorType, axis: int, pair: bool
) -> tuple[Fix, ...]:
    """Cures for images of two sizes that are joined by their channels."""
    if axis != 1:
        return ()
    fixes = grid_fixes(port, x, first)
    return (*fixes, *grid_fixes("input1", first, x)) if pair else tuple(fixes)


def _joined_words(p: Params, y: TensorType, *inputs: TensorType) -> tuple[str, ...]:
    axis = int(p.dim) if p.dim >= 0 else int(p.dim) + y.rank
    return (f"{' + '.join(str(x.shape[axis]) for x in inputs)} = {y.shape[axis]}",)


Concatenate = Layer(
    title="Concatenate",
    family="operation",
    short="concat",
    formula="y = [x₁, x₂, …]",
    doc="Puts its inputs side by side along one axis.",
    paper="Szegedy et al., Going deeper with convolutions, 2014",
    keywords=("join", "merge", "cat", "side by side", "densenet", "skip"),
    params=(
        explicit(
            Int(
                "dim",
                1,
                low=-15,
                high=15,
                label="axis",
                doc="axis that grows; 1 is the first after the batch",
            )
        ),
    ),
    inputs=(Port("input", dtype="any", many=True, doc="tensors that agree on all other axes"),),
    output=_joined,
    words=_joined_words,
    forward="torch.cat(({inputs}), dim={dim})",
    examples=(example((4, 8, 8), (6, 8, 8)), example((3, 5), (3, 2), dim=-1)),
)


def _stacked(p: Params, *inputs: TensorType) -> TensorType:
    first = inputs[0]
    place = axis_at(p.dim, first, port="input1", more=1)
    for index, x in enumerate(inputs[1:], 2):
        if x.shape != first.shape:
            raise Mismatch(
                "shapes_differ",
                f"input{index}",
                expected=f"{first}, as on input1",
                got=f"{x}",
                remedy="Give all branches the same shape, or join them with Concatenate.",
            )
    dtype = promoted(*(x.dtype for x in inputs))
    return TensorType((*first.shape[:place], len(inputs), *first.shape[place:]), dtype)


Stack = Layer(
    title="Stack",
    family="operation",
    short="stack",
    formula="y = [x₁ | x₂ | …] on a new axis",
    doc="Puts inputs of one shape behind each other on a new axis.",
    keywords=("pile", "new axis", "together", "steps", "heads"),
    params=(Axis(1, "place of the new axis; -1 is behind all others"),),
    inputs=(
        Port("input", rank=(0, None), dtype="any", many=True, doc="tensors of the same shape"),
    ),
    output=_stacked,
    words=lambda p, y, *inputs: (f"{len(inputs)} inputs on the new axis",),
    forward="torch.stack(({inputs}), dim={dim})",
    examples=(
        example((4, 8), (4, 8)),
        example((3,), (3,), (3,), dim=-1),
        Example(((4, 2), (4, 2)), {"dim": 2}, ("int", "int")),
    ),
)
