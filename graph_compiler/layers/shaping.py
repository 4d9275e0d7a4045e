"""Layers that change the shape or the presence of values, but learn nothing."""

from __future__ import annotations

from graph_compiler.layer import Float, Int, Layer, Mismatch, Params, Port, example, same
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType


def _flat(p: Params, x: TensorType) -> TensorType:
    rank = len(x.shape)
    first = p.start_dim
    last = p.end_dim if p.end_dim >= 0 else p.end_dim + rank
    if not (1 <= first < rank and first <= last < rank):
        raise Mismatch(
            "axis_out_of_range",
            "input",
            expected=f"axes from 1 to {rank - 1}, the first before the last",
            got=f"start_dim {p.start_dim} and end_dim {p.end_dim} on {x}",
            remedy="Set start_dim and end_dim to axes of the input.",
            fixes=(
                Fix(
                    "Flatten everything but the batch",
                    (SetParam("", "start_dim", None), SetParam("", "end_dim", None)),
                ),
            ),
        )
    size: Dim = 1
    for axis in x.shape[first : last + 1]:
        size = size * axis
    return TensorType((*x.shape[:first], size, *x.shape[last + 1 :]), x.dtype)


def _flat_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    last = p.end_dim if p.end_dim >= 0 else p.end_dim + x.rank
    axes = x.shape[p.start_dim : last + 1]
    return (f"{'·'.join(str(axis) for axis in axes)} = {y.shape[p.start_dim]}",)


Flatten = Layer(
    title="Flatten",
    family="shape",
    short="flatten",
    doc="Lays all axes of an example end to end, so that dense layers can read an image.",
    keywords=("reshape", "vector", "unroll"),
    params=(
        Int(
            "start_dim",
            1,
            low=1,
            high=15,
            on_node=False,
            label="first axis",
            doc="first axis to merge",
        ),
        Int(
            "end_dim",
            -1,
            low=-15,
            high=15,
            on_node=False,
            label="last axis",
            doc="last axis to merge; -1 is the last of all",
        ),
    ),
    inputs=(Port("input", rank=(2, None), dtype="any", doc="any tensor"),),
    output=_flat,
    words=_flat_words,
    module="nn.Flatten(start_dim={start_dim}, end_dim={end_dim})",
    examples=(example((16, 5, 5)), example((4, 3, 2), start_dim=2), example((10,))),
)

Dropout = Layer(
    title="Dropout",
    family="regularization",
    short="dropout",
    formula="y = m·x / (1 − p),  m = 0 with probability p",
    doc="Blanks a random share of the values while training, so that no unit relies on another.",
    paper="Srivastava et al., Dropout: a simple way to prevent overfitting, 2014",
    keywords=("overfitting", "regularize", "noise"),
    params=(
        Float(
            "p", 0.5, low=0.0, high=1.0, label="share", doc="probability that a value is blanked"
        ),
    ),
    inputs=(Port("input", doc="any tensor"),),
    output=same,
    module="nn.Dropout({p})",
    examples=(example((120,), p=0.2), example((16, 5, 5))),
)

Identity = Layer(
    title="Identity",
    family="shape",
    short="identity",
    formula="y = x",
    doc="Passes its input on unchanged: a placeholder, or the other side of a skip connection.",
    paper="He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2015",
    keywords=("skip", "pass", "placeholder", "nothing"),
    inputs=(Port("input", dtype="any", doc="any tensor"),),
    output=same,
    module="nn.Identity()",
    examples=(example((10,)),),
)
