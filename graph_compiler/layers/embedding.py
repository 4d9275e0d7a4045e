"""Embeddings: a learned vector for each word, token or category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Choice, Float, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType


def _check(p: Params) -> None:
    refuse_huge(
        p.num_embeddings * p.embedding_dim, "input", "weights", "Use fewer words or features."
    )
    index = p.padding_idx
    if index is not None and not -p.num_embeddings <= index < p.num_embeddings:
        raise Mismatch(
            "padding_index_out_of_range",
            "padding_idx",
            expected=f"a word from 0 to {p.num_embeddings - 1}",
            got=f"{index}",
            remedy="Set padding_idx to one of the words, or leave it empty.",
            fixes=(
                Fix("Pad with no word", (SetParam("", "padding_idx", None),)),
                Fix("Pad with word 0", (SetParam("", "padding_idx", 0),)),
            ),
        )


def _vectors(p: Params, x: TensorType) -> TensorType:
    _check(p)
    y = TensorType((*x.shape, p.embedding_dim))
    refuse_huge(y.numel, "input", "numbers in one example", "Use fewer features.")
    return y


def _weights(p: Params, *inputs: TensorType | None) -> Mapping[str, tuple[Any, ...] | None]:
    return {"weight": (p.num_embeddings, p.embedding_dim)}


_WORDS = Int("num_embeddings", 10_000, low=1, label="words", doc="how many words there are")
_FEATURES = Int("embedding_dim", 128, low=1, label="features", doc="numbers in one vector")
_PADDING = Int(
    "padding_idx",
    None,
    low=-(2**31) + 1,
    optional=True,
    on_node=False,
    label="padding word",
    doc="word that fills short sentences; its vector starts at 0 and is not learned",
)
_MAX_NORM = Float(
    "max_norm",
    None,
    low=1e-6,
    high=1e6,
    optional=True,
    on_node=False,
    label="greatest length",
    doc="longer vectors are shortened to this length; empty leaves them",
)
_NORM_TYPE = Float(
    "norm_type",
    2.0,
    low=1.0,
    high=1000.0,
    on_node=False,
    label="power",
    doc="which length the greatest length speaks of",
)
_BY_FREQUENCY = Bool(
    "scale_grad_by_freq",
    False,
    label="even out frequent words",
    doc="divide a word's gradient by how often the batch has it",
)

Embedding = Layer(
    title="Embedding",
    family="embedding",
    short="embedding",
    formula="y = W[x]",
    doc="Looks up a learned vector for each whole number: words, positions, categories.",
    paper="Bengio et al., A neural probabilistic language model, 2003",
    keywords=("lookup", "word vectors", "token", "vocabulary", "word2vec", "table", "category"),
    params=(_WORDS, _FEATURES, _PADDING, _MAX_NORM, _NORM_TYPE, _BY_FREQUENCY),
    inputs=(Port("input", rank=(1, None), dtype="int", doc="whole numbers from 0, of any shape"),),
    output=_vectors,
    weights=_weights,
    words=lambda p, y, x: (f"each word → {y.last} features",),
    module=(
        "nn.Embedding({num_embeddings}, {embedding_dim}, padding_idx={padding_idx}, "
        "max_norm={max_norm}, norm_type={norm_type}, scale_grad_by_freq={scale_grad_by_freq})"
    ),
    examples=(
        example((12,), num_embeddings=100, embedding_dim=16),
        example((5, 7), num_embeddings=20, embedding_dim=8, padding_idx=0),
        example((6,), num_embeddings=9, embedding_dim=3, max_norm=1.5, scale_grad_by_freq=True),
    ),
)


def _bag(p: Params, x: TensorType, weights: TensorType | None) -> TensorType:
    _check(p)
    if weights is not None and weights.shape != x.shape:
        raise Mismatch(
            "shapes_differ",
            "per_sample_weights",
            expected=f"{x}, a weight for each word",
            got=f"{weights}",
            remedy="Give it one number for each word.",
        )
    if weights is not None and p.mode != "sum":
        raise Mismatch(
            "weights_need_a_sum",
            "per_sample_weights",
            expected="mode sum with weights",
            got=f"mode {p.mode}",
            remedy="Set mode to sum, or take the wire away.",
            fixes=(Fix("Add the vectors up", (SetParam("", "mode", "sum"),)),),
        )
    if p.mode == "max" and p.scale_grad_by_freq:
        raise Mismatch(
            "no_frequencies_in_a_maximum",
            "scale_grad_by_freq",
            expected="mode sum or mean where gradients follow frequencies",
            got="mode max",
            remedy="Set scale_grad_by_freq to false, or take another mode.",
            fixes=(Fix("Leave gradients alone", (SetParam("", "scale_grad_by_freq", None),)),),
        )
    return TensorType((x.shape[0], p.embedding_dim))


EmbeddingBag = Layer(
    title="Embedding bag",
    family="embedding",
    short="bag",
    formula="y = mean over the words of W[x]",
    doc="Looks up the vectors of all words of a text and takes their mean, sum or greatest values "
    "at once; the order of the words is lost.",
    paper="Joulin et al., Bag of tricks for efficient text classification, 2016",
    keywords=("bag of words", "fasttext", "lookup", "text", "mean of words"),
    params=(
        _WORDS,
        _FEATURES,
        Choice("mode", "mean", ("sum", "mean", "max"), doc="what is made of the words' vectors"),
        _PADDING,
        _MAX_NORM,
        _NORM_TYPE,
        _BY_FREQUENCY,
    ),
    inputs=(
        Port("input", rank=(2, 2), dtype="int", doc="whole numbers from 0, as N×words"),
        Port(
            "per_sample_weights",
            rank=(2, 2),
            optional=True,
            doc="how much each word counts, as N×words; with mode sum",
        ),
    ),
    output=_bag,
    weights=_weights,
    words=lambda p, y, x, weights: (f"{x.shape[1]} words → {y.last} features, their {p.mode}",),
    module=(
        "nn.EmbeddingBag({num_embeddings}, {embedding_dim}, mode={mode}, "
        "padding_idx={padding_idx}, max_norm={max_norm}, norm_type={norm_type}, "
        "scale_grad_by_freq={scale_grad_by_freq})"
    ),
    call="{input}, per_sample_weights={per_sample_weights}",
    examples=(
        example((12,), None, num_embeddings=100, embedding_dim=16),
        example((5,), (5,), num_embeddings=20, embedding_dim=8, mode="sum"),
        example((7,), None, num_embeddings=20, embedding_dim=8, mode="max", padding_idx=0),
    ),
)
