"""Attention: each place of a sequence takes what it needs from all the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.heads import check_batch, check_heads, check_mask, check_numbers
from graph_compiler.layer import Bool, Float, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

_PAPER = "Vaswani et al., Attention is all you need, 2017"
_KEYWORDS = ("transformer", "query", "key", "value", "self-attention", "cross-attention")

Given = TensorType | None
"""What an optional port may bring."""


def _sources(query: TensorType, key: Given, value: Given) -> tuple[TensorType, TensorType]:
    """Keys and values; without a wire the keys are the queries and the values the keys."""
    key = query if key is None else key
    return key, key if value is None else value


def _own_width(p: Params, name: str, port: str, x: TensorType, features: Dim) -> None:
    """Keys and values have the width of the parameter, or else that of the queries."""
    given = getattr(p, name)
    wanted = features if given is None else given
    if x.last != wanted:
        raise Mismatch(
            "features_differ",
            port,
            expected=f"{wanted} features",
            got=f"{x.last}",
            remedy=f"Set {name} to {x.last}.",
            fixes=(Fix(f"Set the {port} features to {x.last}", (_set(name, int(x.last)),)),),
        )


def _set(name: str, value: int | None) -> SetParam:
    return SetParam("", name, value)


def _places(p: Params, key: TensorType) -> Dim:
    """Places that are looked at, those added by the options included."""
    return key.shape[1] + (1 if p.add_bias_kv else 0) + (1 if p.add_zero_attn else 0)


def _attended(
    p: Params, query: TensorType, key: Given, value: Given, padding: Given, mask: Given
) -> TensorType | tuple[TensorType, TensorType]:
    keys, values = _sources(query, key, value)
    features, steps = query.last, query.shape[1]
    refuse_huge(4 * features * features, "query", "weights", "Use fewer features.")
    check_heads("num_heads", p.num_heads, features, "query")
    _own_width(p, "kdim", "key", keys, features)
    _own_width(p, "vdim", "value", values, features)
    check_batch("key", keys, query)
    if values.shape[:2] != keys.shape[:2]:
        raise Mismatch(
            "shapes_differ",
            "value",
            expected=f"{keys.shape[1]} places, as on key",
            got=f"{values}",
            remedy="Feed keys and values from the same sequence.",
        )
    check_mask("key_padding_mask", padding, (keys.shape[:2], "a row for each example"))
    check_mask("attn_mask", mask, ((steps, keys.shape[1]), "a row for each query"))
    if not p.need_weights:
        return query
    seen = _places(p, keys)
    if p.average_attn_weights:
        return query, query.with_shape(query.shape[0], steps, seen)
    return query, query.with_shape(query.shape[0], p.num_heads, steps, seen)


def _attention_weights(
    p: Params, query: TensorType, key: Given, value: Given, padding: Given, mask: Given
) -> Mapping[str, tuple[Any, ...] | None]:
    keys, values = _sources(query, key, value)
    size = query.last
    found: dict[str, tuple[Any, ...] | None]
    if keys.last == size and values.last == size:
        found = {"in_proj_weight": (3 * size, size)}
    else:
        found = {
            "q_proj_weight": (size, size),
            "k_proj_weight": (size, keys.last),
            "v_proj_weight": (size, values.last),
        }
    found["in_proj_bias"] = (3 * size,) if p.bias else None
    found["bias_k"] = found["bias_v"] = (1, 1, size) if p.add_bias_kv else None
    found["out_proj.weight"] = (size, size)
    found["out_proj.bias"] = (size,) if p.bias else None
    return found


def _attention_macs(
    p: Params,
    y: TensorType,
    query: TensorType,
    key: Given,
    value: Given,
    padding: Given,
    mask: Given,
) -> Dim:
    """Four projections, scores of each query with each key, and the mixture of the values."""
    keys, values = _sources(query, key, value)
    size, steps = query.last, query.shape[1]
    projections = (2 * steps * size + keys.shape[1] * (keys.last + values.last)) * size
    return projections + 2 * steps * _places(p, keys) * size


def _attention_call(
    p: Params, query: TensorType, key: Given, value: Given, padding: Given, mask: Given
) -> str:
    keys = "{query}" if key is None else "{key}"
    values = keys if value is None else "{value}"
    call = (
        f"{{self}}({{query}}, {keys}, {values}, key_padding_mask={{key_padding_mask}}, "
        "attn_mask={attn_mask}"
    )
    if not p.need_weights:
        return call + ", need_weights=False)[0]"
    return call + ", average_attn_weights={average_attn_weights})"


MultiheadAttention = Layer(
    title="Multi-head attention",
    family="attention",
    short="attention",
    formula="y = Wₒ·[head₁, …],  headᵢ = softmax(QᵢKᵢᵀ / √d)·Vᵢ",
    doc="Each place asks a question of all places and mixes their answers by how well they match, "
    "in several heads at once.",
    paper=_PAPER,
    keywords=(*_KEYWORDS, "mha"),
    params=(
        Int("num_heads", 8, low=1, label="heads", doc="parts of the features that look apart"),
        Float(
            "dropout",
            0.0,
            low=0.0,
            high=1.0,
            on_node=False,
            doc="share of the links blanked while training",
        ),
        Bool("bias", True, doc="add learned offsets to the projections"),
        Bool("add_bias_kv", False, label="learned place", doc="add one learned key and value"),
        Bool("add_zero_attn", False, label="empty place", doc="add one key and value of zeros"),
        Int(
            "kdim",
            None,
            low=1,
            optional=True,
            on_node=False,
            label="key features",
            doc="features of the keys; empty where they are those of the queries",
        ),
        Int(
            "vdim",
            None,
            low=1,
            optional=True,
            on_node=False,
            label="value features",
            doc="features of the values; empty where they are those of the queries",
        ),
        Bool("need_weights", False, label="weights", doc="give the links out on a second port"),
        Bool(
            "average_attn_weights",
            True,
            label="mean of the heads",
            doc="give out the mean of all heads' links rather than each",
        ),
    ),
    inputs=(
        Port("query", rank=(3, 3), doc="what asks, as N×steps×features"),
        Port("key", rank=(3, 3), optional=True, doc="what is asked; empty for the query itself"),
        Port("value", rank=(3, 3), optional=True, doc="what answers; empty for the key"),
        Port(
            "key_padding_mask",
            rank=(2, 2),
            dtype="any",
            optional=True,
            doc="as N×places: true where nobody may look, or numbers to add to the scores",
        ),
        Port(
            "attn_mask",
            rank=(2, 2),
            dtype="any",
            optional=True,
            doc="as steps×places: true where nobody may look, or numbers to add to the scores",
        ),
    ),
    outlets=lambda p: ("output", "weights") if p.need_weights else ("output",),
    output=_attended,
    weights=_attention_weights,
    macs=_attention_macs,
    words=lambda p, y, query, *rest: (
        f"features: {p.num_heads} heads · {query.last // p.num_heads} = {query.last}",
    ),
    module=(
        "nn.MultiheadAttention({query.last}, {num_heads}, dropout={dropout}, bias={bias}, "
        "add_bias_kv={add_bias_kv}, add_zero_attn={add_zero_attn}, kdim={kdim}, vdim={vdim}, "
        "batch_first=True)"
    ),
    template=_attention_call,
    examples=(
        example((7, 16), None, None, None, None, num_heads=4),
        example((3, 5), None, None, None, None, num_heads=1),
        example((7, 12), (5, 12), None, None, None, num_heads=3, need_weights=True, bias=False),
        example(
            (4, 8),
            (6, 5),
            (6, 3),
            (6,),
            None,
            num_heads=2,
            kdim=5,
            vdim=3,
            add_bias_kv=True,
            add_zero_attn=True,
            need_weights=True,
            average_attn_weights=False,
            dropout=0.1,
        ),
    ),
)


def _scaled(
    p: Params, query: TensorType, key: TensorType, value: TensorType, mask: Given
) -> TensorType:
    check_batch("key", key, query)
    if key.last != query.last:
        raise Mismatch(
            "features_differ",
            "key",
            expected=f"{query.last} features, as on query",
            got=f"{key.last}",
            remedy="Split queries and keys into heads of the same size.",
        )
    if value.shape[:3] != key.shape[:3]:
        raise Mismatch(
            "shapes_differ",
            "value",
            expected=f"{'×'.join(str(size) for size in key.shape[:3])}×*, as on key",
            got=f"{value}",
            remedy="Feed keys and values from the same sequence, split into the same heads.",
        )
    _check_head_counts(p, query.shape[1], key.shape[1])
    steps, places = query.shape[2], key.shape[2]
    if mask is not None:
        _check_scores_mask(p, mask, (*query.shape[:2], steps, places))
    refuse_huge(
        query.shape[1] * steps * places, "query", "scores in one example", "Shorten the sequences."
    )
    return query if value.last == query.last else query.with_last(value.last)


def _check_head_counts(p: Params, heads: Dim, shared: Dim) -> None:
    if p.enable_gqa and heads % shared != 0:
        raise Mismatch(
            "heads_differ",
            "key",
            expected=f"a number of heads that divides {heads}, those of query",
            got=f"{shared}",
            remedy="Choose a divisor.",
        )
    if not p.enable_gqa and heads != shared:
        share = Fix("Let groups of queries share a key", (SetParam("", "enable_gqa", True),))
        raise Mismatch(
            "heads_differ",
            "key",
            expected=f"{heads} heads, as on query",
            got=f"{shared}",
            remedy="Give both the same number of heads, or set enable_gqa.",
            fixes=(share,),
        )


def _check_scores_mask(p: Params, mask: TensorType, scores: tuple[Dim, ...]) -> None:
    """A mask takes part in the scores by broadcasting."""
    check_numbers("attn_mask", mask)
    if p.is_causal:
        raise Mismatch(
            "mask_twice",
            "attn_mask",
            expected="no mask where is_causal makes one",
            got=f"{mask}",
            remedy="Set is_causal to false, or take the mask away.",
            fixes=(Fix("Use the wired mask", (SetParam("", "is_causal", None),)),),
        )
    ends = scores[4 - mask.rank :]
    if any(size != wanted and size != 1 for size, wanted in zip(mask.shape, ends, strict=True)):
        raise Mismatch(
            "shapes_differ",
            "attn_mask",
            expected=f"{TensorType(scores)}, where an axis may be 1 or missing in front",
            got=f"{mask}",
            remedy="Feed it a mask of steps×places, or with axes for examples and heads.",
        )


def _scaled_macs(
    p: Params, y: TensorType, query: TensorType, key: TensorType, value: TensorType, mask: Given
) -> Dim:
    return query.shape[1] * query.shape[2] * key.shape[2] * (query.last + value.last)


ScaledDotProductAttention = Layer(
    title="Scaled dot-product attention",
    family="attention",
    short="attention",
    formula="y = softmax(QKᵀ / √d + mask)·V",
    doc="The heart of a transformer: queries are compared with keys, and values are mixed by how "
    "well they match. With fewer heads for keys than for queries, groups share them.",
    paper=_PAPER,
    keywords=(*_KEYWORDS, "sdpa", "flash", "grouped-query", "gqa", "multi-query"),
    params=(
        Bool(
            "is_causal",
            False,
            label="causal",
            doc="let each place see only itself and what is before it",
            on_node=True,
        ),
        Float(
            "dropout_p",
            0.0,
            low=0.0,
            high=1.0,
            on_node=False,
            label="dropout",
            doc="share of the links blanked while training",
        ),
        Float(
            "scale",
            None,
            low=1e-6,
            high=1e6,
            optional=True,
            on_node=False,
            doc="what scores are multiplied by; empty for 1 / √d",
        ),
        Bool(
            "enable_gqa",
            False,
            label="grouped queries",
            doc="let groups of query heads share one head of keys and values",
        ),
    ),
    inputs=(
        Port("query", rank=(4, 4), doc="what asks, as N×heads×steps×features"),
        Port("key", rank=(4, 4), doc="what is asked, as N×heads×places×features"),
        Port("value", rank=(4, 4), doc="what answers, as N×heads×places×features"),
        Port(
            "attn_mask",
            rank=(1, 4),
            dtype="any",
            optional=True,
            doc="true where one may look, or numbers to add to the scores",
        ),
    ),
    output=_scaled,
    macs=_scaled_macs,
    forward=(
        "F.scaled_dot_product_attention({query}, {key}, {value}, attn_mask={attn_mask}, "
        "dropout_p={dropout_p} if self.training else 0.0, is_causal={is_causal}, scale={scale}, "
        "enable_gqa={enable_gqa})"
    ),
    examples=(
        example((4, 7, 8), (4, 7, 8), (4, 7, 8), None, is_causal=True),
        example((2, 7, 8), (2, 5, 8), (2, 5, 6), (1, 7, 5), scale=0.5, dropout_p=0.1),
        example((6, 7, 8), (2, 7, 8), (2, 7, 8), None, enable_gqa=True),
    ),
)
