"""The menu Edit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nnstudio.app.rows.conditions import (
    deletable,
    editable,
    editable_selection,
    nameable,
    project,
    redoable,
    selection,
    troubled,
    undoable,
)
from nnstudio.app.rows.row import Item, Row, Submenu
from nnstudio.theme.tokens import TINTS

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def _undo_name(window: Window) -> str:
    step = window.editor.document.undo_text if window.editor else ""
    return f"Undo: {step}" if step else "Undo"


def _redo_name(window: Window) -> str:
    step = window.editor.document.redo_text if window.editor else ""
    return f"Redo: {step}" if step else "Redo"


def _variants(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        for name in window.editor.document.project.variants:
            yield Item(name, lambda name=name: window.editor.apply_variant(name))


def _arranging(window: Window) -> Iterable[Item]:
    if window.editor is not None and not editable_selection(window):
        arrange = window.editor.canvas.arrange
        yield Item("Align ports in a row", lambda: arrange.align("ports"))
        for side, text in (("left", "left edges"), ("middle", "middles"), ("right", "right edges"),
                           ("top", "top edges"), ("bottom", "bottom edges")):  # fmt: skip
            yield Item(f"Align {text}", lambda side=side: arrange.align(side))
        yield Item("Spread evenly from left to right", lambda: arrange.distribute("across"))
        yield Item("Spread evenly from top to bottom", lambda: arrange.distribute("down"))


def _bypassed(window: Window) -> bool:
    return window.editor is not None and window.editor.canvas.marking.bypassed()


def _colours(window: Window) -> Iterable[Item]:
    if window.editor is None or editable(window):
        return
    canvas = window.editor.canvas
    chosen = canvas.drawing.selection
    if chosen.nodes or chosen.frame or chosen.note:
        held = canvas.marking.tint()
        for tint, words in (("", "None"), *((name, name.capitalize()) for name in TINTS)):
            yield Item(words, lambda tint=tint: canvas.marking.colour(tint), tint == held)


ROWS: tuple[Row, ...] = (
    Row(
        "edit.undo", "Edit", "Undo", lambda w: w.editor.drawings.undo(), ("Ctrl+Z",), "undo",
        undoable, _undo_name,
    ),
    Row(
        "edit.redo", "Edit", "Redo", lambda w: w.editor.drawings.redo(),
        ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", redoable, _redo_name,
    ),
    Row(
        "edit.cut", "Edit", "Cut", lambda w: w.editor.canvas.cut(), ("Ctrl+X",), "cut",
        editable_selection, canvas=True, separated=True,
    ),
    Row(
        "edit.copy", "Edit", "Copy", lambda w: w.editor.canvas.copy(), ("Ctrl+C",), "copy",
        selection, canvas=True,
    ),
    Row(
        "edit.paste", "Edit", "Paste", lambda w: w.editor.canvas.paste(), ("Ctrl+V",), "paste",
        editable, canvas=True,
    ),
    Row(
        "edit.duplicate", "Edit", "Duplicate", lambda w: w.editor.canvas.duplicate(),
        ("Ctrl+D",), "duplicate", editable_selection, canvas=True,
    ),
    Row(
        "edit.delete", "Edit", "Delete", lambda w: w.editor.canvas.delete_selection(),
        ("Del", "Backspace"), "delete", deletable, canvas=True, separated=True, words="remove",
    ),
    Row(
        "edit.dissolve", "Edit", "Dissolve (heal the wire)",
        lambda w: w.editor.canvas.dissolve_selection(), ("Ctrl+Del", "Ctrl+Backspace"), "dissolve",
        editable_selection, canvas=True, words="remove",
    ),
    Row(
        "edit.select_all", "Edit", "Select all", lambda w: w.editor.canvas.select_all(),
        ("Ctrl+A",), "select-all", project, canvas=True, separated=True,
    ),
    Row(
        "edit.add", "Edit", "Add a layer…", lambda w: w.editor.canvas.open_search(), ("Tab",),
        "plus", editable, canvas=True, separated=True, words="search insert new node",
    ),
    Row(
        "edit.rename_node", "Edit", "Rename what is selected",
        lambda w: w.editor.canvas.rename_selection(), ("F2",), "edit", nameable, canvas=True,
        words="title label node frame name",
    ),
    Row(
        "edit.fixes", "Edit", "Problems and fixes of the node…",
        lambda w: w.editor.canvas.open_fixes(), ("Ctrl+.",), "problems", troubled, canvas=True,
        words="error warning mend repair quick fix",
    ),
    Row(
        "edit.values", "Edit", "Edit values on the node", lambda w: w.editor.canvas.values.edit(),
        ("P",), "edit", editable_selection, canvas=True,
        words="parameter number expression in place",
    ),
    Row(
        "edit.bypass", "Edit", "Bypass", lambda w: w.editor.canvas.marking.bypass(), ("M",),
        "bypass", editable_selection, checked=_bypassed, canvas=True,
        words="mute disable skip turn off",
    ),
    Row(
        "edit.note", "Edit", "Add a note", lambda w: w.editor.canvas.notes.add(),
        ("Ctrl+Shift+N",), "note", editable, canvas=True, words="comment text sticky",
    ),
    Row(
        "edit.frame", "Edit", "Frame the selection as a group",
        lambda w: w.editor.canvas.make_frame(), ("Ctrl+Shift+F",), "group-frame",
        editable_selection, canvas=True, words="sequential group",
    ),
    Row(
        "edit.tidy", "Edit", "Tidy", lambda w: w.editor.canvas.tidy(), ("Ctrl+L",), "tidy",
        editable, canvas=True, separated=True, words="layout arrange order left to right",
    ),
    Row(
        "edit.tidy_down", "Edit", "Tidy from top to bottom",
        lambda w: w.editor.canvas.arrange.tidy("down"), (), "tidy-down", editable, canvas=True,
        words="layout arrange order vertical",
    ),
    Row(
        "edit.rename", "Edit", "Rename project", lambda w: w.editor.edit_name(), (), "edit",
        editable, separated=True, words="title name",
    ),
)  # fmt: skip

SUBMENUS: tuple[Submenu, ...] = (
    Submenu(
        "Edit", "edit.frame", "Colour", _colours, "Select nodes, a frame or a note first",
        "circle", "tint paint mark",
    ),
    Submenu(
        "Edit", "edit.tidy_down", "Align and spread", _arranging, "Select several nodes first",
        "align", "align distribute arrange even left right top bottom",
    ),
    Submenu(
        "Edit", "edit.rename", "Apply variant", _variants, "This project has no variants",
        "variant", "size preset demo paper",
    ),
)  # fmt: skip
