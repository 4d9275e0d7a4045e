"""Tensors that come from no other layer: constants and learned ones."""

from __future__ import annotations

from graph_compiler.layer import (
    Choice,
    Float,
    Floats,
    Layer,
    Mismatch,
    Params,
    Shape,
    example,
    explicit,
)
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType


def _constant(p: Params) -> TensorType:
    result = TensorType(tuple(p.shape), p.dtype)
    refuse_huge(result.numel, "shape", "numbers", "Choose a smaller shape.")
    if len(p.values) not in (1, result.numel):
        raise Mismatch(
            "values_do_not_fill",
            "values",
            expected=f"1 or {int(result.numel)} numbers for a shape of {result}",
            got=f"{len(p.values)}",
            remedy="Name one number for all places, or one for each.",
            fixes=(
                Fix(
                    f"Make it {len(p.values)} long",
                    (SetParam("", "shape", (len(p.values),)),),
                ),
            )
            if p.values
            else (),
        )
    return result


Constant = Layer(
    title="Constant",
    family="operation",
    short="constant",
    formula="y = c",
    doc="Numbers that never change, the same for every example; there is no batch axis.",
    keywords=("number", "value", "fixed", "buffer", "zeros", "ones", "literal", "scalar"),
    params=(
        explicit(Floats("values", (1.0,), doc="one number for all places, or one for each")),
        Shape("shape", (1,), doc="sizes, without the batch"),
        Choice("dtype", "float", ("float", "int", "bool"), label="numbers", doc="kind of number"),
    ),
    inputs=(),
    output=_constant,
    module="Constant({values}, {shape}, dtype={dtype})",
    source="constant",
    examples=(
        example(),
        example(values=(1.0, 2.0, 3.0, 4.0), shape=(2, 2)),
        example(values=(3.0,), shape=(2, 3), dtype="int"),
    ),
)


def _learned(p: Params) -> TensorType:
    result = TensorType(tuple(p.shape))
    refuse_huge(result.numel, "shape", "weights", "Choose a smaller shape.")
    return result


LearnableTensor = Layer(
    title="Learnable tensor",
    family="operation",
    short="learned",
    formula="y = w",
    doc="Weights by themselves, the same for every example, such as a class token or learned "
    "queries; there is no batch axis.",
    paper="Devlin et al., BERT: pre-training of deep bidirectional transformers, 2018",
    keywords=(
        "parameter",
        "weight",
        "class token",
        "cls",
        "queries",
        "trainable",
        "bias",
        "zeros",
        "ones",
    ),
    params=(
        Shape("shape", (1, 64), doc="sizes, without the batch"),
        Float("mean", 0.0, low=-1e6, high=1e6, doc="average of the values before training"),
        Float("std", 0.02, low=0.0, high=1e6, label="spread", doc="spread of them; 0 for none"),
    ),
    inputs=(),
    output=_learned,
    weights=lambda p: {"": tuple(p.shape)},
    module="nn.Parameter(torch.normal({mean}, {std}, {shape}))",
    forward="{self}",
    examples=(example(), example(shape=(3, 4), std=0.0), example(shape=(2, 1, 3), mean=1.0)),
)
