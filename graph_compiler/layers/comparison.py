"""Comparisons, logic, choice by a condition, and kinds of number."""

from __future__ import annotations

from graph_compiler.broadcasting import broadcast, ports_of
from graph_compiler.layer import (
    Choice,
    Example,
    Float,
    Layer,
    Mismatch,
    Params,
    Port,
    example,
)
from graph_compiler.problems import Fix, InsertOnWire
from graph_compiler.tensors import TensorType

_SIGNS = {
    "equal": "==",
    "not equal": "!=",
    "less": "<",
    "less or equal": "<=",
    "greater": ">",
    "greater or equal": ">=",
}


def _compared(p: Params, x: TensorType, other: TensorType | None) -> TensorType:
    shape = x.shape if other is None else broadcast(("input", "other"), (x, other)).shape
    return TensorType(shape, "bool")


def _compared_text(p: Params, x: TensorType, other: TensorType | None) -> str:
    return f"{{input}} {_SIGNS[p.relation]} {'{value}' if other is None else '{other}'}"


Compare = Layer(
    title="Compare",
    family="operation",
    short="compare",
    formula="y = a < b, true or false",
    doc="Compares each value with a number or with another input, and answers true or false.",
    keywords=(
        "equal",
        "not equal",
        "less",
        "greater",
        "threshold",
        "larger",
        "smaller",
        "than",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "mask",
    ),
    params=(
        Choice("relation", "greater", tuple(_SIGNS), doc="what is asked of input and other"),
        Float("value", 0.0, low=-1e30, high=1e30, doc="number to compare with where no wire comes"),
    ),
    inputs=(
        Port("input", rank=(0, None), dtype="any", doc="left side"),
        Port("other", rank=(0, None), dtype="any", optional=True, doc="right side"),
    ),
    output=_compared,
    template=_compared_text,
    examples=(
        example((10,), None),
        example((4, 3), (4, 1), relation="less or equal"),
        Example(((4,), (4,)), {"relation": "equal"}, ("int", "int")),
    ),
)


def _logical(p: Params, *inputs: TensorType) -> TensorType:
    return broadcast(ports_of("input", inputs), inputs)


_OPERATORS = {"and": "&", "or": "|", "xor": "^"}

Logic = Layer(
    title="And, or, xor",
    family="operation",
    short="logic",
    formula="y = a ∧ b, a ∨ b or a ⊕ b",
    doc="Joins true and false of its inputs.",
    keywords=("logical", "and", "or", "xor", "boolean", "both", "either", "mask", "&", "|", "^"),
    params=(Choice("function", "and", tuple(_OPERATORS), doc="how they are joined"),),
    inputs=(
        Port("input", rank=(0, None), dtype="bool", many=True, doc="conditions, shapes that fit"),
    ),
    output=_logical,
    template=lambda p, *inputs: f"{{inputs: {_OPERATORS[p.function]} }}",
    examples=(
        example((10,), (10,)),
        example((4, 3), (4, 1), (1, 3), function="or"),
        example((4,), (4,), function="xor"),
    ),
)

Not = Layer(
    title="Not",
    family="operation",
    short="inverse",
    formula="y = ¬x",
    doc="Makes true false and false true.",
    keywords=("logical not", "negate", "invert", "boolean", "~", "mask"),
    inputs=(Port("input", rank=(0, None), dtype="bool", doc="conditions"),),
    output=lambda p, x: x,
    forward="~{x}",
    examples=(example((10,)), example((4, 3))),
)


def _chosen(p: Params, condition: TensorType, x: TensorType, other: TensorType) -> TensorType:
    values = broadcast(("input", "other"), (x, other))
    return broadcast(("input", "condition"), (values, TensorType(condition.shape, values.dtype)))


Where = Layer(
    title="Where",
    family="operation",
    short="where",
    formula="y = a where c is true, else b",
    doc="Takes each value from one input where a condition holds and from another where not.",
    keywords=("condition", "if", "else", "choose", "select", "mask", "switch"),
    inputs=(
        Port("condition", rank=(0, None), dtype="bool", doc="which one is taken"),
        Port("input", rank=(0, None), dtype="any", doc="values where it is true"),
        Port("other", rank=(0, None), dtype="any", doc="values where it is false"),
    ),
    output=_chosen,
    forward="torch.where({condition}, {input}, {other})",
    examples=(
        example((10,), (10,), (10,)),
        example((4, 1), (4, 3), (1, 3)),
        Example(((4,), (4,), (4,)), {}, ("bool", "int", "float")),
    ),
)


def _filled(p: Params, x: TensorType, mask: TensorType) -> TensorType:
    result = broadcast(("input", "mask"), (x, TensorType(mask.shape, x.dtype)))
    if result.shape != x.shape:
        raise Mismatch(
            "shapes_differ",
            "mask",
            expected=f"{x}, or 1 in place of some sizes",
            got=f"{mask}",
            remedy="Give the mask no axes that the input lacks.",
            fixes=(Fix("Insert Unsqueeze on input", (InsertOnWire("", "input", "Unsqueeze"),)),),
        )
    return x


MaskedFill = Layer(
    title="Masked fill",
    family="operation",
    short="fill",
    formula="y = v where the mask is true, else x",
    doc="Puts a number where a mask is true; −∞ before a softmax gives those places no share.",
    keywords=("mask", "hide", "padding", "minus infinity", "-inf", "attention", "replace"),
    params=(
        Choice("fill", "number", ("number", "-inf"), doc="put value in, or −∞ as before a softmax"),
        Float("value", 0.0, low=-1e30, high=1e30, doc="number that is put in"),
    ),
    inputs=(
        Port("input", rank=(0, None), doc="any tensor"),
        Port("mask", rank=(0, None), dtype="bool", doc="true where the number goes"),
    ),
    output=_filled,
    template=lambda p, x, mask: (
        "{input}.masked_fill({mask}, {value})"
        if p.fill == "number"
        else "{input}.masked_fill({mask}, -torch.inf)"
    ),
    examples=(
        example((10,), (10,)),
        example((4, 7, 7), (1, 1, 7), value=-1e9),
        example((4, 3), (4, 1), value=2.0),
    ),
)

_METHODS = {"float": "float", "int": "long", "bool": "bool"}

Cast = Layer(
    title="Convert numbers",
    family="operation",
    short="cast",
    doc="Makes real numbers, whole numbers, or true and false of the values.",
    keywords=("cast", "to float", "to int", "to bool", "type", "dtype", "long", "integer"),
    params=(
        Choice("dtype", "float", tuple(_METHODS), label="to", doc="kind of number that comes out"),
    ),
    inputs=(Port("input", rank=(0, None), dtype="any", doc="any tensor"),),
    output=lambda p, x: TensorType(x.shape, p.dtype),
    template=lambda p, x: f"{{x}}.{_METHODS[p.dtype]}()",
    examples=(
        Example(((10,),), {}, ("int",)),
        example((4, 3), dtype="int"),
        example((4, 3), dtype="bool"),
    ),
)
