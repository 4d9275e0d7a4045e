"""An edit of a large drawing until shapes and problems are known, against torch's meta device."""

from __future__ import annotations

import itertools
import time

from benchmarks.ratio import Row, best, median

SIZES = (1000, 5000)


def rows() -> list[Row]:
    """For each size: no shape changes, and half of the graph changes."""
    return [row for size in SIZES for row in _rows(size)]


def _rows(layers: int) -> list[Row]:
    import torch
    from torch import nn

    from graph_compiler.checker import Checker
    from graph_compiler.model import Network, Node, Wire

    network = Network("main", "Bench")
    names = ["x", *(f"layer{i}" for i in range(layers)), "y"]
    network.nodes["x"] = Node("x", "Input", {"shape": (64,)})
    for i in range(layers):
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

    still = [
        edit(f"layer{layers // 2}", {"out_features": 64, "bias": bool(i % 2)}) for i in range(2000)
    ]
    # Nothing learns behind the middle, so that a new size travels through half of the graph.
    for i in range(layers // 2, layers):
        network.nodes[f"layer{i}"] = Node(f"layer{i}", "Dropout")
        checker.node_changed(f"layer{i}")
    checker.settle()
    moving = [edit(f"layer{layers // 2 - 2}", {"out_features": 64 + i % 2}) for i in range(200)]

    chain = nn.Sequential(
        *(nn.Linear(64, 64, device="meta") if i % 2 == 0 else nn.ReLU() for i in range(layers))
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
            f"edit of {layers:,} layers, no shape changes",
            median(still) * 1e6,
            best(meta) * 1e6,
            "µs",
            "≤ 10 µs",
            median(still) <= 10e-6,
            "meta device",
        ),
        Row(
            f"edit of {layers:,} layers, half of the shapes change",
            median(moving) * 1e6,
            best(meta) * 1e6,
            "µs",
            f"≤ {layers} µs",
            median(moving) <= layers * 1e-6,
            "meta device",
        ),
    ]
