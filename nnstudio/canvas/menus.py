"""The context menus: what can be done with a node, a wire, a frame, or the void.

Entries that cannot be used say why when hovered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu

from nnstudio.canvas.hits import Hit

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView


def build(canvas: CanvasView, at: Hit, place: QPoint) -> QMenu:
    """The menu for what is under the mouse; `place` is in the view."""
    menu = QMenu(canvas)
    menu.setObjectName("canvas_menu")
    menu.setToolTipsVisible(True)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if at.kind in ("node", "badge", "port"):
        _node(canvas, menu, at.node)
    elif at.kind == "wire" and at.wire is not None:
        _wire(canvas, menu, at, place)
    elif at.kind == "frame":
        _frame(canvas, menu, at.frame)
    else:
        _void(canvas, menu, place)
    return menu


def _add(
    menu: QMenu, text: str, keys: str, does: Callable[[], object], why_not: str = ""
) -> QAction:
    # A tab sets the key apart at the right without making it a shortcut of its own.
    action = menu.addAction(f"{text}\t{keys}" if keys else text)
    action.triggered.connect(lambda _=False: does())
    if why_not:
        action.setEnabled(False)
        action.setToolTip(why_not)
    else:
        action.setToolTip(text)
    return action


def _node(canvas: CanvasView, menu: QMenu, name: str) -> None:
    scene, names = canvas.drawing, canvas.selected()
    one = "" if len(names) == 1 else "Select a single node."
    if scene.nodes[name].face.marks.block:
        _add(menu, "Open block", "Enter", lambda: canvas.open_node(name), one)
        _add(menu, "Edit parameters", "", lambda: canvas.inspect_requested.emit(name), one)
        menu.addSeparator()
    if scene.nodes[name].face.severity:
        _add(menu, "Show problems and fixes…", "Ctrl+.", lambda: canvas.open_fixes(name))
        menu.addSeparator()
    _add(menu, "Rename", "F2", canvas.rename_selection, one)
    _add(menu, "Replace by…", "", lambda: canvas.popups.replace(name), one)
    wired = scene.nodes[name].face.outputs or scene.nodes[name].face.inputs
    _add(menu, "Wire to…", "W", canvas.open_wiring, one or ("" if wired else "It has no ports."))
    menu.addSeparator()
    _add(menu, "Copy", "Ctrl+C", canvas.copy)
    _add(menu, "Cut", "Ctrl+X", canvas.cut)
    _add(menu, "Duplicate", "Ctrl+D", canvas.duplicate)
    menu.addSeparator()
    _add(menu, "Group into a block", "Ctrl+G", canvas.group)
    plain = "" if any(scene.nodes[n].face.marks.block for n in names) else "It is no block."
    _add(menu, "Ungroup", "Ctrl+Shift+G", canvas.ungroup, plain)
    _add(menu, "Make frame", "Ctrl+Shift+F", canvas.make_frame)
    frames = scene.model.frames
    held = [frame.name for frame in frames.values() if set(names) & set(frame.nodes)]
    for frame in frames.values():
        if not set(names) <= set(frame.nodes):
            _add(
                menu,
                f"Put into frame {_plain(frame.name)}",
                "",
                partial(canvas.commands.put_into_frame, frame.name, names),
            )
    if held:
        _add(menu, "Take out of frame", "", lambda: canvas.commands.take_out_of_frame(names))
        _add(
            menu, f"Rename frame {_plain(held[0])}", "", lambda: canvas.popups.rename_frame(held[0])
        )
    menu.addSeparator()
    _add(menu, "Dissolve", "Ctrl+Del", canvas.dissolve_selection)
    _add(menu, "Delete", "Del", canvas.delete_selection)


def _wire(canvas: CanvasView, menu: QMenu, at: Hit, place: QPoint) -> None:
    wire = at.wire
    if wire is None:
        return
    _add(menu, "Insert layer…", "", lambda: canvas.popups.insert(wire, place))
    _add(menu, f"Go to {wire.source}", "", lambda: canvas.go_to(wire.source))
    _add(menu, f"Go to {wire.target}", "", lambda: canvas.go_to(wire.target))
    menu.addSeparator()
    _add(menu, "Delete", "Del", lambda: canvas.commands.disconnect(wire))


def _frame(canvas: CanvasView, menu: QMenu, name: str) -> None:
    nodes = canvas.drawing.model.frames[name].nodes
    _add(menu, "Rename", "F2", lambda: canvas.popups.rename_frame(name))
    _add(menu, "Select its nodes", "", lambda: canvas.select(nodes))
    menu.addSeparator()
    _add(menu, "Remove frame, keep nodes", "Del", lambda: canvas.commands.remove_frame(name))


def _void(canvas: CanvasView, menu: QMenu, place: QPoint) -> None:
    empty = "" if canvas.drawing.nodes else "There are no nodes yet."
    _add(menu, "Add layer…", "Tab", lambda: canvas.open_search(place))
    text = QGuiApplication.clipboard().text()
    _add(menu, "Paste", "Ctrl+V", canvas.paste, "" if text.strip() else "The clipboard is empty.")
    menu.addSeparator()
    if canvas.drawing.model.is_block:
        _add(menu, "Leave the block", "Esc", canvas.leave_drawing)
        menu.addSeparator()
    _add(menu, "Select all", "Ctrl+A", canvas.select_all, empty)
    _add(menu, "Show everything", "Home", canvas.frame_all, empty)


def _plain(name: str) -> str:
    """A name as a menu shows it, with no letter underlined."""
    return name.replace("&", "&&")
