"""Positions: what tells attention where in the sequence a thing stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Float, Int, Layer, Mismatch, Params, Port, example, same
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

_WAVES_PAPER = "Vaswani et al., Attention is all you need, 2017"
_SEQUENCE = (Port("input", rank=(3, 3), doc="sequences as N×steps×features"),)

Positions = Layer(
    title="Positions",
    family="embedding",
    short="positions",
    formula="y = 0, 1, …, T − 1",
    doc="Counts the steps of a sequence; with an Embedding behind it, each place learns a vector.",
    paper="Gehring et al., Convolutional sequence to sequence learning, 2017",
    keywords=("arange", "index", "learned positions", "transformer", "order"),
    inputs=(Port("input", rank=(2, None), dtype="any", doc="what is counted, steps on axis 1"),),
    output=lambda p, x: TensorType((x.shape[1],), "int"),
    forward="torch.arange({x}.shape[1], device={x}.device)",
    examples=(example((7, 16)), example((5,))),
)

SinusoidalPositions = Layer(
    title="Sinusoidal positions",
    family="embedding",
    short="positions",
    formula="y[t] = x[t] + p[t],  p[t, 2i] = sin(t / bᵃ),  p[t, 2i+1] = cos(t / bᵃ),  a = 2i / d",
    doc="Adds to each place waves of many lengths that no other place has alike; nothing is "
    "learned, and no sequence is too long.",
    paper=_WAVES_PAPER,
    keywords=("sine", "cosine", "positional encoding", "transformer", "order", "waves"),
    params=(
        Float(
            "base",
            10_000.0,
            low=1.0,
            high=1e12,
            on_node=False,
            doc="how much longer the longest wave is than the shortest",
        ),
    ),
    inputs=_SEQUENCE,
    output=same,
    module="SinusoidalPositions(base={base})",
    source="sinusoidal_positions",
    examples=(example((7, 16)), example((5, 3), base=100.0)),
)


def _learned(p: Params, x: TensorType) -> TensorType:
    if x.shape[1] > p.length:
        raise Mismatch(
            "sequence_too_long",
            "input",
            expected=f"at most {p.length} steps, one for each learned vector",
            got=f"{x.shape[1]}",
            remedy="Set length to that of the longest sequence.",
            fixes=(
                Fix(
                    f"Learn {x.shape[1]} positions",
                    (SetParam("", "length", int(x.shape[1])),),
                ),
            ),
        )
    refuse_huge(p.length * x.last, "input", "weights", "Learn fewer positions.")
    return x


def _learned_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {"weight": (p.length, x.last)}


LearnedPositions = Layer(
    title="Learned positions",
    family="embedding",
    short="positions",
    formula="y[t] = x[t] + W[t]",
    doc="Adds to each place a vector of its own, learned like the rest.",
    paper="Gehring et al., Convolutional sequence to sequence learning, 2017",
    keywords=("position embedding", "positional encoding", "transformer", "vit", "order"),
    params=(Int("length", 512, low=1, doc="steps of the longest sequence"),),
    inputs=_SEQUENCE,
    output=_learned,
    weights=_learned_weights,
    module="LearnedPositions({length}, {x.last})",
    source="learned_positions",
    examples=(example((7, 16)), example((5, 3), length=5)),
)


def _rotated(p: Params, x: TensorType) -> TensorType:
    if x.last % 2 != 0:
        raise Mismatch(
            "odd_features",
            "input",
            expected="an even number of features, turned in pairs",
            got=f"{x.last}",
            remedy="Choose heads of an even size.",
        )
    return x


RotaryPositions = Layer(
    title="Rotary positions",
    family="attention",
    short="rotary",
    formula="(a, b) → (a·cos φ − b·sin φ, a·sin φ + b·cos φ),  φ = t / θ²ⁱᐟᵈ",
    doc="Turns pairs of features of queries and keys by angles that grow with the place, so that "
    "their product tells how far apart they are.",
    paper="Su et al., RoFormer: enhanced transformer with rotary position embedding, 2021",
    keywords=("rope", "llama", "rotary embedding", "relative", "positional encoding"),
    params=(
        Float(
            "theta",
            10_000.0,
            low=1.0,
            high=1e12,
            doc="how much slower the last pair turns than the first",
        ),
        Bool(
            "interleaved",
            False,
            doc="pair neighbouring features rather than those half the width apart",
        ),
    ),
    inputs=(
        Port("input", rank=(3, 4), doc="queries or keys, steps and features on the last axes"),
    ),
    output=_rotated,
    forward="rotary_positions({x}, theta={theta}, interleaved={interleaved})",
    source="rotary_positions",
    examples=(
        example((4, 7, 8)),
        example((5, 6), theta=100.0),
        example((2, 7, 4), theta=500_000.0, interleaved=True),
    ),
)
