"""Reductions: many values along axes become one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.axes import Axes, Axis, axes_at, axis_at, is_batched
from graph_compiler.layer import (
    Bool,
    Choice,
    Example,
    Float,
    Int,
    Layer,
    Mismatch,
    Param,
    Params,
    Port,
    example,
)
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType

_KEEP = Bool("keepdim", False, label="keep axes", doc="leave an axis of size 1 in their place")
_AXES = Axes(
    (-1,), "axes that go; -1 is the last, 0 the batch; empty for all of an example", optional=True
)


def _places(p: Params, x: TensorType) -> tuple[int, ...]:
    if p.dim is not None:
        return axes_at(p.dim, x, batch=True)
    places = tuple(range(1 if is_batched(x) else 0, x.rank))
    if not places:
        raise Mismatch(
            "axis_out_of_range",
            "input",
            expected="an axis besides the batch",
            got=f"{x}",
            remedy="Name the axes in dim; 0 is the batch.",
            fixes=(Fix("Reduce the batch", (SetParam("", "dim", (0,)),)),),
        )
    return places


def _without(x: TensorType, places: tuple[int, ...], keep: bool, dtype: str) -> TensorType:
    sizes = [
        1 if place in places else size
        for place, size in enumerate(x.shape)
        if keep or place not in places
    ]
    return TensorType(tuple(sizes), dtype)


def _extra(p: Params, y: TensorType, x: TensorType) -> Mapping[str, Any]:
    if p.dim is None:
        places: tuple[Any, ...] = _places(p, x)
    else:
        places = tuple(p.dim)
    return {"axes": places[0] if len(places) == 1 else places}


def _count(p: Params, x: TensorType) -> Dim:
    count: Dim = 1
    for place in _places(p, x):
        count = count * x.shape[place]
    return count


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    sizes = "·".join(str(x.shape[place]) for place in _places(p, x))
    return (f"{sizes} values become one",)


def _reduction(
    title: str,
    method: str,
    formula: str,
    doc: str,
    *keywords: str,
    short: str,
    port: str = "float",
    whole: str = "int",
    more: tuple[Param, ...] = (),
    examples: tuple[Example, ...] = (),
) -> Layer:
    """An entry whose text is `method` of the input; `whole` is what becomes of whole numbers."""

    def output(p: Params, x: TensorType) -> TensorType:
        dtype = "float" if x.dtype == "float" else x.dtype if whole == "same" else "int"
        return _without(x, _places(p, x), p.keepdim, dtype)

    return Layer(
        title=title,
        family="operation",
        short=short,
        formula=formula,
        doc=doc,
        keywords=(*keywords, "reduce", "over axes"),
        params=(*more, _AXES, _KEEP),
        inputs=(Port("input", rank=(1, None), dtype=port, doc="any tensor"),),
        output=output,
        words=_words,
        forward=method,
        extra=_extra,
        examples=(
            example((4, 8)),
            example((4, 8, 6), dim=(2, 3), keepdim=True),
            example((3, 5), dim=None),
            *examples,
        ),
    )


Sum = _reduction(
    "Sum",
    "{x}.sum(dim={axes}, keepdim={keepdim})",
    "y = Σ x",
    "Adds up all values along axes.",
    "total",
    "add up",
    short="sum",
    port="any",
    examples=(Example(((4, 3),), {}, ("bool",)), example((4,), dim=(0, 1))),
)
Mean = _reduction(
    "Mean",
    "{x}.mean(dim={axes}, keepdim={keepdim})",
    "y = Σ x / n",
    "The average of all values along axes; over height and width it is global average pooling.",
    "average",
    "global average pooling",
    "gap",
    "squeeze",
    short="mean",
)
Max = _reduction(
    "Max over axes",
    "{x}.amax(dim={axes}, keepdim={keepdim})",
    "y = max x",
    "The largest value along axes.",
    "maximum",
    "largest",
    "amax",
    "global max pooling",
    short="max",
    port="any",
    whole="same",
    examples=(Example(((4, 3),), {}, ("int",)),),
)
Min = _reduction(
    "Min over axes",
    "{x}.amin(dim={axes}, keepdim={keepdim})",
    "y = min x",
    "The smallest value along axes.",
    "minimum",
    "smallest",
    "amin",
    short="min",
    port="any",
    whole="same",
    examples=(Example(((4, 3),), {}, ("bool",)),),
)
LogSumExp = _reduction(
    "Log-sum-exp",
    "{x}.logsumexp(dim={axes}, keepdim={keepdim})",
    "y = log Σ eˣ",
    "The logarithm of a sum of exponentials, without overflow: a smooth maximum.",
    "softmax",
    "smooth maximum",
    "partition",
    "free energy",
    short="logsumexp",
)
Norm = _reduction(
    "Norm",
    "torch.linalg.vector_norm({x}, ord={p}, dim={axes}, keepdim={keepdim})",
    "y = (Σ |x|ᵖ)^(1/p)",
    "The length of the vectors along axes.",
    "length",
    "magnitude",
    "l2",
    "l1",
    "euclidean",
    short="norm",
    more=(Float("p", 2.0, low=0.0, high=100.0, doc="exponent p: 2 Euclid's length, 1 sum"),),
    examples=(example((4, 8), p=1.0),),
)


def _spread_output(p: Params, x: TensorType) -> TensorType:
    count = _count(p, x)
    if N not in [x.shape[place] for place in _places(p, x)] and count <= p.correction:
        raise Mismatch(
            "too_few_values",
            "input",
            expected=f"more than {int(p.correction)} values along the axes",
            got=f"{int(count)}",
            remedy="Name more axes, or set correction to 0.",
            fixes=(Fix("Divide by all values", (SetParam("", "correction", 0),)),),
        )
    return _without(x, _places(p, x), p.keepdim, "float")


def _spread(title: str, method: str, formula: str, doc: str, *keywords: str, short: str) -> Layer:
    correction = Int(
        "correction",
        1,
        low=0,
        high=1,
        doc="what the number of values is lessened by before dividing; 1 gives the unbiased one",
    )
    return Layer(
        title=title,
        family="operation",
        short=short,
        formula=formula,
        doc=doc,
        paper="Fisher, The correlation between relatives on the supposition of Mendelian "
        "inheritance, 1918",
        keywords=(*keywords, "reduce", "over axes", "spread", "statistics"),
        params=(_AXES, correction, _KEEP),
        inputs=(Port("input", rank=(1, None), doc="any tensor"),),
        output=_spread_output,
        words=_words,
        forward=f"{{x}}.{method}(dim={{axes}}, correction={{correction}}, keepdim={{keepdim}})",
        extra=_extra,
        examples=(
            example((4, 8)),
            example((4, 8, 6), dim=(2, 3), keepdim=True),
            example((3, 5), dim=None, correction=0),
        ),
    )


Variance = _spread(
    "Variance",
    "var",
    "y = Σ (x − x̄)² / (n − 1)",
    "The mean squared distance from the mean along axes.",
    "var",
    short="var",
)
StandardDeviation = _spread(
    "Standard deviation",
    "std",
    "y = √(Σ (x − x̄)² / (n − 1))",
    "How far values lie from their mean along axes.",
    "std",
    "sigma",
    "minibatch discrimination",
    short="std",
)


def _product(p: Params, x: TensorType) -> TensorType:
    dtype = "float" if x.dtype == "float" else "int"
    return _without(x, (axis_at(p.dim, x, batch=True),), p.keepdim, dtype)


Product = Layer(
    title="Product",
    family="operation",
    short="prod",
    formula="y = Π x",
    doc="Multiplies all values along an axis.",
    keywords=("prod", "multiply", "reduce", "over axes"),
    params=(Axis(-1, "axis that goes; -1 is the last"), _KEEP),
    inputs=(Port("input", rank=(1, None), dtype="any", doc="any tensor"),),
    output=_product,
    forward="{x}.prod(dim={dim}, keepdim={keepdim})",
    examples=(
        example((4, 8)),
        example((4, 8, 6), dim=1, keepdim=True),
        Example(((4,),), {}, ("bool",)),
    ),
)


def _running(p: Params, x: TensorType) -> TensorType:
    axis_at(p.dim, x)
    return TensorType(x.shape, "float" if x.dtype == "float" else "int")


Cumulative = Layer(
    title="Cumulative",
    family="operation",
    short="cumsum",
    formula="y[t] = x[1] + … + x[t]",
    doc="Adds up, or multiplies, from the start of an axis to each place on it.",
    keywords=("cumsum", "cumprod", "running", "prefix", "scan", "integral"),
    params=(
        Choice("function", "cumsum", ("cumsum", "cumprod"), doc="running sum or running product"),
        Axis(-1, "axis that is run along; -1 is the last"),
    ),
    inputs=(Port("input", rank=(1, None), dtype="any", doc="any tensor"),),
    output=_running,
    forward="torch.{function:raw}({x}, dim={dim})",
    examples=(
        example((4, 8)),
        example((4, 3), dim=1, function="cumprod"),
        Example(((4,),), {}, ("bool",)),
    ),
)
