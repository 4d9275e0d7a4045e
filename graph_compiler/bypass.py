"""What bypassed nodes come to: the first wired input of each in the place of all its outputs.

Owns which nodes may be bypassed, and the drawing without those that are. What only feeds the other
inputs of bypassed nodes rests with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from graph_compiler.codes import problem
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Node, Wire
from graph_compiler.problems import Problem
from graph_compiler.wiring import bound


def refusal(layer: Layer | None, type: str) -> str:
    """Why nodes of a type cannot be bypassed, as a sentence; empty for those that can."""
    if type in ("Input", "Output"):
        return "it is an end of the drawing. Disconnect or delete it."
    if layer is None:
        return "its layer is not known here. Replace or delete it."
    if layer.family == "loss":
        return "it is what the training makes small. Delete it, or choose another loss."
    if not layer.inputs:
        return "it has no input that could pass through. Disconnect or delete it."
    if not layer.outputs:
        return "it has no output to pass anything on to. Disconnect or delete it."
    return ""


def is_out(node: Node, layer: Layer | None) -> bool:
    """Whether a node is out of the run."""
    return node.bypassed and not refusal(layer, node.type)


def bypass_problem(node: Node, layer: Layer | None) -> Problem | None:
    """A node that is bypassed and cannot be; None where there is nothing to tell."""
    if not node.bypassed or layer is None or not refusal(layer, node.type):
        return None
    return problem(
        "bad_bypass",
        node.name,
        expected="a layer with inputs and outputs",
        got=f"{node.type}, which is bypassed",
        remedy="Let it run again.",
    )


def first_feed(arriving: Iterable[Wire], layer: Layer | None) -> Wire | None:
    """Of the wires into a node, the one into its first input; None where none has a wire."""
    wires = sorted(arriving)
    if layer is None:
        return wires[0] if wires else None
    return next((wire for _, wire in bound(layer, wires) if wire is not None), None)


def running(network: Network, types: Mapping[str, Layer]) -> Network:
    """The drawing as it runs: the same one where nothing in it is bypassed."""
    if not any(node.bypassed for node in network.nodes.values()):
        return network
    out = {n for n, node in network.nodes.items() if is_out(node, types.get(node.type))}
    if not out:
        return network
    into: dict[str, list[Wire]] = {name: [] for name in out}
    for wire in network.wires:
        if wire.target in out:
            into[wire.target].append(wire)
    first = {
        name: first_feed(wires, types.get(network.nodes[name].type)) for name, wires in into.items()
    }
    gone = out | _resting(network, first)
    wires: dict[Wire, None] = {}
    for wire in network.wires:
        source = passed(wire, first.get, out.__contains__) if wire.target not in gone else None
        if source is not None:
            ends = replace(wire, source=source.source, source_port=source.source_port)
            wires[ends] = None
    frames = {
        name: replace(frame, nodes=tuple(node for node in frame.nodes if node not in gone))
        for name, frame in network.frames.items()
        if not frame.nodes or not gone.issuperset(frame.nodes)
    }
    nodes = {name: node for name, node in network.nodes.items() if name not in gone}
    return replace(network, nodes=nodes, wires=wires, frames=frames, routes={})


def passed(
    wire: Wire, first: Callable[[str], Wire | None], is_out: Callable[[str], bool]
) -> Wire | None:
    """The wire that brings what a wire carries to the first bypassed node on its way.

    The wire itself where its source is none; None where nothing comes.
    """
    seen: set[str] = set()
    found: Wire | None = wire
    while found is not None and is_out(found.source):
        if found.source in seen:
            return None
        seen.add(found.source)
        found = first(found.source)
    return found


def _resting(network: Network, first: Mapping[str, Wire | None]) -> set[str]:
    """The nodes whose every wire leads into an input that a bypassed node leaves unread."""
    unread: dict[str, int] = {}
    for wire in network.wires:
        unread[wire.source] = unread.get(wire.source, 0) + 1
    before: dict[str, list[str]] = {}
    resting: set[str] = set()
    waiting: list[str] = []
    for wire in network.wires:
        before.setdefault(wire.target, []).append(wire.source)
        if wire.target in first and wire != first[wire.target]:
            waiting.append(wire.source)
    while waiting:
        name = waiting.pop()
        unread[name] -= 1
        node = network.nodes.get(name)
        if unread[name] or node is None or node.type == "Input":
            continue
        resting.add(name)
        feed = first.get(name)
        waiting += before.get(name, ()) if name not in first else [feed.source] if feed else []
    return resting
