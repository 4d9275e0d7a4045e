"""What is wrong with one node whatever flows into it: name, type, parameters, wires.

Owns what is told of types and parameters. Unconnected ports are `graph_compiler.checks.wiring`'s,
which sees the whole network.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace

from graph_compiler.bypass import bypass_problem
from graph_compiler.codes import problem
from graph_compiler.drawing_faults import bad_name, inlet_problems, outlet_problem, two_meanings
from graph_compiler.layer import Mismatch
from graph_compiler.model import Wire
from graph_compiler.problems import Fix, Problem, SetParam
from graph_compiler.registry import layers
from graph_compiler.resolve import shown
from graph_compiler.slots import Slot


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
    bad = bad_name(slot.name)
    if bad is not None:
        found.append(bad)
    if slot.layer is None:
        found.append(_unknown_type(slot))
        return tuple(found)
    wrong = bypass_problem(slot.node, slot.layer)
    if wrong is not None:
        found.append(wrong)
    if slot.wires_in and not slot.is_plain:
        found.extend(inlet_problems(slot.name, slot.layer, slot.wires_in))
    for wire in slot.wires_out:
        if wire.source_port not in slot.outlets:
            found.extend(_wrong_outputs(slot))
            break
    return tuple(found)


def _unknown_type(slot: Slot) -> Problem:
    if slot.node.type in layers():
        return two_meanings(slot.node)
    near = difflib.get_close_matches(slot.node.type[:80], layers(), 1, 0.5)
    remedy = f"Did you mean {near[0]}?" if near else "Replace it by a layer of the palette."
    return problem(
        "unknown_type",
        slot.name,
        expected="a known layer type",
        got=shown(slot.node.type) if slot.node.type else "none",
        remedy=remedy,
    )


def _wrong_outputs(slot: Slot) -> Iterable[Problem]:
    unknown: dict[str, Wire] = {}
    for wire in sorted(w for w in slot.wires_out if w.source_port not in slot.outlets):
        unknown.setdefault(wire.source_port, wire)
    return [outlet_problem(slot.outlets, wire) for wire in unknown.values()]
