"""What is wrong with names and wires of a drawing whatever flows through it, in words.

Owns the texts for names, ports and loops, and the search for them in a block, which no slots keep.
Knows no shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from graph_compiler.bypass import bypass_problem
from graph_compiler.codes import problem
from graph_compiler.graphs import NAME
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Node, Wire
from graph_compiler.order import canonical, on_cycles
from graph_compiler.problems import Disconnect, Fix, Problem
from graph_compiler.resolve import shown
from graph_compiler.wiring import port_of


def bad_name(name: str) -> Problem | None:
    """A node whose name no code could have; None where it may be."""
    if NAME.fullmatch(name):
        return None
    return problem(
        "bad_name",
        name,
        expected="a name of at most 80 letters, digits and _, not starting with a digit",
        got=shown(name),
        remedy="Rename the node.",
    )


def two_meanings(node: Node) -> Problem:
    """A node of a type that is the name of a layer and of a block as well."""
    return problem(
        "bad_block",
        node.name,
        expected="a type that means one thing",
        got=f"{node.type}, a layer and a block",
        remedy="Rename the block.",
    )


def inlet_problems(name: str, layer: Layer, wires: Iterable[Wire]) -> Iterable[Problem]:
    """Wires into ports that the layer does not have, and several into one."""
    into: dict[str, list[Wire]] = {}
    for wire in wires:
        into.setdefault(wire.target_port, []).append(wire)
    for port in sorted(into):
        if port_of(layer, port) is None:
            names = ", ".join(f"{p.name}1" if p.many else p.name for p in layer.inputs)
            yield problem(
                "unknown_port",
                name,
                port,
                expected=f"a wire into {names}" if names else "no wire into this layer",
                got=f"one into {shown(port, quoted=False)}",
                remedy="Connect it to another port." if names else "Remove the wire.",
                fixes=(Fix("Remove the wire", (Disconnect(name, port),)),),
            )
        elif len(into[port]) > 1:
            sources = [shown(wire.source, quoted=False) for wire in sorted(into[port])]
            yield problem(
                "several_wires",
                name,
                port,
                expected="one wire",
                got=f"{len(sources)}, from {', '.join(sources[:4])}"
                + (", …" if len(sources) > 4 else ""),
                remedy="Remove all but one, or join them with Add.",
            )


def outlet_problem(outlets: Sequence[str], wire: Wire) -> Problem:
    """A wire from a port that its source does not have."""
    names = " or ".join(outlets)
    return problem(
        "unknown_port",
        wire.source,
        wire.source_port,
        expected=f"a wire from {names}" if names else "no wire from this layer",
        got=f"one from {shown(wire.source_port, quoted=False)}",
        remedy="Connect it from another port." if names else "Remove the wire.",
        fixes=(Fix("Remove the wire", (Disconnect(wire.target, wire.target_port),)),),
    )


def cycle_problem(group: Sequence[str], wires: Iterable[Wire]) -> Problem:
    """A loop, told where a wire of it leads back."""
    members = set(group)
    inside = sorted(wire for wire in wires if wire.source in members and wire.target in members)
    back = max(inside, key=lambda wire: (wire.source >= wire.target, wire.source, wire))
    names = [shown(name, quoted=False) for name in group[:5]]
    more = ", …" if len(group) > 5 else ""
    return problem(
        "cycle",
        back.target,
        back.target_port,
        expected="wires that lead forward",
        got=f"a loop through {', '.join(names)}{more}",
        remedy="Remove one of the wires of the loop.",
        fixes=(
            Fix(
                f"Remove the wire from {back.source} to {back.target}",
                (Disconnect(back.target, back.target_port),),
            ),
        ),
    )


def stray_problem(wire: Wire, nodes: Iterable[str]) -> Problem:
    """A wire with an end that is no node."""
    known = set(nodes)
    at_target = wire.target in known
    missing = wire.source if at_target else wire.target
    fix = Fix("Remove the wire", (Disconnect(wire.target, wire.target_port),))
    return problem(
        "stray_wire",
        wire.target if at_target else (wire.source if wire.source in known else ""),
        wire.target_port if at_target else wire.source_port,
        expected="wires between layers that exist",
        got=f"a wire that names {shown(missing, quoted=False)}",
        remedy="Remove the wire.",
        fixes=(fix,) if at_target else (),
    )


def drawing_faults(
    drawing: Network, types: Mapping[str, Layer]
) -> Mapping[str, tuple[Problem, ...]]:
    """By node, all that is wrong with the names and wires of a block but the ports they leave."""
    found: dict[str, list[Problem]] = {}

    def add(one: Problem) -> None:
        found.setdefault(one.node, []).append(one)

    into: dict[str, list[Wire]] = {}
    after: dict[str, list[str]] = {}
    for wire in sorted(drawing.wires):
        if wire.source in drawing.nodes and wire.target in drawing.nodes:
            into.setdefault(wire.target, []).append(wire)
            after.setdefault(wire.source, []).append(wire.target)
        else:
            add(stray_problem(wire, drawing.nodes))
    for name in sorted(drawing.nodes):
        bad = bad_name(name)
        if bad is not None:
            add(bad)
        layer = types.get(drawing.nodes[name].type)
        wrong = bypass_problem(drawing.nodes[name], layer)
        if wrong is not None:
            add(wrong)
        if layer is not None:
            for one in inlet_problems(name, layer, into.get(name, ())):
                add(one)
    places = {name: place for place, name in enumerate(canonical(drawing.nodes, drawing.wires))}
    if any(places[name] >= places[other] for name in after for other in after[name]):
        for group in on_cycles(after):
            add(cycle_problem(group, drawing.wires))
    return {name: tuple(problems) for name, problems in found.items()}
