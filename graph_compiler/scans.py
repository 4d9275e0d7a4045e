"""A block that runs once for each step of a sequence: what a step is given, what comes out of all.

Owns the types around a scan. The step itself is worked out by `graph_compiler.structure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph_compiler.calls import Fault
from graph_compiler.layer import Layer, Mismatch
from graph_compiler.model import Node, Value
from graph_compiler.plans import Plan
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from graph_compiler.turns import in_turn


@dataclass(frozen=True, slots=True)
class Step:
    """What one step is given, and how many there are."""

    inputs: Mapping[str, TensorType | None]
    length: Any
    states: tuple[str, ...]
    """Inputs that are outputs as well: what a step hands to the next."""


def step_of(
    plan: Plan,
    input_layer: Layer,
    env: Mapping[str, Value],
    inputs: Mapping[str, TensorType | None],
) -> Step:
    """What a step is given of what the scan is given; raises `Mismatch`."""
    states = tuple(name for name in plan.inputs if name in plan.outputs)
    steps: dict[str, TensorType | None] = {}
    length: Any = None
    for name in plan.inputs:
        x = inputs.get(name)
        given, faults = resolve(plan.block.nodes[name].params, input_layer, env)
        if name in states:
            if x is None and faults:
                raise _no_start(name, faults[0])
            steps[name] = x or TensorType((N, *given.shape), given.dtype)
        elif not given.over_time or x is None:
            steps[name] = x
        else:
            length = _length(name, x, length)
            steps[name] = TensorType((x.shape[0], *x.shape[2:]), x.dtype)
    if length is None:
        raise Mismatch(
            "no_sequence",
            "",
            expected="an input that is read step by step",
            got="states only",
            remedy="Give the block an Input that is no Output as well.",
        )
    return Step(steps, length, states)


def stacked(plan: Plan, step: Step, outputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
    """What all steps give: each output along the sequence, then the last states."""
    by_name = dict(zip(plan.outputs, outputs, strict=True))
    for name in step.states:
        before = step.inputs[name]
        if before is not None and by_name[name] != before:
            raise Mismatch(
                "state_changes",
                name,
                expected=f"a state that stays {before}",
                got=f"{by_name[name]} after a step",
                remedy="Let the block keep the state's shape, or set the shape of its Input.",
            )
    rows = tuple(TensorType((y.shape[0], step.length, *y.shape[1:]), y.dtype) for y in outputs)
    return rows + tuple(by_name[name] for name in plan.outputs if name in step.states)


def same_states(
    node: Node,
    layer: Layer,
    turn: int,
    first: tuple[TensorType, ...],
    now: tuple[TensorType, ...],
) -> None:
    """Raises `Fault` where the states of a turn have other shapes than those of the first.

    All turns of a repeated scan run in one loop, which begins their states alike.
    """
    states = slice(len(layer.outputs), None)
    for before, after in zip(first[states], now[states], strict=False):
        if before != after:
            fault = Mismatch(
                "state_changes",
                "repeat",
                expected=f"states of one shape in all turns, {before}",
                got=f"{after}",
                remedy="Give all turns the same sizes, or put the scan into a block of its own "
                "and repeat that.",
            )
            raise Fault(in_turn(node, turn, fault))


def _length(name: str, x: TensorType, length: Any) -> Any:
    """The steps of a sequence, which are those of the sequences before it."""
    if x.rank < 2:
        raise Mismatch(
            "wrong_rank",
            name,
            expected="a sequence N×T×…",
            got=f"{x}",
            remedy="Feed it a sequence.",
        )
    if length is not None and x.shape[1] != length:
        raise Mismatch(
            "lengths_differ",
            name,
            expected=f"{length} steps, as on the other sequences",
            got=f"{x.shape[1]}",
            remedy="Give all sequences the same length.",
        )
    return x.shape[1]


def _no_start(state: str, fault: Mismatch) -> Mismatch:
    """A state that would begin at zeros of a shape that is none."""
    expected = f"a shape to begin with, {fault.expected}"
    return Mismatch(fault.code, state, expected=expected, got=fault.got, remedy=fault.remedy)
