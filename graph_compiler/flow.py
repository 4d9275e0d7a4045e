"""What feeds what, seen through blocks, turns and choices: what checks beyond shapes look at.

Owns `Place`, what such a check may ask of a layer, and `Inner`, a layer inside a block as one call
of the block shows it. A slot of the main drawing is a place as well. Works nothing out itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from graph_compiler.blocks import ends_out, ports_in, ports_out
from graph_compiler.layer import Layer, Params
from graph_compiler.model import Network, Node
from graph_compiler.report import NodeFacts
from graph_compiler.tensors import TensorType
from graph_compiler.turns import fed_back

if TYPE_CHECKING:
    from graph_compiler.structure import Structure

MOST_PLACES = 5_000
"""Layers looked at inside one node of a drawing; beyond them nothing is hinted at."""
NO_PARAMS = Params({})


class Place(Protocol):
    """A layer where it stands, with its types and what is before it."""

    @property
    def name(self) -> str:
        """Its path: `conv1`, or `stage1/conv1` inside a block."""

    @property
    def node(self) -> Node:
        """The node as drawn."""

    @property
    def layer(self) -> Layer | None:
        """Its layer; None for an unknown type."""

    @property
    def structure(self) -> Structure:
        """What knows the blocks."""

    @property
    def structured(self) -> bool:
        """Whether it is a block, a repeat or a scan."""

    @property
    def params(self) -> Params:
        """The resolved parameters."""

    @property
    def ports(self) -> tuple[str, ...]:
        """The input ports that have wires or want them."""

    @property
    def inputs(self) -> tuple[Any, ...]:
        """Types at the ports; empty where unknown."""

    @property
    def outputs(self) -> tuple[TensorType, ...]:
        """Types that come out; empty where unknown."""

    @property
    def cyclic(self) -> bool:
        """Whether it lies on a loop of wires."""

    @property
    def family(self) -> str:
        """The layer's family; empty for an unknown type."""

    @property
    def inside(self) -> Mapping[str, NodeFacts]:
        """For blocks the nodes inside, for repeats the turns; empty where unknown."""

    @property
    def before_one(self) -> Place | None:
        """The layer that feeds the only input; None where there are none or several."""

    def feed(self, port: int) -> Place | None:
        """The layer that feeds a port, found inside blocks where it stands in one."""

    def readers(self) -> int:
        """How many layers read what it makes, those outside its block included."""

    def end(self, port: int) -> tuple[str, str]:
        """Node and port at which the wire into a port ends, in the drawing that holds the wire.

        Both empty where no wire is drawn, between the turns of a layer.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """A layer inside a block, or one turn of a repeat, as one call shows it."""

    name: str
    node: Node
    layer: Layer
    structure: Structure
    structured: bool
    params: Params
    ports: tuple[str, ...]
    inputs: tuple[Any, ...]
    outputs: tuple[TensorType, ...]
    inside: Mapping[str, NodeFacts]
    feeder: Callable[[int], Place | None]
    ender: Callable[[int], tuple[str, str]]
    reading: Callable[[], int]
    holder: Place | None = None
    """The block that it stands in, as a place."""
    turn: bool = False
    """Whether it is one turn of a repeat."""
    cyclic: bool = False

    @property
    def family(self) -> str:
        """The layer's family."""
        return self.layer.family

    @property
    def before_one(self) -> Place | None:
        """The layer that feeds the only input, or the picked one of a choice."""
        return only_feed(self)

    def feed(self, port: int) -> Place | None:
        """The layer that feeds a port."""
        return self.feeder(port)

    def end(self, port: int) -> tuple[str, str]:
        """Node and port at which the wire into a port ends."""
        return self.ender(port)

    def readers(self) -> int:
        """How many layers read what it makes."""
        return self.reading()


def only_feed(place: Place) -> Place | None:
    """What feeds the only input, or the picked one of a choice."""
    if place.node.type == "Choice":
        pick = getattr(place.params, "pick", None)
        known = pick is not None and 0 <= pick < len(place.ports)
        return place.feed(int(pick)) if known else None  # type: ignore[arg-type]
    return place.feed(0) if len(place.ports) == 1 else None


def maker(place: Place, outlet: int) -> Place:
    """The layer that makes an output of a place, inside it where it holds others."""
    if not place.structured or not place.inside:
        return place
    if _repeats(place):
        return maker(_turn(place, len(place.inside) - 1), outlet)
    block = place.structure.block(place.node.type)
    end = _end_of(block, outlet) if block else None
    last = _inner(place, end) if end else None
    return (last.feed(0) if last else None) or place


def layers_in(place: Place) -> Iterator[Inner]:
    """Every layer inside a structured place, each definition as each different call shows it."""
    left = MOST_PLACES
    for one in _layers_in(place, set()):
        left -= 1
        if left < 0:
            return
        yield one


def blocks_in(place: Place) -> Iterator[tuple[str, Network]]:
    """Every block at work inside a structured place as it is drawn, with its first use's path."""
    seen: set[str] = set()
    waiting: list[Place] = [place]
    while waiting:
        one = waiting.pop(0)
        block = one.structure.block(one.node.type)
        if block is None or one.node.type in seen:
            continue
        seen.add(one.node.type)
        yield one.name, one.structure.drawing_of(one.node.type)
        inside: Place = _turn(one, 0) if _repeats(one) and one.inside else one
        found = (_inner(inside, name) for name in inside.inside)
        waiting.extend(each for each in found if each is not None and each.structured)


def _layers_in(place: Place, seen: set[Any]) -> Iterator[Inner]:
    if _repeats(place):
        for turn in _telling_turns(place):
            one = _turn(place, turn)
            if one.structured:
                yield from _layers_in(one, seen)
            else:
                yield one
        return
    block = place.structure.block(place.node.type)
    fed = tuple(id(feed.node) if (feed := place.feed(n)) else 0 for n in range(len(place.ports)))
    key = (place.node.type, id(place.inside), fed)
    if block is None or key in seen:
        return
    seen.add(key)
    for name in place.inside:
        one_inside = _inner(place, name)
        if one_inside is None or one_inside.family == "io":
            continue
        if one_inside.structured:
            yield from _layers_in(one_inside, seen)
        else:
            yield one_inside


def _telling_turns(place: Place) -> Iterator[int]:
    """The first turn, the second, which the first feeds, and those that differ from all before."""
    seen: set[int] = set()
    for turn, facts in enumerate(place.inside.values()):
        if turn < 2 or (facts.inside and id(facts.inside) not in seen):
            yield turn
        seen.add(id(facts.inside))


def _repeats(place: Place) -> bool:
    return place.node.repeat is not None and not getattr(place, "turn", False)


def _turn(place: Place, turn: int) -> Inner:
    """One turn of a repeat; what it hands on feeds the next."""
    assert place.layer is not None
    facts = place.inside[f"[{turn}]"]
    wired = [x is not None for x in place.inputs]
    fed = dict(fed_back(place.node, place.layer, place.ports, wired))

    def feed(port: int) -> Place | None:
        if turn and port in fed:
            return maker(_turn(place, turn - 1), fed[port])
        return place.feed(port)

    def end(port: int) -> tuple[str, str]:
        if not (turn and port in fed):
            return place.end(port)
        block = place.structure.block(place.node.type)
        last = _end_of(block, fed[port]) if block else None
        return (f"{place.name}/{last}", "input") if last else ("", "")

    block = place.structure.block(place.node.type)
    before = place.inside[f"[{turn - 1}]"].outputs if turn else ()
    inputs = tuple(
        before[fed[n]] if n in fed and fed[n] < len(before) else x
        for n, x in enumerate(place.inputs)
    )
    return Inner(
        place.name,
        place.node,
        place.layer,
        place.structure,
        block is not None,
        facts.params or NO_PARAMS,
        place.ports,
        inputs,
        facts.outputs,
        facts.inside,
        feed,
        end,
        place.readers,
        getattr(place, "holder", None),
        turn=True,
    )


def _inner(place: Place, name: str) -> Inner | None:
    """A node inside a block; None where its types are unknown."""
    facts = place.inside.get(name)
    block = place.structure.block(place.node.type)
    if facts is None or block is None:
        return None
    node = block.nodes[name]
    layer = place.structure.types[node.type]
    wired = place.structure.wired(block.name, name)

    def feed(port: int) -> Place | None:
        wire = wired[port][1]
        source = block.nodes.get(wire.source) if wire is not None else None
        if wire is None or source is None:
            return None
        if source.type == "Input":
            return _outside(place, source.name)
        before = _inner(place, wire.source)
        if before is None:
            return None
        outlets = place.structure.outlets(before.node, before.layer, before.params)
        known = wire.source_port in outlets
        return maker(before, outlets.index(wire.source_port)) if known else None

    def end(port: int) -> tuple[str, str]:
        here = (f"{place.name}/{name}", wired[port][0])
        wire = wired[port][1]
        source = block.nodes.get(wire.source) if wire is not None else None
        if source is None or source.type != "Input" or source.name not in place.ports:
            return here
        if len(place.structure.leaving(block.name, source.name)) > 1:
            return here
        return place.end(place.ports.index(source.name))

    def readers() -> int:
        leaving = place.structure.leaving(block.name, name)
        after = [block.nodes.get(wire.target) for wire in leaving]
        ends = sum(one is not None and one.type == "Output" for one in after)
        return len(after) - ends + ends * place.readers()

    return Inner(
        f"{place.name}/{name}",
        node,
        layer,
        place.structure,
        bool(node.repeat is not None or node.scan or place.structure.block(node.type)),
        facts.params or NO_PARAMS,
        tuple(port for port, _ in wired),
        facts.inputs,
        facts.outputs,
        facts.inside,
        feed,
        end,
        readers,
        place,
    )


def _outside(place: Place, port: str) -> Place | None:
    """What feeds an input of a block from outside; nothing for the states of a scan."""
    block = place.structure.block(place.node.type)
    if port not in place.ports or (place.node.scan and block and port in ports_out(block)):
        return None
    return place.feed(place.ports.index(port))


def _end_of(block: Network, outlet: int) -> str | None:
    """The Output node behind an output port; those behind the block's own are last states."""
    ends, ports = ends_out(block), ports_out(block)
    if outlet < len(ends):
        return ends[outlet]
    states = [end for end, port in zip(ends, ports, strict=True) if port in ports_in(block)]
    place = outlet - len(ends)
    return states[place] if place < len(states) else None
