"""Where examples enter a network and where its answers leave it."""

from __future__ import annotations

from graph_compiler.layer import Bool, Choice, Layer, Params, Port, Shape, example, same
from graph_compiler.limits import refuse_huge
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def _example_shape(p: Params) -> TensorType:
    x = TensorType((N, *p.shape), p.dtype)
    refuse_huge(x.numel, "shape", "numbers in one example", "Make the shape smaller.")
    return x


Input = Layer(
    title="Input",
    family="io",
    short="input",
    doc="Where the examples enter. Its name becomes the argument of the module's forward method.",
    keywords=("data", "image", "features", "source", "start"),
    params=(
        Shape(
            "shape",
            (1, 28, 28),
            fewest=0,
            doc="shape of one example, without the batch axis; empty for a single number, such as "
            "the number of a class",
        ),
        Choice(
            "dtype",
            "float",
            ("float", "int", "bool"),
            doc="real numbers, whole numbers that stand for words or categories, or a mask",
            label="numbers",
        ),
        Bool(
            "over_time",
            True,
            label="over time",
            doc="in a block under a scan: read a step at a time, not the same at every step",
        ),
    ),
    inputs=(),
    output=_example_shape,
    examples=(
        example(shape=(1, 28, 28)),
        example(shape=(4,)),
        example(shape=(12,), dtype="int"),
        example(shape=(), dtype="int"),
    ),
)

Output = Layer(
    title="Output",
    family="io",
    short="output",
    doc="Where the answers leave. Its name names what the network returns.",
    keywords=("result", "prediction", "logits", "end"),
    inputs=(Port("input", rank=(0, None), dtype="any", doc="what the network returns"),),
    outputs=(),
    output=same,
    examples=(example((10,)), example((3, 8, 8))),
)
