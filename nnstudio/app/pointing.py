"""One selection for all parts of the editor, and the ways that lead to a node or a drawing.

Whatever is chosen in one part (canvas, code, problems, inspector) is shown by all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnstudio.app.regions import first_stop

if TYPE_CHECKING:
    from nnstudio.app.editor import Editor


class Pointing:
    """What is pointed at in one editor."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._spreading = False

    def spread(self, names: tuple[str, ...], *, from_canvas: bool) -> None:
        """Show a selection of the drawing shown in all parts, whichever it came from."""
        if self._spreading:
            return
        editor = self._editor
        self._spreading = True
        try:
            if not from_canvas:
                editor.canvas.select(names)
            editor.inspector.show_nodes(editor.drawings.shown, names)
            editor.code.show_nodes(names)
            editor.view.graph.select_nodes(names)
        finally:
            self._spreading = False
        editor.refresh_actions()

    def canvas_selected(self, names: tuple[str, ...]) -> None:
        """The selection on the canvas is another one."""
        self.spread(names, from_canvas=True)

    def select(self, names: tuple[str, ...]) -> None:
        """Select nodes of the drawing shown, everywhere."""
        self.spread(tuple(names), from_canvas=False)

    def node(self, name: str) -> None:
        """Select one node of the drawing shown; nothing where there is none of that name."""
        nodes = self._editor.document.project.networks[self._editor.drawings.shown].nodes
        self.select((name,) if name in nodes else ())

    def place(self, drawing: str, node: str) -> None:
        """A node of any drawing, chosen elsewhere."""
        self._editor.drawings.show_drawing(drawing)
        self.select((node,))

    def path(self, path: str, network: str = "") -> None:
        """A node by its path, such as `stage1[0]/conv1`: go there and select it."""
        name = self._editor.drawings.go_to(path, network)
        self.select((name,) if name else ())

    def problem(self, problem: Any) -> None:
        """Go where a problem lies."""
        editor = self._editor
        if problem.node:
            editor.show_network()
            self.path(problem.node, problem.network)
            editor.canvas.frame_selection()
        elif problem.network in editor.document.project.networks:
            self.drawing(problem.network)

    def drawing(self, name: str) -> None:
        """Show a drawing, by the way that leads there."""
        editor = self._editor
        editor.show_network()
        editor.drawings.show_drawing(name)
        editor.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def into(self, node: str) -> None:
        """Go into the block that a node of the drawing shown is."""
        editor = self._editor
        editor.show_network()
        editor.drawings.enter(node)
        editor.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def inspect(self, name: str) -> None:
        """Put the cursor into the first of a node's parameters."""
        editor = self._editor
        self.node(name)
        editor.show_panel("inspector")
        fields = [
            widget
            for widget in editor.inspector.findChildren(QWidget)
            if widget.objectName().startswith("field_") and widget.isVisible()
        ]
        first = fields[0] if fields else first_stop(editor.inspector)
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def variable(self, name: str) -> None:
        """Where a name has its value: among the block's parameters, else among the variables."""
        editor = self._editor
        drawing = editor.document.project.networks[editor.drawings.shown]
        if name in (drawing.params or {}):
            self.select(())
            editor.show_panel("inspector")
            editor.inspector.show_block_param(name)
        elif name in editor.document.project.variables:
            editor.show_panel("variables")
            editor.variables.show_variable(name)

    def page(self, type: str) -> None:
        """The page of a layer in the reference."""
        from nnstudio.app.reference import show_reference

        show_reference(self._editor, type)

    def drawing_name(self) -> None:
        """Put the cursor into the name of the drawing shown."""
        editor = self._editor
        editor.canvas.select(())
        self.spread((), from_canvas=True)
        editor.show_panel("inspector")
        editor.inspector.edit_name()
