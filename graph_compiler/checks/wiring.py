"""Wires that are missing, lead nowhere, or lead in a circle; ends that are missing."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.candidates import input_for, leads_to
from graph_compiler.checking import BlockCheck, NetworkCheck, Sight
from graph_compiler.codes import problem
from graph_compiler.drawing_faults import cycle_problem, stray_problem
from graph_compiler.model import Network, Value
from graph_compiler.problems import (
    AddNode,
    AppendNode,
    Connect,
    Fix,
    Problem,
    RemoveNode,
)
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.slots import Slot

_MOST_ENDS = 20
"""Beyond this many loose ends none is offered."""
_MOST_OFFERS = 3
"""More candidates than this are no help any more."""


def _by_name(slots: Iterable[Slot]) -> list[Slot]:
    return sorted(slots, key=lambda slot: slot.name)


def _ends(sight: Sight) -> Iterable[Problem]:
    if not sight.of_type("Input"):
        yield problem(
            "no_input",
            expected="an Input",
            got="none",
            remedy="Add an Input and connect it to the first layer.",
            fixes=_new_inputs(sight),
        )
    if not sight.of_type("Output"):
        loose = [slot for slot in sight.dangling if len(slot.outlets) == 1]
        fixes = tuple(
            Fix(
                f"Add an Output behind {slot.name}",
                (AppendNode(slot.name, slot.outlets[0], "Output"),),
                str(slot.outputs[0]) if slot.outputs else "",
            )
            for slot in _by_name(loose)
            if slot.wires_in
        )
        yield problem(
            "no_output",
            expected="an Output",
            got="none",
            remedy="Add an Output behind the last layer.",
            fixes=fixes if 0 < len(fixes) <= _MOST_OFFERS else (_NEW_OUTPUT,),
        )


_NEW_OUTPUT = Fix("Add an Output", (AddNode("Output"),))


def _new_inputs(sight: Sight) -> tuple[Fix, ...]:
    """An Input before each layer that waits for one; those that feed others come first."""
    places = [(slot, port) for slot in sight.unfed for port in slot.missing[:1]]
    places.sort(key=lambda place: (not place[0].wires_out, place[0].name))
    if not 0 < len(places) <= _MOST_ENDS:
        return (_added_input("Add an Input", input_for(None, "", sight.purpose)),)
    return tuple(
        _added_input(
            f"Add an Input before {slot.name}",
            input_for(slot, port, sight.purpose),
            slot.name,
            port,
        )
        for slot, port in places[:_MOST_OFFERS]
    )


def _added_input(
    label: str, params: tuple[tuple[str, Value], ...], target: str = "", port: str = ""
) -> Fix:
    layer = layers()["Input"]
    x = layer.output(resolve(dict(params), layer, {})[0])
    return Fix(label, (AddNode("Input", params, target, port),), str(x))


def _unconnected(sight: Sight) -> Iterable[Problem]:
    few = len(sight.dangling) <= _MOST_ENDS and not sight.groups
    ends = _by_name(sight.dangling) if few else []
    for slot in _by_name(sight.unfed):
        if not slot.wires_in and not slot.wires_out and slot.node.type != "Output":
            yield _unused(slot)
            continue
        fed = {wire.target_port for wire in slot.wires_in}
        for port in slot.missing:
            if port in fed:
                continue
            yield problem(
                "unconnected",
                slot.name,
                port,
                expected="a wire",
                got="none",
                remedy="Connect the layer before it.",
                fixes=_offers(slot, port, ends),
            )


def _offers(slot: Slot, port: str, ends: list[Slot]) -> tuple[Fix, ...]:
    """Layers whose output goes nowhere and that do not lie behind this one."""
    fitting = [
        end
        for end in ends
        if (end.wires_in or end.node.type == "Input") and not leads_to(slot, end)
    ]
    if len(fitting) > _MOST_OFFERS:
        return ()
    return tuple(
        Fix(f"Connect {end.name}", (Connect(end.name, end.outlets[0], slot.name, port),))
        for end in fitting
        if end.outlets
    )


def _unused(slot: Slot) -> Problem:
    return problem(
        "unused_layer",
        slot.name,
        expected="wires to other layers",
        got="none",
        remedy="Connect it, or remove it.",
        fixes=(Fix(f"Remove {slot.name}", (RemoveNode(slot.name),)),),
    )


def _leading_nowhere(sight: Sight) -> Iterable[Problem]:
    if not sight.of_type("Output"):
        return  # then that is the problem
    for slot in _by_name(sight.dangling):
        if slot.layer is None or (slot in sight.unfed and not slot.wires_in):
            continue
        yield problem(
            "unused_output",
            slot.name,
            slot.outlets[0],
            expected="a wire to another layer",
            got="none",
            remedy="Connect it, or remove the layer.",
            fixes=(Fix(f"Remove {slot.name}", (RemoveNode(slot.name),)),),
        )


def _leading_nowhere_inside(path: str, block: Network) -> Iterable[Problem]:
    """Nodes of a block whose output nothing reads; the block's own problems come from its use."""
    read = {wire.source for wire in block.wires}
    fed = {wire.target for wire in block.wires}
    if all(node.type != "Output" for node in block.nodes.values()):
        return
    for name in sorted(block.nodes.keys() - read):
        node = block.nodes[name]
        layer = layers().get(node.type)
        if node.type == "Output" or node.bypassed or (layer is None and name not in fed):
            continue
        outlet = layer.outputs[0] if layer is not None and layer.outputs else "output"
        yield problem(
            "unused_output",
            f"{path}/{name}",
            outlet,
            expected="a wire to another layer",
            got="none",
            remedy="Connect it, or remove the layer.",
            fixes=(Fix(f"Remove {name}", (RemoveNode(f"{path}/{name}"),)),),
        )


def _cycles(sight: Sight) -> Iterable[Problem]:
    for group in sight.groups:
        yield cycle_problem(group, [w for name in group for w in sight.slots[name].wires_in])


def _stray(sight: Sight) -> Iterable[Problem]:
    for wire in sorted(sight.loose):
        yield stray_problem(wire, sight.slots)


ENDS = NetworkCheck(_ends)
UNCONNECTED = NetworkCheck(_unconnected)
LEADING_NOWHERE = NetworkCheck(_leading_nowhere)
LEADING_NOWHERE_INSIDE = BlockCheck(_leading_nowhere_inside)
CYCLES = NetworkCheck(_cycles)
STRAY = NetworkCheck(_stray)
