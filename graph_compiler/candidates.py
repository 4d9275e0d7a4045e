"""Would a wire fit that is not there yet? Asked while it is dragged over the canvas.

Owns the check of one candidate. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph_compiler.codes import problem
from graph_compiler.faults import ShapeFault, misfit, port_fault
from graph_compiler.model import Node, Value, Wire
from graph_compiler.problems import Problem
from graph_compiler.slots import Slot
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
    if not source.outputs:
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
        fault = port_fault(layer, where.ports, where.inputs)
        if fault is not None:
            raise fault
        if not target.faults:
            layer.output(target.params, *inputs)
    except Exception as error:
        return misfit(where, error)
    return None


def _where(
    target: Slot,
    ports: tuple[str, ...],
    inputs: tuple[TensorType | None, ...],
    sources: tuple[Node | None, ...],
    env: Mapping[str, Value],
) -> ShapeFault:
    return ShapeFault(target.node, target.layer, target.params, ports, inputs, sources, env)
