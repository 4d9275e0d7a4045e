"""Losses that are content once a margin is kept."""

from __future__ import annotations

from graph_compiler.layer import Float, Int, Layer, Param, Params, Port, example
from graph_compiler.pairing import (
    CLASS_WEIGHTS,
    REDUCTION,
    elementwise,
    one_an_example,
    reduced,
    same_shape,
    weighting,
    weights_fit,
)
from graph_compiler.tensors import TensorType

_SIGNS = Port("target", doc="1 or −1, of the same shape")
_SCORES = Port("input", rank=(2, 2), doc="scores as N×classes")


def _margin(default: float, doc: str) -> Param:
    return Float("margin", default, low=-1e6, high=1e6, doc=doc)


def _one_each(p: Params, x: TensorType, target: TensorType) -> TensorType:
    """One loss for each example, from all its classes at once."""
    same_shape(x, target)
    return reduced(p, x.shape[0])


def _weighted_classes(p: Params, x: TensorType, target: TensorType) -> TensorType:
    weights_fit(p, "weight", x.last, "class")
    return _one_each(p, x, target)


def _of_class(p: Params, x: TensorType, target: TensorType) -> TensorType:
    weights_fit(p, "weight", x.last, "class")
    one_an_example(x, target)
    return reduced(p, x.shape[0])


MultiMarginLoss = Layer(
    title="Multi-class hinge loss",
    family="loss",
    short="loss",
    formula="L = Σⱼ max(0, m − xᵧ + xⱼ)ᵖ / C,  j ≠ y",
    doc="The true class shall score higher than each other one by a margin, as in a support "
    "vector machine.",
    paper="Crammer, Singer, On the algorithmic implementation of multiclass kernel-based vector "
    "machines, 2001",
    keywords=("hinge", "svm", "support vector machine", "classification"),
    params=(
        Int("p", 1, low=1, high=2, label="power", doc="1 for the hinge, 2 for its square"),
        _margin(1.0, "lead m that the true class shall have"),
        CLASS_WEIGHTS,
        REDUCTION,
    ),
    inputs=(_SCORES, Port("target", rank=(1, 1), dtype="int", doc="class numbers, N")),
    output=_of_class,
    template=lambda p, *inputs: (
        f"F.multi_margin_loss({{input}}, {{target}}, p={{p}}, margin={{margin}}, {weighting(p)}"
        "reduction={reduction})"
    ),
    examples=(
        example((5,), ()),
        example((3,), (), p=2, margin=0.5, weight=(1.0, 2.0, 3.0), reduction="none"),
    ),
)

MultiLabelMarginLoss = Layer(
    title="Multi-label hinge loss",
    family="loss",
    short="loss",
    formula="L = Σᵢⱼ max(0, 1 − xᵧⱼ + xᵢ) / C",
    doc="Every true class shall score higher than every other one by 1. A target lists the true "
    "classes, then −1.",
    paper="Crammer, Singer, A family of additive online algorithms for category ranking, 2003",
    keywords=("hinge", "multi-label", "ranking", "classification"),
    params=(REDUCTION,),
    inputs=(
        _SCORES,
        Port("target", rank=(2, 2), dtype="int", doc="the true classes, then −1, as N×classes"),
    ),
    output=_one_each,
    forward="F.multilabel_margin_loss({input}, {target}, reduction={reduction})",
    examples=(example((4,), (4,)), example((4,), (4,), reduction="none")),
)

MultiLabelSoftMarginLoss = Layer(
    title="Multi-label soft margin loss",
    family="loss",
    short="loss",
    formula="L = −mean (y·log σ(x) + (1 − y)·log (1 − σ(x)))",
    doc="Binary cross-entropy for each class on its own, averaged over the classes.",
    paper="Cox, The regression analysis of binary sequences, 1958",
    keywords=("multi-label", "tags", "classification", "logistic"),
    params=(CLASS_WEIGHTS, REDUCTION),
    inputs=(_SCORES, Port("target", rank=(2, 2), doc="0 or 1 for each class, as N×classes")),
    output=_weighted_classes,
    template=lambda p, *inputs: (
        f"F.multilabel_soft_margin_loss({{input}}, {{target}}, {weighting(p)}"
        "reduction={reduction})"
    ),
    examples=(
        example((4,), (4,)),
        example((3,), (3,), weight=(1.0, 2.0, 3.0), reduction="none"),
    ),
)

SoftMarginLoss = Layer(
    title="Soft margin loss",
    family="loss",
    short="loss",
    formula="L = mean log(1 + e⁻ʸˣ)",
    doc="Logistic loss for targets of 1 and −1.",
    paper="Cox, The regression analysis of binary sequences, 1958",
    keywords=("logistic", "binary", "classification"),
    params=(REDUCTION,),
    inputs=(Port("input", doc="scores"), _SIGNS),
    output=elementwise,
    forward="F.soft_margin_loss({input}, {target}, reduction={reduction})",
    examples=(example((1,), (1,)), example((3, 4), (3, 4), reduction="none")),
)

HingeEmbeddingLoss = Layer(
    title="Hinge embedding loss",
    family="loss",
    short="loss",
    formula="L = x if y = 1, max(0, m − x) if y = −1",
    doc="For distances: small between like things, at least a margin between unlike ones.",
    paper="Hadsell, Chopra, LeCun, Dimensionality reduction by learning an invariant mapping, 2006",
    keywords=("distance", "similarity", "siamese", "contrastive", "metric learning"),
    params=(_margin(1.0, "distance m that unlike things shall have"), REDUCTION),
    inputs=(Port("input", doc="distances"), _SIGNS),
    output=elementwise,
    forward="F.hinge_embedding_loss({input}, {target}, margin={margin}, reduction={reduction})",
    examples=(example((3,), (3,)), example((2, 2), (2, 2), margin=0.5, reduction="none")),
)


def _ranked(p: Params, x: TensorType, other: TensorType, target: TensorType) -> TensorType:
    same_shape(x, other, "other")
    return elementwise(p, x, target)


MarginRankingLoss = Layer(
    title="Margin ranking loss",
    family="loss",
    short="loss",
    formula="L = mean max(0, m − y·(x₁ − x₂))",
    doc="The first score shall be the higher one where the target is 1, the lower where it is −1.",
    paper="Herbrich, Graepel, Obermayer, Support vector learning for ordinal regression, 1999",
    keywords=("ranking", "pairs", "order", "preference"),
    params=(_margin(0.0, "lead m that the higher score shall have"), REDUCTION),
    inputs=(
        Port("input", doc="first scores"),
        Port("other", doc="second scores, of the same shape"),
        _SIGNS,
    ),
    output=_ranked,
    forward=(
        "F.margin_ranking_loss({input}, {other}, {target}, margin={margin}, reduction={reduction})"
    ),
    examples=(
        example((1,), (1,), (1,)),
        example((3,), (3,), (3,), margin=0.5, reduction="none"),
    ),
)
