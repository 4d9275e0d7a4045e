"""What a screen reader finds on a canvas: a list of nodes with name, state, problems, and their
ports below them.

Reads the scene; owns the interfaces that Qt asks for, one for each node and port while it exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget

from nnstudio.canvas import port_kinds, words

if TYPE_CHECKING:
    from nnstudio.canvas.surface import Surface

Text, Role = QAccessible.Text, QAccessible.Role


class _Part(QAccessibleInterface):
    """What nodes and ports share: a place on the canvas, and nothing that can be written."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._canvas = canvas

    def object(self) -> Any:
        return None

    def window(self) -> Any:
        return self._canvas.window()

    def childAt(self, x: int, y: int) -> Any:
        return next(
            (one for one in map(self.child, range(self.childCount())) if one.rect().contains(x, y)),
            None,
        )

    def child(self, index: int) -> Any:
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: Any) -> int:
        return -1

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Names are changed by a step of the document, not from here."""

    def _state(self, *, selected: bool, seen: bool) -> QAccessible.State:
        state = QAccessible.State()
        state.selectable = True
        state.selected = selected
        state.offscreen = not seen
        return state


class Node(_Part):
    """One node."""

    def __init__(self, canvas: Canvas, name: str) -> None:
        super().__init__(canvas)
        self.name = name
        self._ports: dict[tuple[str, str], Port] = {}

    def isValid(self) -> bool:
        return self.name in self._canvas.view.drawing.nodes

    def parent(self) -> Any:
        return self._canvas

    def role(self) -> QAccessible.Role:
        return Role.ListItem

    def state(self) -> QAccessible.State:
        view = self._canvas.view
        chosen = view.drawing.selection.names
        state = self._state(
            selected=self.name in chosen, seen=view.viewport().rect().intersects(self._place())
        )
        state.focused = bool(chosen) and chosen[-1] == self.name and view.hasFocus()
        state.invalid = bool(view.drawing.face(self.name).messages)
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if not self.isValid():
            return ""
        scene = self._canvas.view.drawing
        if kind == Text.Name:
            return words.node_words(scene, self.name)
        if kind == Text.Description:
            return words.problem_text(scene, self.name)
        return ""

    def _place(self) -> QRect:
        return self._canvas.view.node_rect(self.name)

    def rect(self) -> QRect:
        view = self._canvas.view
        place = self._place() if self.isValid() else QRect()
        return QRect(view.viewport().mapToGlobal(place.topLeft()), place.size())

    def _sides(self) -> list[tuple[str, str]]:
        if not self.isValid():
            return []
        face = self._canvas.view.drawing.face(self.name)
        return [("in", p.name) for p in face.inputs] + [("out", p.name) for p in face.outputs]

    def childCount(self) -> int:
        return len(self._sides())

    def child(self, index: int) -> Any:
        sides = self._sides()
        if not 0 <= index < len(sides):
            return None
        side = sides[index]
        if side not in self._ports:
            self._ports[side] = Port(self._canvas, self, *side)
            QAccessible.registerAccessibleInterface(self._ports[side])
        return self._ports[side]

    def indexOfChild(self, child: Any) -> int:
        key = (child.side, child.name) if isinstance(child, Port) else None
        sides = self._sides()
        return sides.index(key) if key in sides else -1


class Port(_Part):
    """One port of a node."""

    def __init__(self, canvas: Canvas, node: Node, side: str, name: str) -> None:
        super().__init__(canvas)
        self.node, self.side, self.name = node, side, name

    def isValid(self) -> bool:
        return self.node.isValid() and (self.side, self.name) in self.node._sides()

    def parent(self) -> Any:
        return self.node

    def role(self) -> QAccessible.Role:
        return Role.Button

    def state(self) -> QAccessible.State:
        return self._state(selected=False, seen=True)

    def text(self, kind: QAccessible.Text) -> str:
        if kind != Text.Name or not self.isValid():
            return ""
        scene = self._canvas.view.drawing
        face = scene.face(self.node.name).port(self.side, self.name)
        carries = port_kinds.words(face.dtype if face else "float")
        said = f"{'input' if self.side == 'in' else 'output'} {self.name}, carries {carries}"
        if self.side == "in":
            wire = scene.wire_at(self.node.name, self.name)
            return f"{said}, from {wire.source}" if wire else f"{said}, not wired"
        targets = [
            w.target for w in scene.wires_out_of(self.node.name) if w.source_port == self.name
        ]
        return f"{said}, to {' and '.join(targets)}" if targets else f"{said}, not wired"

    def rect(self) -> QRect:
        view = self._canvas.view
        if not self.isValid():
            return QRect()
        x, y = view.drawing.port(self.node.name, self.side, self.name)
        box = view.mapFromScene(QRectF(x - 6, y - 6, 12, 12)).boundingRect()
        return QRect(view.viewport().mapToGlobal(box.topLeft()), box.size())


class Canvas(QAccessibleWidget):
    """A canvas as a list of nodes, in the order of the drawing."""

    def __init__(self, view: Surface) -> None:
        super().__init__(view, Role.List, "")
        self.view = view
        self._nodes: dict[str, Node] = {}

    def text(self, kind: QAccessible.Text) -> str:
        if kind == Text.Name:
            return f"Network {self.view.drawing.network}"
        if kind == Text.Description:
            return words.describe(self.view.drawing)
        return super().text(kind)

    def childCount(self) -> int:
        return len(self.view.drawing.nodes)

    def child(self, index: int) -> Any:
        names = list(self.view.drawing.nodes)
        return self.node(names[index]) if 0 <= index < len(names) else None

    def node(self, name: str) -> Node:
        """The interface of one node."""
        if name not in self._nodes:
            self._nodes[name] = Node(self, name)
            QAccessible.registerAccessibleInterface(self._nodes[name])
        return self._nodes[name]

    def indexOfChild(self, child: Any) -> int:
        names = list(self.view.drawing.nodes)
        name = getattr(child, "name", "")
        return names.index(name) if isinstance(child, Node) and name in names else -1

    def childAt(self, x: int, y: int) -> Any:
        """The node at a point of the screen."""
        nodes = map(self.node, self.view.drawing.nodes)
        return next((node for node in nodes if node.rect().contains(x, y)), None)

    def focusChild(self) -> Any:
        names = self.view.drawing.selection.names
        return self.node(names[-1]) if names and self.view.hasFocus() else None


_made: dict[int, Canvas] = {}


def _factory(_kind: str, wanted: QObject) -> Any:
    """Qt asks for the interface of an object: a canvas has one of its own."""
    from nnstudio.canvas.surface import Surface

    if not isinstance(wanted, Surface):
        return None
    key = id(wanted)
    _made[key] = Canvas(wanted)
    wanted.destroyed.connect(lambda *_: _made.pop(key, None))
    return _made[key]


def install() -> None:
    """Let Qt ask here from now on; a second call changes nothing."""
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_factory)


_installed: list[bool] = []


def selected(view: Surface) -> None:
    """Tell a screen reader, if one listens, that another node is selected."""
    if not QAccessible.isActive():
        return
    names = view.drawing.selection.names
    if not names:
        return
    event = QAccessibleEvent(view, QAccessible.Event.Selection)
    event.setChild(list(view.drawing.nodes).index(names[-1]))
    QAccessible.updateAccessibility(event)
