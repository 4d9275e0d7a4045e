"""What structured nodes compute: blocks, repeats, scans, and which branches of a choice are awake.

Owns the evaluation of a drawing inside another one: types, weights, costs and problems of every
node in it, from the parameters and the input types of one call. Equal calls are worked out once.
The live order of a drawing is `graph_compiler.checker`'s; this is the inside, from scratch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from graph_compiler.blocks import drawn, ends_out, ports_in, ports_out, types_of
from graph_compiler.codes import problem
from graph_compiler.drawing_faults import drawing_faults, outlet_problem
from graph_compiler.expressions import ExpressionError, parse, variables_in
from graph_compiler.faults import ShapeFault, misfit, port_fault
from graph_compiler.layer import Layer, Mismatch, Params
from graph_compiler.model import Network, Node, Value, Wire
from graph_compiler.order import canonical
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import resolve, shown
from graph_compiler.sharing import sharing_problems
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from graph_compiler.wiring import bound, is_optional

MOST_TURNS = 10_000
"""Most turns of one repeat."""
MOST_DEPTH = 24
"""Levels of blocks inside blocks."""
MOST_CALLS = 100_000
"""Nodes worked out for one drawing, so that hostile nesting ends."""
INDEX = "i"
"""The turn's number in the parameters of a repeated node."""

Env = Mapping[str, Value]
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


class _Plan(NamedTuple):
    """What of a block stays the same whatever calls it."""

    block: Network
    order: tuple[str, ...]
    ports: Mapping[str, tuple[tuple[str, Wire | None], ...]]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    names: frozenset[str]
    """Names that the block reads and does not define, those of blocks inside it included."""
    faults: Mapping[str, tuple[Problem, ...]] = MappingProxyType({})
    """By node, what is wrong with names and wires."""


class Structure:
    """Works out structured nodes over the blocks of a project."""

    def __init__(self, blocks: Mapping[str, Network], env: Env) -> None:
        self.types = types_of(blocks)
        self._blocks = drawn(blocks)
        self._env = dict(env)
        self._plans: dict[str, _Plan] = {}
        self._known: dict[Any, Call] = {}
        self._depth = 0
        self._calls = 0

    def renew(self, blocks: Mapping[str, Network], env: Env) -> None:
        """Forgets everything: blocks or variables are others now."""
        self.types = types_of(blocks)
        self._blocks = drawn(blocks)
        self._env = dict(env)
        self._plans.clear()
        self._known.clear()

    def names(self, node: Node) -> frozenset[str]:
        """Variables that a structured node reads beyond its own parameters."""
        found = variables_in(node.repeat)
        if node.type in self._blocks:
            found |= self._plan(node.type).names
        return found

    def outlets(self, node: Node, layer: Layer, params: Params) -> tuple[str, ...]:
        """The output ports of a node: those of its layer, for a scan the last states as well."""
        names = outlets_of(layer, params)
        if node.scan and node.type in self._blocks:
            states = set(ports_in(self._blocks[node.type]))
            names += tuple(f"last_{name}" for name in names if name in states)
        return names

    def optional(self, node: Node, port: str) -> bool:
        """Whether a port may stay without a wire because a scan starts its state at zero."""
        if not node.scan or node.type not in self._blocks:
            return False
        return port in ports_out(self._blocks[node.type])

    def work_out(self, node: Node, layer: Layer, ports: tuple[str, ...], inputs: Types) -> Call:
        """The node with its repeat, scan and inside; raises `Mismatch` or `Fault`."""
        self._calls = 0
        return self._node(node, layer, ports, inputs, self._env)

    def block(self, type: str) -> Network | None:
        """The block of that type; None for a layer."""
        return self._blocks.get(type)

    def wired(self, type: str, name: str) -> tuple[tuple[str, Wire | None], ...]:
        """The ports of a node inside a block, and the wire at each."""
        return self._plan(type).ports.get(name, ())

    # one node

    def _node(
        self, node: Node, layer: Layer, ports: tuple[str, ...], inputs: Types, env: Env
    ) -> Call:
        if node.repeat is None:
            return self._once(node, layer, ports, inputs, env)
        count = turns(node, env)
        fed = self.fed_back(layer, ports)
        reads_index = _reads_index(node)
        current = list(inputs)
        known: dict[Types, Call] = {}
        calls: list[Call] = []
        for turn in range(count):
            types = tuple(current)
            call = known.get(types) if not reads_index else None
            if call is None:
                try:
                    call = self._once(node, layer, ports, types, {**env, INDEX: turn})
                except Mismatch as fault:
                    if turn == 0:
                        raise
                    raise Fault(_in_turn(node, turn, fault)) from None
                known[types] = call
            calls.append(call)
            for place, output in fed:
                if output < len(call.outputs):
                    current[place] = call.outputs[output]
        return _together(node.type, calls)

    def _once(
        self, node: Node, layer: Layer, ports: tuple[str, ...], inputs: Types, env: Env
    ) -> Call:
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise Fault(_too_many(node))
        params, faults = resolve(node.params, layer, env)
        if faults:
            raise faults[0]
        if node.type in self._blocks:
            key = (node.type, node.scan, tuple(vars(params).items()), ports, inputs)
            try:
                call = self._known.get(key)
            except TypeError:
                call = None
            if call is None:
                call = self._known[key] = self._block(
                    node, params, dict(zip(ports, inputs, strict=True))
                )
        else:
            call = _plain(node, layer, params, ports, inputs)
        return _less_shared(call, node, params)

    @staticmethod
    def fed_back(layer: Layer, ports: tuple[str, ...]) -> list[tuple[int, int]]:
        """Input place and output place of what a turn hands to the next."""
        named = [
            (place, layer.outputs.index(port))
            for place, port in enumerate(ports)
            if port in layer.outputs and port != "output"
        ]
        return named or ([(0, 0)] if ports and layer.outputs else [])

    # blocks

    def _block(self, node: Node, params: Params, inputs: Mapping[str, TensorType | None]) -> Call:
        if self._depth >= MOST_DEPTH:
            raise Fault(_too_deep(node))
        plan = self._plan(node.type)
        env: dict[str, Value] = {**self._env, **vars(params)}
        self._depth += 1
        try:
            if node.scan:
                return self._scan(node, plan, env, inputs)
            return self.drawing(plan.block, env, inputs)
        finally:
            self._depth -= 1

    def _scan(
        self, node: Node, plan: _Plan, env: Env, inputs: Mapping[str, TensorType | None]
    ) -> Call:
        states = [name for name in plan.inputs if name in plan.outputs]
        steps: dict[str, TensorType | None] = {}
        length: Any = None
        for name in plan.inputs:
            x = inputs.get(name)
            port = plan.block.nodes[name]
            given, faults = resolve(port.params, self.types["Input"], env)
            if name in states:
                if x is None and faults:
                    raise _no_start(name, faults[0])
                steps[name] = x or TensorType((N, *given.shape), given.dtype)
            elif not given.over_time or x is None:
                steps[name] = x
            else:
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
                length = x.shape[1]
                steps[name] = TensorType((x.shape[0], *x.shape[2:]), x.dtype)
        if length is None:
            raise Mismatch(
                "no_sequence",
                "",
                expected="an input that is read step by step",
                got="states only",
                remedy="Give the block an Input that is no Output as well.",
            )
        step = self.drawing(plan.block, env, steps)
        if not step.outputs:
            return step
        by_name = dict(zip(plan.outputs, step.outputs, strict=True))
        for name in states:
            before = steps[name]
            if before is not None and by_name[name] != before:
                raise Mismatch(
                    "state_changes",
                    name,
                    expected=f"a state that stays {before}",
                    got=f"{by_name[name]} after a step",
                    remedy="Let the block keep the state's shape, or set the shape of its Input.",
                )
        stacked = tuple(
            TensorType((y.shape[0], length, *y.shape[1:]), y.dtype) for y in step.outputs
        )
        last = tuple(by_name[name] for name in plan.outputs if name in states)
        return replace(step, outputs=stacked + last, macs=step.macs * length)

    def drawing(self, drawing: Network, env: Env, given: Mapping[str, TensorType | None]) -> Call:
        """Everything in a drawing that leads to its outputs, with these types at its inputs."""
        plan = self._plan(drawing.name) if drawing.name in self._blocks else self._planned(drawing)
        awake = self._awake(plan, env)
        types: dict[tuple[str, str], TensorType] = {}
        facts: dict[str, NodeFacts] = {}
        found: list[Problem] = []
        for name in plan.order:
            if name not in awake:
                continue
            node = plan.block.nodes[name]
            layer = self.types.get(node.type)
            found.extend(replace(one, fixes=()) for one in plan.faults.get(name, ()))
            if layer is None:
                found.append(_unknown_type(node))
                continue
            if node.type == "Input":
                x = given.get(name)
                if x is not None:
                    types[name, "output"] = x
                    facts[name] = NodeFacts("Input", (), (x,), {}, 0, 0)
                continue
            wired = plan.ports[name]
            missing = [
                port
                for port, wire in wired
                if wire is None and not is_optional(layer, port) and not self.optional(node, port)
            ]
            if missing:
                found.extend(_unconnected(node, port) for port in missing)
                continue
            inputs = _inputs(node, layer, wired, types, env)
            if inputs is None:
                found.extend(_from_nowhere(wired, types, facts))
                continue
            ports = tuple(port for port, _ in wired)
            try:
                call = self._node(node, layer, ports, inputs, env)
            except Mismatch as fault:
                where = ShapeFault(node, layer, Params({}), ports, inputs, (), {})
                found.append(replace(misfit(where, fault), fixes=()))
                continue
            except Fault as fault:
                found.append(fault.problem)
                continue
            found.extend(
                replace(one, node=join(name, one.node) if one.node else name)
                for one in call.problems
            )
            if call.outputs:
                outlets = self._outlets_in(node, layer, env)
                types.update(zip(((name, port) for port in outlets), call.outputs, strict=False))
            if call.outputs or call.inside:
                # What is broken inside is still looked into, with what it was given.
                facts[name] = facts_of(node, inputs, call)
        sharing = [
            plan.block.nodes[name]
            for name in plan.order
            if name in facts and (plan.block.nodes[name].shares or plan.block.nodes[name].ties)
        ]
        found.extend(
            replace(one, fixes=()) for one in sharing_problems(sharing, plan.block.nodes, facts)
        )
        ends = [facts[name].outputs[0] for name in ends_out(plan.block) if name in facts]
        return Call(
            tuple(ends) if len(ends) == len(plan.outputs) else (),
            {},
            sum(one.parameters for one in facts.values()),
            sum(one.macs for one in facts.values()),
            facts,
            None,
            tuple(found),
        )

    def _outlets_in(self, node: Node, layer: Layer, env: Env) -> tuple[str, ...]:
        if node.type == "Output":
            return ()
        params = resolve(node.params, layer, env)[0] if layer.outlets else Params({})
        return self.outlets(node, layer, params)

    def _awake(self, plan: _Plan, env: Env) -> set[str]:
        """The nodes that lead to an output through picked branches."""
        reached = set(ends_out(plan.block))
        waiting = list(reached)
        while waiting:
            name = waiting.pop()
            node = plan.block.nodes[name]
            wires = [wire for _, wire in plan.ports.get(name, ()) if wire is not None]
            if node.type == "Choice":
                wires = picked(node, self.types["Choice"], env, wires)
            for wire in wires:
                if wire.source not in reached and wire.source in plan.block.nodes:
                    reached.add(wire.source)
                    waiting.append(wire.source)
        return reached

    def _plan(self, name: str) -> _Plan:
        plan = self._plans.get(name)
        if plan is None:
            self._plans[name] = _Plan(self._blocks[name], (), {}, (), (), frozenset())
            plan = self._plans[name] = self._planned(self._blocks[name])
        return plan

    def _planned(self, drawing: Network) -> _Plan:
        into: dict[str, list[Wire]] = {}
        for wire in drawing.wires:
            into.setdefault(wire.target, []).append(wire)
        ports = {
            name: tuple(bound(layer, into.get(name, ())))
            for name, node in drawing.nodes.items()
            if (layer := self.types.get(node.type)) is not None
        }
        names: set[str] = set()
        for node in drawing.nodes.values():
            for value in (*node.params.values(), node.repeat):
                if isinstance(value, str | tuple | list):
                    names |= variables_in(value)
            if node.type in self._blocks:
                names |= self._plan(node.type).names
        return _Plan(
            drawing,
            tuple(canonical(drawing.nodes, drawing.wires)),
            ports,
            ports_in(drawing),
            ports_out(drawing),
            frozenset(names) - set(drawing.params or {}) - {INDEX},
            drawing_faults(drawing, self.types),
        )


def turns(node: Node, env: Env) -> int:
    """How often a repeated node stands in a row; raises `Mismatch`."""
    value: Any = node.repeat
    if isinstance(value, str):
        try:
            value = parse(value).evaluate(env)
        except ExpressionError as error:
            raise Mismatch(
                "expression_failed",
                "repeat",
                expected=f"a number of turns from 1 to {MOST_TURNS}",
                got=f"`{shown(node.repeat, quoted=False)}` with {error.reason} at column "
                f"{error.column}",
                remedy=error.remedy,
            ) from None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_TURNS:
        raise Mismatch(
            "bad_repeat",
            "repeat",
            expected=f"a number of turns from 1 to {MOST_TURNS}",
            got=shown(value),
            remedy="Set repeat to such a number.",
        )
    return value


def picked(node: Node, layer: Layer, env: Env, wires: list[Wire]) -> list[Wire]:
    """The wire that a choice lets through; all of them where that cannot be told."""
    params, faults = resolve(node.params, layer, env)
    if faults or not 0 <= params.pick < len(wires):
        return wires
    return [wires[params.pick]]


def join(name: str, below: str) -> str:
    """The path of a node below another one: `stage1/conv1`, `stage1[3]/conv1`."""
    return f"{name}{below}" if below.startswith("[") else f"{name}/{below}"


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


def _inputs(
    node: Node,
    layer: Layer,
    wired: tuple[tuple[str, Wire | None], ...],
    types: Mapping[tuple[str, str], TensorType],
    env: Env,
) -> Types | None:
    """The types at the ports; None where one is unknown because of what is wrong before it."""
    wires = [wire for _, wire in wired if wire is not None]
    needed = picked(node, layer, env, wires) if node.type == "Choice" else wires
    if any((wire.source, wire.source_port) not in types for wire in needed):
        return None
    return tuple(
        None if wire is None else types.get((wire.source, wire.source_port)) for _, wire in wired
    )


def _from_nowhere(
    wired: tuple[tuple[str, Wire | None], ...],
    types: Mapping[tuple[str, str], TensorType],
    facts: Mapping[str, NodeFacts],
) -> Iterable[Problem]:
    """Wires from ports that their sources, which are sound themselves, do not have."""
    for _, wire in wired:
        if wire is None or (wire.source, wire.source_port) in types:
            continue
        known = facts.get(wire.source)
        if known is not None and known.outputs:
            outlets = [port for source, port in types if source == wire.source]
            yield replace(outlet_problem(outlets, wire), fixes=())


def _plain(node: Node, layer: Layer, params: Params, ports: tuple[str, ...], inputs: Types) -> Call:
    """A layer's rules applied."""
    fault = port_fault(layer, ports, inputs)
    if fault is not None:
        raise fault
    result = layer.output(params, *inputs)
    outputs = (result,) if isinstance(result, TensorType) else tuple(result)
    weights = {
        name: shape for name, shape in layer.weights(params, *inputs).items() if shape is not None
    }
    macs = int(layer.macs(params, outputs[0], *inputs))
    return Call(outputs, weights, sum(map(_numel, weights.values())), macs)


def _numel(shape: Iterable[int]) -> int:
    size = 1
    for axis in shape:
        size *= axis
    return size


def _less_shared(call: Call, node: Node, params: Params) -> Call:
    """The call without the parameters that belong to another node."""
    if node.shares:
        return replace(call, parameters=0, params=params)
    tied = sum(_numel(call.weights[name]) for name in node.ties if name in call.weights)
    return replace(call, parameters=call.parameters - tied, params=params)


def _together(type: str, calls: list[Call]) -> Call:
    """The turns of a repeat as one call."""
    inside: dict[str, NodeFacts] = {}
    found: list[Problem] = []
    for turn, call in enumerate(calls):
        inside[f"[{turn}]"] = NodeFacts(
            type,
            (),
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


def _reads_index(node: Node) -> bool:
    return any(
        INDEX in variables_in(value)
        for value in node.params.values()
        if isinstance(value, str | tuple | list)
    )


def _in_turn(node: Node, turn: int, fault: Mismatch) -> Problem:
    return problem(
        fault.code,
        f"{node.name}[{turn}]",
        fault.port,
        expected=fault.expected,
        got=fault.got,
        remedy=fault.remedy,
    )


def _unknown_type(node: Node) -> Problem:
    return problem(
        "unknown_type",
        node.name,
        expected="a known layer type",
        got=shown(node.type) if node.type else "none",
        remedy="Replace it by a layer of the palette.",
    )


def _unconnected(node: Node, port: str) -> Problem:
    return problem(
        "unconnected",
        node.name,
        port,
        expected="a wire",
        got="none",
        remedy="Connect the layer before it.",
    )


def _no_start(state: str, fault: Mismatch) -> Mismatch:
    """A state that would begin at zeros of a shape that is none."""
    expected = f"a shape to begin with, {fault.expected}"
    return Mismatch(fault.code, state, expected=expected, got=fault.got, remedy=fault.remedy)


def _too_deep(node: Node) -> Problem:
    return problem(
        "nested_too_deep",
        node.name,
        expected=f"at most {MOST_DEPTH} blocks inside each other",
        got="more, or a block that holds itself",
        remedy="Take the block out of itself.",
    )


def _too_many(node: Node) -> Problem:
    return problem(
        "too_large",
        node.name,
        expected=f"at most {MOST_CALLS:,} layers at work in one network",
        got="more",
        remedy="Repeat less often, or nest less deep.",
    )


def outlets_of(layer: Layer, params: Params) -> tuple[str, ...]:
    """The output ports; the usual ones where the parameters make no sense."""
    try:
        return layer.ports_out(params)
    except Exception:
        return layer.outputs
