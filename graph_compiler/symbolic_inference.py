"""Shapes as expressions over the project's variables: what emission and block signatures read.

Owns one pass over a drawing with every whole-number variable bound to a symbol that carries its
value; a block is inferred in the terms of its own class (its parameters and the sizes of its
inputs) and its results are then told in the terms of the caller. The live checks of
`graph_compiler.checker` run the same rules on plain numbers.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from graph_compiler.blocks import ends_out, ports_in, ports_out
from graph_compiler.expressions import ExpressionError, parse
from graph_compiler.layer import Layer, Mismatch, Params, Port
from graph_compiler.model import Network, Node, Value, Variable, Wire
from graph_compiler.naming import Namespace, identifier
from graph_compiler.registry import layers
from graph_compiler.resolve import environment, resolve
from graph_compiler.symbols import Dim, N, Symbolic
from graph_compiler.tensors import TensorType
from graph_compiler.terms import at_turn, in_terms, source_of
from graph_compiler.wiring import bound

FEW_TURNS = 4
"""Turns that are looked at where an expression says how many: enough to see what stays."""
MOST_TURNS = 10_000
"""Most turns of one repeat that differ from each other."""


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
    """The wires that feed the node, in the order of its ports: those that there are, for an
    optional port may have none."""
    inputs: tuple[Any, ...]
    """Their types in the order of the layer's rules, None for an optional port without a wire."""
    outputs: tuple[TensorType, ...]
    """The types of `ports_out`; for an Output the type of what it returns."""
    body: Body | None = None
    """What is inside, for an instance of a block."""
    turns: Turns | None = None
    """For a node that stands in a row."""
    scan: Scan | None = None
    """For a block that is applied to each step of time."""

    def size(self, number: int, axis: int) -> Dim:
        """A size of an input of the block, as one step of time sees it under scan."""
        tensor = self.inputs[number]
        if self.scan is not None and self.body is not None:
            port = self.body.inputs[number]
            if port in self.scan.sequences:
                axis += 1
            elif tensor is None:
                return self.scan.states[port][0][axis - 1]
        size: Dim = tensor.shape[axis]
        return size

    @property
    def ports_out(self) -> tuple[str, ...]:
        """The names of the output ports."""
        return self.layer.ports_out(self.params)


@dataclass(frozen=True, slots=True)
class Body:
    """A drawing in the terms of its own class."""

    network: Network
    nodes: Mapping[str, Inferred]
    values: Mapping[str, Value]
    """What names may stand for in here: argument or variable to its present value."""
    sizes: Mapping[str, tuple[int, int]]
    """Argument that is the size of an input, to the number of the input and the axis."""
    params: Mapping[str, str]
    """A block's parameters, to the arguments that take their values."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    decided: frozenset[str] = frozenset()
    """Choices that are taken at their present value."""

    @property
    def name(self) -> str:
        """The drawing's name."""
        return self.network.name


@dataclass(frozen=True, slots=True)
class Turns:
    """A node that stands in a row."""

    count: Dim
    each: tuple[Inferred, ...]
    """The node at every turn; from where they do not change it is the same object."""
    general: tuple[Inferred, ...]
    """The node at any turn `i` from `first` on; empty where sizes do not grow evenly."""
    first: int
    back: tuple[tuple[str, str], ...]
    """Input port and the output port that feeds it at the next turn."""
    beyond: tuple[Inferred, ...] = ()
    """What would follow if an expression for `count` gave more turns than it does now."""

    @property
    def samples(self) -> tuple[Inferred, ...]:
        """Turns to write the row from, so that its text does not depend on how many there are."""
        return (*self.each, *self.beyond)


@dataclass(frozen=True, slots=True)
class Scan:
    """How the ports of a block take part when it is applied to each step of time."""

    backward: bool
    sequences: tuple[str, ...]
    states: Mapping[str, tuple[tuple[Dim, ...], str]]
    """State to the shape (without the batch) and dtype of the zeros that it starts from."""
    outputs: tuple[str, ...]
    """The block's own outputs."""


def infer_symbolic(
    network: Network,
    variables: Mapping[str, Variable],
    blocks: Mapping[str, Network] | None = None,
) -> dict[str, Inferred]:
    """Every node that leads to an output, sources before targets, ties by name.

    For networks that `check_graph` finds no errors in. Layers that lead nowhere are left out.
    Raises `Mismatch` where a rule does not fit.
    """
    return dict(Inference(variables, blocks or {}).network(network).nodes)


class Inference:
    """Infers networks and, once for each combination of values, the blocks in them."""

    def __init__(self, variables: Mapping[str, Variable], blocks: Mapping[str, Network]) -> None:
        self.variables = environment(variables)
        self._blocks = blocks
        self._bodies: dict[Any, Body] = {}
        self._needs: dict[str, frozenset[str]] = {}
        self._plain: set[str] = set()
        """Blocks whose input sizes are variables at some call sites only: there they get a name of
        their own at all."""

    def network(self, network: Network, decided: frozenset[str] = frozenset()) -> Body:
        """A network that stands alone, over the project's variables."""
        inputs, outputs = ends_of(network)
        nodes, decided = self._nodes(network, self.variables, {}, decided)
        return Body(network, nodes, self.variables, {}, {}, inputs, outputs, decided)

    def settled(self) -> bool:
        """Whether all call sites of each block name its sizes alike; else to be inferred again."""
        named: dict[str, set[Any]] = {}
        for block, given, _ in self._bodies:
            names = tuple((port, tuple(size[1:] for size in shape)) for port, shape, _ in given)
            named.setdefault(block, set()).add(names)
        mixed = {block for block, found in named.items() if len(found) > 1}
        if mixed <= self._plain:
            return True
        self._plain |= mixed
        self._bodies.clear()
        return False

    def again(self, body: Body, decided: frozenset[str]) -> Body:
        """The same drawing with more choices taken at their present value."""
        given = {name: body.nodes[name].outputs[0] for name in body.inputs if name in body.nodes}
        if not body.network.is_block:
            given = {}
        nodes, decided = self._nodes(body.network, body.values, given, body.decided | decided)
        return replace(body, nodes=nodes, decided=decided)

    # blocks

    def _body(
        self, block: Network, given: Mapping[str, TensorType], values: Mapping[str, Value]
    ) -> Body:
        """A block looked at from inside, for inputs of these types and parameters of these values.

        The result depends on the numbers, not on how the caller writes them; but a size that is a
        variable which the block reads as well goes by that name inside.
        """
        needed = frozenset() if block.name in self._plain else self.needs(block)
        key = (
            block.name,
            tuple(
                (port, _plain_shape(tensor, needed), tensor.dtype) for port, tensor in given.items()
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
        needed = self.needs(block)
        scope = Namespace({*needed, "i"})
        params = scope.claim_all(values, longest=60)
        env: dict[str, Value] = {
            **{name: self.variables[name] for name in needed if name in self.variables},
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
                known = "" if block.name in self._plain else _variable(size, needed)
                if known:
                    shape.append(Symbolic.name(known, int(size)))
                    continue
                name = scope.claim(_size_name(port, tensor, axis, alone=len(inputs) == 1))
                env[name] = int(size)
                sizes[name] = number, axis
                shape.append(Symbolic.name(name, int(size)))
            own[port] = TensorType(tuple(shape), tensor.dtype)
        inside = _renamed_block(block, params)
        nodes, decided = self._nodes(inside, env, own, frozenset())
        return Body(inside, nodes, env, sizes, params, inputs, outputs, decided)

    def needs(self, block: Network) -> frozenset[str]:
        """Variables of the project that a block, or a block in it, reads."""
        known = self._needs.get(block.name)
        if known is None:
            self._needs[block.name] = frozenset()
            inner: set[str] = set()
            own: set[str] = set()
            for node in block.nodes.values():
                if node.type in self._blocks:
                    inner |= self.needs(self._blocks[node.type])
                own |= names_of(node)
            own -= {*(block.params or {}), "i"}
            known = self._needs[block.name] = frozenset(
                name for name in own | inner if name in self.variables
            )
        return known

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
        except Mismatch:
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
        known = layers()
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
                params = resolve({}, layer, env)[0]
                found[name] = Inferred(node, layer, params, {}, (), (), (given[name],))
            elif node.type == "Choice":
                found[name] = self._choice(node, layer, feeds[name], inputs, env)
            elif node.repeat is not None:
                found[name] = self._repeated(node, layer, feeds[name], inputs, env)
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
            return self._instance(node, layer, wires, inputs, env)
        params, faults = resolve(node.params, layer, env, symbolic=True)
        if faults:
            raise faults[0]
        outputs = outputs_of(layer, params, inputs)
        return Inferred(node, layer, params, _texts(node, layer), wires, inputs, outputs)

    def _instance(
        self,
        node: Node,
        layer: Layer,
        wires: tuple[Wire, ...],
        inputs: tuple[Any, ...],
        env: Mapping[str, Value],
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
        plain = {name: _plain(value) for name, value in symbols.items()}
        given: dict[str, TensorType] = dict(zip(ends_of(block)[0], inputs, strict=True))
        scan = None
        if node.scan:
            named = {name: source_of(texts.get(name, value)) for name, value in symbols.items()}
            scan, given = self._scanned(node, block, given, plain, named, env)
        body = self._body(block, {k: v for k, v in given.items() if v is not None}, plain)
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
        env = {**self.variables, **values}
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

    def _repeated(
        self,
        node: Node,
        layer: Layer,
        wires: tuple[Wire, ...],
        inputs: tuple[Any, ...],
        env: Mapping[str, Value],
    ) -> Inferred:
        """A node in a row, turn by turn until nothing changes."""
        single = replace(node, repeat=None)
        value: Any = node.repeat
        count: Any = parse(value).symbolic(env) if isinstance(value, str) else value
        reads_turn = "i" in names_of(single)
        each: list[Inferred] = []
        now = inputs
        back: tuple[tuple[str, str], ...] = ()
        for turn in range(int(count)):
            if each and not reads_turn and _same_types(now, each[-1].inputs):
                each.extend([each[-1]] * (int(count) - turn))
                break
            if turn >= MOST_TURNS:
                raise Mismatch(
                    "too_large",
                    "",
                    expected=f"at most {MOST_TURNS:,} turns that differ",
                    got=f"{int(count):,}",
                    remedy="Repeat it less often.",
                )
            drawn = at_turn(single, turn) if reads_turn else single
            done = self._once(drawn, layer, wires, now, env)
            back = feedback(layer, done)
            each.append(done)
            now = _next_inputs(layer, wires, now, done, back)
        named = isinstance(count, Symbolic) and not count.is_constant
        beyond = self._beyond(single, layer, each, now, env) if named else ()
        samples = [*each, *beyond]
        general, first = self._general(single, layer, samples, env) if samples[1:] else ((), 0)
        if first > len(each):
            general, first = (), 0
        last = each[-1]
        outputs = last.outputs
        if named and general:
            outputs = _after_all(samples, outputs, count)
        turns = Turns(count, tuple(each), general, first, back, beyond)
        return replace(
            each[0], node=node, inputs=inputs, outputs=outputs, turns=turns, body=last.body
        )

    def _beyond(
        self,
        single: Node,
        layer: Layer,
        each: list[Inferred],
        now: tuple[Any, ...],
        env: Mapping[str, Value],
    ) -> tuple[Inferred, ...]:
        """The turns that would follow, up to `FEW_TURNS` in all; none where one does not fit."""
        found: list[Inferred] = []
        done, steady = each[-1], "i" not in names_of(single)
        try:
            for turn in range(len(each), FEW_TURNS):
                if not (steady and _same_types(now, done.inputs)):
                    done = self._once(at_turn(single, turn), layer, done.wires, now, env)
                    now = _next_inputs(layer, done.wires, now, done, feedback(layer, done))
                found.append(done)
        except Mismatch:
            return ()
        return tuple(found)

    def _general(
        self, single: Node, layer: Layer, each: list[Inferred], env: Mapping[str, Value]
    ) -> tuple[tuple[Inferred, ...], int]:
        """For every turn from which on all sizes grow evenly, the node at any turn `i` from there.

        Empty where the last two turns are all that agree.
        """
        if each[-1] is each[-2]:
            return (), 0
        steps = [_steps(a.inputs, b.inputs) for a, b in pairwise(each)]
        start = len(steps) - 1
        while start and _same_steps(steps[start - 1], steps[-1]):
            start -= 1
        still = steps[-1] is not None and not any(size for row in steps[-1] for size in row)
        if len(each) - start < (2 if still else 3) or steps[-1] is None:
            return (), 0
        wide = {**env, "i": start}
        index = Symbolic.name("i", start)
        inputs = _grown(each[start].inputs, steps[start], index - start)
        try:
            return (self._once(single, layer, each[0].wires, inputs, wide),), start
        except Mismatch:
            return (), 0


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
        output=_no_rule,
        inputs=ports,
        outputs=outputs,
    )


def _no_rule(params: Params, *inputs: TensorType) -> TensorType:
    raise NotImplementedError("a block is inferred from inside")


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
    output=_no_rule,
    inputs=(Port("input", dtype="any", many=True),),
)


def ends_of(network: Network) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the Input and of the Output nodes, each in the order of the ports."""
    return ports_in(network), ends_out(network)


def feedback(layer: Layer, node: Inferred) -> tuple[tuple[str, str], ...]:
    """Input ports of a repeated node, each with the output port that feeds it at the next turn."""
    inputs = [port.name for port in layer.inputs]
    if node.scan is not None:
        outs = node.ports_out
        named = [(name, name) for name in inputs if name in outs and name not in node.scan.states]
    else:
        named = [(name, name) for name in inputs if name in node.ports_out]
    if named:
        return tuple(named)
    first = node.wires[0].target_port if node.wires else inputs[0]
    return ((first, node.ports_out[0]),)


def names_of(node: Node) -> frozenset[str]:
    """Variables, parameters and turn numbers that a node reads."""
    found: set[str] = set()
    for value in (*node.params.values(), node.repeat):
        found |= _names_in_value(value)
    return frozenset(found)


def _names_in_value(value: Value) -> frozenset[str]:
    if isinstance(value, str):
        try:
            return parse(value).names
        except ExpressionError:
            return frozenset()
    if isinstance(value, tuple):
        return frozenset().union(*(_names_in_value(item) for item in value))
    return frozenset()


def _renamed_block(block: Network, names: Mapping[str, str]) -> Network:
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return block
    from graph_compiler.terms import renamed_node

    nodes = {name: renamed_node(node, changed) for name, node in block.nodes.items()}
    return replace(block, nodes=nodes)


_AXES = {
    2: ("", "in_features"),
    3: ("", "length", "in_features"),
    4: ("", "in_channels", "height", "width"),
    5: ("", "in_channels", "depth", "height", "width"),
}


def _size_name(port: str, tensor: TensorType, axis: int, alone: bool) -> str:
    """What a size of an input is called among the arguments of a class."""
    rank = tensor.rank
    names = _AXES.get(rank, ())
    plain = names[axis] if tensor.shape[0] is N and names else f"size{axis}"
    if tensor.shape[0] is not N and axis == rank - 1:
        plain = "in_features"
    return plain if alone else identifier(f"{port}_{plain.removeprefix('in_')}")


def _plain_shape(tensor: TensorType, needed: frozenset[str]) -> tuple[Any, ...]:
    return tuple(
        ("N", "") if size is N else (int(size), _variable(size, needed)) for size in tensor.shape
    )


def _variable(size: Dim, needed: frozenset[str]) -> str:
    """The variable that a size is, where the block reads that variable anyway; else nothing."""
    text = str(size) if needed and isinstance(size, Symbolic) else ""
    return text if text in needed else ""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return value.value if isinstance(value, Symbolic) else value


def _same_types(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    """Whether two rows of types are the same expressions."""
    for a, b in zip(one, two, strict=True):
        if (a is None) != (b is None):
            return False
        if a is not None and (a.dtype != b.dtype or not _same_shape(a.shape, b.shape)):
            return False
    return True


def _same_shape(one: tuple[Dim, ...], two: tuple[Dim, ...]) -> bool:
    return len(one) == len(two) and all(
        a is b or (a is not N and b is not N and same_size(a, b))
        for a, b in zip(one, two, strict=True)
    )


def same_size(one: Dim, two: Dim) -> bool:
    """Whether two sizes are the same expression."""
    if isinstance(one, Symbolic):
        return one.same(two)
    return two.same(one) if isinstance(two, Symbolic) else one == two


def _steps(one: tuple[Any, ...], two: tuple[Any, ...]) -> list[list[Dim]] | None:
    """By how much every size grows from one turn to the next; None where ranks change."""
    rows: list[list[Dim]] = []
    for a, b in zip(one, two, strict=True):
        if a is None or b is None:
            rows.append([])
            continue
        if a.rank != b.rank or a.dtype != b.dtype:
            return None
        rows.append([0 if x is N else y - x for x, y in zip(a.shape, b.shape, strict=True)])
    return rows


def _same_steps(one: list[list[Dim]] | None, two: list[list[Dim]] | None) -> bool:
    if one is None or two is None:
        return False
    return all(
        same_size(a, b)
        for row, other in zip(one, two, strict=True)
        for a, b in zip(row, other, strict=True)
    )


def _grown(types: tuple[Any, ...], steps: list[list[Dim]] | None, turns: Dim) -> tuple[Any, ...]:
    found: list[TensorType | None] = []
    for tensor, row in zip(types, steps or (), strict=True):
        if tensor is None:
            found.append(None)
            continue
        shape = tuple(
            size if size is N or same_size(step, 0) else size + step * turns
            for size, step in zip(tensor.shape, row, strict=True)
        )
        found.append(TensorType(shape, tensor.dtype))
    return tuple(found)


def _after_all(
    each: list[Inferred], outputs: tuple[TensorType, ...], count: Symbolic
) -> tuple[TensorType, ...]:
    """The last turn's outputs where the number of turns is an expression."""
    steps = _steps(each[-2].outputs, each[-1].outputs)
    if steps is None:
        return outputs
    return _grown(outputs, steps, count - int(count))


def _next_inputs(
    layer: Layer,
    wires: tuple[Wire, ...],
    inputs: tuple[Any, ...],
    done: Inferred,
    back: tuple[tuple[str, str], ...],
) -> tuple[Any, ...]:
    ports = [port.name for port in layer.inputs]
    if any(port.many for port in layer.inputs):
        ports = [wire.target_port for wire in wires]
    by_port = dict(zip(ports, inputs, strict=False))
    for target, source in back:
        by_port[target] = done.outputs[done.ports_out.index(source)]
    return tuple(by_port[port] for port in ports[: len(inputs)])


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
