"""What of a drawing stays the same whatever calls it: its order, its ports, the names it reads.

Owns the plans of the blocks of a project, each made once, and which branches of a choice are awake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph_compiler.blocks import circular, ends_out, ports_in, ports_out
from graph_compiler.drawing_faults import drawing_faults
from graph_compiler.expressions import variables_in
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Node, Value, Wire
from graph_compiler.order import canonical
from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.turns import INDEX, variables_of
from graph_compiler.wiring import bound


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawing made ready for its calls."""

    block: Network
    order: tuple[str, ...] = ()
    ports: Mapping[str, tuple[tuple[str, Wire | None], ...]] = field(default_factory=dict)
    """By node its ports, and the wire at each."""
    leaving: Mapping[str, tuple[Wire, ...]] = field(default_factory=dict)
    """By node the wires that leave it."""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    """Names that the block reads and does not define, those of blocks inside it included."""
    faults: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """By node, what is wrong with names and wires."""


class Plans:
    """The plans of the blocks of a project."""

    def __init__(self, blocks: Mapping[str, Network], types: Mapping[str, Layer]) -> None:
        self._blocks, self._types = blocks, types
        self._known: dict[str, Plan] = {}
        self.circular = circular(blocks)
        """The blocks that hold themselves."""

    def of(self, name: str) -> Plan:
        """The plan of a block."""
        plan = self._known.get(name)
        if plan is None:
            self._known[name] = Plan(self._blocks[name])  # for a block that holds itself
            plan = self._known[name] = self._made(self._blocks[name])
        return plan

    def of_drawing(self, drawing: Network) -> Plan:
        """The plan of a block or of a drawing that is none."""
        return self.of(drawing.name) if drawing.name in self._blocks else self._made(drawing)

    def awake(self, plan: Plan, env: Mapping[str, Value]) -> set[str]:
        """The nodes that lead to an output through picked branches."""
        reached = set(ends_out(plan.block))
        waiting = list(reached)
        while waiting:
            name = waiting.pop()
            node = plan.block.nodes[name]
            wires = [wire for _, wire in plan.ports.get(name, ()) if wire is not None]
            if node.type == "Choice":
                wires = picked(node, layers()["Choice"], env, wires)
            for wire in wires:
                if wire.source not in reached and wire.source in plan.block.nodes:
                    reached.add(wire.source)
                    waiting.append(wire.source)
        return reached

    def _made(self, drawing: Network) -> Plan:
        into: dict[str, list[Wire]] = {}
        leaving: dict[str, list[Wire]] = {}
        for wire in drawing.wires:
            into.setdefault(wire.target, []).append(wire)
            leaving.setdefault(wire.source, []).append(wire)
        ports = {
            name: tuple(bound(layer, into.get(name, ())))
            for name, node in drawing.nodes.items()
            if (layer := self._types.get(node.type)) is not None
        }
        return Plan(
            drawing,
            tuple(canonical(drawing.nodes, drawing.wires)),
            ports,
            {name: tuple(wires) for name, wires in leaving.items()},
            ports_in(drawing),
            ports_out(drawing),
            self._names(drawing),
            drawing_faults(drawing, self._types),
        )

    def _names(self, drawing: Network) -> frozenset[str]:
        names: set[str] = set()
        for node in drawing.nodes.values():
            names |= variables_of(node) | variables_in(node.repeat)
            if node.type in self._blocks:
                names |= self.of(node.type).names
        return frozenset(names) - set(drawing.params or {}) - {INDEX}


def picked(node: Node, layer: Layer, env: Mapping[str, Value], wires: list[Wire]) -> list[Wire]:
    """The wire that a choice lets through; all of them where that cannot be told."""
    params, faults = resolve(node.params, layer, env)
    if faults or not 0 <= params.pick < len(wires):
        return wires
    return [wires[params.pick]]
