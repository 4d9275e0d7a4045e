"""Where a new node goes: beside what feeds it, on the next row at the edge of the view.

Never on top of another node.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF

from nnstudio.canvas.face import GRID, preview_face
from nnstudio.canvas.scene import NetworkScene

GAP_X, GAP_Y = 32.0, 56.0
CLEARANCE = 12.0

Place = tuple[float, float]


def snapped(x: float, y: float) -> Place:
    """The nearest place on the grid."""
    return (round(x / GRID) * GRID, round(y / GRID) * GRID)


def size_of(type: str, scene: NetworkScene) -> tuple[float, float]:
    """About how large a new node of a type will be."""
    face = preview_face(type, types=scene.document.types)
    return (face.width, face.height)


def free(scene: NetworkScene, at: Place, size: tuple[float, float], skip: str = "") -> Place:
    """`at` or the nearest place below it where nothing stands."""
    x, y = snapped(*at)
    while True:
        taken = _taken(scene, (x, y), size, skip)
        if not taken:
            return (x, y)
        lowest = max(scene.nodes[name].box()[3] for name in taken)
        y = snapped(x, lowest + CLEARANCE + GRID)[1]


def is_free(scene: NetworkScene, at: Place, size: tuple[float, float]) -> bool:
    """Whether a node of that size would stand clear of all others."""
    return not _taken(scene, at, size)


def _taken(scene: NetworkScene, at: Place, size: tuple[float, float], skip: str = "") -> list[str]:
    x, y = at
    box = (x - CLEARANCE, y - CLEARANCE, x + size[0] + CLEARANCE, y + size[1] + CLEARANCE)
    return [name for name in scene.node_places.within(box) if name != skip]


def behind(
    scene: NetworkScene, source: str, size: tuple[float, float], seen: QRectF, skip: str = ""
) -> Place:
    """A free place right of a node; where that leaves the view, the start of the next row."""
    left, top, right, _ = scene.nodes[source].box()
    at = (right + GAP_X, top)
    if at[0] + size[0] > seen.right() and right <= seen.right():
        row = [
            name
            for name, item in scene.nodes.items()
            if name != skip and item.box()[1] < scene.nodes[source].box()[3] and item.box()[3] > top
        ]
        start = min((scene.nodes[name].x() for name in row), default=left)
        bottom = max(scene.nodes[name].box()[3] for name in row)
        if start < left:
            at = (start, bottom + GAP_Y)
    return free(scene, at, size, skip)
