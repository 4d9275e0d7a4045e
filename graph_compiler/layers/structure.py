"""Nodes that decide what a drawing consists of."""

from __future__ import annotations

from graph_compiler.layer import Layer, Mismatch, Param, Params, Port, example
from graph_compiler.tensors import TensorType


def _chosen(p: Params, *inputs: TensorType | None) -> TensorType:
    found: TensorType | None = inputs[p.pick] if p.pick < len(inputs) else None
    if found is None:
        raise Mismatch(
            "no_branch",
            "pick",
            expected=f"a branch from 0 to {len(inputs) - 1}",
            got=f"{p.pick}",
            remedy="Set pick to a branch that is wired.",
        )
    return found


Choice = Layer(
    title="Choice",
    family="structure",
    short="choice",
    doc="Lets one of several branches through; the others are neither built nor counted.",
    formula="y = x[pick]",
    keywords=("switch", "select", "if", "branch", "option", "on off", "bypass"),
    params=(
        Param(
            "pick",
            "pick",
            0,
            "which input goes through: a number from 0, or false and true for the first and second",
            label="branch",
            low=0,
        ),
    ),
    inputs=(Port("input", rank=(0, None), dtype="any", many=True, doc="the branches, in order"),),
    output=_chosen,
    view=True,
    examples=(example((10,), (10,)), example((10,), (4, 8, 8), pick=1)),
)
