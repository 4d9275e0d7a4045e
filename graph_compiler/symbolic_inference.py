"""Shapes as expressions over the project's variables: what emission and block signatures read.

Owns one pass over a drawing with every whole-number variable bound to a symbol that carries its
value; a block is inferred in the terms of its own class (its parameters and the sizes of its
inputs) and its results are then told in the terms of the caller. The live checks of
`graph_compiler.checker` run the same rules on plain numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph_compiler.blocks import drawn, types_of
from graph_compiler.bypass import running
from graph_compiler.expressions import ExpressionError, parse
from graph_compiler.inferred import Body, Inferred
from graph_compiler.layer import Layer, Mismatch, Params, Port
from graph_compiler.model import Network, Node, Value, Variable, Wire
from graph_compiler.order import live, ordered
from graph_compiler.resolve import environment, resolve
from graph_compiler.symbolic_blocks import CallSites, ends_of, instance_layer, no_rule
from graph_compiler.symbolic_rows import Row
from graph_compiler.tensors import TensorType
from graph_compiler.terms import names_of, source_of
from graph_compiler.wiring import bound


def infer_symbolic(
    network: Network,
    variables: Mapping[str, Variable],
    blocks: Mapping[str, Network] | None = None,
) -> dict[str, Inferred]:
    """Every node that leads to an output, sources before targets, ties by name.

    For networks that `check_graph` finds no errors in. Layers that lead nowhere are left out.
    Raises `Mismatch` where a rule does not fit.
    """
    network = running(network, types_of(blocks or {}))
    inference = Inference(variables, blocks or {})
    body = inference.network(network)
    while not inference.settled():
        body = inference.network(network)
    return dict(body.nodes)


class Inference:
    """Infers networks and, once for each combination of values, the blocks in them."""

    def __init__(
        self,
        variables: Mapping[str, Variable],
        blocks: Mapping[str, Network],
        changed: Mapping[str, Layer] | None = None,
    ) -> None:
        self.variables = environment(variables)
        self._blocks = drawn(blocks)
        written = {name: one for name, one in blocks.items() if one.code is not None}
        self._known = {**types_of(written), **(changed or {})}
        self._calls = CallSites(self.variables, self._blocks, self._nodes)

    def network(self, network: Network, decided: frozenset[str] = frozenset()) -> Body:
        """A network that stands alone, over the project's variables."""
        inputs, outputs = ends_of(network)
        nodes, decided = self._nodes(network, self.variables, {}, decided)
        return Body(network, nodes, self.variables, {}, {}, inputs, outputs, decided)

    def settled(self) -> bool:
        """Whether all call sites of each block name its sizes alike; else to be inferred again."""
        return self._calls.settled()

    def again(self, body: Body, decided: frozenset[str]) -> Body:
        """The same drawing with more choices taken at their present value."""
        given = {name: body.nodes[name].outputs[0] for name in body.inputs if name in body.nodes}
        if not body.network.is_block:
            given = {}
        nodes, decided = self._nodes(body.network, body.values, given, body.decided | decided)
        return replace(body, nodes=nodes, decided=decided)

    # nodes

    def _nodes(
        self,
        network: Network,
        env: Mapping[str, Value],
        given: Mapping[str, TensorType],
        decided: frozenset[str],
    ) -> tuple[dict[str, Inferred], frozenset[str]]:
        """All nodes; where a branch that is not picked does not fit, its choice is decided."""
        open_choices = {
            name
            for name, node in network.nodes.items()
            if node.type == "Choice" and names_of(node) and name not in decided
        }
        try:
            return self._walk(network, env, given, decided), decided
        except Exception:  # a branch that is not picked may hold anything
            if not open_choices:
                raise
        decided = decided | open_choices
        return self._walk(network, env, given, decided), decided

    def _walk(
        self,
        network: Network,
        env: Mapping[str, Value],
        given: Mapping[str, TensorType],
        decided: frozenset[str],
    ) -> dict[str, Inferred]:
        known = self._known
        wires: dict[str, list[Wire]] = {}
        for wire in network.wires:
            wires.setdefault(wire.target, []).append(wire)
        types = {
            name: self._type(node, known)
            for name, node in network.nodes.items()
            if node.type in known or node.type in self._blocks or node.type == "Choice"
        }
        places = {
            name: tuple(wire for _, wire in bound(layer, wires.get(name, ())))
            for name, layer in types.items()
        }
        for name in types:
            node = network.nodes[name]
            if node.type == "Choice" and (name in decided or not names_of(node)):
                pick = self._pick(node, types[name], env)
                places[name] = places[name][pick : pick + 1]
        feeds = {name: tuple(w for w in row if w is not None) for name, row in places.items()}
        found: dict[str, Inferred] = {}
        awake = live(network, feeds) | given.keys()
        nodes = _with_owners(network.nodes, awake)
        for name in ordered(network, feeds, awake):
            node, layer = nodes[name], types[name]
            inputs = tuple(
                None if wire is None else _output_of(found[wire.source], wire.source_port)
                for wire in places[name]
            )
            if node.type == "Input" and name in given:
                node = replace(node, shares="", ties={})
                params = resolve({}, layer, env)[0]
                found[name] = Inferred(node, layer, params, {}, (), (), (given[name],))
            elif node.type == "Choice":
                found[name] = self._choice(node, layer, feeds[name], inputs, env)
            elif node.repeat is not None:
                found[name] = Row(node, layer, feeds[name], env, self._once).infer(inputs)
            else:
                found[name] = self._once(node, layer, feeds[name], inputs, env)
        return found

    def _type(self, node: Node, known: Mapping[str, Layer]) -> Layer:
        if node.type == "Choice":
            return _CHOICE
        return (
            known[node.type]
            if node.type in known
            else instance_layer(self._blocks[node.type], node)
        )

    def _pick(self, node: Node, layer: Layer, env: Mapping[str, Value]) -> int:
        value = node.params.get("pick", 0)
        if isinstance(value, str):
            value = parse(value).evaluate(env)
        return int(value) if isinstance(value, int) else 0

    def _choice(
        self,
        node: Node,
        layer: Layer,
        wires: tuple[Wire, ...],
        inputs: tuple[Any, ...],
        env: Mapping[str, Value],
    ) -> Inferred:
        place = self._pick(node, layer, env) if len(inputs) > 1 else 0
        pick = node.params.get("pick", 0)
        texts = {"pick": source_of(pick)} if isinstance(pick, str) else {}
        params = Params({"pick": place})
        return Inferred(node, layer, params, texts, wires, inputs, (inputs[place],))

    def _once(
        self,
        node: Node,
        layer: Layer,
        wires: tuple[Wire, ...],
        inputs: tuple[Any, ...],
        env: Mapping[str, Value],
    ) -> Inferred:
        if node.type in self._blocks:
            return self._calls.instance(node, layer, wires, inputs, env)
        params, faults = resolve(node.params, layer, env, symbolic=True)
        if faults:
            raise faults[0]
        outputs = outputs_of(layer, params, inputs)
        return Inferred(node, layer, params, _texts(node, layer), wires, inputs, outputs)


def _with_owners(nodes: Mapping[str, Node], awake: set[str]) -> Mapping[str, Node]:
    """The nodes, with weights that only nodes asleep hold given to the first that uses them."""
    sharing = [name for name in sorted(awake) if nodes[name].shares or nodes[name].ties]
    if not sharing:
        return nodes
    found = dict(nodes)
    heirs: dict[str, str] = {}
    for name in sharing:
        node = found[name]
        if node.shares and node.shares not in awake:
            heir = heirs.setdefault(node.shares, name)
            node = replace(node, shares="" if heir == name else heir)
        ties = {}
        for weight, target in node.ties.items():
            if target.partition("/")[0].partition(".")[0] in awake:
                ties[weight] = target
            elif (heir := heirs.setdefault(target, f"{name}.{weight}")) != f"{name}.{weight}":
                ties[weight] = heir
        found[name] = replace(node, ties=ties)
    return found


_CHOICE = Layer(
    title="Choice",
    family="structure",
    doc="",
    output=no_rule,
    inputs=(Port("input", dtype="any", many=True),),
)


def outputs_of(
    layer: Layer, params: Params, inputs: tuple[TensorType | None, ...]
) -> tuple[TensorType, ...]:
    """The layer's rule applied: one type for each output port; raises `Mismatch`."""
    result = layer.output(params, *inputs)
    return (result,) if isinstance(result, TensorType) else tuple(result)


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


def _texts(node: Node, layer: Layer) -> dict[str, str]:
    texts = {}
    for param in layer.params:
        value = node.params.get(param.name)
        if not isinstance(value, str) or param.kind == "text" or value in param.choices:
            continue
        try:
            expression = parse(value)
        except ExpressionError:
            continue
        if expression.names:
            texts[param.name] = expression.source
    return texts
