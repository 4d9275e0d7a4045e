"""Where the arrow keys lead: along the wires, and between neighbours that share one."""

from __future__ import annotations

from typing import Literal

from nnstudio.canvas.scene import NetworkScene

Way = Literal["left", "right", "up", "down"]


def first(scene: NetworkScene) -> str | None:
    """Where walking starts: a node that nothing feeds, the topmost and leftmost."""
    names = [name for name in scene.nodes if not scene.wires_into(name)] or list(scene.nodes)
    return min(names, key=lambda n: (scene.nodes[n].y(), scene.nodes[n].x()), default=None)


def step(scene: NetworkScene, here: str, way: Way) -> str | None:
    """The next node in a direction; None where there is none."""
    if way == "right":
        ahead = [wire.target for wire in scene.wires_out_of(here)]
        return _nearest(scene, here, ahead)
    if way == "left":
        feeding = sorted(scene.wires_into(here), key=lambda wire: wire.target_port)
        return feeding[0].source if feeding else None
    return _beside(scene, here, down=way == "down")


def _nearest(scene: NetworkScene, here: str, names: list[str]) -> str | None:
    x, y = _middle(scene, here)

    def distance(name: str) -> float:
        px, py = _middle(scene, name)
        return abs(py - y) + abs(px - x) * 0.25

    return min(names, key=distance, default=None)


def _beside(scene: NetworkScene, here: str, *, down: bool) -> str | None:
    """First among nodes fed by the same or feeding the same, then whatever lies that way."""
    kin = {
        other.target for wire in scene.wires_into(here) for other in scene.wires_out_of(wire.source)
    }
    kin |= {
        other.source for wire in scene.wires_out_of(here) for other in scene.wires_into(wire.target)
    }
    kin.discard(here)
    x, y = _middle(scene, here)
    sign = 1 if down else -1

    def that_way(names: set[str]) -> list[str]:
        return [name for name in names if (_middle(scene, name)[1] - y) * sign > 1]

    names = that_way(kin) or that_way(set(scene.nodes) - {here})

    def distance(name: str) -> float:
        px, py = _middle(scene, name)
        return abs(py - y) + abs(px - x) * 2

    return min(names, key=lambda name: (distance(name), name), default=None)


def _middle(scene: NetworkScene, name: str) -> tuple[float, float]:
    left, top, right, bottom = scene.nodes[name].box()
    return ((left + right) / 2, (top + bottom) / 2)
