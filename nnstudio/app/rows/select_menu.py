"""The menu Select: along the wires, by type, and to the next wire, frame or note."""

from __future__ import annotations

from nnstudio.app.rows.conditions import project, selection
from nnstudio.app.rows.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        "select.find", "Select", "Find…", lambda w: w.editor.finder.open(), ("Ctrl+F",),
        "search", project, words="search node layer value note frame all drawings",
    ),
    Row(
        "select.find_next", "Select", "Find the next", lambda w: w.editor.finder.step(1),
        ("F3",), "chevron-down", project, words="search again",
    ),
    Row(
        "select.find_previous", "Select", "Find the one before",
        lambda w: w.editor.finder.step(-1), ("Shift+F3",), "chevron-up", project,
        words="search back previous",
    ),
    Row(
        "select.before", "Select", "Everything before the selection",
        lambda w: w.editor.canvas.selecting.before(), ("[", "Ctrl+Shift+Left"), "chevron-left",
        selection, canvas=True, separated=True, words="upstream ancestors feeds",
    ),
    Row(
        "select.after", "Select", "Everything after the selection",
        lambda w: w.editor.canvas.selecting.after(), ("]", "Ctrl+Shift+Right"), "chevron-right",
        selection, canvas=True, words="downstream descendants fed",
    ),
    Row(
        "select.same", "Select", "All of the same type",
        lambda w: w.editor.canvas.selecting.same_type(), ("S",), "same", selection, canvas=True,
        words="similar layers kind",
    ),
    Row(
        "select.invert", "Select", "What is not selected",
        lambda w: w.editor.canvas.selecting.invert(), ("Ctrl+Shift+I",), "invert", project,
        canvas=True, words="invert inverse other",
    ),
    Row(
        "select.next_wire", "Select", "Next wire of the node",
        lambda w: w.editor.canvas.selecting.next_wire(), ("E",), "link", project, canvas=True,
        separated=True, words="edge connection keyboard",
    ),
    Row(
        "select.previous_wire", "Select", "Wire before it",
        lambda w: w.editor.canvas.selecting.previous_wire(), ("Shift+E",), "link", project,
        canvas=True, words="edge connection previous keyboard",
    ),
    Row(
        "select.next_aside", "Select", "Next frame or note",
        lambda w: w.editor.canvas.selecting.next_aside(), ("N",), "note", project, canvas=True,
        words="keyboard comment group",
    ),
    Row(
        "select.previous_aside", "Select", "Frame or note before it",
        lambda w: w.editor.canvas.selecting.previous_aside(), ("Shift+N",), "note", project,
        canvas=True, words="keyboard comment group previous",
    ),
)  # fmt: skip
