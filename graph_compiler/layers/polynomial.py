"""Products of features, for polynomial regression."""

from __future__ import annotations

from graph_compiler.layer import Bool, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

MOST_PRODUCTS = 1_000_000


def _products(p: Params, features: Dim) -> list[Dim]:
    """How many products there are of each degree, from 0 or 1 on."""
    counts: list[Dim] = [1]
    ways: Dim = 1
    orders = 1
    for degree in range(1, int(p.degree) + 1):
        ways = ways * (features - degree + 1 if p.interaction_only else features + degree - 1)
        orders *= degree
        counts.append(ways // orders)
    return counts if p.include_bias else counts[1:]


def _output(p: Params, x: TensorType) -> TensorType:
    count: Dim = 0
    for more in _products(p, x.last):
        count = count + more
    if count > MOST_PRODUCTS:
        raise Mismatch(
            "too_large",
            "input",
            expected=f"at most {MOST_PRODUCTS:,} products",
            got=f"{int(count):,}",
            remedy="Lower the degree, or use fewer features.",
            fixes=(Fix("Set the degree back to 2", (SetParam("", "degree", None),)),),
        )
    return x.with_last(count)


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    counts = " + ".join(str(int(count)) for count in _products(p, x.last))
    first = 0 if p.include_bias else 1
    return (f"products of degree {first} to {p.degree}: {counts} = {y.last}",)


PolynomialFeatures = Layer(
    title="Polynomial features",
    family="dense",
    short="polynomial",
    formula="y = (x₁, x₂, …, x₁², x₁·x₂, …)",
    doc="All products of up to so many features, so that a linear layer behind it fits curves.",
    paper="Gergonne, Application de la méthode des moindres quarrés à l'interpolation, 1815",
    keywords=("regression", "powers", "interactions", "degree", "curve", "feature engineering"),
    params=(
        Int("degree", 2, low=1, high=20, doc="most factors in one product"),
        Bool("interaction_only", False, doc="no feature more than once in a product"),
        Bool("include_bias", False, label="constant", doc="begin with a 1, the empty product"),
    ),
    inputs=(Port("input", rank=(2, None), doc="features on the last axis"),),
    output=_output,
    words=_words,
    module=(
        "PolynomialFeatures({x.last}, degree={degree}, interaction_only={interaction_only}, "
        "include_bias={include_bias})"
    ),
    source="polynomial_features",
    examples=(
        example((1,), degree=5),
        example((3,), include_bias=True),
        example((2, 4), degree=3, interaction_only=True),
    ),
)
