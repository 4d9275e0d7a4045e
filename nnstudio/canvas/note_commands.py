"""What a person can do to notes: add, write, move, make larger, delete; one step each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_compiler.model import Note
from nnstudio.canvas import placement
from nnstudio.canvas.face import GRID
from nnstudio.canvas.note_item import SMALLEST
from nnstudio.canvas.placement import Place, snapped
from nnstudio.document import steps

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

NO_NOTE = "Select a note first: click on one, or press N."


class NoteCommands:
    """The edits of the notes of one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing
        self._document, self._network = canvas.drawing.document, canvas.drawing.network

    def add(self, at: Place | None = None) -> None:
        """A new note at a place or at the mouse, with its field open."""
        place = self._canvas.mapToScene(self._canvas.cursor_place())
        size = Note("").size
        wanted = at if at is not None else (place.x(), place.y())
        # Where a person points it stands, without that beside the nodes.
        spot = snapped(*wanted) if at is not None else placement.free(self._scene, wanted, size)
        before = set(self._scene.notes)
        if not self._canvas.edit(lambda: steps.add_note(self._document, self._network, spot)):
            return
        made = next((name for name in self._scene.notes if name not in before), None)
        if made is not None:
            self._scene.selection.set(note=made)
            self._canvas.camera.reveal(self._scene.notes[made].boundingRect())
            if self._canvas.isVisible():
                self._canvas.popups.write_note(made)

    def write(self, name: str, text: str) -> None:
        """Another text."""
        note = self._scene.model.notes.get(name)
        if note is not None and text != note.text:
            self._canvas.edit(
                lambda: steps.edit_note(self._document, self._network, name, text=text)
            )

    def move(self, name: str, at: Place, gesture: str = "") -> None:
        """Another place."""
        self._canvas.edit(
            lambda: steps.move_notes(self._document, self._network, {name: at}), gesture
        )

    def resize(self, name: str, size: Place, gesture: str = "") -> None:
        """Another size, never smaller than can be taken hold of."""
        wide, tall = max(SMALLEST[0], size[0]), max(SMALLEST[1], size[1])
        self._canvas.edit(
            lambda: steps.edit_note(self._document, self._network, name, size=(wide, tall)),
            gesture,
        )

    def nudge(self, dx: int, dy: int) -> None:
        """Move the selected note by steps of the grid; one run of nudges is one step."""
        name = self._scene.selection.note
        x, y = self._scene.model.notes[name].at
        self.move(name, (x + dx * GRID, y + dy * GRID), f"canvas-nudge-note-{name}")

    def grow(self, dx: int, dy: int) -> None:
        """Make the selected note larger or smaller by steps of the grid."""
        name = self._scene.selection.note
        if not name:
            self._canvas.refuse(NO_NOTE)
            return
        wide, tall = self._scene.model.notes[name].size
        size = (wide + dx * GRID * 2, tall + dy * GRID * 2)
        self.resize(name, size, f"canvas-grow-note-{name}")

    def remove(self, name: str) -> None:
        """The note goes."""
        self._canvas.edit(lambda: steps.remove_note(self._document, self._network, name))
