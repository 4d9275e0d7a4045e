"""The context menu of a wire: of its line, of one of its points, of a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from graph_compiler.model import Wire
from nnstudio.canvas.menu_entry import add, submenu
from nnstudio.canvas.wire_shapes import STYLES

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

NOT_A_LINE = "A link has no line. Show it as a line first."


def fill(canvas: CanvasView, menu: QMenu, wire: Wire, point: int, place: QPoint) -> None:
    """The entries for a wire; `point` is the one under the mouse, -1 for none."""
    route, wires = canvas.wires.route(wire), canvas.wires
    at = canvas.mapToScene(place)
    line = NOT_A_LINE if route.link else ""
    add(menu, "Insert layer…", "I", lambda: canvas.popups.insert(wire, place))
    add(menu, f"Go to {wire.source}", "", lambda: canvas.go_to(wire.source))
    add(menu, f"Go to {wire.target}", "", lambda: canvas.go_to(wire.target))
    menu.addSeparator()
    if point >= 0:
        add(menu, "Remove point", "Del", lambda: wires.remove_point(wire, point))
    else:
        add(menu, "Add point", "R", lambda: wires.add_point(wire, (at.x(), at.y())), line)
    none = line or ("" if route.points else "It has no points.")
    add(menu, "Remove all points", "", lambda: wires.straighten((wire,)), none)
    styles = submenu(menu, "Style")
    add(
        styles,
        "As chosen for the window",
        "",
        lambda: wires.set_style((wire,), ""),
        line,
        checked=not route.style,
    )
    for style in STYLES:
        add(
            styles,
            style.capitalize(),
            "",
            lambda style=style: wires.set_style((wire,), style),
            line,
            checked=route.style == style,
        )
    if route.link:
        add(menu, "Show as a line", "L", lambda: wires.unlink(wire))
        add(menu, "Rename link…", "F2", lambda: canvas.popups.name_link(wire, route.link))
    else:
        add(menu, "Show as named link…", "L", lambda: wires.ask_link(wire))
    _order(canvas, menu, wire)
    menu.addSeparator()
    add(menu, "Delete wire", "" if point >= 0 else "Del", lambda: wires.disconnect(wire))


def _order(canvas: CanvasView, menu: QMenu, wire: Wire) -> None:
    """Among several inputs of one node, its place."""
    if len(canvas.drawing.face(wire.target).inputs) > 1:
        add(menu, "To the input above", "Ctrl+Shift+Up", lambda: canvas.wires.swap(-1))
        add(menu, "To the input below", "Ctrl+Shift+Down", lambda: canvas.wires.swap(1))
