"""The menu Wire: what the keyboard does with wires, and how one of them is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.app.rows.conditions import editable, editable_selection, wired
from nnstudio.app.rows.row import Row

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def _wire(window: Window) -> str:
    """One wire must be selected in a project that may be changed."""
    refused = editable(window)
    if refused:
        return refused
    chosen = window.editor.canvas.drawing.selection.wire
    return "" if chosen is not None else "Select a wire first: click on one, or press E on a node."


def _line(window: Window) -> str:
    """It must be drawn as a line."""
    refused = _wire(window)
    if refused:
        return refused
    canvas = window.editor.canvas
    link = canvas.wires.route(canvas.drawing.selection.wire).link
    return "A link has no line to bend. Show it as a line first." if link else ""


def _bent(window: Window) -> str:
    """It must have points."""
    refused = _line(window)
    if refused:
        return refused
    canvas = window.editor.canvas
    points = canvas.wires.route(canvas.drawing.selection.wire).points
    return "" if points else "The wire has no points yet. R adds one."


def _straighten(window: Window) -> None:
    canvas = window.editor.canvas
    canvas.wires.straighten(tuple(canvas.drawing.selection.wires))


ROWS: tuple[Row, ...] = (
    Row(
        "wire.to", "Wire", "Wire to…", lambda w: w.editor.canvas.open_wiring(), ("W",), "link",
        editable_selection, canvas=True, words="connect output target keyboard",
    ),
    Row(
        "wire.port", "Wire", "Choose a port…", lambda w: w.editor.canvas.wiring_list.ports(),
        ("Shift+W",), "link", editable_selection, canvas=True,
        words="connect input detach disconnect keyboard",
    ),
    Row(
        "wire.insert", "Wire", "Insert a layer on a wire…",
        lambda w: w.editor.canvas.wiring_list.insert(), ("I",), "plus", wired, canvas=True,
        words="add between keyboard",
    ),
    Row(
        "wire.take_off", "Wire", "Take all wires off the selection",
        lambda w: w.editor.canvas.wires.take_off(), (), "cut", editable_selection, canvas=True,
        words="disconnect detach cut",
    ),
    Row(
        "wire.up", "Wire", "To the input above", lambda w: w.editor.canvas.wires.swap(-1),
        ("Ctrl+Shift+Up",), "chevron-up", _wire, canvas=True, separated=True,
        words="reorder swap inputs order",
    ),
    Row(
        "wire.down", "Wire", "To the input below", lambda w: w.editor.canvas.wires.swap(1),
        ("Ctrl+Shift+Down",), "chevron-down", _wire, canvas=True,
        words="reorder swap inputs order",
    ),
    Row(
        "wire.point", "Wire", "Add a point", lambda w: w.editor.canvas.wires.add_point(), ("R",),
        "dot", _line, canvas=True, separated=True, words="reroute bend knot",
    ),
    Row(
        "wire.straighten", "Wire", "Remove its points", _straighten, (), "straighten", _bent,
        canvas=True, words="reroute straight",
    ),
    Row(
        "wire.link", "Wire", "Show as a named link, or as a line",
        lambda w: w.editor.canvas.wires.ask_link(), ("L",), "link", _wire, canvas=True,
        words="skip portal stub",
    ),
)  # fmt: skip
