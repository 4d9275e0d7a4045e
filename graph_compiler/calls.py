"""One use of a layer or a block: what comes out, what it costs, and what is wrong inside.

Owns the value `Call` and how calls are put together: the turns of a repeat, a node without what it
shares, the facts that a report shows. Which calls there are is `graph_compiler.structure`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from graph_compiler.faults import port_fault
from graph_compiler.layer import Layer, Params
from graph_compiler.model import Node
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts
from graph_compiler.tensors import TensorType

Types = tuple[TensorType | None, ...]


class Fault(Exception):
    """A structured node that cannot be worked out at all."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found.text)
        self.problem = found


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer or block: what comes out, what it costs, what is wrong inside."""

    outputs: tuple[TensorType, ...]
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    parameters: int = 0
    macs: int = 0
    inside: Mapping[str, NodeFacts] = field(default_factory=dict)
    params: Params | None = field(default=None, compare=False)
    problems: tuple[Problem, ...] = ()
    """With paths below the node: `conv1`, `attention/qkv`."""


def facts_of(node: Node, inputs: Types, call: Call) -> NodeFacts:
    """What a report says of a node."""
    return NodeFacts(
        node.type,
        tuple(x for x in inputs if x is not None),
        call.outputs,
        call.weights,
        call.parameters,
        call.macs,
        call.inside,
        call.params,
    )


def join(name: str, below: str) -> str:
    """The path of a node below another one: `stage1/conv1`, `stage1[3]/conv1`."""
    return f"{name}{below}" if below.startswith("[") else f"{name}/{below}"


def layer_call(layer: Layer, params: Params, ports: tuple[str, ...], inputs: Types) -> Call:
    """A layer's rules applied."""
    fault = port_fault(layer, ports, inputs)
    if fault is not None:
        raise fault
    result = layer.output(params, *inputs)
    outputs = (result,) if isinstance(result, TensorType) else tuple(result)
    return costed(layer, params, inputs, outputs)


def costed(layer: Layer, params: Params, inputs: Types, outputs: tuple[TensorType, ...]) -> Call:
    """What a layer costs that gives these outputs."""
    weights = {
        name: shape for name, shape in layer.weights(params, *inputs).items() if shape is not None
    }
    macs = int(layer.macs(params, outputs[0], *inputs))
    return Call(outputs, weights, sum(map(_numel, weights.values())), macs)


def less_shared(call: Call, node: Node, params: Params) -> Call:
    """The call without the parameters that belong to another node."""
    if node.shares:
        return replace(call, parameters=0, params=params)
    tied = sum(_numel(call.weights[name]) for name in node.ties if name in call.weights)
    return replace(call, parameters=call.parameters - tied, params=params)


def together(type: str, rounds: list[tuple[Types, Call]]) -> Call:
    """The turns of a repeat as one call; with each goes what it was given."""
    calls = [call for _, call in rounds]
    inside: dict[str, NodeFacts] = {}
    found: list[Problem] = []
    for turn, (given, call) in enumerate(rounds):
        inside[f"[{turn}]"] = NodeFacts(
            type,
            tuple(x for x in given if x is not None),
            call.outputs,
            call.weights,
            call.parameters,
            call.macs,
            call.inside,
            call.params,
        )
        if not found:
            found = [replace(one, node=join(f"[{turn}]", one.node)) for one in call.problems]
    return Call(
        calls[-1].outputs,
        {},
        sum(call.parameters for call in calls),
        sum(call.macs for call in calls),
        inside,
        calls[0].params,
        tuple(found),
    )


def _numel(shape: Iterable[int]) -> int:
    size = 1
    for axis in shape:
        size *= axis
    return size
