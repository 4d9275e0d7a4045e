"""Which ports a wire may end at, and why not where it may not.

Asks the document; the one rule of its own is that no wire closes a cycle, told apart beforehand so
that a thousand ports can be asked while the mouse moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph_compiler.blocks import holders
from graph_compiler.layer import Layer
from graph_compiler.model import Wire
from nnstudio.canvas.scene import NetworkScene


@dataclass(frozen=True, slots=True)
class End:
    """One end of a wire."""

    node: str
    side: str
    """`in` or `out`."""
    port: str


def wire_between(one: End, two: End) -> Wire | None:
    """The wire between an output and an input, whichever comes first; None for two of one side."""
    if one.side == two.side:
        return None
    source, target = (one, two) if one.side == "out" else (two, one)
    return Wire(source.node, source.port, target.node, target.port)


class Fits:
    """Answers for one fixed end of a wire; each answer is worked out once."""

    def __init__(self, scene: NetworkScene, fixed: End, ignored: Wire | None = None) -> None:
        self._scene, self._fixed = scene, fixed
        self._ignored = ignored
        """A wire that is being pulled off and counts as gone."""
        self._beyond = self._reachable()
        self._known: dict[End, str] = {}

    def why_not(self, end: End) -> str:
        """Why no wire may run to that end, in words; "" where it may."""
        found = self._known.get(end)
        if found is None:
            found = self._known[end] = self._ask(end)
        return found

    def structural(self, end: End) -> bool:
        """Whether no wire can run there at all, whatever the shapes."""
        return (
            end.side == self._fixed.side
            or end.node == self._fixed.node
            or (end.node in self._beyond)
        )

    def ends_of(self, node: str) -> list[End]:
        """The ends on a node that lie on the other side of the fixed one."""
        side = "in" if self._fixed.side == "out" else "out"
        faces = self._scene.nodes[node].face
        ports = faces.inputs if side == "in" else faces.outputs
        return [End(node, side, port.name) for port in ports]

    def first_free(self, node: str) -> End | None:
        """The first free end on a node that fits."""
        for end in self.ends_of(node):
            free = end.side == "out" or self._free(end)
            if free and not self.why_not(end):
                return end
        return None

    def why_not_node(self, node: str) -> str:
        """Why nothing on a node fits."""
        ends = self.ends_of(node)
        if not ends:
            side = "inputs" if self._fixed.side == "out" else "outputs"
            return f"{node} has no {side}. Choose another node."
        free = [end for end in ends if end.side == "out" or self._free(end)]
        if not free:
            return (
                f"{node}: expected a free input, got one that is taken. "
                "Drop the wire on the port itself to replace it."
            )
        return self.why_not(free[0])

    def _free(self, end: End) -> bool:
        wire = self._scene.wire_at(end.node, end.port)
        return wire is None or wire == self._ignored

    def _ask(self, end: End) -> str:
        place = f"{end.node}.{end.port}"
        if end.side == self._fixed.side:
            kind = "input" if self._fixed.side == "out" else "output"
            other = "output" if self._fixed.side == "out" else "input"
            return f"{place}: expected an {kind}, got an {other}. Drop the wire on an {kind}."
        if end.node == self._fixed.node:
            return f"{place}: expected another node's wire, got its own. Wire it to another node."
        if end.node in self._beyond:
            return (
                f"{place}: expected a node further on, got one that comes before. "
                "A wire back would close a cycle; wire it to a later node."
            )
        wire = wire_between(self._fixed, end)
        problem = self._scene.document.accepts(self._scene.network, wire) if wire else None
        return problem.text if problem is not None else ""

    def _reachable(self) -> set[str]:
        """Nodes that a wire from the fixed end would close a cycle with."""
        scene, forward = self._scene, self._fixed.side == "in"
        seen: set[str] = set()
        waiting = [self._fixed.node]
        while waiting:
            here = waiting.pop()
            wires = scene.wires_out_of(here) if forward else scene.wires_into(here)
            for wire in wires:
                other = wire.target if forward else wire.source
                if wire != self._ignored and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen


def layers_that_fit(scene: NetworkScene, fixed: End) -> list[str]:
    """Types of layers that a wire from or to that end could lead to."""
    facts = scene.document.facts(scene.network, fixed.node)
    tensor = facts.outputs[0] if fixed.side == "out" and facts and facts.outputs else None
    found = []
    for type, layer in usable(scene).items():
        if fixed.side == "in":
            if layer.outputs:
                found.append(type)
            continue
        if not layer.inputs:
            continue
        port = layer.inputs[0]
        if tensor is not None:
            low, high = port.rank
            if tensor.rank < low or (high is not None and tensor.rank > high):
                continue
            if "any" not in (port.dtype, tensor.dtype) and port.dtype != tensor.dtype:
                continue
        found.append(type)
    return found


def usable(scene: NetworkScene) -> Mapping[str, Layer]:
    """Every type that may stand in a drawing: not the drawing itself, nor what holds it."""
    networks, types = scene.document.project.networks, scene.document.types
    if not scene.model.is_block:
        return types
    holding = holders(networks, scene.network)
    return {type: layer for type, layer in types.items() if type not in holding}
