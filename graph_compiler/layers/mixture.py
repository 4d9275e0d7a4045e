"""Layers of which each example uses only a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Int, Layer, Mismatch, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType


def _output(p: Params, x: TensorType) -> tuple[TensorType, TensorType]:
    if p.top_k > p.experts:
        raise Mismatch(
            "too_many_chosen",
            "top_k",
            expected=f"at most {p.experts}, the number of experts",
            got=f"{p.top_k}",
            remedy="Set top_k to fewer experts.",
            fixes=(
                Fix(f"Use all {p.experts}", (SetParam("", "top_k", int(p.experts)),)),
                Fix(f"Have {p.top_k} experts", (SetParam("", "experts", int(p.top_k)),)),
            ),
        )
    count = 2 * p.experts * p.hidden_features * x.last
    refuse_huge(count, "input", "weights", "Use fewer experts, or smaller ones.")
    return x, TensorType(())


def _weights(p: Params, *inputs: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    features = inputs[0].last
    found: dict[str, tuple[Any, ...] | None] = {"gate.weight": (p.experts, features)}
    for number in range(int(p.experts)):
        found[f"experts.{number}.0.weight"] = (p.hidden_features, features)
        found[f"experts.{number}.0.bias"] = (p.hidden_features,)
        found[f"experts.{number}.2.weight"] = (features, p.hidden_features)
        found[f"experts.{number}.2.bias"] = (features,)
    return found


def _macs(p: Params, y: TensorType, x: TensorType) -> Any:
    return x.numel * (p.experts + 2 * p.top_k * p.hidden_features)


MixtureOfExperts = Layer(
    title="Mixture of experts",
    family="dense",
    short="experts",
    formula="y = Σ_{e in top k} gₑ·expertₑ(x),  g = softmax(W·x) of the chosen",
    doc="A gate sends each vector to the few experts that suit it; the balance, 1 where all work "
    "alike, is added to the loss with a small weight so that none falls idle.",
    paper="Shazeer et al., Outrageously large neural networks, 2017",
    keywords=("moe", "sparse", "gating", "router", "switch", "conditional computation"),
    params=(
        Int("experts", 8, low=1, high=4096, doc="number of experts, each two linear layers"),
        Int("top_k", 2, low=1, label="experts at work", doc="how many experts see each vector"),
        Int(
            "hidden_features",
            256,
            low=1,
            label="hidden units",
            doc="units between the two layers of an expert",
        ),
    ),
    inputs=(Port("input", rank=(2, None), doc="features on the last axis"),),
    outputs=("output", "balance"),
    output=_output,
    weights=_weights,
    macs=_macs,
    module=("MixtureOfExperts({x.last}, {hidden_features}, experts={experts}, top_k={top_k})"),
    source="mixture_of_experts",
    examples=(
        example((12,), experts=4, hidden_features=8),
        example((6, 10), experts=3, top_k=1, hidden_features=5),
    ),
)
