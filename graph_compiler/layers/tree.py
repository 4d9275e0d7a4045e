"""Recursive networks: one small network composes children into parents, up to the root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

_PAPER = (
    "Socher et al., Recursive deep models for semantic compositionality over a sentiment "
    "treebank, 2013"
)
_BIAS = Bool("bias", True, doc="add the learned offset b")


def _composed_weights(prefix: str, features: Dim, bias: bool) -> dict[str, tuple[Any, ...] | None]:
    return {
        f"{prefix}tensor": (features, 2 * features, 2 * features),
        f"{prefix}linear.weight": (features, 2 * features),
        f"{prefix}linear.bias": (features,) if bias else None,
    }


def _composed_macs(features: Dim) -> Dim:
    """The tensor with one vector, the matrix that leaves with the other, and the linear map."""
    return 4 * features * features * features + 4 * features * features


def _agreeing(first: str, second: str, x: TensorType, other: TensorType) -> None:
    if x.shape != other.shape:
        raise Mismatch(
            "shapes_differ",
            second,
            expected=f"{x}, as on {first}",
            got=f"{other}",
            remedy=f"Give {first} and {second} the same shape.",
        )


def _composed(p: Params, left: TensorType, right: TensorType) -> TensorType:
    _agreeing("left", "right", left, right)
    refuse_huge(4 * left.last * left.last * left.last, "left", "weights", "Use fewer features.")
    return left


NeuralTensor = Layer(
    title="Neural tensor",
    family="tree",
    short="compose",
    formula="p = tanh([l; r]ᵀ·V·[l; r] + W·[l; r] + b)",
    doc="Composes two vectors into one of the same size; the tensor lets each number of one weigh "
    "each number of the other, as a negation does with what it negates.",
    paper=_PAPER,
    keywords=("rntn", "recursive", "composition", "sentiment", "parse tree", "bilinear"),
    params=(_BIAS,),
    inputs=(
        Port("left", rank=(2, None), doc="vectors of the left children, on the last axis"),
        Port("right", rank=(2, None), doc="vectors of the right children, of the same shape"),
    ),
    output=_composed,
    weights=lambda p, left, right: _composed_weights("", left.last, p.bias),
    macs=lambda p, y, left, right: y.numel // y.last * _composed_macs(y.last),
    module="NeuralTensor({left.last}, bias={bias})",
    source="neural_tensor",
    examples=(example((4,), (4,)), example((5, 3), (5, 3), bias=False)),
)


def _encoded(p: Params, words: TensorType, left: TensorType, right: TensorType) -> TensorType:
    _agreeing("words", "left", words, left)
    _agreeing("words", "right", words, right)
    size = p.embedding_dim
    count = p.num_embeddings * size + 4 * size * size * size
    refuse_huge(count, "words", "weights", "Use fewer features.")
    return TensorType((*words.shape, size))


def _encoder_weights(p: Params, *inputs: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {
        "word.weight": (p.num_embeddings, p.embedding_dim),
        **_composed_weights("compose.", p.embedding_dim, p.bias),
    }


TreeEncoder = Layer(
    title="Tree encoder",
    family="tree",
    short="tree",
    formula="pᵢ = word vector of a leaf, else compose(p_left(i), p_right(i))",
    doc="Gives each node of a parse tree a vector, composed from the leaves' words up to the root. "
    "A tree is a row of nodes, children before parents; leaves have −1 as their children.",
    paper=_PAPER,
    keywords=("rntn", "recursive", "parse tree", "sentiment", "treebank", "embedding"),
    params=(
        Int("num_embeddings", 1000, low=1, label="words", doc="number of words known"),
        Int("embedding_dim", 32, low=1, label="features", doc="size of each node's vector"),
        _BIAS,
    ),
    inputs=(
        Port("words", rank=(2, 2), dtype="int", doc="word at each node, N×nodes; read at leaves"),
        Port("left", rank=(2, 2), dtype="int", doc="place of each node's left child, −1 at leaves"),
        Port("right", rank=(2, 2), dtype="int", doc="place of each node's right child"),
    ),
    output=_encoded,
    weights=_encoder_weights,
    macs=lambda p, y, words, *rest: (words.last - 1) * _composed_macs(p.embedding_dim),
    module="TreeEncoder({num_embeddings}, {embedding_dim}, bias={bias})",
    source="neural_tensor",
    recurrent=True,
    examples=(
        example((7,), (7,), (7,), num_embeddings=20, embedding_dim=3),
        example((3,), (3,), (3,), num_embeddings=5, embedding_dim=4, bias=False),
    ),
)
