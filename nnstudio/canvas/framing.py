"""The frames of a scene, around their nodes wherever these stand."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from nnstudio.canvas.frame_item import FrameItem, around
from nnstudio.canvas.level_of_detail import Detail
from nnstudio.canvas.spatial import union

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene


class Framing:
    """Makes the frame items follow document and nodes."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self._homes: dict[str, list[str]] = {}
        """The frames that a node lies in."""

    def holding(self, nodes: Collection[str]) -> set[str]:
        """The frames around any of these nodes."""
        if not self._homes:
            return set()
        return {frame for name in nodes for frame in self._homes.get(name, ())}

    def follow(self, nodes: Collection[str] | None) -> None:
        """Bring the frames up to date: all, or those around nodes that stand elsewhere."""
        scene, frames = self._scene, self._scene.model.frames
        wanted = set(frames) if nodes is None else self.holding(nodes)
        if nodes is None:
            self._homes = {}
            for frame in frames.values():
                for name in frame.nodes:
                    self._homes.setdefault(name, []).append(frame.name)
            for name in [name for name in scene.frames if name not in frames]:
                scene.removeItem(scene.frames.pop(name))
        for name in [name for name in frames if name in wanted] if wanted else ():
            self._stand(name)

    def _stand(self, name: str) -> None:
        scene, frame = self._scene, self._scene.model.frames[name]
        boxes = [scene.nodes[node].box() for node in frame.nodes if node in scene.nodes]
        item = scene.frames.get(name)
        if not boxes:
            if item is not None:
                scene.removeItem(scene.frames.pop(name))
            return
        box = around(union(boxes))
        if item is None:
            item = scene.frames[name] = FrameItem(name, frame.colour, box)
            item.mark(selected=name == scene.selection.frame)
            item.setVisible(scene.detail is not Detail.FAR)
            scene.addItem(item)
        else:
            item.set_box(box, frame.colour)
