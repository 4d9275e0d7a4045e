"""Arithmetic between tensors, shapes stretched to each other, and with numbers."""

from __future__ import annotations

from graph_compiler.broadcasting import broadcast, ports_of
from graph_compiler.layer import Example, Float, Layer, Params, Port, example
from graph_compiler.tensors import TensorType

_PAIR = (
    Port("input", rank=(0, None), dtype="number", doc="first operand"),
    Port("other", rank=(0, None), dtype="number", doc="second operand, stretched where it has 1"),
)
_MANY = (Port("input", rank=(0, None), dtype="any", many=True, doc="tensors of shapes that fit"),)
_EXAMPLES = (example((10,), (10,)), example((4, 8, 8), (4, 1, 1)), example((7, 5), (7, 1)))


def _all(p: Params, *inputs: TensorType) -> TensorType:
    return broadcast(ports_of("input", inputs), inputs, join=True)


def _both(p: Params, x: TensorType, other: TensorType) -> TensorType:
    return broadcast(("input", "other"), (x, other))


def _quotient(p: Params, x: TensorType, other: TensorType) -> TensorType:
    return TensorType(_both(p, x, other).shape, "float")


Add = Layer(
    title="Add",
    family="operation",
    short="add",
    formula="y = x₁ + x₂ + …",
    doc="Adds its inputs element by element, as a skip connection does.",
    paper="He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2015",
    keywords=("sum", "plus", "residual", "skip", "merge", "+"),
    inputs=_MANY,
    output=_all,
    forward="{inputs: + }",
    examples=(
        example((10,), (10,)),
        example((4, 8, 8), (4, 8, 8), (4, 8, 8)),
        example((4, 8, 8), (1, 1, 8), (4, 1, 1)),
    ),
)

Subtract = Layer(
    title="Subtract",
    family="operation",
    short="sub",
    formula="y = a − b",
    doc="Takes the second input from the first, element by element.",
    keywords=("minus", "difference", "-", "sub"),
    inputs=_PAIR,
    output=_both,
    forward="{input} - {other}",
    examples=_EXAMPLES,
)

Multiply = Layer(
    title="Multiply",
    family="operation",
    short="mul",
    formula="y = x₁ · x₂ · …",
    doc="Multiplies its inputs element by element, as gates and attention to channels do.",
    paper="Hu, Shen, Sun, Squeeze-and-excitation networks, 2018",
    keywords=("times", "product", "gate", "hadamard", "excite", "mask", "*"),
    inputs=_MANY,
    output=_all,
    forward="{inputs: * }",
    examples=(
        example((10,), (10,)),
        example((4, 8, 8), (4, 1, 1)),
        Example(((6, 3), (6, 1), (6, 3)), dtypes=("bool", "bool", "bool")),
    ),
)

Divide = Layer(
    title="Divide",
    family="operation",
    short="div",
    formula="y = a / b",
    doc="Divides the first input by the second, element by element.",
    keywords=("quotient", "ratio", "over", "/", "div"),
    inputs=_PAIR,
    output=_quotient,
    forward="{input} / {other}",
    examples=(*_EXAMPLES, Example(((4,), (4,)), dtypes=("int", "int"))),
)

Remainder = Layer(
    title="Remainder",
    family="operation",
    short="mod",
    formula="y = a mod b",
    doc="What is left when the first input is divided by the second; it has the second's sign.",
    keywords=("modulo", "mod", "%", "rest", "fmod"),
    inputs=_PAIR,
    output=_both,
    forward="{input} % {other}",
    examples=(*_EXAMPLES, Example(((4,), (4,)), dtypes=("int", "float"))),
)

Maximum = Layer(
    title="Maximum",
    family="operation",
    short="max",
    formula="y = max(a, b)",
    doc="The larger of two inputs, element by element.",
    keywords=("larger", "greater", "max", "elementwise"),
    inputs=_PAIR,
    output=_both,
    forward="torch.maximum({input}, {other})",
    examples=_EXAMPLES,
)

Minimum = Layer(
    title="Minimum",
    family="operation",
    short="min",
    formula="y = min(a, b)",
    doc="The smaller of two inputs, element by element.",
    keywords=("smaller", "less", "min", "elementwise"),
    inputs=_PAIR,
    output=_both,
    forward="torch.minimum({input}, {other})",
    examples=_EXAMPLES,
)


def _power(p: Params, x: TensorType, exponent: TensorType | None) -> TensorType:
    if exponent is None:
        return TensorType(x.shape, "float")
    return broadcast(("input", "exponent"), (x, exponent))


Power = Layer(
    title="Power",
    family="operation",
    short="pow",
    formula="y = xᵖ",
    doc="Raises the input to a power: one number, or a tensor of exponents.",
    keywords=("exponent", "pow", "raise", "square", "cube", "root", "**", "^"),
    params=(
        Float(
            "power",
            2.0,
            low=-1e6,
            high=1e6,
            label="exponent",
            doc="exponent where no wire brings one",
        ),
    ),
    inputs=(
        Port("input", rank=(0, None), dtype="number", doc="what is raised"),
        Port("exponent", rank=(0, None), dtype="number", optional=True, doc="exponents"),
    ),
    output=_power,
    template=lambda p, x, e: "{input}.pow({power})" if e is None else "{input}.pow({exponent})",
    examples=(
        example((10,), None),
        example((4, 3), None, power=0.5),
        example((4, 8), (4, 1)),
        Example(((4,), (4,)), dtypes=("int", "int")),
    ),
)


def _scaled_text(p: Params, x: TensorType) -> str:
    text = "{x}" if p.factor is None else "{x} * {factor}"
    return text if p.summand is None else f"{text} + {{summand}}"


def _scaled(p: Params, x: TensorType) -> TensorType:
    return x if p.factor is None and p.summand is None else TensorType(x.shape, "float")


Scale = Layer(
    title="Scale and shift",
    family="operation",
    short="scale",
    formula="y = a·x + b",
    doc="Multiplies every value by one number and adds another.",
    keywords=("scalar", "multiply", "times", "add", "plus", "number", "affine", "offset", "1 - x"),
    params=(
        Float("factor", 1.0, low=-1e30, high=1e30, optional=True, doc="number a to multiply by"),
        Float("summand", None, low=-1e30, high=1e30, optional=True, doc="number b to add"),
    ),
    inputs=(Port("input", rank=(0, None), dtype="number", doc="any numbers"),),
    output=_scaled,
    template=_scaled_text,
    examples=(
        example((10,), factor=0.125),
        example((4, 3), factor=-1.0, summand=1.0),
        example((4, 3), factor=None, summand=1e-6),
    ),
)
