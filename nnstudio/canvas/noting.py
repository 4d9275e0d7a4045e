"""The notes of a scene, where the document has them, or elsewhere for the time of a move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from graph_compiler.model import Note
from nnstudio.canvas.level_of_detail import Detail
from nnstudio.canvas.note_item import NoteItem

if TYPE_CHECKING:
    from nnstudio.canvas.scene import NetworkScene


class Noting:
    """Makes the note items follow the document."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self._elsewhere: dict[str, None] = {}

    def follow(self) -> None:
        """Bring all notes up to date."""
        scene, notes = self._scene, self._scene.model.notes
        for name in [name for name in scene.notes if name not in notes]:
            scene.removeItem(scene.notes.pop(name))
        for name, note in notes.items():
            item = scene.notes.get(name)
            if item is None:
                item = scene.notes[name] = NoteItem(note)
                item.mark(selected=name == scene.selection.note)
                item.setVisible(scene.detail is not Detail.FAR)
                scene.addItem(item)
            else:
                item.set_note(note)
        self._elsewhere.clear()

    def preview(self, notes: Mapping[str, Note]) -> None:
        """Stand notes elsewhere, or larger."""
        for name, note in notes.items():
            if name in self._scene.notes:
                self._scene.notes[name].stand(note.at, note.size)
                self._elsewhere[name] = None

    def end_preview(self) -> None:
        """Put them back to where the document has them."""
        for name in self._elsewhere:
            item = self._scene.notes.get(name)
            if item is not None:
                item.stand(item.note.at, item.note.size)
        self._elsewhere.clear()

    def at(self, x: float, y: float) -> str | None:
        """The topmost note at a point."""
        found = None
        for name, item in self._scene.notes.items():
            left, top, right, bottom = item.box()
            if (
                left <= x <= right
                and top <= y <= bottom
                and (found is None or not self._chosen(found))
            ):
                found = name
        return found

    def show_selection(self) -> None:
        """Mark the selected one."""
        for name, item in self._scene.notes.items():
            item.mark(selected=name == self._scene.selection.note)

    def _chosen(self, name: str) -> bool:
        return name == self._scene.selection.note
