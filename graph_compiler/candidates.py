"""Would a wire fit that is not there yet, and which Input would fit a layer that waits for one?

Owns the check of one candidate, asked while a wire is dragged over the canvas. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph_compiler.calls import Fault, join
from graph_compiler.codes import problem
from graph_compiler.faults import ShapeFault, misfit, port_fault
from graph_compiler.model import Node, Purpose, Value, Wire
from graph_compiler.problems import Problem
from graph_compiler.slots import Slot
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from graph_compiler.wiring import is_optional, port_number, port_of


def candidate_problem(
    wire: Wire, slots: Mapping[str, Slot], env: Mapping[str, Value]
) -> Problem | None:
    """What would be wrong with the wire; None where it fits, or where too little is known."""
    source, target = slots.get(wire.source), slots.get(wire.target)
    if source is None or target is None or source.layer is None or target.layer is None:
        return problem(
            "stray_wire",
            wire.target if target else "",
            wire.target_port if target else "",
            expected="two known layers",
            got=f"a wire from {wire.source} to {wire.target}",
            remedy="Connect two layers.",
        )
    if wire.source_port not in source.outlets or not port_of(target.layer, wire.target_port):
        return problem(
            "unknown_port",
            wire.target,
            wire.target_port,
            expected="an output and an input",
            got=f"{wire.source_port} and {wire.target_port}",
            remedy="Connect an output to an input.",
        )
    if leads_to(target, source):
        return problem(
            "cycle",
            wire.target,
            wire.target_port,
            expected="a wire that leads forward",
            got=f"a loop back to {wire.target}" if source is not target else "a loop to itself",
            remedy="Connect it to a later layer.",
        )
    if not source.outputs or target.bypassed:
        return None
    return _type_problem(wire, source, target, env)


def leads_to(start: Slot, goal: Slot) -> bool:
    """Whether a path of wires leads from one slot to another."""
    if start is goal:
        return True
    seen, waiting = {start}, [start]
    while waiting:
        for after in waiting.pop().after:
            if after is goal:
                return True
            if after.position < goal.position and after not in seen:
                seen.add(after)
                waiting.append(after)
    return False


def _type_problem(
    wire: Wire, source: Slot, target: Slot, env: Mapping[str, Value]
) -> Problem | None:
    layer = target.layer
    if layer is None or source.layer is None:
        return None
    x = source.outputs[source.outlets.index(wire.source_port)]
    feeds: dict[str, tuple[Slot, int] | None] = dict(zip(target.ports, target.feeds, strict=True))
    feeds[wire.target_port] = (source, source.outlets.index(wire.source_port))
    port = port_of(layer, wire.target_port)
    names = list(feeds)
    if port is not None and port.many:
        names = sorted((n for n in names if feeds[n] is not None), key=port_number)
    inputs: list[TensorType | None] = []
    nodes: list[Node | None] = []
    for name in names:
        feed = feeds[name]
        if feed is None and is_optional(layer, name) and name not in target.missing:
            inputs.append(None)
            nodes.append(None)
            continue
        if feed is None or not feed[0].outputs:
            fault = port_fault(layer, (wire.target_port,), (x,))
            where = _where(target, (wire.target_port,), (x,), (source.node,), env)
            return misfit(where, fault) if fault else None
        inputs.append(feed[0].outputs[feed[1]])
        nodes.append(feed[0].node)
    where = _where(target, tuple(names), tuple(inputs), tuple(nodes), env)
    try:
        if target.structured:
            return _structured_problem(target, where)
        fault = port_fault(layer, where.ports, where.inputs)
        if fault is not None:
            raise fault
        if not target.faults:
            layer.output(target.params, *inputs)
    except Exception as error:
        return misfit(where, error)
    return None


def _structured_problem(target: Slot, where: ShapeFault) -> Problem | None:
    """What would be wrong inside a block, or in a turn of a repeat."""
    if target.faults or target.layer is None:
        return None
    try:
        call = target.structure.work_out(target.node, target.layer, where.ports, where.inputs)
    except Fault as fault:
        return fault.problem
    found = next((one for one in call.problems if one.severity == "error"), None)
    return replace(found, node=join(target.name, found.node)) if found else None


def input_for(
    slot: Slot | None, port: str, purpose: Purpose | None
) -> tuple[tuple[str, Value], ...]:
    """Parameters of an Input that may feed the port: like the data, or of a shape that fits."""
    layer = slot.layer if slot is not None else None
    spec = port_of(layer, port) if layer is not None else None
    dtype = spec.dtype if spec is not None and spec.dtype in ("int", "bool") else "float"
    data = purpose.data if purpose is not None and dtype == "float" else None
    likely = [data.shape] if data is not None else []
    likely += [(8,), (16, 8), (1, 28, 28), (1, 8, 28, 28)] if slot is not None else [(1, 28, 28)]
    low, high = spec.rank if spec is not None else (0, None)
    fitting = [s for s in likely if low <= len(s) + 1 and (high is None or len(s) < high)]
    shape = next((s for s in fitting if _takes(slot, TensorType((N, *s), dtype))), None)
    shape = shape or (fitting or likely)[0]
    given: list[tuple[str, Value]] = [("shape", shape)] if shape != (1, 28, 28) else []
    return (*given, ("dtype", dtype)) if dtype != "float" else tuple(given)


def _takes(slot: Slot | None, x: TensorType) -> bool:
    """Whether the layer computes something from such an input; of several one cannot tell."""
    if slot is None or slot.layer is None or len(slot.ports) != 1 or slot.faults or slot.structured:
        return True
    try:
        slot.layer.output(slot.params, x)
    except Exception:
        return False
    return True


def _where(
    target: Slot,
    ports: tuple[str, ...],
    inputs: tuple[TensorType | None, ...],
    sources: tuple[Node | None, ...],
    env: Mapping[str, Value],
) -> ShapeFault:
    return ShapeFault(target.node, target.layer, target.params, ports, inputs, sources, env)
