"""Every drawing of every template as the canvas shows it: nothing overlaps, wires have room."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtWidgets import QApplication

from nnstudio.canvas.scene import NetworkScene
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target, templates

Box = tuple[float, float, float, float]
TARGETS = [f"{info.id}@{variant}" for info in templates() for variant in info.variants]
LEAST = 32.0
"""Room between two nodes in a row that a wire joins; with less of it the wire curls."""


def apart(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("target", TARGETS)
def test_nodes_and_frames_stand_apart(qapp: QApplication, target: str) -> None:
    document = Document(load_target(f"template:{target}"))
    for drawing in document.project.networks:
        scene = NetworkScene(document, drawing)
        boxes = {name: item.box() for name, item in scene.nodes.items()}
        on_each_other = [
            (drawing, a, b) for a, b in combinations(boxes, 2) if not apart(boxes[a], boxes[b])
        ]
        inside = [
            (drawing, frame.name, name)
            for frame in scene.model.frames.values()
            for name, box in boxes.items()
            if name not in frame.nodes and not apart(box, scene.frames[frame.name].frame_box)
        ]
        scene.dispose()
        assert on_each_other + inside == []


@pytest.mark.parametrize("target", TARGETS)
def test_wired_neighbours_leave_room_for_the_wire(qapp: QApplication, target: str) -> None:
    document = Document(load_target(f"template:{target}"))
    near = []
    for drawing, network in document.project.networks.items():
        scene = NetworkScene(document, drawing)
        boxes = {name: item.box() for name, item in scene.nodes.items()}
        for wire in network.wires:
            source, goal = boxes[wire.source], boxes[wire.target]
            room = goal[0] - source[2]
            # A row that goes on below or above the one before is entered from there.
            in_row = room > -LEAST or (goal[1] < source[3] and source[1] < goal[3])
            if in_row and room < LEAST:
                near.append(f"{drawing}: {wire} has {room:g}")
        scene.dispose()
    assert near == []
