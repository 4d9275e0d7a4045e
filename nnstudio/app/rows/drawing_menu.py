"""The menu Drawing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nnstudio.app.rows.conditions import (
    block_selected,
    editable,
    editable_block,
    groupable,
    inside,
)
from nnstudio.app.rows.row import Item, Row, Submenu

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def _drawings(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        for name in window.editor.document.project.networks:
            shown = name == window.editor.drawings.shown
            yield Item(name, lambda name=name: window.editor.open_drawing(name), shown)


ROWS: tuple[Row, ...] = (
    Row(
        "drawing.open", "Drawing", "Open the block", lambda w: w.editor.canvas.open_or_inspect(),
        ("Ctrl+Down",), "enter", block_selected, canvas=True, words="enter inside",
    ),
    Row(
        "drawing.leave", "Drawing", "Up to the drawing around it",
        lambda w: w.editor.drawings.leave(), ("Ctrl+Up",), "leave", inside, canvas=True,
        words="leave block out back parent",
    ),
    Row(
        "drawing.group", "Drawing", "Group into a block", lambda w: w.editor.canvas.group(),
        ("Ctrl+G",), "group", groupable, canvas=True, separated=True,
        words="encapsulate subgraph module",
    ),
    Row(
        "drawing.ungroup", "Drawing", "Ungroup the block", lambda w: w.editor.canvas.ungroup(),
        ("Ctrl+Shift+G",), "dissolve", editable_block, canvas=True, words="dissolve inline expand",
    ),
    Row(
        "drawing.new_block", "Drawing", "New block", lambda w: w.editor.work.new_block(), (),
        "block", editable, separated=True, words="add subgraph module",
    ),
    Row(
        "drawing.new_python", "Drawing", "New Python layer",
        lambda w: w.editor.work.new_python_layer(), (), "code", editable,
        words="add custom code module class",
    ),
    Row(
        "drawing.new_network", "Drawing", "New network", lambda w: w.editor.work.new_network(), (),
        "new-network", editable, words="add drawing second discriminator",
    ),
    Row(
        "drawing.rename", "Drawing", "Rename the drawing", lambda w: w.editor.work.rename(), (),
        "edit", lambda w: editable(w) or w.editor.work.why_not_rename(), separated=True,
        words="block network name",
    ),
    Row(
        "drawing.duplicate", "Drawing", "Duplicate the drawing",
        lambda w: w.editor.work.duplicate(), (), "duplicate", editable, words="copy block network",
    ),
    Row(
        "drawing.delete", "Drawing", "Delete the drawing", lambda w: w.editor.work.delete(), (),
        "delete", lambda w: editable(w) or w.editor.work.why_not_delete(),
        words="remove block network",
    ),
)  # fmt: skip

SUBMENUS: tuple[Submenu, ...] = (
    Submenu(
        "Drawing", "drawing.delete", "Go to", _drawings, "Open a project first", "go",
        "block network switch",
    ),
)  # fmt: skip
