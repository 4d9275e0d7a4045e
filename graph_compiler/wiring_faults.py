"""What is wrong with one node whatever flows into it: name, type, parameters, wires.

Owns the wording of these problems. Unconnected ports are `graph_compiler.checks.wiring`'s, which
sees the whole network.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace

from graph_compiler.codes import problem
from graph_compiler.graphs import NAME
from graph_compiler.layer import Layer, Mismatch
from graph_compiler.model import Wire
from graph_compiler.problems import Disconnect, Fix, Problem, SetParam
from graph_compiler.registry import layers
from graph_compiler.resolve import shown
from graph_compiler.slots import Slot
from graph_compiler.wiring import port_of


def parameter_problem(node: str, fault: Mismatch) -> Problem:
    """The problem for a parameter that could not be resolved."""
    fixes = tuple(
        Fix(
            fix.label,
            tuple(
                replace(step, node=node) if isinstance(step, SetParam) else step
                for step in fix.steps
            ),
            fix.preview,
        )
        for fix in fault.fixes
    )
    return problem(
        fault.code,
        node,
        fault.port,
        expected=fault.expected,
        got=fault.got,
        remedy=fault.remedy,
        fixes=fixes,
    )


def wiring_problems(slot: Slot) -> tuple[Problem, ...]:
    """Everything wrong with the node's name, its type and the ports that wires name."""
    found: list[Problem] = []
    if not NAME.fullmatch(slot.name):
        found.append(
            problem(
                "bad_name",
                slot.name,
                expected="a name of at most 80 letters, digits and _, not starting with a digit",
                got=shown(slot.name),
                remedy="Rename the node.",
            )
        )
    if slot.layer is None:
        found.append(_unknown_type(slot))
        return tuple(found)
    if slot.wires_in and not slot.is_plain:
        found.extend(_wrong_inputs(slot, slot.layer))
    for wire in slot.wires_out:
        if wire.source_port not in slot.outlets:
            found.extend(_wrong_outputs(slot))
            break
    return tuple(found)


def _unknown_type(slot: Slot) -> Problem:
    near = difflib.get_close_matches(slot.node.type[:80], layers(), 1, 0.5)
    remedy = f"Did you mean {near[0]}?" if near else "Replace it by a layer of the palette."
    return problem(
        "unknown_type",
        slot.name,
        expected="a known layer type",
        got=shown(slot.node.type) if slot.node.type else "none",
        remedy=remedy,
    )


def _wrong_inputs(slot: Slot, layer: Layer) -> Iterable[Problem]:
    into: dict[str, list[Wire]] = {}
    for wire in slot.wires_in:
        into.setdefault(wire.target_port, []).append(wire)
    for port in sorted(into):
        if port_of(layer, port) is None:
            names = ", ".join(f"{p.name}1" if p.many else p.name for p in layer.inputs)
            yield problem(
                "unknown_port",
                slot.name,
                port,
                expected=f"a wire into {names}" if names else "no wire into this layer",
                got=f"one into {shown(port, quoted=False)}",
                remedy="Connect it to another port." if names else "Remove the wire.",
                fixes=(Fix("Remove the wire", (Disconnect(slot.name, port),)),),
            )
        elif len(into[port]) > 1:
            sources = [shown(wire.source, quoted=False) for wire in sorted(into[port])]
            yield problem(
                "several_wires",
                slot.name,
                port,
                expected="one wire",
                got=f"{len(sources)}, from {', '.join(sources[:4])}"
                + (", …" if len(sources) > 4 else ""),
                remedy="Remove all but one, or join them with Add.",
            )


def _wrong_outputs(slot: Slot) -> Iterable[Problem]:
    unknown: dict[str, Wire] = {}
    for wire in sorted(w for w in slot.wires_out if w.source_port not in slot.outlets):
        unknown.setdefault(wire.source_port, wire)
    for port, wire in unknown.items():
        names = " or ".join(slot.outlets)
        yield problem(
            "unknown_port",
            slot.name,
            port,
            expected=f"a wire from {names}" if names else "no wire from this layer",
            got=f"one from {shown(port, quoted=False)}",
            remedy="Connect it from another port." if names else "Remove the wire.",
            fixes=(Fix("Remove the wire", (Disconnect(wire.target, wire.target_port),)),),
        )
