"""A drawing with bypassed nodes is the drawing in which they were dissolved: random ones.

The nodes are dissolved here by hand, one by one, knowing nothing of how the compiler does it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from graph_compiler.blocks import types_of
from graph_compiler.checker import Checker
from graph_compiler.emission import emit_checked
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Variable, Wire
from graph_compiler.summary import summarize_network

Draw = Callable[[int], tuple[Network, dict[str, Variable], dict[str, Network]]]


def first_wire(network: Network, name: str, layer: Layer) -> Wire | None:
    """The wire into the first port, of numbered ports the lowest number."""
    into = {wire.target_port: wire for wire in network.wires if wire.target == name}
    for port in layer.inputs:
        names = [port.name]
        if port.many:
            names = sorted((n for n in into if n.startswith(port.name)), key=lambda n: int(n[5:]))
        for one in names:
            if one in into:
                return into[one]
    return None


def dissolved(network: Network, blocks: dict[str, Network]) -> Network:
    """The drawing without its bypassed nodes."""
    types = types_of(blocks)
    network = replace(network, nodes=dict(network.nodes), wires=dict(network.wires))
    for name in [name for name, node in network.nodes.items() if node.bypassed]:
        feed = first_wire(network, name, types[network.nodes[name].type])
        for wire in list(network.wires):
            if name in (wire.source, wire.target):
                del network.wires[wire]
                if wire.source == name and feed is not None:
                    new = replace(wire, source=feed.source, source_port=feed.source_port)
                    network.wires[new] = None
        del network.nodes[name]
    return network


@pytest.mark.parametrize("seed", range(150))
def test_a_bypassed_node_is_as_good_as_dissolved(random_bypasses: Draw, seed: int) -> None:
    network, variables, blocks = random_bypasses(seed)
    plain_blocks = {name: dissolved(one, blocks) for name, one in blocks.items()}
    plain = dissolved(network, blocks)
    one = Checker(network, variables, None, blocks)
    other = Checker(plain, variables, None, plain_blocks)
    report, expected = one.report(), other.report()
    known = {name: facts for name, facts in report.nodes.items() if not facts.bypassed}
    assert known == {name: expected.nodes[name] for name in known}
    found, wanted = (
        {(p.node, p.port, p.code): p.severity for p in r.problems} for r in (report, expected)
    )
    assert found.items() <= wanted.items()
    errors = {place for place, severity in wanted.items() if severity == "error"}
    assert {place for place in errors if place[0] in known} <= found.keys()
    if other.errors():
        return
    assert one.errors() == ()
    texts = [
        emit_checked([(drawing, "Net")], variables, around, "Net").text
        for drawing, around in ((network, blocks), (plain, plain_blocks))
    ]
    assert texts[0] == texts[1]
    summaries = [
        summarize_network(drawing, checker, around)
        for drawing, checker, around in ((network, one, blocks), (plain, other, plain_blocks))
    ]
    awake = summaries[0].nodes
    assert awake == {path: summaries[1].nodes[path] for path in awake}
    assert summaries[0].depth == summaries[1].depth
