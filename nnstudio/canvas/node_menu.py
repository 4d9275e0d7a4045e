"""The context menu of nodes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from nnstudio.canvas.menu_entry import add, colours, plain, submenu

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView


def fill(canvas: CanvasView, menu: QMenu, name: str) -> None:
    """The entries for the selected nodes; `name` is the one under the mouse."""
    scene, names = canvas.drawing, canvas.selected()
    one = "" if len(names) == 1 else "Select a single node."
    if scene.nodes[name].face.marks.block:
        add(menu, "Open block", "Enter", lambda: canvas.open_node(name), one)
        add(menu, "Edit parameters", "", lambda: canvas.inspect_requested.emit(name), one)
        menu.addSeparator()
    if scene.nodes[name].face.severity:
        add(menu, "Show problems and fixes…", "Ctrl+.", lambda: canvas.open_fixes(name))
        menu.addSeparator()
    add(menu, "Rename", "F2", canvas.rename_selection, one)
    shown = "" if canvas.values.editable(name) else "It shows no value that could be changed."
    add(menu, "Edit values", "P", canvas.values.edit, one or shown)
    add(menu, "Replace by…", "", lambda: canvas.popups.replace(name), one)
    _wiring(canvas, menu, name, one)
    _selecting(canvas, menu)
    if len(names) > 1:
        _arranging(canvas, menu, len(names))
    menu.addSeparator()
    add(menu, "Copy", "Ctrl+C", canvas.copy)
    add(menu, "Cut", "Ctrl+X", canvas.cut)
    add(menu, "Duplicate", "Ctrl+D", canvas.duplicate)
    menu.addSeparator()
    out = canvas.marking.bypassed()
    why = canvas.marking.why_not_bypass()
    add(menu, "Bypass", "M", canvas.marking.bypass, why, checked=out)
    colours(canvas, menu)
    menu.addSeparator()
    add(menu, "Group into a block", "Ctrl+G", canvas.group, canvas.why_not_group())
    no_block = "" if any(scene.nodes[n].face.marks.block for n in names) else "It is no block."
    add(menu, "Ungroup", "Ctrl+Shift+G", canvas.ungroup, no_block)
    _frames(canvas, menu)
    menu.addSeparator()
    add(menu, "Dissolve", "Ctrl+Del", canvas.dissolve_selection)
    add(menu, "Delete", "Del", canvas.delete_selection)


def _wiring(canvas: CanvasView, menu: QMenu, name: str, one: str) -> None:
    scene = canvas.drawing
    ports = one or ("" if scene.port_faces(name) else "It has no ports.")
    wired = any(scene.wires_into(n) or scene.wires_out_of(n) for n in canvas.selected())
    free = "" if wired else "Nothing is wired to it."
    made = submenu(menu, "Wires")
    add(made, "Wire to…", "W", canvas.open_wiring, ports)
    add(made, "Choose a port…", "Shift+W", canvas.wiring_list.ports, ports)
    add(made, "Insert layer on a wire…", "I", canvas.wiring_list.insert, one or free)
    add(made, "Take all wires off", "", canvas.wires.take_off, free)
    add(made, "Select its wires in turn", "E", canvas.selecting.next_wire, one or free)


def _selecting(canvas: CanvasView, menu: QMenu) -> None:
    made, selecting = submenu(menu, "Select"), canvas.selecting
    add(made, "Everything before", "[", selecting.before)
    add(made, "Everything after", "]", selecting.after)
    add(made, "All of the same type", "S", selecting.same_type)
    add(made, "What is not selected", "Ctrl+Shift+I", selecting.invert)


def _arranging(canvas: CanvasView, menu: QMenu, count: int) -> None:
    made, arrange = submenu(menu, "Arrange"), canvas.arrange
    add(made, "Tidy", "Ctrl+L", arrange.tidy)
    add(made, "Align ports in a row", "", lambda: arrange.align("ports"))
    add(made, "Align left edges", "", lambda: arrange.align("left"))
    add(made, "Align middles", "", lambda: arrange.align("middle"))
    add(made, "Align right edges", "", lambda: arrange.align("right"))
    add(made, "Align top edges", "", lambda: arrange.align("top"))
    add(made, "Align bottom edges", "", lambda: arrange.align("bottom"))
    few = "" if count > 2 else "Select at least 3 nodes."
    across, down = "Spread evenly from left to right", "Spread evenly from top to bottom"
    add(made, across, "", lambda: arrange.distribute("across"), few)
    add(made, down, "", lambda: arrange.distribute("down"), few)


def _frames(canvas: CanvasView, menu: QMenu) -> None:
    names, frames = canvas.selected(), canvas.drawing.model.frames
    add(menu, "Make frame", "Ctrl+Shift+F", canvas.make_frame)
    for frame in frames.values():
        if not set(names) <= set(frame.nodes):
            text = f"Put into frame {plain(frame.name)}"
            add(menu, text, "", partial(canvas.frames.put_into, frame.name, names))
    held = canvas.frames.holding(names)
    if held:
        add(menu, "Take out of frame", "", lambda: canvas.frames.take_out(names))
        text = f"Rename frame {plain(held[0])}"
        add(menu, text, "", lambda: canvas.popups.rename_frame(held[0]))
