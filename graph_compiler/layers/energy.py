"""Networks defined by an energy: what is likely has little of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Int, Layer, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.tensors import TensorType


def _output(p: Params, x: TensorType) -> TensorType:
    refuse_huge(p.hidden * x.last, "input", "weights", "Use fewer hidden units.")
    return x.with_last(p.hidden)


def _weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {
        "weight": (p.hidden, x.last),
        "visible_bias": (x.last,),
        "hidden_bias": (p.hidden,),
    }


RestrictedBoltzmannMachine = Layer(
    title="Restricted Boltzmann machine",
    family="energy",
    short="rbm",
    formula="p(hⱼ = 1 | v) = σ(W·v + c)ⱼ,  E(v, h) = −v·b − h·c − h·W·v",
    doc="Learns without labels which visible values go together: hidden units that explain them, "
    "and from which they can be drawn again. Gaussian visible units take real numbers of "
    "variance 1 instead of 0 and 1.",
    paper="Hinton, Training products of experts by minimizing contrastive divergence, 2002",
    keywords=(
        "rbm",
        "boltzmann",
        "contrastive divergence",
        "gibbs",
        "free energy",
        "deep belief net",
        "unsupervised",
        "pretraining",
    ),
    params=(
        Int("hidden", 64, low=1, label="hidden units", doc="number of hidden units"),
        Bool("gaussian", False, label="Gaussian", doc="visible units are real numbers"),
    ),
    inputs=(Port("input", rank=(2, None), doc="visible values on the last axis"),),
    output=_output,
    weights=_weights,
    macs=lambda p, y, x: y.numel * x.last,
    words=lambda p, y, x: (f"units: {x.last} visible → {y.last} hidden",),
    module="RestrictedBoltzmannMachine({x.last}, {hidden}, gaussian={gaussian})",
    source="restricted_boltzmann_machine",
    examples=(example((20,), hidden=6), example((3, 8), hidden=4, gaussian=True)),
)
