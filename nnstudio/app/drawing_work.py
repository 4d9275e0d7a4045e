"""What can be done with whole drawings: new ones, other names, copies, away with them.

Each is one undoable step; what is refused is told in the status line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnstudio.document import steps
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps import naming

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor

MAIN = "main"


class DrawingWork:
    """The work on the drawings of one editor."""

    def __init__(self, editor: Editor) -> None:
        self._editor, self._document = editor, editor.document

    def new_block(self) -> None:
        """A block that hands on what it is fed, opened, its name ready to be typed."""
        project = self._document.project
        self._make(lambda: steps.add_block(self._document, naming.free_block("Block", project)))

    def new_network(self) -> None:
        """An empty network beside the others, opened."""
        taken = self._document.project.networks
        name = naming.another("network", taken)
        self._make(lambda: steps.add_network(self._document, name))

    def duplicate(self, name: str = "") -> None:
        """A copy of a drawing, or of the one shown, opened."""
        shown = name or self._editor.drawings.shown
        self._make(lambda: steps.duplicate_drawing(self._document, shown))

    def delete(self, name: str = "") -> None:
        """Away with a drawing, or with the one shown."""
        shown = name or self._editor.drawings.shown
        self._do(lambda: steps.delete_drawing(self._document, shown))

    def rename(self, name: str = "") -> None:
        """Put the cursor into the name of a drawing, or of the one shown."""
        if name:
            self._editor.drawings.show_drawing(name)
        self._editor.name_drawing()

    def why_not_rename(self) -> str:
        """Why the drawing shown keeps its name."""
        shown = self._editor.drawings.shown
        return "The main network keeps its name." if shown == MAIN else ""

    def why_not_delete(self) -> str:
        """Why the drawing shown cannot go."""
        try:
            steps.delete_drawing(self._document, self._editor.drawings.shown)
        except Refused as refused:
            return refused.reason
        return ""

    def _make(self, make: Callable[[], Step]) -> None:
        before = set(self._document.project.networks)
        if self._do(make):
            made = [name for name in self._document.project.networks if name not in before]
            self._editor.drawings.show_drawing(made[0])
            self._editor.name_drawing()

    def _do(self, make: Callable[[], Step]) -> bool:
        if self._editor.read_only_reason:
            self._editor.say(self._editor.read_only_reason)
            return False
        try:
            self._document.do(make())
        except Refused as refused:
            self._editor.say(refused.reason)
            return False
        return True
