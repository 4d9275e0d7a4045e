"""An edit at 1,000 layers until shapes and problems are known, against torch's meta device."""

from __future__ import annotations

import itertools
import time

from benchmarks.ratio import Row, best, median

LAYERS = 1000


def rows() -> list[Row]:
    """No shape changes; half of the graph changes; and what a meta-device forward would cost."""
    import torch
    from torch import nn

    from graph_compiler.checker import Checker
    from graph_compiler.model import Network, Node, Wire

    network = Network("main", "Bench")
    names = ["x", *(f"layer{i}" for i in range(LAYERS)), "y"]
    network.nodes["x"] = Node("x", "Input", {"shape": (64,)})
    for i in range(LAYERS):
        kind = "Linear" if i % 2 == 0 else "ReLU"
        params = {"out_features": 64} if kind == "Linear" else {}
        network.nodes[f"layer{i}"] = Node(f"layer{i}", kind, params)
    network.nodes["y"] = Node("y", "Output")
    for source, target in itertools.pairwise(names):
        network.wires[Wire(source, "output", target, "input")] = None
    checker = Checker(network, {}, None)
    checker.settle()

    def edit(name: str, params: dict[str, object]) -> float:
        old = network.nodes[name]
        network.nodes[name] = Node(name, old.type, params, old.at)
        start = time.perf_counter()
        checker.node_changed(name)
        checker.settle()
        return time.perf_counter() - start

    still = [edit("layer500", {"out_features": 64, "bias": bool(i % 2)}) for i in range(2000)]
    # Rectifiers behind the middle, so that a new size travels through half of the graph.
    for i in range(500, LAYERS):
        edit(f"layer{i}", {} if i % 2 else {"out_features": 64})
        network.nodes[f"layer{i}"] = Node(f"layer{i}", "ReLU")
        checker.node_changed(f"layer{i}")
    checker.settle()
    moving = [edit("layer498", {"out_features": 64 + i % 2}) for i in range(200)]

    chain = nn.Sequential(
        *(nn.Linear(64, 64, device="meta") if i % 2 == 0 else nn.ReLU() for i in range(LAYERS))
    )
    x = torch.empty(1, 64, device="meta")
    meta: list[float] = []
    with torch.no_grad():
        for _ in range(5):
            start = time.perf_counter()
            chain(x)
            meta.append(time.perf_counter() - start)
    return [
        Row(
            "edit of 1,000 layers, no shape changes",
            median(still) * 1e6,
            best(meta) * 1e6,
            "µs",
            "≤ 10 µs",
            median(still) <= 10e-6,
            "meta device",
        ),
        Row(
            "edit of 1,000 layers, half of the shapes change",
            median(moving) * 1e6,
            best(meta) * 1e6,
            "µs",
            "≤ 1000 µs",
            median(moving) <= 1e-3,
            "meta device",
        ),
    ]
