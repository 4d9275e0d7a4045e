"""What a person can do to frames: make, name, fill, take apart; one step each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nnstudio.document import steps
from nnstudio.document.edits import Step

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView


class FrameCommands:
    """The edits of the frames of one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing
        self._document, self._network = canvas.drawing.document, canvas.drawing.network

    def make(self) -> str | None:
        """A frame around the selected nodes, selected."""
        names, before = self._scene.selection.names, set(self._scene.frames)
        document, network = self._document, self._network
        if not self._canvas.edit(lambda: steps.add_frame(document, network, names)):
            return None
        made = next((name for name in self._scene.frames if name not in before), None)
        if made is not None:
            self._scene.selection.set(frame=made)
        return made

    def remove(self, name: str) -> None:
        """The frame goes; its nodes stay."""
        self._canvas.edit(lambda: steps.remove_frame(self._document, self._network, name))

    def put_into(self, name: str, nodes: tuple[str, ...], gesture: str = "") -> None:
        """Nodes join a frame."""
        held = self._scene.model.frames[name].nodes
        after = dict.fromkeys((*held, *nodes))
        self._canvas.edit(
            lambda: steps.set_frame_nodes(self._document, self._network, name, after), gesture
        )

    def take_out(self, nodes: tuple[str, ...], gesture: str = "") -> None:
        """Nodes leave the frames they lie in; one step."""
        gesture = gesture or self._canvas.commands.gesture("frame")
        for frame in tuple(self._scene.model.frames.values()):
            left = tuple(name for name in frame.nodes if name not in nodes)
            if len(left) < len(frame.nodes):
                self._canvas.edit(partial(self._shrunk, frame.name, left), gesture)

    def rename(self, old: str, new: str) -> bool:
        """Another name for a frame, which stays selected."""
        chosen = self._scene.selection.frame == old
        document, network = self._document, self._network
        done = self._canvas.edit(lambda: steps.rename_frame(document, network, old, new))
        title = " ".join(new.split())
        if done and chosen and title in self._scene.frames:
            self._scene.selection.set(frame=title)
        return done

    def holding(self, nodes: tuple[str, ...]) -> list[str]:
        """The frames that hold any of these nodes."""
        held = set(nodes)
        return [one.name for one in self._scene.model.frames.values() if held & set(one.nodes)]

    def _shrunk(self, frame: str, nodes: tuple[str, ...]) -> Step:
        if not nodes:
            return steps.remove_frame(self._document, self._network, frame)
        return steps.set_frame_nodes(self._document, self._network, frame, nodes)
