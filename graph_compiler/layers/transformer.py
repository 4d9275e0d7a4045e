"""Transformers as torch has them ready: layers, stacks of them, and the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph_compiler.heads import check_batch, check_features, check_heads, check_mask
from graph_compiler.layer import Bool, Choice, Float, Int, Layer, Param, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

_PAPER = "Vaswani et al., Attention is all you need, 2017"
_KEYWORDS = ("transformer", "attention", "feed forward", "residual")

Given = TensorType | None
"""What an optional port may bring."""
Weights = dict[str, tuple[Any, ...] | None]


def _common(*counts: Param) -> tuple[Param, ...]:
    return (
        Int("nhead", 8, low=1, label="heads", doc="parts of the features that look apart"),
        *counts,
        Int(
            "dim_feedforward",
            2048,
            low=1,
            label="hidden units",
            doc="units between the two dense layers",
        ),
        Float("dropout", 0.1, low=0.0, high=1.0, on_node=False, doc="share of values blanked"),
        Choice("activation", "relu", ("relu", "gelu"), on_node=False, doc="what bends the sums"),
        Float(
            "layer_norm_eps",
            1e-5,
            low=1e-30,
            high=1.0,
            on_node=False,
            label="safety",
            doc="added to the variance in each normalization",
        ),
        Bool(
            "norm_first",
            False,
            label="normalize first",
            doc="normalize what enters a branch rather than what comes out of the addition",
            on_node=True,
        ),
        Bool("bias", True, doc="add learned offsets"),
    )


def _layers(name: str, what: str) -> Param:
    return Int(name, 6, low=1, high=1000, label=what, doc="layers on top of each other")


_ARGUMENTS = (
    "{input.last}, {nhead}, dim_feedforward={dim_feedforward}, dropout={dropout}, "
    "activation={activation}, layer_norm_eps={layer_norm_eps}, batch_first=True, "
    "norm_first={norm_first}, bias={bias}"
)
"""What the constructors of single layers take."""


def _mask(name: str, rows: str, places: str) -> Port:
    return Port(
        name,
        rank=(2, 2),
        dtype="any",
        optional=True,
        doc=f"as {rows}×{places}: true where nobody may look, or numbers to add to the scores",
    )


def _check_size(p: Params, x: TensorType) -> None:
    check_heads("nhead", p.nhead, x.last)
    refuse_huge(
        (6 * x.last + 2 * p.dim_feedforward) * x.last, "input", "weights", "Use fewer features."
    )


def _attention(prefix: str, size: Dim, bias: bool) -> Weights:
    return {
        f"{prefix}.in_proj_weight": (3 * size, size),
        f"{prefix}.in_proj_bias": (3 * size,) if bias else None,
        f"{prefix}.out_proj.weight": (size, size),
        f"{prefix}.out_proj.bias": (size,) if bias else None,
    }


def _norms(size: Dim, bias: bool, names: Iterable[str]) -> Weights:
    found: Weights = {}
    for name in names:
        found[f"{name}.weight"] = (size,)
        found[f"{name}.bias"] = (size,) if bias else None
    return found


def _layer_weights(p: Params, size: Dim, attentions: tuple[str, ...]) -> Weights:
    found: Weights = {}
    for name in attentions:
        found |= _attention(name, size, p.bias)
    hidden = p.dim_feedforward
    found |= {
        "linear1.weight": (hidden, size),
        "linear1.bias": (hidden,) if p.bias else None,
        "linear2.weight": (size, hidden),
        "linear2.bias": (size,) if p.bias else None,
    }
    return found | _norms(size, p.bias, (f"norm{n}" for n in range(1, len(attentions) + 2)))


_ENCODER, _DECODER = ("self_attn",), ("self_attn", "multihead_attn")


def _stacked(weights: Weights, count: int, prefix: str = "layers") -> Weights:
    return {
        f"{prefix}.{number}.{name}": shape
        for number in range(count)
        for name, shape in weights.items()
    }


def _attention_macs(size: Dim, steps: Dim, places: Dim) -> Dim:
    return 2 * (steps + places) * size * size + 2 * steps * places * size


def _encoder_macs(p: Params, x: TensorType) -> Dim:
    steps, size = x.shape[1], x.last
    hidden: Dim = p.dim_feedforward
    return _attention_macs(size, steps, steps) + 2 * steps * size * hidden


def _decoder_macs(p: Params, x: TensorType, memory: TensorType) -> Dim:
    return _encoder_macs(p, x) + _attention_macs(x.last, x.shape[1], memory.shape[1])


def _encoded(p: Params, x: TensorType, mask: Given, padding: Given) -> TensorType:
    _check_size(p, x)
    steps = x.shape[1]
    check_mask("mask", mask, ((steps, steps), "a row for each step"))
    check_mask("padding_mask", padding, (x.shape[:2], "a row for each example"))
    return x


_ENCODER_PORTS = (
    Port("input", rank=(3, 3), doc="sequences as N×steps×features"),
    _mask("mask", "steps", "steps"),
    _mask("padding_mask", "N", "steps"),
)

TransformerEncoderLayer = Layer(
    title="Transformer encoder layer",
    family="transformer",
    short="encoder",
    formula="y = norm(a + ff(a)),  a = norm(x + attention(x))",
    doc="Self-attention and two dense layers, each with a skip connection and a normalization.",
    paper=_PAPER,
    keywords=(*_KEYWORDS, "bert", "vit"),
    params=_common(),
    inputs=_ENCODER_PORTS,
    output=_encoded,
    weights=lambda p, x, *masks: _layer_weights(p, x.last, _ENCODER),
    macs=lambda p, y, x, *masks: _encoder_macs(p, x),
    module=f"nn.TransformerEncoderLayer({_ARGUMENTS})",
    call="{input}, src_mask={mask}, src_key_padding_mask={padding_mask}",
    examples=(
        example((7, 16), None, None, nhead=4, dim_feedforward=32),
        example((3, 5), None, None, nhead=1, dim_feedforward=7, dropout=0.0),
        example(
            (5, 6),
            None,
            (5,),
            nhead=2,
            dim_feedforward=10,
            norm_first=True,
            activation="gelu",
            bias=False,
        ),
    ),
)

TransformerEncoder = Layer(
    title="Transformer encoder",
    family="transformer",
    short="encoder",
    formula="y = layerₙ(… layer₁(x))",
    doc="Several encoder layers on top of each other.",
    paper=_PAPER,
    keywords=(*_KEYWORDS, "bert", "vit", "stack"),
    params=_common(_layers("num_layers", "layers")),
    inputs=_ENCODER_PORTS,
    output=_encoded,
    weights=lambda p, x, *masks: _stacked(_layer_weights(p, x.last, _ENCODER), p.num_layers),
    macs=lambda p, y, x, *masks: p.num_layers * _encoder_macs(p, x),
    module=(
        f"nn.TransformerEncoder(nn.TransformerEncoderLayer({_ARGUMENTS}), {{num_layers}}, "
        "enable_nested_tensor=False)"
    ),
    call="{input}, mask={mask}, src_key_padding_mask={padding_mask}",
    examples=(
        example((7, 16), None, None, nhead=4, dim_feedforward=32, num_layers=2),
        example((3, 5), None, None, nhead=1, dim_feedforward=7, num_layers=1),
        example((5, 6), None, (5,), nhead=2, num_layers=3, dim_feedforward=10, norm_first=True),
    ),
)


def _decoded(
    p: Params,
    x: TensorType,
    memory: TensorType,
    mask: Given,
    memory_mask: Given,
    padding: Given,
    memory_padding: Given,
) -> TensorType:
    _check_size(p, x)
    check_batch("memory", memory, x)
    check_features("memory", memory, x.last)
    steps, places = x.shape[1], memory.shape[1]
    check_mask("mask", mask, ((steps, steps), "a row for each step"))
    check_mask("memory_mask", memory_mask, ((steps, places), "a row for each step"))
    check_mask("padding_mask", padding, (x.shape[:2], "a row for each example"))
    check_mask("memory_padding_mask", memory_padding, (memory.shape[:2], "a row for each example"))
    return x


_DECODER_PORTS = (
    Port("input", rank=(3, 3), doc="sequences as N×steps×features"),
    Port("memory", rank=(3, 3), doc="what the encoder made, as N×places×features"),
    _mask("mask", "steps", "steps"),
    _mask("memory_mask", "steps", "places"),
    _mask("padding_mask", "N", "steps"),
    _mask("memory_padding_mask", "N", "places"),
)
_DECODER_CALL = (
    "{input}, {memory}, tgt_mask={mask}, memory_mask={memory_mask}, "
    "tgt_key_padding_mask={padding_mask}, memory_key_padding_mask={memory_padding_mask}"
)
_NO_MASKS = (None, None, None, None)

TransformerDecoderLayer = Layer(
    title="Transformer decoder layer",
    family="transformer",
    short="decoder",
    formula="y = norm(b + ff(b)),  b = norm(a + attention(a, memory)),  a = norm(x + attention(x))",
    doc="Self-attention, attention to what the encoder made, and two dense layers, each with a "
    "skip connection and a normalization.",
    paper=_PAPER,
    keywords=(*_KEYWORDS, "cross-attention", "translation"),
    params=_common(),
    inputs=_DECODER_PORTS,
    output=_decoded,
    weights=lambda p, x, *rest: _layer_weights(p, x.last, _DECODER),
    macs=lambda p, y, x, memory, *masks: _decoder_macs(p, x, memory),
    module=f"nn.TransformerDecoderLayer({_ARGUMENTS})",
    call=_DECODER_CALL,
    examples=(
        example((7, 16), (5, 16), *_NO_MASKS, nhead=4, dim_feedforward=32),
        example((3, 5), (4, 5), *_NO_MASKS, nhead=1, dim_feedforward=7, dropout=0.0),
        example(
            (5, 6), (3, 6), None, None, (5,), (3,), nhead=2, dim_feedforward=10, norm_first=True
        ),
    ),
)

TransformerDecoder = Layer(
    title="Transformer decoder",
    family="transformer",
    short="decoder",
    formula="y = layerₙ(… layer₁(x, memory) …, memory)",
    doc="Several decoder layers on top of each other, all with the same memory.",
    paper=_PAPER,
    keywords=(*_KEYWORDS, "cross-attention", "translation", "stack"),
    params=_common(_layers("num_layers", "layers")),
    inputs=_DECODER_PORTS,
    output=_decoded,
    weights=lambda p, x, *rest: _stacked(_layer_weights(p, x.last, _DECODER), p.num_layers),
    macs=lambda p, y, x, memory, *masks: p.num_layers * _decoder_macs(p, x, memory),
    module=f"nn.TransformerDecoder(nn.TransformerDecoderLayer({_ARGUMENTS}), {{num_layers}})",
    call=_DECODER_CALL,
    examples=(
        example((7, 16), (5, 16), *_NO_MASKS, nhead=4, dim_feedforward=32, num_layers=2),
        example((3, 5), (4, 5), *_NO_MASKS, nhead=1, dim_feedforward=7, num_layers=1),
        example((5, 6), (3, 6), *_NO_MASKS, nhead=2, dim_feedforward=10, num_layers=3, bias=False),
    ),
)


def _translated(
    p: Params,
    source: TensorType,
    target: TensorType,
    mask: Given,
    target_mask: Given,
    memory_mask: Given,
    padding: Given,
    target_padding: Given,
    memory_padding: Given,
) -> TensorType:
    _check_size(p, source)
    check_batch("target", target, source)
    check_features("target", target, source.last)
    here, there = source.shape[1], target.shape[1]
    row, each = "a row for each step", "a row for each example"
    check_mask("mask", mask, ((here, here), row))
    check_mask("target_mask", target_mask, ((there, there), row))
    check_mask("memory_mask", memory_mask, ((there, here), row))
    check_mask("padding_mask", padding, (source.shape[:2], each))
    check_mask("target_padding_mask", target_padding, (target.shape[:2], each))
    check_mask("memory_padding_mask", memory_padding, (source.shape[:2], each))
    return target


def _whole_weights(p: Params, source: TensorType, *rest: Given) -> Mapping[str, Any]:
    size = source.last
    encoder = _stacked(_layer_weights(p, size, _ENCODER), p.num_encoder_layers, "encoder.layers")
    decoder = _stacked(_layer_weights(p, size, _DECODER), p.num_decoder_layers, "decoder.layers")
    return encoder | decoder | _norms(size, p.bias, ("encoder.norm", "decoder.norm"))


def _whole_macs(
    p: Params, y: TensorType, source: TensorType, target: TensorType, *masks: Given
) -> Dim:
    encoder: Dim = p.num_encoder_layers * _encoder_macs(p, source)
    decoder: Dim = p.num_decoder_layers * _decoder_macs(p, target, source)
    return encoder + decoder


Transformer = Layer(
    title="Transformer",
    family="transformer",
    short="transformer",
    formula="y = decoder(target, encoder(source))",
    doc="Encoder and decoder with a last normalization each: reads one sequence and writes "
    "another, as in translation.",
    paper=_PAPER,
    keywords=(*_KEYWORDS, "encoder-decoder", "translation", "sequence to sequence"),
    params=_common(
        _layers("num_encoder_layers", "encoder layers"),
        _layers("num_decoder_layers", "decoder layers"),
    ),
    inputs=(
        Port("source", rank=(3, 3), doc="what is read, as N×places×features"),
        Port("target", rank=(3, 3), doc="what is written so far, as N×steps×features"),
        _mask("mask", "places", "places"),
        _mask("target_mask", "steps", "steps"),
        _mask("memory_mask", "steps", "places"),
        _mask("padding_mask", "N", "places"),
        _mask("target_padding_mask", "N", "steps"),
        _mask("memory_padding_mask", "N", "places"),
    ),
    output=_translated,
    weights=_whole_weights,
    macs=_whole_macs,
    module=(
        "nn.Transformer({source.last}, {nhead}, num_encoder_layers={num_encoder_layers}, "
        "num_decoder_layers={num_decoder_layers}, dim_feedforward={dim_feedforward}, "
        "dropout={dropout}, activation={activation}, layer_norm_eps={layer_norm_eps}, "
        "batch_first=True, norm_first={norm_first}, bias={bias})"
    ),
    call=(
        "{source}, {target}, src_mask={mask}, tgt_mask={target_mask}, memory_mask={memory_mask}, "
        "src_key_padding_mask={padding_mask}, tgt_key_padding_mask={target_padding_mask}, "
        "memory_key_padding_mask={memory_padding_mask}"
    ),
    examples=(
        example(
            (7, 16),
            (5, 16),
            *_NO_MASKS,
            None,
            None,
            nhead=4,
            dim_feedforward=32,
            num_encoder_layers=2,
            num_decoder_layers=1,
        ),
        example(
            (4, 6),
            (3, 6),
            *_NO_MASKS,
            None,
            None,
            nhead=1,
            dim_feedforward=10,
            num_encoder_layers=1,
            num_decoder_layers=2,
            norm_first=True,
            dropout=0.0,
        ),
    ),
)
