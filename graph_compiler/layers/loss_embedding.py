"""Losses for vectors: what belongs together shall lie together."""

from __future__ import annotations

from graph_compiler.layer import Bool, Choice, Float, Layer, Params, Port, example, explicit
from graph_compiler.pairing import REDUCTION, one_an_example, reduced, same_shape
from graph_compiler.tensors import TensorType


def _alike(p: Params, x: TensorType, other: TensorType, target: TensorType) -> TensorType:
    same_shape(x, other, "other")
    one_an_example(x, target)
    return reduced(p, x.shape[0])


CosineEmbeddingLoss = Layer(
    title="Cosine embedding loss",
    family="loss",
    short="loss",
    formula="L = 1 − cos(x₁, x₂) if y = 1, max(0, cos(x₁, x₂) − m) if y = −1",
    doc="Like vectors shall point the same way; unlike ones shall not.",
    paper="Bromley et al., Signature verification using a siamese time delay neural network, 1993",
    keywords=("similarity", "siamese", "angle", "metric learning"),
    params=(
        Float("margin", 0.0, low=-1.0, high=1.0, doc="cosine that unlike vectors may have"),
        REDUCTION,
    ),
    inputs=(
        Port("input", rank=(2, 2), doc="first vectors, N×features"),
        Port("other", rank=(2, 2), doc="second vectors, N×features"),
        Port("target", rank=(1, 1), doc="1 for like pairs, −1 for unlike ones, N"),
    ),
    output=_alike,
    forward=(
        "F.cosine_embedding_loss({input}, {other}, {target}, margin={margin}, "
        "reduction={reduction})"
    ),
    examples=(
        example((4,), (4,), ()),
        example((3,), (3,), (), margin=0.5, reduction="none"),
    ),
)


def _triplet(
    p: Params, anchor: TensorType, positive: TensorType, negative: TensorType
) -> TensorType:
    same_shape(anchor, positive, "positive", "anchor")
    same_shape(anchor, negative, "negative", "anchor")
    return reduced(p, *anchor.shape[:-1])


_TRIPLET = (
    Port("anchor", rank=(2, None), doc="vectors on the last axis"),
    Port("positive", rank=(2, None), doc="vectors of what is like them"),
    Port("negative", rank=(2, None), doc="vectors of what is unlike them"),
)
_MARGIN = Float("margin", 1.0, low=1e-9, high=1e6, doc="how much nearer m what is like shall be")
_SWAP = Bool("swap", False, doc="measure the negative from the positive where that is nearer")

TripletMarginLoss = Layer(
    title="Triplet loss",
    family="loss",
    short="loss",
    formula="L = mean max(0, |a − p| − |a − n| + m)",
    doc="What is like an anchor shall be nearer to it than what is unlike, by a margin.",
    paper="Schroff, Kalenichenko, Philbin, FaceNet, 2015",
    keywords=("similarity", "faces", "metric learning", "embedding", "distance"),
    params=(
        _MARGIN,
        Float("p", 2.0, low=1.0, high=100.0, label="norm", doc="norm of the distance"),
        Float("eps", 1e-6, low=0.0, high=1.0, on_node=False, doc="keeps distances above 0"),
        _SWAP,
        REDUCTION,
    ),
    inputs=_TRIPLET,
    output=_triplet,
    forward=(
        "F.triplet_margin_loss({anchor}, {positive}, {negative}, margin={margin}, p={p}, "
        "eps={eps}, swap={swap}, reduction={reduction})"
    ),
    examples=(
        example((4,), (4,), (4,)),
        example((3,), (3,), (3,), margin=0.5, p=1.0, swap=True, reduction="none"),
    ),
)

TripletMarginWithDistanceLoss = Layer(
    title="Triplet loss with another distance",
    family="loss",
    short="loss",
    formula="L = mean max(0, d(a, p) − d(a, n) + m)",
    doc="The triplet loss measured by angle or by squared distance.",
    paper="Schroff, Kalenichenko, Philbin, FaceNet, 2015",
    keywords=("similarity", "cosine", "metric learning", "embedding"),
    params=(
        explicit(
            Choice(
                "distance",
                "cosine_distance",
                ("cosine_distance", "squared_distance"),
                doc="1 − cosine, or the square of the distance",
            )
        ),
        _MARGIN,
        _SWAP,
        REDUCTION,
    ),
    inputs=_TRIPLET,
    output=_triplet,
    forward=(
        "F.triplet_margin_with_distance_loss({anchor}, {positive}, {negative}, "
        "distance_function={distance:raw}, margin={margin}, swap={swap}, reduction={reduction})"
    ),
    source="vector_distance",
    examples=(
        example((4,), (4,), (4,)),
        example((3,), (3,), (3,), distance="squared_distance", swap=True, reduction="none"),
    ),
)
