"""The edges of a networkx graph as wires: ports that are named, and those that are left out.

Owns which port an edge means that names none. Reading never raises: faults come back as problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from graph_compiler.blocks import in_order, natural
from graph_compiler.code_model import Code
from graph_compiler.codes import problem
from graph_compiler.model import Network, Wire
from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.resolve import shown


def _ends(type: str, blocks: Mapping[Any, Any]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Input ports, output ports, and the port `many` of a type, as far as they are known."""
    drawing = blocks.get(type)
    if isinstance(drawing, nx.DiGraph) and isinstance(drawing.graph.get("code"), Code):
        code: Code = drawing.graph["code"]
        return tuple(p.name for p in code.inputs), tuple(p.name for p in code.outputs), ""
    if isinstance(drawing, nx.DiGraph):
        ends = {"Input": [], "Output": []}  # type: dict[str, list[str]]
        for name, kind in drawing.nodes(data="type"):
            if isinstance(name, str) and isinstance(kind, str) and kind in ends:
                ends[kind].append(name)
        chosen = port_names(drawing.graph.get("ports"))
        inputs, outputs = (in_order(sorted(names, key=natural), chosen) for names in ends.values())
        return inputs, outputs, ""
    layer = layers().get(type)
    if layer is None:
        return (), (), ""
    many = next((port.name for port in layer.inputs if port.many), "")
    return tuple(port.name for port in layer.inputs if not port.many), layer.outputs, many


def read_wires(
    graph: Any,
    network: Network,
    keys: dict[Any, str],
    faults: list[Problem],
    blocks: Mapping[Any, Any],
) -> None:
    """Puts the wires of a graph into a network; `keys` are the names of its nodes."""
    taken: set[tuple[str, str]] = set()
    pending: list[tuple[str, str, Any, Any]] = []
    for source, target, data in graph.edges(data=True):
        if source in keys and target in keys:
            row = (keys[source], keys[target], data.get("source_port"), data.get("target_port"))
            pending.append(row)
            if isinstance(row[3], str):
                taken.add((row[1], row[3]))
    twice: set[Wire] = set()
    ends = {type: _ends(type, blocks) for type in {n.type for n in network.nodes.values()}}
    nodes, wires = network.nodes, network.wires
    for source, target, source_port, target_port in pending:
        if not isinstance(source_port, str):
            outputs = ends[nodes[source].type][1]
            source_port = outputs[0] if outputs else "output"
        if not isinstance(target_port, str):
            inputs, _, many = ends[nodes[target].type]
            target_port = _free_input(inputs, many, target, taken)
            taken.add((target, target_port))
        wire = Wire(source, source_port, target, target_port)
        if wire in wires and wire not in twice:
            twice.add(wire)
            faults.append(
                problem(
                    "duplicate_wire",
                    target,
                    target_port,
                    expected="each wire once",
                    got=f"the wire from {shown(source, quoted=False)} more than once",
                    remedy="Remove all but one.",
                )
            )
        wires[wire] = None


def _free_input(ports: tuple[str, ...], many: str, target: str, taken: set[tuple[str, str]]) -> str:
    """The first input that has no wire; the last one where all have."""
    for port in ports:
        if (target, port) not in taken:
            return port
    if many:
        number = 1
        while (target, f"{many}{number}") in taken:
            number += 1
        return f"{many}{number}"
    return ports[-1] if ports else "input"


def port_names(given: Any) -> tuple[str, ...]:
    """The texts in a list, each once."""
    if not isinstance(given, list | tuple):
        return ()
    return tuple(dict.fromkeys(name for name in given if isinstance(name, str)))
