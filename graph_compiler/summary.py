"""What a network costs and how far it sees: parameters, work, memory, depth, receptive field.

Pure arithmetic over the facts of a check: nothing is allocated, and a repeat costs no more than its
turns. Memory is that of the activations alone, four bytes a real number: the most that is alive at
once in a forward pass, and what training keeps for the way back (`graph_compiler.keeping`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, NamedTuple

from graph_compiler.blocks import drawn, ends_out, natural, ports_in, types_of
from graph_compiler.checker import Checker
from graph_compiler.graphs import read_blocks, read_networkx
from graph_compiler.keeping import kept
from graph_compiler.layer import Layer, Params
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
    whole: tuple[int, ...]
    """How many cells the input has."""


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
    memory: str = ""
    """The path of the node whose memory it lies in, which differs for views."""
    size: int = 0
    """Bytes of that memory."""
    slope: bool = False
    """Whether a learned weight lies before it, so that gradients come this way."""


class _Walk:
    """Goes through a drawing as the forward pass does, into every block and turn."""

    def __init__(self, blocks: Mapping[str, Network], batch: int) -> None:
        self.nodes: dict[str, NodeSummary] = {}
        self.over_time = False
        self._blocks, self._batch = drawn(blocks), batch
        self._types = types_of(blocks)
        self._times = 1
        self._kept: dict[str, int] = {}
        """Bytes by the memory that is kept."""

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
            sources = [states[wire.source] for wire in wires[name]]
            if node.type == "Input":
                state, inner = self._first(given.get(name), known, join_(above, name)), 0
            elif node.type == "Output":
                ends[name] = states[name] = _merged(sources, known)
                continue
            else:
                state, inner = self._node(node, known, wires[name], sources, join_(above, name))
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
            return self._layer(node, known, sources, path), 0
        steps = known.outputs[0].shape[1] if node.scan and known.outputs[0].rank > 1 else 1
        if node.scan:
            self.over_time = True
        self._times *= int(steps)
        ends, peak = self.drawing(block, known.inside, by_port, path)
        self._times //= int(steps)
        return _merged(list(ends.values()), known), peak

    def _layer(self, node: Node, known: NodeFacts, sources: list[_State], path: str) -> _State:
        layer = self._types[node.type]
        before = _merged(sources, known)
        self.over_time = self.over_time or layer.recurrent
        depth = before.depth + (bool(known.weights) and layer.family not in _NO_DEPTH)
        slope = (before.slope or bool(known.weights)) and node.type != "Detach"
        seen = _seen(node.type, layer, known, before.sight)
        if layer.view and sources:
            return _State(depth, seen, before.memory, before.size, slope)
        state = _State(depth, seen, path, self._bytes(known.outputs) * self._times, slope)
        self._keep(node, layer, known, sources, state)
        return state

    def _keep(
        self, node: Node, layer: Layer, known: NodeFacts, sources: list[_State], state: _State
    ) -> None:
        """Notes the values that the layer's backward pass will read."""
        params = known.params if known.params is not None else Params({})
        inputs = known.inputs or tuple(TensorType((N,)) for _ in sources)
        facts = replace(known, inputs=inputs)
        slopes = [source.slope for source in sources]
        found = kept(node.type, layer.family, params, facts, slopes, self._numel)
        for place in found.inputs:
            if place < len(sources):
                self._kept[sources[place].memory] = sources[place].size
        if found.output:
            self._kept[state.memory] = state.size
        if found.more:
            self._kept[f"{state.memory} beside"] = found.more * self._times

    def _first(self, state: _State | None, known: NodeFacts, path: str) -> _State:
        """The value of an Input: what its caller gives, else a fresh start."""
        axes = tuple(int(size) for size in known.outputs[0].shape[2:])
        ones = (1.0,) * len(axes)
        start = Sight(ones, ones, axes) if axes else None
        if state is None or not state.memory:
            depth = state.depth if state else 0
            return _State(depth, start, path, self._bytes(known.outputs) * self._times)
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


def _merged(states: list[_State], known: NodeFacts) -> _State:
    """Several values as one: the deepest path and the widest sight."""
    sights = [state.sight for state in states if state.sight is not None]
    widest = max(sights, key=lambda sight: sight.size, default=None)
    first = states[0] if states else _State(0, None)
    depth = max((state.depth for state in states), default=0)
    slope = any(state.slope for state in states)
    return _State(depth, widest, first.memory, first.size, slope)


def _seen(type: str, layer: Layer, known: NodeFacts, before: Sight | None) -> Sight | None:
    """The sight behind a layer; None where cells no longer stand for places."""
    if before is None or not known.inputs or layer.family in _MIXING or type in _OF_VECTORS:
        return None
    x, y = known.inputs[0], known.outputs[0]
    axes = len(before.size)
    if layer.window is not None:
        spans, steps = layer.window(known.params)
        return _slid(before, spans, steps) if len(spans) == axes else None
    if y.rank != axes + 2 or x.rank != y.rank:
        return None
    if x.shape[2:] == y.shape[2:]:
        return before
    if type in _SHRUNK or type in _ENLARGED or type in _SHUFFLED:
        return _scaled(before, x, y, _cells_read(type, known.params))
    return before if type in _TRIMMED or "Pad" in type else None


_MIXING = frozenset({"dense", "recurrent", "attention", "transformer", "embedding"})
"""Families for which the last axis is no place."""
_OF_VECTORS = frozenset({"LayerNorm", "RMSNorm"})
"""Layers of other families that read the last axis as one vector."""
_SHRUNK = frozenset(
    f"{kind}{axes}d"
    for kind in ("AdaptiveAvgPool", "AdaptiveMaxPool", "FractionalMaxPool")
    for axes in (1, 2, 3)
)
_ENLARGED = frozenset({"Upsample", "Resize", *(f"MaxUnpool{axes}d" for axes in (1, 2, 3))})
_SHUFFLED = frozenset({"PixelShuffle", "PixelUnshuffle"})
_TRIMMED = frozenset({"CenterCrop", "Slice"})
_AROUND = {"linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}


def _cells_read(type: str, params: Any) -> int:
    """How many cells along an axis are mixed into one; 0 for as many as lie behind it."""
    if type in _ENLARGED and getattr(params, "mode", "nearest") != "area":
        return _AROUND.get(getattr(params, "mode", "nearest"), 1)
    return 0


def _slid(before: Sight, spans: tuple[int, ...], steps: tuple[int, ...]) -> Sight:
    """Behind a sliding window; a negative step says that cells lie closer than before."""
    size, jump = [], []
    for axis, (span, step) in enumerate(zip(spans, steps, strict=True)):
        size.append(before.size[axis] + (span - 1) * before.jump[axis])
        jump.append(before.jump[axis] * (step if step > 0 else 1 / -step))
    return before._replace(size=tuple(size), jump=tuple(jump))


def _scaled(before: Sight, x: TensorType, y: TensorType, read: int) -> Sight:
    """Behind a layer that spreads the cells of its input evenly over those of its output."""
    size, jump = [], []
    for axis, (old, new) in enumerate(zip(x.shape[2:], y.shape[2:], strict=True)):
        old, new = int(old), int(new)
        widest = max(-(-(i + 1) * old // new) - i * old // new for i in range(min(new, old)))
        span = min(read or widest, old)
        size.append(before.size[axis] + (span - 1) * before.jump[axis])
        jump.append(before.jump[axis] * old / new)
    return before._replace(size=tuple(size), jump=tuple(jump))


def _cells(sight: Sight) -> tuple[int, ...]:
    """Whole cells, for what is seen in part is seen; no more than there are."""
    return tuple(
        min(ceil(size - 1e-6), most) for size, most in zip(sight.size, sight.whole, strict=True)
    )
