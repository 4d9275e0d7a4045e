"""What a network costs and how far it sees: parameters, work, memory, depth, receptive field.

Pure arithmetic over the facts of a check: nothing is allocated, and a repeat costs no more than its
turns. Memory is that of the activations alone, four bytes a real number: the most that is alive at
once in a forward pass, and what training keeps for the way back (`graph_compiler.keeping`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graph_compiler.blocks import drawn, ends_out, natural, ports_in, ports_out, types_of
from graph_compiler.bypass import running
from graph_compiler.calls import join
from graph_compiler.checker import Checker
from graph_compiler.graphs import read_blocks, read_networkx
from graph_compiler.keeping import kept
from graph_compiler.keeping_facts import KeptFacts
from graph_compiler.layer import Layer, Params
from graph_compiler.model import Network, Node, Wire
from graph_compiler.order import topological
from graph_compiler.report import NodeFacts
from graph_compiler.sight import Sight, cells, reads_all, seen
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from graph_compiler.turns import fed_back
from graph_compiler.wiring import bound

_BYTES = {"float": 4, "int": 8, "bool": 1}
_NO_DEPTH = frozenset({"normalization", "activation"})
"""Families whose learned scales do not count as layers: ResNet-50 is 50 deep."""
_NO_SLOPE = frozenset({"Detach", "Step", "Perceptron"})
"""Layers that no gradient passes, whatever type of number comes out."""


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
    whole_sequence: bool = False
    """Whether it comes from a layer that reads all steps of a sequence, or all up to its own."""


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
    backward_memory: int
    """Bytes that a layer's own way back needs for a moment, at most, beside slopes of its ends."""
    depth: int
    """Credit assignment path: learned layers on the longest path, the output's included."""
    over_time: bool
    """Whether weights are applied again at each step, so that the path has no bound: `× T`."""
    receptive_field: tuple[int, ...] | None
    """The widest of all nodes."""
    whole_sequence: bool = False
    """Whether some output sees all steps of a sequence: then no field bounds what it sees."""
    learns: bool = False
    """Whether gradients come from some output to some weight."""
    cuts: tuple[str, ...] = ()
    """Paths of the nodes behind weights that no gradient passes, sources first."""
    uncounted: tuple[str, ...] = ()
    """Types of layers at work in it whose multiply-accumulates nobody knows."""
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
    network = running(network, types_of(blocks))
    facts = {name: one for name, one in report.nodes.items() if name in network.nodes}
    ends, peak = walk.drawing(network, facts, given, "")
    return Summary(
        batch,
        report.parameters,
        report.macs * batch,
        peak,
        walk.kept,
        walk.briefly,
        max((end.depth for end in ends.values()), default=0),
        walk.over_time,
        max(
            (one.receptive_field for one in walk.nodes.values() if one.receptive_field),
            default=None,
        ),
        any(end.whole for end in ends.values()),
        any(end.slope for end in ends.values()),
        tuple(walk.cuts),
        report.uncounted,
        walk.nodes,
        tuple(problem for problem in report.problems if problem.severity == "error"),
    )


class _State(NamedTuple):
    """What is known of a value on its way."""

    depth: int
    sight: Sight | None
    memory: str = ""
    """The path of the node whose memory it lies in, which differs for views."""
    size: int = 0
    """Bytes of that memory."""
    slope: bool = False
    """Whether a learned weight lies before it, so that gradients come this way."""
    whole: bool = False
    """Whether it comes from a whole sequence."""
    turned: bool = False
    """Whether it lies in memory with steps before heads: merging its heads copies nothing."""


class _Walk:
    """Goes through a drawing as the forward pass does, into every block and turn."""

    def __init__(self, blocks: Mapping[str, Network], batch: int) -> None:
        self.nodes: dict[str, NodeSummary] = {}
        self.over_time = False
        self.cuts: list[str] = []
        self._blocks, self._batch = drawn(blocks), batch
        self._types = types_of(blocks)
        self._times = 1
        self.briefly = 0
        """The most that a layer needs for a moment on the way back."""
        self._kept: dict[str, int] = {}
        """Bytes by the memory that is kept."""
        self._lasts: dict[tuple[str, str], _State] = {}
        """By scan and port, the state after the last step."""

    @property
    def kept(self) -> int:
        """Bytes that training keeps for the way back."""
        return sum(self._kept.values())

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
            arriving = [wire for wire in wires[name] if wire.source in states]  # all but of a loop
            sources = [self._arriving(wire, states, above) for wire in arriving]
            if node.type == "Input":
                state, inner = self._first(given.get(name), known, join_(above, name)), 0
            elif node.type == "Output":
                ends[name] = states[name] = _merged(sources, known)
                continue
            else:
                state, inner = self._node(node, known, arriving, sources, join_(above, name))
            states[name] = state
            alive[name] = 0 if self._is_view(node) else self._bytes(known.outputs)
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
        ports = [*by_port]
        fed = fed_back(node, self._types[node.type], ports, [True] * len(ports))
        for turn, inside in known.inside.items():
            state, inner = self._once(node, inside, by_port, [*by_port.values()], join(path, turn))
            self.nodes[join(path, turn)] = self._summary(inside, state)
            by_port |= {ports[place]: state for place, _ in fed}
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
            return self._layer(node, known, sources, path), 0
        if node.scan:
            return self._scan(block, known, by_port, path)
        ends, peak = self.drawing(block, known.inside, by_port, path)
        return _merged([*ends.values()], known), peak

    def _scan(
        self, block: Network, known: NodeFacts, by_port: Mapping[str, _State], path: str
    ) -> tuple[_State, int]:
        """A block at each step, its states those of the step before; what it shows is stacked."""
        self.over_time = True
        steps = int(known.outputs[0].shape[1]) if known.outputs[0].rank > 1 else 1
        slope = bool(known.parameters) or any(state.slope for state in by_port.values())
        fresh = _State(0, None)
        states = {name for name in ports_in(block) if name in ports_out(block)}
        begun = {name: by_port.get(name, fresh)._replace(slope=slope) for name in states}
        self._times *= steps
        ends, peak = self.drawing(block, known.inside, {**by_port, **begun}, path)
        self._times //= steps
        for name, end in zip(ports_out(block), ends.values(), strict=False):
            start = begun[name].memory or join_(path, name) if name in states else ""
            if start in self._kept:  # what a step keeps of it is what the step before has made
                if not begun[name].memory:
                    self._kept[start] //= steps
                self._kept.setdefault(end.memory, end.size * (steps - 1) // steps)
            last = end if end.memory in self._kept else end._replace(size=end.size // steps)
            self._lasts[path, f"last_{name}"] = last._replace(whole=True)
        state = _merged([*ends.values()], known)
        size = self._bytes(known.outputs[:1]) * self._times
        return state._replace(memory=path, size=size, whole=True, turned=False), peak

    def _arriving(self, wire: Wire, states: Mapping[str, _State], above: str) -> _State:
        """What a wire brings: of a scan all steps, or the last states alone."""
        path = join_(above, wire.source)
        return self._lasts.get((path, wire.source_port), states[wire.source])

    def _layer(self, node: Node, known: NodeFacts, sources: list[_State], path: str) -> _State:
        layer = self._types[node.type]
        before = _merged(sources, known)
        self.over_time = self.over_time or layer.recurrent
        depth = before.depth + (bool(known.weights) and layer.family not in _NO_DEPTH)
        slope = before.slope or bool(known.weights)
        if slope and not _passes_gradients(node, known):
            self.cuts.append(path)
            slope = False
        sight = seen(node.type, layer, known, before.sight)
        whole = before.whole or reads_all(node.type, layer)
        turned = self._is_turned(node, known, before)
        if sources and (layer.view or (node.type == "MergeHeads" and before.turned)):
            return _State(depth, sight, before.memory, before.size, slope, whole, turned)
        size = self._bytes(known.outputs) * self._times
        state = _State(depth, sight, path, size, slope, whole, turned)
        self._keep(node, layer, known, sources, state)
        return state

    def _is_turned(self, node: Node, known: NodeFacts, query: _State) -> bool:
        """Attention without dropout lays its mixture out as its queries are laid out."""
        if node.type == "SplitHeads":
            return query.size == self._bytes(known.outputs) * self._times
        if node.type != "ScaledDotProductAttention" or known.params is None:
            return False
        return query.turned and not known.params.dropout_p

    def _keep(
        self, node: Node, layer: Layer, known: NodeFacts, sources: list[_State], state: _State
    ) -> None:
        """Notes the values that the layer's backward pass will read."""
        facts = KeptFacts(
            node.type,
            layer.family,
            known.params if known.params is not None else Params({}),
            known.inputs or tuple(TensorType((N,)) for _ in sources),
            known.outputs,
            bool(known.weights),
            tuple(source.slope for source in sources),
            self._numel,
        )
        found = kept(facts)
        self.briefly = max(self.briefly, found.briefly)
        beside = found.more
        for place in (*found.inputs, *found.copies):
            if place >= len(sources):
                continue
            own = self._bytes((facts.inputs[place],)) * self._times
            if place in found.copies and sources[place].size != own:
                beside += own // self._times
            else:
                self._kept[sources[place].memory] = sources[place].size
        if found.output:
            self._kept[state.memory] = self._bytes(known.outputs[:1]) * self._times
        if beside:
            self._kept[f"{state.memory} beside"] = beside * self._times

    def _first(self, state: _State | None, known: NodeFacts, path: str) -> _State:
        """The value of an Input: what its caller gives, else a fresh start."""
        axes = tuple(int(size) for size in known.outputs[0].shape[2:])
        ones = (1.0,) * len(axes)
        start = Sight(ones, ones, axes) if axes else None
        if state is None or not state.memory:
            depth = state.depth if state else 0
            slope = state is not None and state.slope
            return _State(depth, start, path, self._bytes(known.outputs) * self._times, slope)
        return state

    def _is_view(self, node: Node) -> bool:
        layer = self._types.get(node.type)
        return layer is not None and layer.view

    def _bytes(self, outputs: tuple[TensorType, ...]) -> int:
        return sum(_BYTES[y.dtype] * self._numel(y) for y in outputs)

    def _numel(self, y: TensorType) -> int:
        size = 1
        for axis in y.shape:
            size *= self._batch if axis is N else int(axis)
        return size

    def _summary(self, known: NodeFacts, state: _State) -> NodeSummary:
        return NodeSummary(
            known.type,
            known.outputs,
            known.parameters,
            known.macs * self._batch,
            self._bytes(known.outputs),
            state.depth,
            cells(state.sight) if state.sight else None,
            state.whole,
        )


def _passes_gradients(node: Node, known: NodeFacts) -> bool:
    """Whether what comes out of a layer changes a little when what goes in does."""
    return node.type not in _NO_SLOPE and any(y.dtype == "float" for y in known.outputs)


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


def _merged(states: list[_State], known: NodeFacts) -> _State:
    """Several values as one: the deepest path and the widest sight."""
    sights = [state.sight for state in states if state.sight is not None]
    widest = max(sights, key=lambda sight: sight.size, default=None)
    first = states[0] if states else _State(0, None)
    depth = max((state.depth for state in states), default=0)
    slope = any(state.slope for state in states)
    whole = any(state.whole for state in states)
    return _State(depth, widest, first.memory, first.size, slope, whole, first.turned)
