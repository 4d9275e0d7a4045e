"""Blocks in symbols: their inside in the terms of their class, their outputs in the caller's.

Owns the bodies of blocks, one for each combination of values, and how a scan feeds a block. The
walk over the nodes of a drawing is `graph_compiler.symbolic_inference`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graph_compiler.blocks import ends_out, ports_in, ports_out
from graph_compiler.expressions import parse
from graph_compiler.inferred import Body, Inferred, Scan
from graph_compiler.layer import Layer, Mismatch, Params, Port
from graph_compiler.model import Network, Node, Value, Wire
from graph_compiler.naming import MAX_ARGUMENT, Namespace
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.signatures import Signatures, size_name
from graph_compiler.symbols import Dim, N, Symbolic
from graph_compiler.tensors import TensorType
from graph_compiler.terms import in_terms, plain, renamed_drawing, source_of

Env: TypeAlias = Mapping[str, Value]
Walk: TypeAlias = Callable[
    [Network, Env, Mapping[str, TensorType], frozenset[str]],
    tuple[dict[str, Inferred], frozenset[str]],
]
"""Infers the nodes of a drawing, given its inputs; some of its choices are decided."""


class CallSites:
    """Infers the uses of blocks, and each block once for each combination of values."""

    def __init__(self, variables: Env, blocks: Mapping[str, Network], walk: Walk) -> None:
        self._variables, self._blocks, self._walk = variables, blocks, walk
        self._signatures = Signatures(blocks, variables)
        self._bodies: dict[Any, Body] = {}

    def settled(self) -> bool:
        """Whether all call sites of each block name its sizes alike; else to be inferred again."""
        if self._signatures.settled():
            return True
        self._bodies.clear()
        return False

    def instance(
        self,
        node: Node,
        layer: Layer,
        wires: tuple[Wire, ...],
        inputs: tuple[Any, ...],
        env: Env,
    ) -> Inferred:
        """An instance of a block: its parameters, and its outputs in the caller's terms."""
        block = self._blocks[node.type]
        symbols: dict[str, Any] = {}
        texts: dict[str, str] = {}
        for name, variable in (block.params or {}).items():
            value = node.params.get(name, variable.value)
            if isinstance(value, str) and name in node.params and value not in variable.choices:
                expression = parse(value)
                symbols[name] = expression.symbolic(env)
                if expression.names:
                    texts[name] = expression.source
            else:
                symbols[name] = value
        values = {name: plain(value) for name, value in symbols.items()}
        given: dict[str, TensorType] = dict(zip(ends_of(block)[0], inputs, strict=True))
        scan = None
        if node.scan:
            named = {name: source_of(texts.get(name, value)) for name, value in symbols.items()}
            scan, given = self._scanned(node, block, given, values, named, env)
        for port, tensor in given.items():
            if tensor is not None:
                self._signatures.note(block, port, tensor, symbols)
        body = self._body(block, {k: v for k, v in given.items() if v is not None}, values)
        terms = {
            body.params[name]: source_of(texts.get(name, value)) for name, value in symbols.items()
        }
        for name, (number, axis) in body.sizes.items():
            tensor = given[body.inputs[number]]
            terms[name] = source_of(tensor.shape[axis])
        ends = [body.nodes[name].inputs[0] for name in body.outputs]
        told = [
            TensorType(tuple(in_terms(size, terms, env) for size in end.shape), end.dtype)
            for end in ends
        ]
        if scan is not None:
            first = dict(zip(body.inputs, inputs, strict=True))[scan.sequences[0]]
            last = [told[place] for place, name in enumerate(scan.outputs) if name in scan.states]
            told = [
                TensorType((end.shape[0], first.shape[1], *end.shape[1:]), end.dtype)
                for end in told
            ] + last
        return Inferred(
            node, layer, Params(symbols), texts, wires, inputs, tuple(told), body, None, scan
        )

    def _scanned(
        self,
        node: Node,
        block: Network,
        given: Mapping[str, TensorType],
        values: Mapping[str, Value],
        terms: Mapping[str, str],
        outside: Mapping[str, Value],
    ) -> tuple[Scan, dict[str, TensorType]]:
        """The types of one step in the caller's terms, and how each input takes part."""
        inputs, outputs = ports_in(block), ports_out(block)
        env = {**self._variables, **values}
        states: dict[str, tuple[tuple[Dim, ...], str]] = {}
        sequences = []
        step: dict[str, TensorType] = {}
        for port in inputs:
            tensor = given.get(port)
            drawn = block.nodes[port]
            if port in outputs:
                params, faults = resolve(drawn.params, layers()["Input"], env, symbolic=True)
                if faults:
                    raise faults[0]
                shape = tuple(in_terms(size, terms, outside) for size in params.shape)
                states[port] = (shape, params.dtype)
                start = TensorType((N, *shape), params.dtype)
                step[port] = start if tensor is None else tensor
            elif tensor is None:
                raise Mismatch(
                    "port_without_wire", port, expected="a wire", got="none", remedy="Connect it."
                )
            elif drawn.params.get("over_time", True) is False:
                step[port] = tensor
            else:
                sequences.append(port)
                step[port] = TensorType((tensor.shape[0], *tensor.shape[2:]), tensor.dtype)
        return Scan(node.scan == "backward", tuple(sequences), states, outputs), step

    def _body(
        self, block: Network, given: Mapping[str, TensorType], values: Mapping[str, Value]
    ) -> Body:
        """A block looked at from inside, for inputs of these types and parameters of these values.

        The result depends on the numbers, not on how the caller writes them; but a size that is a
        variable which the block reads as well goes by that name inside.
        """
        named = self._signatures.variable
        key = (
            block.name,
            tuple(
                (
                    port,
                    tensor.dtype,
                    *(
                        ("N", "") if size is N else (int(size), named(block, size))
                        for size in tensor.shape
                    ),
                )
                for port, tensor in given.items()
            ),
            tuple((name, type(value), value) for name, value in values.items()),
        )
        known = self._bodies.get(key)
        if known is None:
            known = self._bodies[key] = self._new_body(block, given, values)
        return known

    def _new_body(
        self, block: Network, given: Mapping[str, TensorType], values: Mapping[str, Value]
    ) -> Body:
        inputs, outputs = ends_of(block)
        needed = self._signatures.needs(block)
        scope = Namespace({*needed, "i"})
        params = scope.claim_all(values, longest=MAX_ARGUMENT)
        env: dict[str, Value] = {
            **{name: self._variables[name] for name in needed if name in self._variables},
            **{params[name]: value for name, value in values.items()},
        }
        sizes: dict[str, tuple[int, int]] = {}
        own: dict[str, TensorType] = {}
        for number, port in enumerate(inputs):
            tensor = given.get(port)
            if tensor is None:
                continue
            shape: list[Dim] = []
            for axis, size in enumerate(tensor.shape):
                if size is N:
                    shape.append(N)
                    continue
                param = self._signatures.param(block, port, axis, tensor, values)
                name = params[param] if param else self._signatures.variable(block, size)
                if not name:
                    name = scope.claim(size_name(port, tensor, axis, alone=len(inputs) == 1))
                    env[name] = int(size)
                    sizes[name] = number, axis
                shape.append(Symbolic.name(name, int(size)))
            own[port] = TensorType(tuple(shape), tensor.dtype)
        inside = renamed_drawing(block, params)
        nodes, decided = self._walk(inside, env, own, frozenset())
        return Body(inside, nodes, env, sizes, params, inputs, outputs, decided)


def instance_layer(block: Network, node: Node | None = None) -> Layer:
    """A block as a layer: its ports are its Input and Output nodes."""
    inputs, outputs = ports_in(block), ports_out(block)
    if node is not None and node.scan:
        outputs = (*outputs, *(f"last_{name}" for name in outputs if name in inputs))
        ports = tuple(Port(name, dtype="any", optional=name in outputs) for name in inputs)
    else:
        ports = tuple(Port(name, dtype="any") for name in inputs)
    return Layer(
        title=block.title or block.name,
        family="structure",
        doc=block.about,
        output=no_rule,
        inputs=ports,
        outputs=outputs,
    )


def no_rule(params: Params, *inputs: TensorType) -> TensorType:
    """Stands where a layer has its rule; never called."""
    raise NotImplementedError("a block is inferred from inside")


def ends_of(network: Network) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the Input and of the Output nodes, each in the order of the ports."""
    return ports_in(network), ends_out(network)
