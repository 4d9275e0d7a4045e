"""The entries of a context menu that are about the ports of a block, from outside and from inside.

Each is one step of the document; the uses of the block follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from graph_compiler.model import Network
from nnstudio.canvas.hits import Hit
from nnstudio.document import steps
from nnstudio.document.edits import Step
from nnstudio.document.steps.block_ports import BlockPort, block_ports, wires_at

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

TYPES = {"float": "Float", "int": "Indices", "bool": "Mask", "state": "State"}
"""What an input carries, as the menu says it."""
_SIDES = {"in": "input", "out": "output"}
_WIDE, _TALL = 140, 30


@dataclass(frozen=True, slots=True)
class _Target:
    """A block, and its port that was meant, if one was."""

    block: Network
    port: BlockPort | None = None


def add_port_entries(canvas: CanvasView, menu: QMenu, at: Hit, place: QPoint) -> None:
    """What can be done with the ports of the block at a place; nothing where there is none."""
    found = _target(canvas, at)
    if found is None:
        return
    name = found.block.name
    if found.block.code is not None:
        entry = menu.addAction(f"Ports of {name}")
        entry.setEnabled(False)
        entry.setToolTip(f"{name} is written in Python. Change its ports in its text.")
        menu.addSeparator()
        return
    inner = menu if found.port is not None else menu.addMenu(f"Ports of {name}")
    if found.port is not None:
        _add_for_port(canvas, inner, found.block, found.port, at, place)
    for side, noun in _SIDES.items():
        _add(canvas, inner, f"Add {noun} to {name}", partial(steps.add_port, block=name, side=side))
    menu.addSeparator()


def _add_for_port(
    canvas: CanvasView, menu: QMenu, block: Network, port: BlockPort, at: Hit, place: QPoint
) -> None:
    document, name = canvas.drawing.document, port.name
    rename = menu.addAction(f"Rename port {name}…")
    rename.triggered.connect(lambda _=False: _ask(canvas, block.name, port, at, place))
    if port.side == "in":
        types = menu.addMenu(f"Type of {name}")
        for kind, words in TYPES.items():
            step = partial(steps.set_port_kind, block=block.name, port=name, kind=kind)
            action = _add(canvas, types, words, step)
            action.setCheckable(True)
            action.setChecked(kind == port.kind)
    names = [one.name for one in block_ports(block, port.side)]
    for words, by, ends in (("up", -1, names[0]), ("down", 1, names[-1])):
        step = partial(steps.move_port, block=block.name, side=port.side, port=name, by=by)
        last = "first" if by < 0 else "last"
        why_not = f"{name} is the {last} already." if name == ends else ""
        _add(canvas, menu, f"Move {name} {words}", step, why_not)
    wires = len(wires_at(document.project, block.name, port.side, name))
    lost = f" and its {'wire' if wires == 1 else f'{wires} wires'}" if wires else ""
    step = partial(steps.remove_port, block=block.name, port=name, side=port.side)
    _add(canvas, menu, f"Remove {name}{lost}", step)
    menu.addSeparator()


def _add(
    canvas: CanvasView, menu: QMenu, text: str, make: Callable[..., Step], why_not: str = ""
) -> QAction:
    document = canvas.drawing.document
    action = menu.addAction(text)
    action.triggered.connect(lambda _=False: canvas.commands.do(lambda: make(document)))
    action.setToolTip(why_not or text)
    action.setEnabled(not why_not)
    return action


def _target(canvas: CanvasView, at: Hit) -> _Target | None:
    scene = canvas.drawing
    node = scene.model.nodes.get(at.node)
    if node is None:
        return None
    block = scene.document.project.networks.get(node.type)
    if block is not None and block.is_block:
        named = at.port if at.port in _port_names(block, at.side) else ""
        named = named or (at.port.removeprefix("last_") if at.side == "out" else "")
        return _Target(block, _named(block, at.side, "name", named) if at.kind == "port" else None)
    side = {"Input": "in", "Output": "out"}.get(node.type)
    if side is not None and scene.model.is_block:
        return _Target(scene.model, _named(scene.model, side, "node", node.name))
    return None


def _port_names(block: Network, side: str) -> set[str]:
    return {port.name for port in block_ports(block, side)}


def _named(block: Network, side: str, what: str, text: str) -> BlockPort | None:
    return next((one for one in block_ports(block, side) if getattr(one, what) == text), None)


def _ask(canvas: CanvasView, block: str, port: BlockPort, at: Hit, place: QPoint) -> None:
    """A field at the port for its new name."""
    document = canvas.drawing.document

    def rename(new: str) -> bool:
        return canvas.commands.do(
            lambda: steps.rename_port(document, block, port.name, new, port.side)
        )

    left = place.x() - (_WIDE if port.side == "in" else 0)
    spot = QRect(max(0, left), place.y() - _TALL // 2, _WIDE, _TALL)
    canvas.popups.ask_name(port.name, spot, "port", rename)
