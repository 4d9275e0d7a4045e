"""What can stand in the way of an action, in the words that hovering shows; "" for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def always(window: Window) -> str:
    """Nothing stands in the way."""
    return ""


def project(window: Window) -> str:
    """A project must be open."""
    return "" if window.editor is not None else "Open a project first."


def editable(window: Window) -> str:
    """An open project that may be changed."""
    return project(window) or window.editor.read_only_reason


def selection(window: Window) -> str:
    """Something must be selected on the canvas."""
    return project(window) or (
        "" if window.editor.canvas.selected() else "Select a layer on the canvas first."
    )


def editable_selection(window: Window) -> str:
    """Something selected in a project that may be changed."""
    return editable(window) or selection(window)


def deletable(window: Window) -> str:
    """Anything at all must be selected in a project that may be changed."""
    refused = editable(window)
    if refused:
        return refused
    chosen = window.editor.canvas.drawing.selection
    some = chosen.names or chosen.wires or chosen.frame or chosen.note
    return "" if some else "Select a layer, a wire, a frame or a note on the canvas first."


def wired(window: Window) -> str:
    """A wire, or a node with a wire, must be selected in a project that may be changed."""
    return editable(window) or window.editor.canvas.wiring_list.why_not_insert()


def groupable(window: Window) -> str:
    """What is selected can become a block of a project that may be changed."""
    return editable_selection(window) or window.editor.canvas.why_not_group()


def nameable(window: Window) -> str:
    """Something with a name or words must be selected in a project that may be changed."""
    refused = editable(window)
    if refused:
        return refused
    drawing = window.editor.canvas.drawing
    chosen = drawing.selection
    route = drawing.model.routes.get(chosen.wire) if chosen.wire is not None else None
    named = chosen.last is not None or chosen.frame or chosen.note or (route and route.link)
    return "" if named else "Select a node, a frame or a note on the canvas first."


def troubled(window: Window) -> str:
    """The node selected last must have a problem."""
    refused = selection(window)
    if refused:
        return refused
    canvas = window.editor.canvas
    severity = canvas.drawing.face(canvas.selected()[-1]).severity
    return "" if severity else "The node selected last has no problem."


def block_selected(window: Window) -> str:
    """The node selected last must be a block."""
    refused = selection(window)
    if refused:
        return refused
    canvas = window.editor.canvas
    block = canvas.drawing.face(canvas.selected()[-1]).marks.block
    return "" if block else "Select a block first; a layer has no inside."


def editable_block(window: Window) -> str:
    """The same in a project that may be changed."""
    return editable(window) or block_selected(window)


def inside(window: Window) -> str:
    """A drawing must be shown that stands in another one."""
    if project(window):
        return project(window)
    drawings = window.editor.drawings
    return "" if drawings.shown != drawings.root else "This drawing stands in no other."


def undoable(window: Window) -> str:
    """There is a step to take back."""
    return editable(window) or (
        "" if window.editor.document.can_undo else "Nothing has been changed yet."
    )


def redoable(window: Window) -> str:
    """There is a step to do again."""
    return editable(window) or ("" if window.editor.document.can_redo else "Nothing was undone.")


def whole(window: Window) -> str:
    """The network has no errors, so that there is code."""
    return project(window) or window.editor.code_refused()
