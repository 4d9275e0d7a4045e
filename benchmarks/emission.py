"""Emit, execute and construct many layers, against constructing the same layers by hand."""

from __future__ import annotations

from benchmarks.ratio import Row, alternate, best

SIZES = (1000, 5000)


def rows() -> list[Row]:
    """Emit and execute must cost no more than constructing the layers."""
    return [row for size in SIZES for row in _rows(size)]


def _rows(layers: int) -> list[Row]:
    import networkx as nx
    from torch import nn

    import graph_compiler

    graph = nx.MultiDiGraph(name="Bench")
    graph.add_node("x", type="Input", params={"shape": (64,)})
    names = [f"layer{i}" for i in range(layers)]
    for i, name in enumerate(names):
        kind, params = ("Linear", {"out_features": 64}) if i % 2 == 0 else ("ReLU", {})
        graph.add_node(name, type=kind, params=params)
    graph.add_node("y", type="Output")
    nx.add_path(graph, ["x", *names, "y"])

    def ours() -> object:
        return graph_compiler.compile_graph(graph)

    def by_hand() -> object:
        return nn.Sequential(
            *(nn.Linear(64, 64) if i % 2 == 0 else nn.ReLU() for i in range(layers))
        )

    mine, theirs = alternate(ours, by_hand, 9)
    emit_and_exec = best(mine) - best(theirs)
    return [
        Row(
            f"{layers:,} layers: emit + exec",
            emit_and_exec * 1e3,
            best(theirs) * 1e3,
            "ms",
            "≤ 1 × construction",
            emit_and_exec <= best(theirs),
            "constructing the layers",
        ),
        Row(
            f"{layers:,} layers: emit + exec + construct",
            best(mine) * 1e3,
            best(theirs) * 1e3,
            "ms",
            "≤ 2 × construction",
            best(mine) <= 2 * best(theirs),
            "constructing the layers",
        ),
    ]
