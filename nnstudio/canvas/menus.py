"""The context menus: what can be done with what is under the mouse, or selected.

Entries that cannot be used say why when hovered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from nnstudio.canvas import node_menu, wire_menu
from nnstudio.canvas.hits import VOID, Hit
from nnstudio.canvas.menu_entry import add, colours
from nnstudio.canvas.port_menu import add_port_entries

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView


def build(canvas: CanvasView, at: Hit, place: QPoint) -> QMenu:
    """The menu for what is at a point of the view."""
    menu = QMenu(canvas)
    menu.setObjectName("canvas_menu")
    menu.setToolTipsVisible(True)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if at.kind in ("node", "badge", "port"):
        add_port_entries(canvas, menu, at, place)
        node_menu.fill(canvas, menu, at.node)
    elif at.wire is not None:
        wire_menu.fill(canvas, menu, at.wire, at.point, place)
    elif at.frame:
        _frame(canvas, menu, at.frame)
    elif at.note:
        _note(canvas, menu, at.note)
    else:
        _void(canvas, menu, place)
    return menu


def chosen(canvas: CanvasView) -> tuple[Hit, QPoint]:
    """What the menu is for when a key asks for it, and where it stands."""
    scene, selection = canvas.drawing, canvas.drawing.selection
    if selection.last is not None:
        return Hit("node", node=selection.last), canvas.node_rect(selection.last).center()
    if selection.wire is not None:
        wire, point = selection.wire, selection.point
        kind = Hit("wire" if point < 0 else "point", wire=wire, point=point)
        return kind, canvas.wire_position(wire)
    if selection.frame:
        return Hit("frame", frame=selection.frame), canvas.frame_position(selection.frame)
    if selection.note:
        box = scene.notes[selection.note].boundingRect()
        return Hit("note", note=selection.note), canvas.mapFromScene(box.center())
    return VOID, canvas.cursor_place()


def select_for(canvas: CanvasView, at: Hit) -> None:
    """What the menu is for is selected while it is open."""
    selection = canvas.drawing.selection
    if at.node and at.node not in selection.nodes:
        selection.set((at.node,))
    elif at.wire is not None:
        selection.set(wires=(at.wire,), point=at.point)
    elif at.frame or at.note:
        selection.set(frame=at.frame, note=at.note)


def _frame(canvas: CanvasView, menu: QMenu, name: str) -> None:
    nodes = canvas.drawing.model.frames[name].nodes
    add(menu, "Rename", "F2", lambda: canvas.popups.rename_frame(name))
    add(menu, "Select its nodes", "", lambda: canvas.select(nodes))
    colours(canvas, menu)
    menu.addSeparator()
    add(menu, "Remove frame, keep nodes", "Del", lambda: canvas.frames.remove(name))


def _note(canvas: CanvasView, menu: QMenu, name: str) -> None:
    add(menu, "Write", "Enter", lambda: canvas.popups.write_note(name))
    colours(canvas, menu)
    menu.addSeparator()
    add(menu, "Delete", "Del", lambda: canvas.notes.remove(name))


def _void(canvas: CanvasView, menu: QMenu, place: QPoint) -> None:
    empty = "" if canvas.drawing.nodes else "There are no nodes yet."
    at = canvas.mapToScene(place)
    add(menu, "Add layer…", "Tab", lambda: canvas.open_search(place))
    add(menu, "Add note", "Ctrl+Shift+N", lambda: canvas.notes.add((at.x(), at.y())))
    text = QGuiApplication.clipboard().text()
    add(menu, "Paste", "Ctrl+V", canvas.paste, "" if text.strip() else "The clipboard is empty.")
    menu.addSeparator()
    if canvas.drawing.model.is_block:
        add(menu, "Leave the block", "Esc", canvas.leave_drawing)
        menu.addSeparator()
    add(menu, "Select all", "Ctrl+A", canvas.select_all, empty)
    add(menu, "Select what is not selected", "Ctrl+Shift+I", canvas.selecting.invert, empty)
    add(menu, "Show everything", "Home", canvas.frame_all, empty)
