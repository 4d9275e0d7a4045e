"""Bypass and colours: what is said of nodes, frames and notes without moving or wiring them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.document import steps
from nnstudio.document.edits import Refused

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

NOTHING = "Select a node first."


class Marking:
    """The marks that a person sets on one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing
        self._document, self._network = canvas.drawing.document, canvas.drawing.network

    def bypassed(self) -> bool:
        """Whether all selected nodes are bypassed."""
        nodes, names = self._scene.model.nodes, self._scene.selection.names
        return bool(names) and all(nodes[name].bypassed for name in names)

    def bypass(self) -> None:
        """Take the selected nodes out of run and export, or back in where all of them are out."""
        names = self._scene.selection.names
        if not names:
            self._canvas.refuse(NOTHING)
            return
        flag = not self.bypassed()
        self._canvas.edit(lambda: steps.set_bypassed(self._document, self._network, names, flag))

    def why_not_bypass(self) -> str:
        """Why the selected nodes cannot be bypassed; "" where they can."""
        names = self._scene.selection.names
        if not names:
            return NOTHING
        if self.bypassed():
            return ""
        try:
            steps.set_bypassed(self._document, self._network, names, True)
        except Refused as refused:
            return refused.reason
        return ""

    def colour(self, tint: str) -> None:
        """A colour for the selected nodes, for the frame or for the note; "" for none."""
        document, network, selection = self._document, self._network, self._scene.selection
        names, frame, note = selection.names, selection.frame, selection.note
        if names:
            self._canvas.edit(lambda: steps.set_colour(document, network, names, tint))
        elif frame:
            self._canvas.edit(lambda: steps.set_frame_colour(document, network, frame, tint))
        elif note:
            self._canvas.edit(lambda: steps.edit_note(document, network, note, colour=tint))
        else:
            self._canvas.refuse("Select nodes, a frame or a note first.")

    def tint(self) -> str | None:
        """The colour that all that is selected has; None where they differ or nothing is."""
        model, selection = self._scene.model, self._scene.selection
        if selection.names:
            tints = {model.nodes[name].colour for name in selection.names}
            return tints.pop() if len(tints) == 1 else None
        if selection.frame:
            return model.frames[selection.frame].colour
        if selection.note:
            return model.notes[selection.note].colour
        return None
