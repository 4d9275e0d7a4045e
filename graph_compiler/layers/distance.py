"""How near two vectors are: the angle between them, or the way from one to the other."""

from __future__ import annotations

from graph_compiler.layer import Bool, Float, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.pairing import same_shape
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

_PAIR = (
    Port("input", rank=(2, None), doc="first vectors"),
    Port("other", rank=(2, None), doc="second vectors, of the same shape"),
)


def _angles(p: Params, x: TensorType, other: TensorType) -> TensorType:
    same_shape(x, other, "other")
    axis = p.dim if p.dim >= 0 else p.dim + x.rank
    if not 1 <= axis < x.rank:
        raise Mismatch(
            "axis_out_of_range",
            "input",
            expected=f"an axis from 1 to {x.rank - 1}",
            got=f"dim {p.dim} on {x}",
            remedy="Set dim to the axis of the vectors; 0 is the batch.",
            fixes=(
                Fix("Take axis 1", (SetParam("", "dim", None),)),
                Fix("Take the last axis", (SetParam("", "dim", -1),)),
            ),
        )
    return TensorType((*x.shape[:axis], *x.shape[axis + 1 :]), x.dtype)


CosineSimilarity = Layer(
    title="Cosine similarity",
    family="operation",
    short="cosine",
    formula="y = x₁·x₂ / (|x₁|·|x₂|)",
    doc="1 where two vectors point the same way, 0 at a right angle, −1 where they are opposite.",
    keywords=("angle", "distance", "similarity", "siamese", "embedding"),
    params=(
        Int("dim", 1, low=-15, high=15, label="axis", doc="axis of the vectors; -1 is the last"),
        Float("eps", 1e-8, low=0.0, high=1.0, on_node=False, doc="keeps lengths above 0"),
    ),
    inputs=_PAIR,
    output=_angles,
    module="nn.CosineSimilarity(dim={dim}, eps={eps})",
    examples=(example((8,), (8,)), example((4, 6), (4, 6), dim=-1, eps=1e-6)),
)


def _ways(p: Params, x: TensorType, other: TensorType) -> TensorType:
    same_shape(x, other, "other")
    return x.with_last(1) if p.keepdim else TensorType(x.shape[:-1], x.dtype)


PairwiseDistance = Layer(
    title="Pairwise distance",
    family="operation",
    short="distance",
    formula="y = (Σᵢ |x₁ᵢ − x₂ᵢ + ε|ᵖ)^(1/p)",
    doc="How far one vector is from the other, along the last axis.",
    keywords=("euclidean", "manhattan", "norm", "siamese", "metric learning"),
    params=(
        Float("p", 2.0, low=0.0, high=100.0, label="norm", doc="norm p: 1 along axes, 2 direct"),
        Float("eps", 1e-6, low=0.0, high=1.0, on_node=False, doc="keeps distances above 0"),
        Bool("keepdim", False, label="keep axis", doc="leave the last axis, of size 1"),
    ),
    inputs=_PAIR,
    output=_ways,
    module="nn.PairwiseDistance(p={p}, eps={eps}, keepdim={keepdim})",
    examples=(example((8,), (8,)), example((4, 6), (4, 6), p=1.0, keepdim=True)),
)
