"""A formula written by hand, as one layer."""

from __future__ import annotations

from graph_compiler.formulas import read, written
from graph_compiler.layer import Example, Layer, Mismatch, Params, Port, Text, example
from graph_compiler.problems import Disconnect, Fix
from graph_compiler.tensors import TensorType

_PORTS = ("a", "b", "c", "d")


def _given(p: Params, inputs: tuple[TensorType | None, ...]) -> dict[str, TensorType]:
    """The types of what the formula reads; raises `Mismatch` where wires and names differ."""
    formula = read(p.formula, _PORTS)
    given = {name: x for name, x in zip(_PORTS, inputs, strict=True) if x is not None}
    for name in _PORTS:
        if name in formula.names and name not in given:
            raise Mismatch(
                "bad_formula",
                name,
                expected=f"a wire, for the formula reads {name}",
                got="none",
                remedy=f"Lay a wire to {name}, or take it out of the formula.",
            )
        if name in given and name not in formula.names:
            raise Mismatch(
                "bad_formula",
                name,
                expected=f"a formula that reads {name}, for there is a wire",
                got=f"only {', '.join(formula.names)}",
                remedy=f"Use {name} in the formula, or take the wire away.",
                fixes=(Fix(f"Take the wire to {name} away", (Disconnect("", name),)),),
            )
    return given


def _result(p: Params, *inputs: TensorType | None) -> TensorType:
    result = written(read(p.formula, _PORTS), _given(p, inputs)).type
    assert result is not None  # a formula reads at least one input
    return result


def _text(p: Params, *inputs: TensorType | None) -> str:
    return written(read(p.formula, _PORTS), _given(p, inputs)).text


Formula = Layer(
    title="Formula",
    family="operation",
    short="formula",
    formula="y = f(a, b, c, d)",
    doc="Computes what you write, element by element, from inputs named a to d: + - * / % **, "
    "comparisons, and, or, not, x if condition else y, and functions such as exp, max or where.",
    keywords=(
        "expression",
        "equation",
        "custom",
        "calculate",
        "math",
        "function",
        "lambda",
        "if",
        "where",
        "scalar",
        "arithmetic",
    ),
    params=(Text("formula", "a", doc="for instance a * sigmoid(b) + 1"),),
    inputs=(
        Port("a", rank=(0, None), dtype="any", optional=True, doc="what the formula calls a"),
        Port("b", rank=(0, None), dtype="any", optional=True, doc="what the formula calls b"),
        Port("c", rank=(0, None), dtype="any", optional=True, doc="what the formula calls c"),
        Port("d", rank=(0, None), dtype="any", optional=True, doc="what the formula calls d"),
    ),
    output=_result,
    template=_text,
    examples=(
        example((10,), None, None, None, formula="2 * a**2 - 1"),
        example((4, 3), (4, 1), None, None, formula="a * sigmoid(b) + exp(-a)"),
        example((5,), (5,), (5,), None, formula="a if b > 0 and not c == 1 else max(c, 0)"),
        Example(((4,), None, (4,), None), {"formula": "a / 2 + c"}, ("int", "int")),
    ),
)
