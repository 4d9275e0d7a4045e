"""Drawings of any size to measure the canvas by: rows of ordinary layers with skips and frames.

Owns what is drawn, so that all canvases compared draw the same boxes and lines.
"""

from __future__ import annotations

import math

from graph_compiler.model import Frame, Network, Node, Project, Wire

PITCH_X, PITCH_Y = 200.0, 140.0
SKIP = 9
"""Every so many nodes an addition takes a second wire from some nodes before."""
FRAME = 40
"""Every so many nodes begin a frame around the next few of their row."""
FRAMED = 6

LAYERS = (
    ("Conv2d", {"out_channels": 16, "kernel_size": (3, 3), "padding": 1}),
    ("BatchNorm2d", {}),
    ("ReLU", {}),
    ("Dropout", {"p": 0.25}),
)


def columns(count: int) -> int:
    """Nodes in one row, so that the whole is about as wide as a window is for its height."""
    return max(1, round(math.sqrt(count * PITCH_Y / PITCH_X * 1.5)))


def place(index: int, wide: int) -> tuple[float, float]:
    """Where node number `index` stands."""
    return (index % wide * PITCH_X, index // wide * PITCH_Y)


def project(count: int) -> Project:
    """One chain of `count` nodes with a skip every few, row under row."""
    network = Network("main", "Bench")
    wide = columns(count)
    nodes, wires = network.nodes, network.wires
    nodes["x"] = Node("x", "Input", {"shape": (16, 28, 28)}, place(0, wide))
    last = "x"
    for index in range(1, count - 1):
        if index % SKIP == 0:
            name = f"add{index}"
            nodes[name] = Node(name, "Add", {}, place(index, wide))
            wires[Wire(last, "output", name, "input1")] = None
            wires[Wire(_before(index - 4), "output", name, "input2")] = None
        else:
            kind, params = LAYERS[index % SKIP % len(LAYERS)]
            name = f"layer{index}"
            nodes[name] = Node(name, kind, dict(params), place(index, wide))
            wires[Wire(last, "output", name, "input")] = None
        last = name
    nodes["y"] = Node("y", "Output", {}, place(count - 1, wide))
    wires[Wire(last, "output", "y", "input")] = None
    names = list(nodes)
    for start in range(2, count - FRAMED, FRAME):
        if start % wide + FRAMED <= wide:
            network.frames[f"Stage {start}"] = Frame(
                f"Stage {start}", tuple(names[start : start + FRAMED])
            )
    return Project(networks={"main": network})


def _before(index: int) -> str:
    if index <= 0:
        return "x"
    return f"add{index}" if index % SKIP == 0 else f"layer{index}"
