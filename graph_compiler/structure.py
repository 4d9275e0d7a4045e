"""What structured nodes compute: blocks, repeats, scans, and which branches of a choice are awake.

Owns the evaluation of a drawing inside another one: types, weights, costs and problems of every
node in it, from the parameters and the input types of one call. Equal calls are worked out once.
The live order of a drawing is `graph_compiler.checker`'s; this is the inside, from scratch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graph_compiler.blocks import drawn, ends_out, ports_in, ports_out, types_of
from graph_compiler.calls import (
    Call,
    Fault,
    Types,
    facts_of,
    join,
    layer_call,
    less_shared,
    together,
)
from graph_compiler.expressions import variables_in
from graph_compiler.faults import ShapeFault, misfit, port_fault
from graph_compiler.layer import Layer, Mismatch, Params
from graph_compiler.model import Network, Node, Value, Wire
from graph_compiler.plans import Plan, Plans, picked
from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import resolve
from graph_compiler.scans import same_states, stacked, step_of
from graph_compiler.sharing import sharing_problems
from graph_compiler.structure_faults import (
    MOST_CALLS,
    MOST_DEPTH,
    from_nowhere,
    holds_itself,
    no_outputs,
    too_deep,
    too_many,
    unconnected,
    unknown_type,
)
from graph_compiler.tensors import TensorType
from graph_compiler.turns import INDEX, fed_back, in_turn, misplaced, reads_index, turns
from graph_compiler.wiring import is_optional

Env = Mapping[str, Value]


@dataclass(slots=True)
class _Found:
    """What is known of a drawing so far, node by node."""

    types: dict[tuple[str, str], TensorType] = field(default_factory=dict)
    facts: dict[str, NodeFacts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class Structure:
    """Works out structured nodes over the blocks of a project."""

    def __init__(self, blocks: Mapping[str, Network], env: Env) -> None:
        self._depth = 0
        self._calls = 0
        self.renew(blocks, env)

    def renew(self, blocks: Mapping[str, Network], env: Env) -> None:
        """Forgets everything: blocks or variables are others now."""
        self.types = types_of(blocks)
        self._blocks, self._whole = drawn(blocks), blocks
        self._env = dict(env)
        self._plans = Plans(self._blocks, self.types)
        self._known: dict[Any, Call] = {}

    def names(self, node: Node) -> frozenset[str]:
        """Variables that a structured node reads beyond its own parameters."""
        found = variables_in(node.repeat)
        if node.type in self._blocks:
            found |= self._plans.of(node.type).names
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

    def misplaced(self, node: Node, layer: Layer) -> Mismatch | None:
        """What is wrong with the repeat or the scan of a node, whatever its values."""
        return misplaced(node, layer, self._blocks)

    def work_out(self, node: Node, layer: Layer, ports: tuple[str, ...], inputs: Types) -> Call:
        """The node with its repeat, scan and inside; raises `Mismatch` or `Fault`."""
        self._calls = 0
        return self._node(node, layer, ports, inputs, self._env)

    def block(self, type: str) -> Network | None:
        """The block of that type; None for a layer."""
        return self._blocks.get(type)

    @property
    def blocks(self) -> Mapping[str, Network]:
        """All drawings that may be used as blocks, as they are drawn."""
        return self._whole

    def drawing_of(self, type: str) -> Network:
        """The block of that type as it is drawn, with what is bypassed in it."""
        return self._whole[type]

    def wired(self, type: str, name: str) -> tuple[tuple[str, Wire | None], ...]:
        """The ports of a node inside a block, and the wire at each."""
        return self._plans.of(type).ports.get(name, ())

    def leaving(self, type: str, name: str) -> tuple[Wire, ...]:
        """The wires that leave a node inside a block."""
        return self._plans.of(type).leaving.get(name, ())

    # one node

    def _node(
        self, node: Node, layer: Layer, ports: tuple[str, ...], inputs: Types, env: Env
    ) -> Call:
        if node.repeat is None:
            return self._once(node, layer, ports, inputs, env)
        count = turns(node, env)
        fed = fed_back(node, layer, ports, [x is not None for x in inputs])
        differs = reads_index(node)
        current = list(inputs)
        known: dict[Types, Call] = {}
        rounds: list[tuple[Types, Call]] = []
        for turn in range(count):
            types = tuple(current)
            call = known.get(types) if not differs else None
            if call is None:
                try:
                    call = self._once(node, layer, ports, types, {**env, INDEX: turn})
                except Mismatch as fault:
                    if turn == 0:
                        raise
                    raise Fault(in_turn(node, turn, fault)) from None
                known[types] = call
            if node.scan and rounds:
                same_states(node, layer, turn, rounds[0][1].outputs, call.outputs)
            rounds.append((types, call))
            for place, output in fed:
                if output < len(call.outputs):
                    current[place] = call.outputs[output]
        return together(node.type, rounds)

    def _once(
        self, node: Node, layer: Layer, ports: tuple[str, ...], inputs: Types, env: Env
    ) -> Call:
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise Fault(too_many(node))
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
                fault = port_fault(layer, ports, inputs)
                if fault is not None:
                    raise fault
                call = self._known[key] = self._block(
                    node, params, dict(zip(ports, inputs, strict=True))
                )
        else:
            call = layer_call(layer, params, ports, inputs)
        return less_shared(call, node, params)

    # blocks

    def _block(self, node: Node, params: Params, inputs: Mapping[str, TensorType | None]) -> Call:
        if node.type in self._plans.circular:
            raise Fault(holds_itself(node))
        if self._depth >= MOST_DEPTH:
            raise Fault(too_deep(node))
        plan = self._plans.of(node.type)
        env: dict[str, Value] = {**self._env, **vars(params)}
        self._depth += 1
        try:
            if node.scan:
                return self._scan(plan, env, inputs)
            return self.drawing(plan.block, env, inputs)
        finally:
            self._depth -= 1

    def _scan(self, plan: Plan, env: Env, inputs: Mapping[str, TensorType | None]) -> Call:
        step = step_of(plan, layers()["Input"], env, inputs)
        call = self.drawing(plan.block, env, step.inputs)
        if not call.outputs:
            return call
        outputs = stacked(plan, step, call.outputs)
        return replace(call, outputs=outputs, macs=call.macs * step.length)

    def drawing(self, drawing: Network, env: Env, given: Mapping[str, TensorType | None]) -> Call:
        """Everything in a drawing that leads to its outputs, with these types at its inputs."""
        plan = self._plans.of_drawing(drawing)
        awake = self._plans.awake(plan, env)
        found = _Found(problems=[] if plan.outputs else [no_outputs()])
        for name in plan.order:
            if name in awake:
                self._inside(plan, plan.block.nodes[name], env, given, found)
            else:  # a loop is one, whatever it leads to
                loops = [one for one in plan.faults.get(name, ()) if one.code == "cycle"]
                found.problems.extend(replace(one, fixes=()) for one in loops)
        facts = found.facts
        sharing = [
            plan.block.nodes[name]
            for name in plan.order
            if name in facts and (plan.block.nodes[name].shares or plan.block.nodes[name].ties)
        ]
        found.problems.extend(
            replace(one, fixes=())
            for one in sharing_problems(
                sharing, self._whole.get(drawing.name, drawing).nodes, facts, self._whole
            )
        )
        ends = [facts[name].outputs[0] for name in ends_out(plan.block) if name in facts]
        return Call(
            tuple(ends) if len(ends) == len(plan.outputs) else (),
            {},
            sum(one.parameters for one in facts.values()),
            sum(one.macs for one in facts.values()),
            facts,
            None,
            tuple(found.problems),
        )

    def _inside(
        self,
        plan: Plan,
        node: Node,
        env: Env,
        given: Mapping[str, TensorType | None],
        found: _Found,
    ) -> None:
        """One node of a drawing, after all that feed it."""
        name, layer = node.name, self.types.get(node.type)
        found.problems.extend(replace(one, fixes=()) for one in plan.faults.get(name, ()))
        if layer is None:
            found.problems.append(unknown_type(node))
            return
        wrong = self.misplaced(node, layer)
        if wrong is not None:
            where = ShapeFault(node, layer, Params({}), (), (), (), {})
            found.problems.append(replace(misfit(where, wrong), fixes=()))
            return
        if node.type == "Input":
            x = given.get(name)
            if x is not None:
                found.types[name, "output"] = x
                found.facts[name] = NodeFacts("Input", (), (x,), {}, 0, 0)
            return
        wired = plan.ports[name]
        missing = [
            port
            for port, wire in wired
            if wire is None and not is_optional(layer, port) and not self.optional(node, port)
        ]
        if missing:
            found.problems.extend(unconnected(node, port) for port in missing)
            return
        inputs = _inputs(node, layer, wired, found.types, env)
        if inputs is None:
            found.problems.extend(from_nowhere(wired, found.types, found.facts))
            return
        ports = tuple(port for port, _ in wired)
        try:
            call = self._node(node, layer, ports, inputs, env)
        except Mismatch as fault:
            where = ShapeFault(node, layer, Params({}), ports, inputs, (), {})
            found.problems.append(replace(misfit(where, fault), fixes=()))
            return
        except Fault as fault:
            found.problems.append(fault.problem)
            return
        found.problems.extend(
            replace(one, node=join(name, one.node) if one.node else name) for one in call.problems
        )
        if call.outputs:
            outlets = self._outlets_in(node, layer, env)
            named = ((name, port) for port in outlets)
            found.types.update(zip(named, call.outputs, strict=False))
        if call.outputs or call.inside:
            # What is broken inside is still looked into, with what it was given.
            found.facts[name] = facts_of(node, inputs, call)

    def _outlets_in(self, node: Node, layer: Layer, env: Env) -> tuple[str, ...]:
        if node.type == "Output":
            return ()
        params = resolve(node.params, layer, env)[0] if layer.outlets else Params({})
        return self.outlets(node, layer, params)


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


def outlets_of(layer: Layer, params: Params) -> tuple[str, ...]:
    """The output ports; the usual ones where the parameters make no sense."""
    try:
        return layer.ports_out(params)
    except Exception:
        return layer.outputs
