"""Layers that join several wires into one."""

from __future__ import annotations

from collections.abc import Iterator

from graph_compiler.layer import Int, Layer, Mismatch, Params, Port, example, explicit
from graph_compiler.problems import Fix, InsertOnWire, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType


def _sum(p: Params, *inputs: TensorType) -> TensorType:
    first = inputs[0]
    for index, x in enumerate(inputs[1:], 2):
        if x.shape != first.shape:
            fixes = [*_fitting(f"input{index}", x, first)]
            if len(inputs) == 2:
                fixes += _fitting("input1", first, x)
            raise Mismatch(
                "shapes_differ",
                f"input{index}",
                expected=f"{first}, as on input1",
                got=f"{x}",
                remedy="Give both branches the same shape, or join them with Concatenate.",
                fixes=tuple(fixes),
            )
    return first


def _fitting(port: str, x: TensorType, wanted: TensorType) -> Iterator[Fix]:
    """Layers that bring one branch into the shape of the other."""
    if x.rank == 4 and wanted.rank == 4 and x.shape[2:] == wanted.shape[2:]:
        filters = int(wanted.shape[1])
        projection = (("out_channels", filters), ("kernel_size", 1))
        yield Fix(
            f"Insert Conv2d 1×1 with {_counted(filters, 'filter')} on {port}",
            (InsertOnWire("", port, "Conv2d", projection),),
        )
    elif x.shape[:-1] == wanted.shape[:-1]:
        units = int(wanted.last)
        yield Fix(
            f"Insert Linear with {_counted(units, 'unit')} on {port}",
            (InsertOnWire("", port, "Linear", (("out_features", units),)),),
        )
    elif wanted.rank == 2 and x.numel == wanted.last:
        yield Fix(f"Insert Flatten on {port}", (InsertOnWire("", port, "Flatten"),))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _joined(p: Params, *inputs: TensorType) -> TensorType:
    first = inputs[0]
    rank = first.rank
    axis = p.dim if p.dim >= 0 else p.dim + rank
    if not 1 <= axis < rank:
        raise Mismatch(
            "axis_out_of_range",
            "input1",
            expected=f"an axis from 1 to {rank - 1}",
            got=f"dim {p.dim} on {first}",
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
            )
        size = size + x.shape[axis]
    return TensorType((*first.shape[:axis], size, *first.shape[axis + 1 :]), first.dtype)


def _joined_words(p: Params, y: TensorType, *inputs: TensorType) -> tuple[str, ...]:
    axis = p.dim if p.dim >= 0 else p.dim + y.rank
    return (f"{' + '.join(str(x.shape[axis]) for x in inputs)} = {y.shape[axis]}",)


Add = Layer(
    title="Add",
    family="operation",
    short="add",
    formula="y = x₁ + x₂ + …",
    doc="Adds its inputs element by element, as a skip connection does.",
    paper="He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2015",
    keywords=("sum", "plus", "residual", "skip", "merge"),
    inputs=(Port("input", dtype="any", many=True, doc="tensors of one shape"),),
    output=_sum,
    forward="{inputs: + }",
    examples=(example((10,), (10,)), example((4, 8, 8), (4, 8, 8), (4, 8, 8))),
)

Concatenate = Layer(
    title="Concatenate",
    family="operation",
    short="concat",
    formula="y = [x₁, x₂, …]",
    doc="Puts its inputs side by side along one axis.",
    paper="Szegedy et al., Going deeper with convolutions, 2014",
    keywords=("join", "stack", "merge", "cat"),
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
