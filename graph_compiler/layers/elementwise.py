"""Functions of single values that are no activations."""

from __future__ import annotations

from graph_compiler.layer import (
    Choice,
    Example,
    Float,
    Layer,
    Mismatch,
    Param,
    Params,
    Port,
    example,
    explicit,
    same,
)
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

KEEP_INT = frozenset({"abs", "neg", "square", "sign", "round", "floor", "ceil", "trunc"})
"""Functions that give whole numbers for whole numbers."""

FUNCTIONS = (
    "exp", "log", "sqrt", "square", "abs", "neg", "reciprocal", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "erf", "exp2", "expm1", "log2", "log10", "log1p", "rsqrt",
    "sign", "round", "floor", "ceil", "trunc",
)  # fmt: skip

_NUMBERS = (Port("input", rank=(0, None), dtype="number", doc="any numbers"),)


def _function(p: Params, x: TensorType) -> TensorType:
    return x if p.function in KEEP_INT else TensorType(x.shape, "float")


Elementwise = Layer(
    title="Function",
    family="operation",
    short="f",
    formula="y = f(x)",
    doc="One function of mathematics on every value.",
    keywords=(
        *FUNCTIONS,
        "negate",
        "minus",
        "absolute",
        "exponential",
        "logarithm",
        "square root",
        "sine",
        "cosine",
        "inverse",
        "tangent",
        "unary",
        "elementwise",
        "math",
    ),
    params=(Choice("function", "exp", FUNCTIONS, doc="function that every value goes through"),),
    inputs=_NUMBERS,
    output=_function,
    template=lambda p, x: "-{x}" if p.function == "neg" else "torch.{function:raw}({x})",
    examples=(
        example((10,)),
        example((4, 3), function="neg"),
        example((4, 3), function="log1p"),
        Example(((4,),), {"function": "square"}, ("int",)),
        Example(((4,),), {"function": "sqrt"}, ("int",)),
    ),
)


def _clamped(p: Params, x: TensorType) -> TensorType:
    if p.min is None and p.max is None:
        raise Mismatch(
            "too_few_values",
            "min",
            expected="a lower or an upper bound",
            got="neither",
            remedy="Set min or max.",
            fixes=(Fix("Cut below 0", (SetParam("", "min", 0.0),)),),
        )
    if p.min is not None and p.max is not None and p.min > p.max:
        raise Mismatch(
            "sizes_do_not_fit",
            "min",
            expected=f"at most max, which is {p.max:g}",
            got=f"{p.min:g}",
            remedy="Swap the bounds.",
            fixes=(Fix("Swap them", (SetParam("", "min", p.max), SetParam("", "max", p.min))),),
        )
    return TensorType(x.shape, "float")


def _clamp_text(p: Params, x: TensorType) -> str:
    low = [] if p.min is None else ["min={min}"]
    high = [] if p.max is None else ["max={max}"]
    return f"{{x}}.clamp({', '.join([*low, *high])})"


def _bound(name: str, default: float | None, label: str, doc: str) -> Param:
    bound = Float(name, default, low=-1e30, high=1e30, optional=True, label=label, doc=doc)
    return explicit(bound)


Clamp = Layer(
    title="Clamp",
    family="operation",
    short="clamp",
    formula="y = min(max(x, low), high)",
    doc="Cuts values off at a lower and an upper bound.",
    keywords=("clip", "limit", "bound", "cut", "saturate"),
    params=(
        _bound("min", None, "lowest", "lower bound"),
        _bound("max", 1.0, "highest", "upper bound"),
    ),
    inputs=_NUMBERS,
    output=_clamped,
    template=_clamp_text,
    examples=(
        example((10,), min=-1.0, max=1.0),
        example((4, 3), min=0.0, max=None),
        example((4,)),
    ),
)

Detach = Layer(
    title="Stop gradient",
    family="operation",
    short="detach",
    formula="y = x,  ∂y/∂x = 0",
    doc="Passes values on and lets no gradient back, so that what lies before learns nothing here.",
    paper="Chen, He, Exploring simple siamese representation learning, 2021",
    keywords=("detach", "freeze", "no gradient", "block", "stop-gradient"),
    inputs=(Port("input", rank=(0, None), dtype="any", doc="any tensor"),),
    output=same,
    forward="{x}.detach()",
    view=True,
    examples=(example((10,)), example((4, 3))),
)
