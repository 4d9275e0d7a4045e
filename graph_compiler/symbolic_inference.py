"""Shapes as expressions over the project's variables: what emission and block signatures read.

Owns one pass over a network with every whole-number variable bound to a symbol that carries its
value. The live checks of `graph_compiler.checker` run the same rules on plain numbers.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph_compiler.expressions import ExpressionError, parse
from graph_compiler.layer import Layer, Mismatch, Params
from graph_compiler.model import Network, Node, Value, Variable, Wire
from graph_compiler.registry import layers
from graph_compiler.resolve import environment, resolve
from graph_compiler.tensors import TensorType
from graph_compiler.wiring import bound


@dataclass(frozen=True, slots=True)
class Inferred:
    """One node of a sound network, in symbols."""

    node: Node
    layer: Layer
    params: Params
    """Resolved parameters. Whole numbers that depend on variables are `Symbolic` (also inside
    tuples): `str()` gives their source. All other values are plain."""
    texts: Mapping[str, str]
    """Parameters that the drawing gives as expressions over variables: name to Python source, such
    as `4 * d_model` or `rate`; for numbers that are not whole no other place knows."""
    wires: tuple[Wire, ...]
    """The wires that feed the node, in the order of its ports: those that there are, for an optional port
    may have none."""
    inputs: tuple[Any, ...]
    """Their types in the order of the layer's rules, None for an optional port without a wire."""
    outputs: tuple[TensorType, ...]
    """The types of `ports_out`; for an Output the type of what it returns."""

    @property
    def ports_out(self) -> tuple[str, ...]:
        """The names of the output ports."""
        return self.layer.ports_out(self.params)


def infer_symbolic(network: Network, variables: Mapping[str, Variable]) -> dict[str, Inferred]:
    """Every node that leads to an output, sources before targets, ties by name.

    For networks that `check_graph` finds no errors in. Layers that lead nowhere are left out.
    Raises `Mismatch` where a rule does not fit.
    """
    env = environment(variables)
    known = layers()
    wires: dict[str, list[Wire]] = {}
    for wire in network.wires:
        wires.setdefault(wire.target, []).append(wire)
    places = {
        name: tuple(wire for _, wire in bound(known[node.type], wires.get(name, ())))
        for name, node in network.nodes.items()
        if node.type in known
    }
    feeds = {name: tuple(w for w in row if w is not None) for name, row in places.items()}
    found: dict[str, Inferred] = {}
    for name in ordered(network, feeds, live(network, feeds)):
        node = network.nodes[name]
        layer = known[node.type]
        params, faults = resolve(node.params, layer, env, symbolic=True)
        if faults:
            raise faults[0]
        inputs = tuple(
            None if wire is None else _output_of(found[wire.source], wire.source_port)
            for wire in places[name]
        )
        outputs = outputs_of(layer, params, inputs)
        texts = _texts(node.params, layer, env)
        found[name] = Inferred(node, layer, params, texts, feeds[name], inputs, outputs)
    return found


def outputs_of(
    layer: Layer, params: Params, inputs: tuple[TensorType | None, ...]
) -> tuple[TensorType, ...]:
    """The layer's rule applied: one type for each output port; raises `Mismatch`."""
    result = layer.output(params, *inputs)
    return (result,) if isinstance(result, TensorType) else tuple(result)


def live(network: Network, feeds: Mapping[str, tuple[Wire, ...]]) -> set[str]:
    """Names of the nodes from which an output can be reached."""
    reached = {name for name in feeds if network.nodes[name].type == "Output"}
    waiting = list(reached)
    while waiting:
        for wire in feeds[waiting.pop()]:
            if wire.source in feeds and wire.source not in reached:
                reached.add(wire.source)
                waiting.append(wire.source)
    return reached


def ordered(network: Network, feeds: Mapping[str, tuple[Wire, ...]], names: set[str]) -> list[str]:
    """The names with sources before targets, ties by name; nodes on a cycle are left out."""
    missing = {name: len(feeds[name]) for name in names}
    after: dict[str, list[str]] = {}
    for name in names:
        for wire in feeds[name]:
            after.setdefault(wire.source, []).append(name)
    ready = [name for name, count in missing.items() if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for target in after.get(name, ()):
            missing[target] -= 1
            if missing[target] == 0:
                heapq.heappush(ready, target)
    return order


def _output_of(source: Inferred, port: str) -> TensorType:
    ports = source.ports_out
    if port not in ports:
        raise Mismatch(
            "unknown_port",
            port,
            expected=f"an output named {' or '.join(ports)}",
            got=port,
            remedy="Wire it from there.",
        )
    return source.outputs[ports.index(port)]


def _texts(given: Mapping[str, Value], layer: Layer, env: Mapping[str, Value]) -> dict[str, str]:
    texts = {}
    for param in layer.params:
        value = given.get(param.name)
        if not isinstance(value, str) or param.kind == "text" or value in param.choices:
            continue
        try:
            expression = parse(value)
        except ExpressionError:
            continue
        if expression.names:
            texts[param.name] = expression.source
    return texts
