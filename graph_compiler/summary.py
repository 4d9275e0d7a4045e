"""What a network costs and how far it sees: parameters, work, memory, depth, receptive field.

Pure arithmetic over the facts of a check: nothing is allocated, and a repeat costs no more than its
turns. Memory is that of the activations alone, four bytes a real number: the most that is alive at
once in a forward pass, and all that training keeps for the way back, views counted once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graph_compiler.blocks import ends_out, natural, ports_in, types_of
from graph_compiler.checker import Checker
from graph_compiler.graphs import read_blocks, read_networkx
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Node, Wire
from graph_compiler.order import topological
from graph_compiler.report import NodeFacts
from graph_compiler.structure import join
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from graph_compiler.wiring import bound

_BYTES = {"float": 4, "int": 8, "bool": 1}
_NO_DEPTH = frozenset({"normalization", "activation"})
"""Families whose learned scales do not count as layers: ResNet-50 is 50 deep."""


class Sight(NamedTuple):
    """How much of the input one cell sees along each spatial axis, and the cells' distance."""

    size: tuple[float, ...]
    jump: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """One node by its path, those inside blocks and turns included."""

    type: str
    output: tuple[TensorType, ...]
    parameters: int
    macs: int
    memory: int
    """Bytes of its outputs."""
    depth: int
    """Layers with learned weights from an input up to here."""
    receptive_field: tuple[int, ...] | None
    """Input cells that one output cell sees along each spatial axis; None without such axes."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A network for a batch of examples; `problems` are those that keep parts from being known."""

    batch: int
    parameters: int
    macs: int
    forward_memory: int
    """Most bytes of activations alive at once in a forward pass."""
    training_memory: int
    """Bytes of activations that training keeps for the way back."""
    depth: int
    """Credit assignment path: learned layers on the longest path, the output's included."""
    over_time: bool
    """Whether weights are applied again at each step, so that the path has no bound: `× T`."""
    receptive_field: tuple[int, ...] | None
    """The widest of all nodes."""
    nodes: Mapping[str, NodeSummary] = field(default_factory=dict)
    problems: tuple[Any, ...] = ()


def summarize(graph: Any, batch: int = 1) -> Summary:
    """The summary of a graph, as far as its shapes can be told; without torch."""
    network, variables, _ = read_networkx(graph)
    blocks, _ = read_blocks(graph)
    return summarize_network(network, Checker(network, variables, None, blocks), blocks, batch)


def summarize_network(
    network: Network, checker: Checker, blocks: Mapping[str, Network], batch: int = 1
) -> Summary:
    """The same for a network whose checker is at hand."""
    report = checker.report()
    walk = _Walk(blocks, batch)
    given = {name: _State(0, None) for name in ports_in(network)}
    ends, peak = walk.drawing(network, report.nodes, given, "")
    return Summary(
        batch,
        report.parameters,
        report.macs * batch,
        peak,
        walk.kept,
        max((end.depth for end in ends.values()), default=0),
        walk.over_time,
        max(
            (one.receptive_field for one in walk.nodes.values() if one.receptive_field),
            default=None,
        ),
        walk.nodes,
        tuple(problem for problem in report.problems if problem.severity == "error"),
    )


class _State(NamedTuple):
    """What is known of a value on its way."""

    depth: int
    sight: Sight | None


class _Walk:
    """Goes through a drawing as the forward pass does, into every block and turn."""

    def __init__(self, blocks: Mapping[str, Network], batch: int) -> None:
        self.nodes: dict[str, NodeSummary] = {}
        self.kept = 0
        self.over_time = False
        self._blocks, self._batch = blocks, batch
        self._types = types_of(blocks)
        self._times = 1

    def drawing(
        self,
        drawing: Network,
        facts: Mapping[str, NodeFacts],
        given: Mapping[str, _State],
        above: str,
    ) -> tuple[dict[str, _State], int]:
        """What comes out at each Output, and the most bytes alive at once."""
        order, wires = _plan(drawing, self._types, facts)
        last = {wire.source: place for place, name in enumerate(order) for wire in wires[name]}
        states: dict[str, _State] = {}
        alive: dict[str, int] = {}
        peak = 0
        ends = {}
        for place, name in enumerate(order):
            node, known = drawing.nodes[name], facts[name]
            sources = [states[wire.source] for wire in wires[name]]
            if node.type == "Input":
                state, inner = _first(given.get(name), known), 0
            elif node.type == "Output":
                ends[name] = states[name] = _merged(sources, known)
                continue
            else:
                state, inner = self._node(node, known, wires[name], sources, join_(above, name))
            states[name] = state
            own = 0 if self._is_view(node) else self._bytes(known.outputs)
            alive[name] = own
            if node.type not in self._blocks and node.type != "Input" and not known.inside:
                self.kept += own * self._times
            peak = max(peak, sum(alive.values()) + inner)
            for source in {wire.source for wire in wires[name]}:
                if last[source] == place:
                    alive[source] = 0
            path = join_(above, name)
            self.nodes[path] = self._summary(known, state)
        return {name: ends[name] for name in ends_out(drawing) if name in ends}, peak

    def _node(
        self,
        node: Node,
        known: NodeFacts,
        wires: list[Wire],
        sources: list[_State],
        path: str,
    ) -> tuple[_State, int]:
        by_port = {wire.target_port: state for wire, state in zip(wires, sources, strict=True)}
        if node.repeat is None:
            return self._once(node, known, by_port, sources, path)
        peak = 0
        state = _merged(sources, known)
        first = next(iter(by_port), "")
        for turn, inside in known.inside.items():
            state, inner = self._once(node, inside, by_port, [*by_port.values()], join(path, turn))
            self.nodes[join(path, turn)] = self._summary(inside, state)
            if first:
                by_port[first] = state
            peak = max(peak, inner)
        return state, peak

    def _once(
        self,
        node: Node,
        known: NodeFacts,
        by_port: Mapping[str, _State],
        sources: list[_State],
        path: str,
    ) -> tuple[_State, int]:
        block = self._blocks.get(node.type)
        if block is None:
            if not known.inside:
                self.kept += self._turn_bytes(node, known)
            return self._layer(node, known, sources), 0
        steps = known.outputs[0].shape[1] if node.scan and known.outputs[0].rank > 1 else 1
        if node.scan:
            self.over_time = True
        self._times *= int(steps)
        ends, peak = self.drawing(block, known.inside, by_port, path)
        self._times //= int(steps)
        return _merged(list(ends.values()), known), peak

    def _turn_bytes(self, node: Node, known: NodeFacts) -> int:
        """What a turn of a repeated layer keeps; layers that stand once are counted elsewhere."""
        if node.repeat is None or self._is_view(node):
            return 0
        return self._bytes(known.outputs) * self._times

    def _layer(self, node: Node, known: NodeFacts, sources: list[_State]) -> _State:
        layer = self._types[node.type]
        before = _merged(sources, known)
        self.over_time = self.over_time or layer.recurrent
        depth = before.depth + (bool(known.weights) and layer.family not in _NO_DEPTH)
        return _State(depth, _seen(layer, known, before.sight))

    def _is_view(self, node: Node) -> bool:
        layer = self._types.get(node.type)
        return layer is not None and layer.view

    def _bytes(self, outputs: tuple[TensorType, ...]) -> int:
        total = 0
        for y in outputs:
            size = _BYTES[y.dtype]
            for axis in y.shape:
                size *= self._batch if axis is N else int(axis)
            total += size
        return total

    def _summary(self, known: NodeFacts, state: _State) -> NodeSummary:
        return NodeSummary(
            known.type,
            known.outputs,
            known.parameters,
            known.macs * self._batch,
            self._bytes(known.outputs),
            state.depth,
            _cells(state.sight) if state.sight else None,
        )


def join_(above: str, name: str) -> str:
    """The path of a node in a drawing that is itself at a path, or at none."""
    return join(above, name) if above else name


def _plan(
    drawing: Network, types: Mapping[str, Layer], facts: Mapping[str, NodeFacts]
) -> tuple[list[str], dict[str, list[Wire]]]:
    """The nodes that are known in the order of the forward pass, and the wires that feed each."""
    into: dict[str, list[Wire]] = {}
    after: dict[str, list[str]] = {}
    for wire in drawing.wires:
        if wire.source in facts and wire.target in facts:
            into.setdefault(wire.target, []).append(wire)
            after.setdefault(wire.source, []).append(wire.target)
    order = [name for name in topological(sorted(facts, key=natural), after) if name in facts]
    wires = {}
    for name in order:
        layer = types.get(drawing.nodes[name].type)
        fed = bound(layer, into.get(name, ())) if layer else []
        wires[name] = [wire for _, wire in fed if wire is not None]
    return order, wires


def _first(state: _State | None, known: NodeFacts) -> _State:
    """The value of an Input: what its caller gives, else a fresh start."""
    if state is not None and state.sight is not None:
        return state
    spatial = max(known.outputs[0].rank - 2, 0)
    start = Sight((1.0,) * spatial, (1.0,) * spatial) if spatial else None
    return _State(state.depth if state else 0, start)


def _merged(states: list[_State], known: NodeFacts) -> _State:
    """Several values as one: the deepest path and the widest sight."""
    sights = [state.sight for state in states if state.sight is not None]
    widest = max(sights, key=lambda sight: sight.size, default=None)
    return _State(max((state.depth for state in states), default=0), widest)


def _seen(layer: Layer, known: NodeFacts, before: Sight | None) -> Sight | None:
    """The sight behind a layer; None where cells no longer stand for places."""
    if before is None or not known.inputs:
        return None
    x, y = known.inputs[0], known.outputs[0]
    axes = len(before.size)
    if layer.window is not None:
        spans, steps = layer.window(known.params)
        if len(spans) != axes:
            return None
        size, jump = [], []
        for axis in range(axes):
            span, step = spans[axis], steps[axis]
            if step < 0:  # a transposed window: cells lie closer than before it
                size.append(before.size[axis] + ((span - 1) // -step) * before.jump[axis])
                jump.append(before.jump[axis] / -step)
            else:
                size.append(before.size[axis] + (span - 1) * before.jump[axis])
                jump.append(before.jump[axis] * step)
        return Sight(tuple(size), tuple(jump))
    same = y.rank == axes + 2 and x.rank == y.rank and x.shape[2:] == y.shape[2:]
    return before if same else None


def _cells(sight: Sight) -> tuple[int, ...]:
    return tuple(round(size) for size in sight.size)
