"""What can be done with whole drawings: new ones, other names, copies, away with them.

Each is one undoable step; what is refused is told in the status line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnstudio.document import steps
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps import naming
from nnstudio.panels.text import count

if TYPE_CHECKING:
    from graph_compiler.model import Project
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

    def new_python_layer(self) -> None:
        """A layer written in Python, with a text that works, opened to be changed."""
        project = self._document.project
        name = naming.free_block("PythonLayer", project)
        self._make(lambda: steps.add_code_layer(self._document, name))

    def measure(self, layer: str) -> None:
        """Have the shapes of a Python layer measured, once its code is trusted."""
        from nnstudio.app.snapshot import snapshot
        from nnstudio.app.trust import when_trusted

        if self._editor.read_only_reason:
            self._editor.say(self._editor.read_only_reason)
            return
        self._editor.commit()
        project = snapshot(self._document.project)
        when_trusted(self._editor, project, lambda: self._measure(project, layer))

    def _measure(self, project: Project, layer: str) -> None:
        def job() -> Any:
            from nnstudio.runs.measuring import measured_shapes

            return measured_shapes(project, [layer])

        def done(found: Any) -> None:
            if self._do(lambda: steps.keep_measured(self._document, found)):
                many = sum(map(len, found.values()))
                self._editor.say(f"Measured {layer} for {count(many, 'use')}.")
                self._editor.inspector.say_of_code("")

        self._editor.say(f"Measuring the shapes of {layer}…")
        self._editor.link.work(
            job, done, lambda error: self._editor.inspector.say_of_code(str(error))
        )

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
