"""Masks: who may look where in attention.

The layers of torch read booleans both ways: `ScaledDotProductAttention` looks where one is true,
`MultiheadAttention` and what is built of it where it is false. Numbers to add mean the same to all.
"""

from __future__ import annotations

from graph_compiler.layer import Bool, Choice, Int, Layer, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

_FORM = Choice(
    "form",
    "added",
    ("added", "allowed", "blocked"),
    doc="0 and −∞ to add to the scores, true where one may look, or true where one may not",
)


def _dtype(p: Params) -> str:
    return "float" if p.form == "added" else "bool"


def _square(p: Params, size: Dim) -> TensorType:
    refuse_huge(size * size, "input", "numbers in the mask", "Shorten the sequence.")
    return TensorType((size, size), _dtype(p))


def _causal_text(p: Params, x: TensorType) -> str:
    size = "{x}.shape[1], {x}.shape[1]"
    if p.form == "added" and x.dtype == "float":
        return f"torch.triu({{x}}.new_full(({size}), -torch.inf), 1)"
    if p.form == "added":
        return f"torch.triu(torch.full(({size}), -torch.inf, device={{x}}.device), 1)"
    ones = f"torch.ones({size}, dtype=torch.bool, device={{x}}.device)"
    return f"torch.tril({ones})" if p.form == "allowed" else f"torch.triu({ones}, 1)"


CausalMask = Layer(
    title="Causal mask",
    family="attention",
    short="mask",
    formula="m[t, s] = 0 where s ≤ t, −∞ where s > t",
    doc="Lets each step of a sequence see itself and what is before it, so that a model that "
    "predicts the next word cannot read it off.",
    paper="Vaswani et al., Attention is all you need, 2017",
    keywords=("autoregressive", "triangular", "decoder", "future", "gpt", "look-ahead"),
    params=(_FORM,),
    inputs=(
        Port("input", rank=(2, None), dtype="any", doc="the sequence it is for, steps on axis 1"),
    ),
    output=lambda p, x: _square(p, x.shape[1]),
    words=lambda p, y, x: (f"{x.shape[1]} steps look at {x.shape[1]}",),
    template=_causal_text,
    examples=(
        example((7, 16)),
        example((5,), form="allowed"),
        example((6, 3), form="blocked"),
    ),
)


def _padding_output(p: Params, x: TensorType) -> TensorType:
    if p.for_heads:
        return TensorType((x.shape[0], 1, 1, x.shape[1]), _dtype(p))
    return TensorType(x.shape, _dtype(p))


def _padding_text(p: Params, x: TensorType) -> str:
    if p.form == "added":
        text = "torch.where({x} == {padding_idx}, -torch.inf, 0.0)"
        return f"{text}[:, None, None]" if p.for_heads else text
    text = "{x} != {padding_idx}" if p.form == "allowed" else "{x} == {padding_idx}"
    return f"({text})[:, None, None]" if p.for_heads else text


PaddingMask = Layer(
    title="Padding mask",
    family="attention",
    short="mask",
    formula="m[n, t] = −∞ where x[n, t] is the padding word, else 0",
    doc="Keeps attention away from the words that only fill short sentences up.",
    paper="Vaswani et al., Attention is all you need, 2017",
    keywords=("pad", "tokens", "lengths", "bert", "key padding"),
    params=(
        Int("padding_idx", 0, low=-(2**31) + 1, label="padding word", doc="word that fills up"),
        _FORM,
        Bool(
            "for_heads",
            False,
            label="axes for heads and steps",
            doc="shape it as N×1×1×places, for ScaledDotProductAttention",
            on_node=True,
        ),
    ),
    inputs=(Port("input", rank=(2, 2), dtype="int", doc="words as N×steps"),),
    output=_padding_output,
    template=_padding_text,
    examples=(
        example((7,)),
        example((5,), form="allowed", for_heads=True),
        example((6,), form="blocked", padding_idx=3),
        example((6,), for_heads=True),
    ),
)


def _alibi(p: Params, x: TensorType) -> TensorType:
    refuse_huge(x.shape[1] * x.shape[2] * x.shape[2], "input", "numbers in the mask", "Shorten it.")
    return TensorType((x.shape[1], x.shape[2], x.shape[2]))


AlibiMask = Layer(
    title="ALiBi",
    family="attention",
    short="alibi",
    formula="m[h, t, s] = −slopeₕ·|t − s|",
    doc="Makes far places count less, each head with a slope of its own; added to the scores it "
    "takes the place of positions and lets sequences grow longer than those learned from.",
    paper="Press, Smith, Lewis, Train short, test long: attention with linear biases, 2022",
    keywords=("linear bias", "relative positions", "extrapolation", "bloom", "mpt"),
    params=(Bool("causal", True, doc="let each step see only itself and what is before it"),),
    inputs=(Port("input", rank=(4, 4), doc="the queries, as N×heads×steps×features"),),
    output=_alibi,
    forward="alibi_mask({x}, causal={causal})",
    source="alibi_mask",
    examples=(example((4, 7, 8)), example((3, 5, 6), causal=False)),
)
