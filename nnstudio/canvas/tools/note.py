"""Drag a note, or its corner to make it larger or smaller; on the grid, one step at the end."""

from __future__ import annotations

from dataclasses import replace

from nnstudio.canvas.note_item import SMALLEST
from nnstudio.canvas.placement import snapped
from nnstudio.canvas.tools.tool import Pointer, Tool


class NoteTool(Tool):
    """Moves or resizes one note."""

    pans_at_edges = True

    def start(self, pointer: Pointer, name: str, *, resizing: bool) -> None:
        """Take hold of a note or of its corner."""
        self._from, self._name, self._resizing = pointer, name, resizing
        self._before = self._after = self.canvas.drawing.model.notes[name]
        self.begin()

    def move(self, pointer: Pointer) -> None:
        if self._after is self._before and not pointer.far_from(self._from):
            return
        by, note = pointer.scene - self._from.scene, self._before
        if self._resizing:
            wide, tall = snapped(note.size[0] + by.x(), note.size[1] + by.y())
            self._after = replace(note, size=(max(SMALLEST[0], wide), max(SMALLEST[1], tall)))
        else:
            self._after = replace(note, at=snapped(note.at[0] + by.x(), note.at[1] + by.y()))
        self.canvas.drawing.noting.preview({self._name: self._after})

    def release(self, pointer: Pointer) -> None:
        before, after = self._before, self._after
        self.finish()
        if after.size != before.size:
            self.canvas.notes.resize(self._name, after.size)
        elif after.at != before.at:
            self.canvas.notes.move(self._name, after.at)

    def clean_up(self) -> None:
        self.canvas.drawing.noting.end_preview()
